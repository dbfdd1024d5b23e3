//! Reconciliation as a whole: verdicts against objects that are really there, and inventories of random buckets against a
//! naive comparison.

#![expect(clippy::unwrap_used, reason = "helpers of tests, where a panic is the report")]
#![expect(clippy::panic, reason = "helpers of tests, where a panic is the report")]

mod engine;
mod filter;
mod judge;
mod ranges;
mod trap;
mod world;
