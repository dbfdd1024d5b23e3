//! The operator's tool as people use it: the binary `dray` against a running local stack.
//!
//! `snapshots` shows every command that reads, of a stack whose ledger has a known content; `night` repairs a run with planted failures by
//! nothing but `dray`.

#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "../backup/control.rs"]
#[expect(dead_code, reason = "what only other tests need")]
mod control;
mod known;
mod night;
mod snapshots;
mod terminal;
