//! Sorts anything in bounded memory: sorted runs on the local disk, merged when they are read.

mod runs;
mod switch_lines;

use std::cmp::Ordering;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use runs::{MergedRuns, Run, in_background, write_run};

/// Items of one page that is read back.
const PAGE_ITEMS: usize = 1_000;

/// What can be sorted.
pub trait Sortable: Serialize + DeserializeOwned + fmt::Debug + Send + 'static {
    /// Whether it comes before the other. Items of equal rank come in any order.
    fn rank(&self, other: &Self) -> Ordering;

    /// What it takes in memory, in bytes, about.
    fn memory_bytes(&self) -> usize;
}

/// Sorting on the local disk failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "sorting on the local disk failed: {message}; hint: give the function more ephemeral storage"
)]
pub struct DiskError {
    /// What the system says.
    pub message: String,
}

/// Takes items in any order.
#[derive(Debug)]
pub struct Sorter<T> {
    memory_bytes_max: usize,
    waiting: Vec<T>,
    waiting_bytes: usize,
    runs: Vec<Run>,
}

impl<T: Sortable> Sorter<T> {
    /// Keeps items of about that size in memory before it writes them to the local disk, compressed; the process needs up to twice as
    /// much.
    pub const fn new(memory_bytes_max: usize) -> Self {
        Self { memory_bytes_max, waiting: Vec::new(), waiting_bytes: 0, runs: Vec::new() }
    }

    /// Takes in some items.
    pub async fn push(&mut self, items: Vec<T>) -> Result<(), DiskError> {
        self.waiting_bytes += items.iter().map(T::memory_bytes).sum::<usize>();
        self.waiting.extend(items);
        if self.waiting_bytes < self.memory_bytes_max {
            return Ok(());
        }
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        self.runs.push(in_background(move || write_run(sorted(waiting))).await?);
        Ok(())
    }

    /// All that was taken in, in order.
    pub async fn finish(self) -> Result<Sorted<T>, DiskError> {
        let Self { waiting, runs, .. } = self;
        let merged = in_background(move || MergedRuns::open(runs, sorted(waiting))).await?;
        Ok(Sorted { merged: Some(merged) })
    }
}

fn sorted<T: Sortable>(mut items: Vec<T>) -> Vec<T> {
    items.sort_by(T::rank);
    items
}

/// Sorted items, read back page by page.
#[derive(Debug)]
pub struct Sorted<T: Sortable> {
    /// `None` after an error: what is left cannot be trusted.
    merged: Option<MergedRuns<T>>,
}

impl<T: Sortable> Sorted<T> {
    /// The next items, at least one; `None` at the end, and from then on.
    pub async fn next_items(&mut self) -> Result<Option<Vec<T>>, DiskError> {
        let Some(mut merged) = self.merged.take() else {
            return Err(DiskError { message: "an earlier read has failed".to_owned() });
        };
        let (merged, page) = in_background(move || {
            let page = merged.take(PAGE_ITEMS)?;
            Ok((merged, page))
        })
        .await?;
        self.merged = Some(merged);
        Ok(Some(page).filter(|page| !page.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    struct Named {
        name: String,
        more: String,
    }

    impl Sortable for Named {
        fn rank(&self, other: &Self) -> Ordering {
            self.name.cmp(&other.name)
        }

        fn memory_bytes(&self) -> usize {
            size_of::<Self>() + self.name.len() + self.more.len()
        }
    }

    fn named(name: String) -> Named {
        Named { name, more: "e".repeat(32) }
    }

    async fn all(mut sorted: Sorted<Named>) -> Vec<Named> {
        let mut items = Vec::new();
        while let Some(page) = sorted.next_items().await.unwrap() {
            assert!(!page.is_empty() && page.len() <= PAGE_ITEMS);
            items.extend(page);
        }
        items
    }

    #[tokio::test]
    async fn items_come_back_in_order_from_memory_and_from_disk() {
        let mut names: Vec<String> =
            (0..2_500_u32).map(|n| format!("k\n{:08x}", n.wrapping_mul(2_654_435_761))).collect();
        for memory_bytes_max in [usize::MAX, 64 << 10] {
            let mut sorter = Sorter::new(memory_bytes_max);
            for part in names.chunks(100) {
                sorter.push(part.iter().cloned().map(named).collect()).await.unwrap();
            }
            assert_eq!(sorter.runs.is_empty(), memory_bytes_max == usize::MAX);
            let sorted = all(sorter.finish().await.unwrap()).await;
            names.sort_unstable();
            assert_eq!(sorted, names.iter().cloned().map(named).collect::<Vec<_>>());
            names.reverse();
        }
    }

    #[tokio::test]
    async fn nothing_and_the_same_name_twice_are_no_special_cases() {
        assert_eq!(all(Sorter::new(1).finish().await.unwrap()).await, []);
        let mut sorter = Sorter::new(1);
        for _ in 0..2 {
            sorter.push(vec![named("a".to_owned())]).await.unwrap();
        }
        assert_eq!(all(sorter.finish().await.unwrap()).await.len(), 2);
    }
}
