//! What this process has asked of Salesforce: what the metrics tell.
//!
//! The counters are the process's, because a function makes a client for each invocation or keeps one for many, and Lambda gives a
//! process one invocation at a time.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::SalesforceError;
use crate::limits::ApiUsage;

/// No answer has told the org's usage.
const UNKNOWN: u64 = u64::MAX;

static CALLS: AtomicU64 = AtomicU64::new(0);
static REFUSED: AtomicU64 = AtomicU64::new(0);
static LEFT_PERCENT: AtomicU64 = AtomicU64::new(UNKNOWN);

/// What was asked of Salesforce.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Requests to the data API, each attempt counted.
    pub calls: u64,
    /// Requests that were refused because too many were made, in 24 hours or at a time.
    pub refused: u64,
    /// Percent, rounded down, of the org's API calls per 24 hours that were left as of the last answer that told.
    pub left_percent: Option<u64>,
}

/// What was asked since this was called last.
pub fn take() -> Spent {
    let left = LEFT_PERCENT.swap(UNKNOWN, Ordering::Relaxed);
    Spent {
        calls: CALLS.swap(0, Ordering::Relaxed),
        refused: REFUSED.swap(0, Ordering::Relaxed),
        left_percent: (left != UNKNOWN).then_some(left),
    }
}

pub(crate) fn called() {
    CALLS.fetch_add(1, Ordering::Relaxed);
}

pub(crate) fn told(usage: ApiUsage) {
    LEFT_PERCENT.store(left_percent(usage), Ordering::Relaxed);
}

pub(crate) fn failed(error: &SalesforceError) {
    if matches!(
        error,
        SalesforceError::RequestLimitExceeded(_) | SalesforceError::ConcurrencyLimit(_)
    ) {
        REFUSED.fetch_add(1, Ordering::Relaxed);
    }
}

/// An org that may make no calls at all has none left.
fn left_percent(usage: ApiUsage) -> u64 {
    (usage.remaining().saturating_mul(100)).checked_div(usage.allowed()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_a_share_of_what_is_allowed() {
        let usage = |used, allowed| ApiUsage { used, allowed };
        assert_eq!(left_percent(usage(0, 15_000)), 100);
        assert_eq!(left_percent(usage(14_999, 15_000)), 0);
        assert_eq!(left_percent(usage(20_000, 15_000)), 0);
        assert_eq!(left_percent(usage(0, 0)), 0);
    }
}
