//! The ledger on a real table service: what one writer may do, and that of several at once only one does it.
//!
//! What an emulator never answers (contention, throttling, a lost answer) is tested in the ledger's own package.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod batches;
mod files;
mod locks;
mod model;
mod runs;
mod transitions;

mod support;
