//! Whole backups on the emulator: the real template, the real state machine, the real binaries. After each, the bucket is
//! checked by other means than the product's own.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod changes;
mod control;
mod dead_letter;
mod diagnosis;
mod first_and_again;
mod inputs;
mod listed;
mod locking;
mod observed;
mod outcomes;
mod own_key;
mod pauses;
mod pausing;
mod sources;
