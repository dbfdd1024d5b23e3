//! Objects, sorted by key in bounded memory.
//!
//! For inventories that come in no order: a scan of the ledger, and S3 Inventory, which documents none
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html>).

use std::cmp::Ordering;

use async_trait::async_trait;
use drayage_domain::reconcile::{Object, Requests};

use super::{Inventory, InventoryError};
use crate::sort::{self, DiskError, Sortable, Sorted};

/// Takes objects in any order; runs on the disk have about 40 bytes for each object.
pub type Sorter = sort::Sorter<Object>;
/// Sorted objects, read back page by page. Objects with the same key come one after the other.
pub type SortedInventory = Sorted<Object>;

impl Sortable for Object {
    fn rank(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }

    fn memory_bytes(&self) -> usize {
        let texts = [
            Some(&self.key),
            self.etag.as_ref(),
            self.last_modified.as_ref(),
            self.storage_class.as_ref(),
            self.account_id.as_ref(),
            self.record_id.as_ref(),
            self.checksum.as_ref().map(|checksum| &checksum.value),
        ];
        size_of::<Self>() + texts.into_iter().flatten().map(String::len).sum::<usize>()
    }
}

#[async_trait]
impl Inventory for SortedInventory {
    async fn next_page(&mut self) -> Result<Option<Vec<Object>>, InventoryError> {
        Ok(self.next_items().await?)
    }

    fn requests(&self) -> Requests {
        Requests::default()
    }
}

impl From<DiskError> for InventoryError {
    fn from(DiskError { message }: DiskError) -> Self {
        Self::Disk { message }
    }
}
