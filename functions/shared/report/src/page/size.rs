//! How large the objects are.

use drayage_domain::reconcile::Tally;

use super::shown::length;
use crate::text::{number, share};

/// One class of sizes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) count: String,
    pub(super) share: String,
    pub(super) length: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Sizes {
    pub(super) total: String,
    pub(super) rows: Vec<Row>,
}

impl Sizes {
    pub(super) fn of(tally: &Tally) -> Self {
        let largest = tally.sizes.classes().map(|(_, count)| count).max().unwrap_or_default();
        let total = tally.sizes.total();
        let rows = tally
            .sizes
            .classes()
            .map(|(name, count)| Row {
                name,
                count: number(count),
                share: share(count, total),
                length: length(count, largest, 1000),
            })
            .collect();
        Self { total: number(total), rows }
    }
}
