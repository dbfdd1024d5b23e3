//! Who knows better than an inventory that may be out of date.
//!
//! An S3 Inventory report is hours or days old, an index of the ledger lags behind its table, and a scan takes minutes.
//! Listings are consistent (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel>).

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use drayage_domain::reconcile::{Object, Requests};

use crate::inventory::{InventoryError, S3Place};
use crate::ledger::Ledger;

/// Tells what is at one key now.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// The object at a key relative to the place, or `None`.
    async fn find(&self, key: &str) -> Result<Option<Object>, InventoryError>;

    /// Requests to S3 so far.
    fn requests(&self) -> Requests;
}

/// Asks a bucket for the object. Where a `HEAD` is refused (it needs `s3:GetObject`, `s3:ListBucket` for a key that does not
/// exist, and the customer's key under SSE-C), a listing of this one key may still tell.
#[derive(Debug)]
pub struct S3Lookup {
    place: S3Place,
    heads: AtomicU64,
    lists: AtomicU64,
}

impl S3Lookup {
    /// Looks things up in that place.
    pub const fn new(place: S3Place) -> Self {
        Self { place, heads: AtomicU64::new(0), lists: AtomicU64::new(0) }
    }
}

#[async_trait]
impl Lookup for S3Lookup {
    async fn find(&self, key: &str) -> Result<Option<Object>, InventoryError> {
        self.heads.fetch_add(1, Ordering::Relaxed);
        match self.place.head_object(key).await {
            Err(InventoryError::AccessDenied { .. } | InventoryError::Refused { .. }) => {
                self.lists.fetch_add(1, Ordering::Relaxed);
                self.place.list_object(key).await
            }
            found => found,
        }
    }

    fn requests(&self) -> Requests {
        Requests {
            head: self.heads.load(Ordering::Relaxed),
            list: self.lists.load(Ordering::Relaxed),
            ..Requests::default()
        }
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

    fn requests(&self) -> Requests {
        Requests::default()
    }
}
