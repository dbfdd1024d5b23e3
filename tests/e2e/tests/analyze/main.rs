//! What a migration would be about, end to end: the state machine `analyze` on the emulator.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../backup/control.rs"]
mod control;

mod beside;
mod numbers;
mod sizes;
mod support;
