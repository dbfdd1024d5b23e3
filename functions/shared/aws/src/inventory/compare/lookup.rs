//! Who knows better than an inventory that may be out of date.
//!
//! An S3 Inventory report is hours or days old, an index of the ledger lags behind its table, and a scan takes minutes.
//! Listings are consistent (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel>).

use async_trait::async_trait;
use drayage_domain::reconcile::Object;

use crate::inventory::{InventoryError, S3Place};
use crate::ledger::Ledger;

/// Tells what is at one key now.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// The object at a key relative to the place, or `None`.
    async fn find(&self, key: &str) -> Result<Option<Object>, InventoryError>;

    /// `HEAD`s that one answer costs, for the tally.
    fn heads(&self) -> u64;
}

#[async_trait]
impl Lookup for S3Place {
    async fn find(&self, key: &str) -> Result<Option<Object>, InventoryError> {
        self.head_object(key).await
    }

    fn heads(&self) -> u64 {
        1
    }
}

/// Asks the ledger, with consistent reads.
#[derive(Debug, Clone)]
pub struct LedgerLookup {
    ledger: Ledger,
    prefix: String,
}

impl LedgerLookup {
    /// `prefix`: what keys are relative to.
    pub fn new(ledger: Ledger, prefix: &str) -> Self {
        Self { ledger, prefix: prefix.to_owned() }
    }
}

#[async_trait]
impl Lookup for LedgerLookup {
    async fn find(&self, key: &str) -> Result<Option<Object>, InventoryError> {
        let copy = self.ledger.copy_at(&format!("{}{key}", self.prefix)).await?;
        Ok(copy.map(|copy| Object { key: key.to_owned(), ..copy }))
    }

    fn heads(&self) -> u64 {
        0
    }
}
