//! The simulator's HTTP interface, call by call, and every fault that it can be asked for.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod bulk_ingest;
mod bulk_query;
mod call_faults;
mod collections;
mod data;
mod harness;
mod login;
mod query;
mod row_faults;
mod rows;
mod write_faults;
