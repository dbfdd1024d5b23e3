//! Comparing and repairing on the emulator: the real state machine finds what was planted, mends it through the copy
//! functions, and writes its report.

mod buckets;
mod description;
mod filters;
mod inventory;
mod ledger;
mod multipart_trap;
mod overwrite;
mod planted;
mod quotas;
mod refused;
mod transfer;
mod two_services;
mod unreadable;
