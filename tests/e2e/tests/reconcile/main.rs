//! Comparing and repairing on the emulator: the real state machine finds what was planted, mends it through the copy
//! functions, and writes its report.

mod buckets;
mod inventory;
mod ledger;
mod planted;
mod transfer;
