//! Inventories: what a place holds, in the order of keys, page by page.
//!
//! A place is a prefix of a bucket, told by its listing ([`ListingInventory`]) or by an S3 Inventory report
//! ([`s3_inventory`]), or what the ledger says should be there ([`ledger_inventory`]). Two of them are walked side by side by
//! [`Comparison`], which asks an [`Examiner`] where sizes and `ETag`s do not settle the matter. [`cut()`] finds out into
//! which pieces two places are divided for that, and what of them may not be listed.
//!
//! Invariant: keys of an [`Object`] are relative to the place, so that both sides name one file alike.

mod compare;
mod cut;
mod error;
mod evidence;
mod in_folder;
mod key_text;
mod ledger;
mod listing;
pub mod s3_inventory;
mod sort;
mod split;

#[cfg(test)]
mod test_support;

use async_trait::async_trait;
use drayage_domain::reconcile::{Object, Requests};

pub use compare::{
    CompareError, Compared, Comparison, ComparisonOptions, End, Finding, Findings, LedgerLookup,
    Lookup, Party, S3Lookup,
};
pub use cut::{Cut, CutError, CutSide, FOLDERS_MAX, Piece, cut};
pub use error::InventoryError;
pub use evidence::Examiner;
pub use in_folder::InFolder;
pub use ledger::{LedgerSweep, ledger_inventory};
pub use listing::{ListingInventory, S3Place};
pub use sort::{SortedInventory, Sorter};
use split::split;

/// A place that is taken to be empty, whatever it holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObjects;

#[async_trait]
impl Inventory for NoObjects {
    async fn next_page(&mut self) -> Result<Option<Vec<Object>>, InventoryError> {
        Ok(None)
    }

    fn requests(&self) -> Requests {
        Requests::default()
    }
}

/// A place's objects, sorted by key in UTF-8 binary order.
#[async_trait]
pub trait Inventory: Send {
    /// The next objects, at least one; `None` at the end, and from then on.
    async fn next_page(&mut self) -> Result<Option<Vec<Object>>, InventoryError>;

    /// Requests to S3 so far.
    fn requests(&self) -> Requests;
}
