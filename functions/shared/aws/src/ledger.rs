//! The ledger: what is known of every file and of every run, in two DynamoDB tables.
//!
//! Every write is conditional. Conditions on files are derived from the transition function of the domain; conditions on
//! runs, batches and locks name what was read. So two processes can never both believe that they did the same thing.
//!
//! Invariant: only this module knows attribute names.

mod accounts;
mod attention;
mod attributes;
mod batches;
mod closing;
mod copies;
mod counters;
mod error;
mod file_item;
mod files;
mod locks;
mod pause;
mod runs;
mod tables;
mod uploads;
#[cfg(test)]
pub(crate) mod wire_tests;
mod write;

use aws_sdk_dynamodb::Client;

pub use accounts::{AccountCursor, AccountFile};
pub use attention::{AttentionCursor, AttentionKey};
pub use batches::{BatchClaim, Lease};
pub use closing::FinishBatch;
pub use copies::CopiesCursor;
pub use counters::BatchProgress;
pub use error::LedgerError;
pub use files::KeyClaim;
pub use locks::Lock;
pub use tables::TableState;

/// Access to both tables.
#[derive(Debug, Clone)]
pub struct Ledger {
    client: Client,
    files_table: String,
    runs_table: String,
}

impl Ledger {
    /// The ledger in these tables.
    pub fn new(client: Client, files_table: &str, runs_table: &str) -> Self {
        Self { client, files_table: files_table.to_owned(), runs_table: runs_table.to_owned() }
    }
}
