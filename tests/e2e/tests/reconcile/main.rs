//! Comparing and repairing on the emulator: the real state machine finds what was planted, mends it through the copy
//! functions, and writes its report.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod buckets;
mod ledger;
mod planted;
