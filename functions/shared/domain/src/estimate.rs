//! What a run will take: requests, time and money, from counts.
//!
//! A model, not a measurement: [`work`] says what is asked for, [`prices`] what that costs. The time is bounded by the 3,500 writes per second
//! that one S3 prefix takes (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html>).

pub mod item;
mod migration;
pub mod prices;
pub mod usage;
pub mod work;

pub use migration::{MigrationEstimate, MigrationFacts};

use serde::{Deserialize, Serialize};

use crate::reconcile::{Cost, CostItem, Requests};
use item::Item;
use prices::Quote;
use work::{BackupWork, TransferWork};

/// Writes per second that S3 takes below one prefix.
pub const S3_WRITES_PER_SECOND: f64 = 3500.0;

/// The figures for a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Estimate {
    /// Files that would be copied.
    pub files: u64,
    /// Reads of the source (HEAD or GET).
    pub source_reads: u64,
    /// Writes to the destination.
    pub destination_writes: u64,
    /// Writes to the ledger.
    pub ledger_writes: u64,
    /// Requests and transitions together, in USD; without data transfer and Lambda time.
    pub cost_usd: f64,
    /// The shortest time that S3's request rate for one prefix allows, in seconds.
    pub seconds_at_least: f64,
}

impl Eq for Estimate {}

impl Estimate {
    /// For `files` new files, which S3 copies by itself, in `batches` batches.
    pub fn for_backup(quote: &Quote, files: u64, batches: u64) -> Self {
        let work =
            BackupWork { batches: counted(batches), ..BackupWork::full(counted(files), 1.0) };
        let usage = work::backup(&work);
        Self {
            files,
            source_reads: files,
            destination_writes: files,
            ledger_writes: whole(usage.units(Item::LedgerWrite)),
            cost_usd: usage.usd(&quote.prices),
            seconds_at_least: counted(files) / S3_WRITES_PER_SECOND,
        }
    }

    /// For `objects` objects that a listing has named, in `batches` batches, where S3 copies by itself. An object that is
    /// streamed costs a read of the source as well, which the source's owner pays.
    pub fn for_objects(quote: &Quote, objects: u64, batches: u64) -> Self {
        let usage = work::objects_copied(&TransferWork {
            copied_by_s3: counted(objects),
            batches: counted(batches),
            ..TransferWork::default()
        });
        Self {
            files: objects,
            source_reads: 0,
            destination_writes: objects,
            ledger_writes: whole(usage.units(Item::LedgerWrite)),
            cost_usd: usage.usd(&quote.prices),
            seconds_at_least: counted(objects) / S3_WRITES_PER_SECOND,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52, and an estimate anyway")]
pub(crate) const fn counted(count: u64) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "never negative and far below 2^63"
)]
pub(crate) const fn whole(count: f64) -> u64 {
    count.round() as u64
}

/// What requests cost.
///
/// * `copying`: requests that copied or deleted; all are taken for writes, the dearest kind.
pub fn cost_of(quote: &Quote, requests: &Requests, copying: u64) -> Cost {
    let items: Vec<CostItem> = [
        ("LIST requests", requests.list, Item::S3Write),
        ("HEAD requests", requests.head, Item::S3Read),
        ("GET requests", requests.get, Item::S3Read),
        ("PUT requests", requests.put, Item::S3Write),
        ("COPY requests", requests.copy, Item::S3Write),
        ("DELETE requests", requests.delete, Item::Free),
        ("requests of the copying", copying, Item::S3Write),
    ]
    .into_iter()
    .filter(|(_, count, _)| *count > 0)
    .map(|(label, count, item)| CostItem {
        label: label.to_owned(),
        count,
        usd: counted(count) * quote.prices.of(item),
    })
    .collect();
    Cost { usd: items.iter().map(|item| item.usd).sum(), items }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote() -> Quote {
        Quote::of("us-east-1")
    }

    #[test]
    fn a_million_files_cost_what_the_model_says() {
        let estimate = Estimate::for_backup(&quote(), 1_000_000, 10_000);
        // Copies 5.00 and HEADs 0.40; claims, rows and index entries 1.875; transitions 0.75; rows read twice 0.16; batches 0.1.
        assert!((8.2..8.4).contains(&estimate.cost_usd), "{}", estimate.cost_usd);
        assert!((estimate.seconds_at_least - 285.7).abs() < 0.1);
        let dearer = Estimate::for_backup(&Quote::of("eu-central-1"), 1_000_000, 10_000);
        assert!(dearer.cost_usd > estimate.cost_usd);
    }

    #[test]
    fn a_million_objects_cost_little_more_than_their_copies() {
        let estimate = Estimate::for_objects(&quote(), 1_000_000, 1_000);
        // 5.00 S3, 0.075 transitions, and small change.
        assert!((5.07..5.12).contains(&estimate.cost_usd), "{}", estimate.cost_usd);
    }

    #[test]
    fn listing_a_million_keys_costs_half_a_cent() {
        let cost = cost_of(&quote(), &Requests { list: 1_000, head: 10, ..Requests::default() }, 0);
        assert!((cost.usd - 0.005_004).abs() < 1e-9, "{}", cost.usd);
        assert_eq!(cost.items.len(), 2);
    }
}
