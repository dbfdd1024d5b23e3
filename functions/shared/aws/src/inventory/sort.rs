//! Sorts objects by key in bounded memory: sorted runs on the local disk, merged when they are read.
//!
//! For inventories that come in no order: a scan of the ledger, and S3 Inventory, which documents none
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html>).

mod runs;

use async_trait::async_trait;
use drayage_domain::reconcile::{Object, Requests};

use super::{Inventory, InventoryError};
use runs::{MergedRuns, Run, in_background, write_run};

/// Objects of one page that is read back.
const PAGE_OBJECTS: usize = 1_000;
/// What an object takes in memory beyond its texts, about.
const OBJECT_OVERHEAD_BYTES: usize = size_of::<Object>();

/// Takes objects in any order.
#[derive(Debug)]
pub struct Sorter {
    memory_bytes_max: usize,
    waiting: Vec<Object>,
    waiting_bytes: usize,
    runs: Vec<Run>,
}

impl Sorter {
    /// Keeps objects of about that size in memory before it writes them to the local disk; the process needs up to twice as
    /// much. Runs are compressed to about 40 bytes for each object.
    pub const fn new(memory_bytes_max: usize) -> Self {
        Self { memory_bytes_max, waiting: Vec::new(), waiting_bytes: 0, runs: Vec::new() }
    }

    /// Takes in some objects.
    pub async fn push(&mut self, objects: Vec<Object>) -> Result<(), InventoryError> {
        self.waiting_bytes += objects.iter().map(bytes_of).sum::<usize>();
        self.waiting.extend(objects);
        if self.waiting_bytes < self.memory_bytes_max {
            return Ok(());
        }
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        self.runs.push(in_background(move || write_run(sorted(waiting))).await?);
        Ok(())
    }

    /// All that was taken in, by key. Objects with the same key come one after the other.
    pub async fn finish(self) -> Result<SortedInventory, InventoryError> {
        let Self { waiting, runs, .. } = self;
        let merged = in_background(move || MergedRuns::open(runs, sorted(waiting))).await?;
        Ok(SortedInventory { merged: Some(merged) })
    }
}

fn bytes_of(object: &Object) -> usize {
    let texts = [
        Some(&object.key),
        object.etag.as_ref(),
        object.last_modified.as_ref(),
        object.storage_class.as_ref(),
        object.account_id.as_ref(),
        object.record_id.as_ref(),
        object.checksum.as_ref().map(|checksum| &checksum.value),
    ];
    OBJECT_OVERHEAD_BYTES + texts.into_iter().flatten().map(String::len).sum::<usize>()
}

fn sorted(mut objects: Vec<Object>) -> Vec<Object> {
    objects.sort_by(|one, other| one.key.cmp(&other.key));
    objects
}

/// Sorted objects, read back page by page.
#[derive(Debug)]
pub struct SortedInventory {
    /// `None` after an error: what is left cannot be trusted.
    merged: Option<MergedRuns>,
}

#[async_trait]
impl Inventory for SortedInventory {
    async fn next_page(&mut self) -> Result<Option<Vec<Object>>, InventoryError> {
        let Some(mut merged) = self.merged.take() else {
            return Err(InventoryError::Disk { message: "an earlier read has failed".to_owned() });
        };
        let (merged, page) = in_background(move || {
            let page = merged.take(PAGE_OBJECTS)?;
            Ok((merged, page))
        })
        .await?;
        self.merged = Some(merged);
        Ok(Some(page).filter(|page| !page.is_empty()))
    }

    fn requests(&self) -> Requests {
        Requests::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(key: String) -> Object {
        Object {
            size_bytes: key.len() as u64,
            etag: Some("e".repeat(32)),
            key,
            ..Object::default()
        }
    }

    async fn all(mut inventory: SortedInventory) -> Vec<Object> {
        let mut objects = Vec::new();
        while let Some(page) = inventory.next_page().await.unwrap() {
            assert!(!page.is_empty() && page.len() <= PAGE_OBJECTS);
            objects.extend(page);
        }
        objects
    }

    #[tokio::test]
    async fn objects_come_back_in_order_from_memory_and_from_disk() {
        let mut keys: Vec<String> =
            (0..2_500_u32).map(|n| format!("k\n{:08x}", n.wrapping_mul(2_654_435_761))).collect();
        for memory_bytes_max in [usize::MAX, 64 << 10] {
            let mut sorter = Sorter::new(memory_bytes_max);
            for part in keys.chunks(100) {
                sorter.push(part.iter().cloned().map(object).collect()).await.unwrap();
            }
            assert_eq!(sorter.runs.is_empty(), memory_bytes_max == usize::MAX);
            let sorted = all(sorter.finish().await.unwrap()).await;
            keys.sort_unstable();
            assert_eq!(sorted, keys.iter().cloned().map(object).collect::<Vec<_>>());
            keys.reverse();
        }
    }

    #[tokio::test]
    async fn nothing_and_the_same_key_twice_are_no_special_cases() {
        assert_eq!(all(Sorter::new(1).finish().await.unwrap()).await, []);
        let mut sorter = Sorter::new(1);
        for _ in 0..2 {
            sorter.push(vec![object("a".to_owned())]).await.unwrap();
        }
        assert_eq!(all(sorter.finish().await.unwrap()).await.len(), 2);
    }
}
