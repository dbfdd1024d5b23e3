//! What a run will take: requests, time and money, from counts.
//!
//! A model, not a measurement. [`prices`] are those of us-east-1; the time is bounded by the 3,500 writes per second that one
//! S3 prefix takes (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html>).

mod migration;
pub mod prices;

pub use migration::{MigrationEstimate, MigrationFacts};

use serde::{Deserialize, Serialize};

use crate::reconcile::{Cost, CostItem, Requests};
use prices::{LEDGER_WRITE_USD, QUEUE_REQUEST_USD, S3_READ_USD, S3_WRITE_USD, TRANSITION_USD};

/// Writes per second that S3 takes below one prefix.
pub const S3_WRITES_PER_SECOND: f64 = 3500.0;

/// A first write costs the key claim, the row and its index entry.
pub const LEDGER_WRITES_PER_FILE: u64 = 3;
/// Child execution: enter the map item, send the message, end.
pub const TRANSITIONS_PER_BATCH: u64 = 3;
/// Send, receive, delete.
pub const QUEUE_REQUESTS_PER_BATCH: u64 = 3;
/// A batch is announced, claimed, closed and counted.
pub const LEDGER_WRITES_PER_BATCH: u64 = 4;

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
    /// For `files` files in `batches` batches.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52, and an estimate anyway")]
    pub fn for_backup(files: u64, batches: u64) -> Self {
        let ledger_writes = files * LEDGER_WRITES_PER_FILE;
        let cost_usd = files as f64 * (S3_WRITE_USD + S3_READ_USD)
            + ledger_writes as f64 * LEDGER_WRITE_USD
            + (batches * TRANSITIONS_PER_BATCH) as f64 * TRANSITION_USD
            + (batches * QUEUE_REQUESTS_PER_BATCH) as f64 * QUEUE_REQUEST_USD;
        Self {
            files,
            source_reads: files,
            destination_writes: files,
            ledger_writes,
            cost_usd,
            seconds_at_least: files as f64 / S3_WRITES_PER_SECOND,
        }
    }

    /// For `objects` objects that a listing has named, in `batches` batches, where S3 copies by itself. An object that is
    /// streamed costs a read of the source as well, which the source's owner pays.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52, and an estimate anyway")]
    pub fn for_objects(objects: u64, batches: u64) -> Self {
        let ledger_writes = batches * LEDGER_WRITES_PER_BATCH;
        let cost_usd = objects as f64 * S3_WRITE_USD
            + ledger_writes as f64 * LEDGER_WRITE_USD
            + (batches * TRANSITIONS_PER_BATCH) as f64 * TRANSITION_USD
            + (batches * QUEUE_REQUESTS_PER_BATCH) as f64 * QUEUE_REQUEST_USD;
        Self {
            files: objects,
            source_reads: 0,
            destination_writes: objects,
            ledger_writes,
            cost_usd,
            seconds_at_least: objects as f64 / S3_WRITES_PER_SECOND,
        }
    }
}

/// What requests cost.
///
/// * `copying`: requests that copied or deleted; all are taken for writes, the dearest kind.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52, and an estimate anyway")]
pub fn cost_of(requests: &Requests, copying: u64) -> Cost {
    let items: Vec<CostItem> = [
        ("LIST requests", requests.list, S3_WRITE_USD),
        ("HEAD requests", requests.head, S3_READ_USD),
        ("GET requests", requests.get, S3_READ_USD),
        ("PUT requests", requests.put, S3_WRITE_USD),
        ("COPY requests", requests.copy, S3_WRITE_USD),
        ("DELETE requests", requests.delete, 0.0),
        ("requests of the copying", copying, S3_WRITE_USD),
    ]
    .into_iter()
    .filter(|(_, count, _)| *count > 0)
    .map(|(label, count, usd)| CostItem { label: label.to_owned(), count, usd: count as f64 * usd })
    .collect();
    Cost { usd: items.iter().map(|item| item.usd).sum(), items }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_files_cost_what_the_model_says() {
        let estimate = Estimate::for_backup(1_000_000, 10_000);
        // 5.40 S3 + 1.875 ledger + 0.75 transitions + 0.012 queue
        assert!((estimate.cost_usd - 8.037).abs() < 0.001, "{}", estimate.cost_usd);
        assert!((estimate.seconds_at_least - 285.7).abs() < 0.1);
    }

    #[test]
    fn a_million_objects_cost_little_more_than_their_copies() {
        let estimate = Estimate::for_objects(1_000_000, 1_000);
        // 5.00 S3 + 0.0025 ledger + 0.075 transitions + 0.0012 queue
        assert!((estimate.cost_usd - 5.0787).abs() < 0.0001, "{}", estimate.cost_usd);
    }

    #[test]
    fn listing_a_million_keys_costs_half_a_cent() {
        let cost = cost_of(&Requests { list: 1_000, head: 10, ..Requests::default() }, 0);
        assert!((cost.usd - 0.005_004).abs() < 1e-9, "{}", cost.usd);
        assert_eq!(cost.items.len(), 2);
    }
}
