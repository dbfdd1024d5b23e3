//! Counts the requests that one file costs: they are the price of a run, and what a person compares with the bill.

use std::sync::atomic::{AtomicU32, Ordering};

/// Requests sent for one file. Attempts that the SDK makes within one call count as one.
#[derive(Debug, Default)]
pub(super) struct RequestCount(AtomicU32);

impl RequestCount {
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn total(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}
