//! What writing takes: API calls, ledger writes, time and money. A model, not a measurement.

use super::{SwitchEstimate, UpdateMode};
use crate::estimate::item::{Item, Service};
use crate::estimate::prices::Quote;
use crate::estimate::work::{self, SwitchWork};
use crate::estimate::{counted, whole};

/// Rows that one call reads, when nothing hurries
/// (<https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-retrieve-post.html>).
const ROWS_PER_READ: u64 = 2_000;
/// Rows of one guarded update
/// (<https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-composite-post.html>).
const ROWS_PER_GUARDED_CALL: u64 = 25;
/// Rows of one collection
/// (<https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-update.html>).
const ROWS_PER_COLLECTION: u64 = 200;
/// Begin a job, send its file, close it, and read three results
/// (<https://developer.salesforce.com/docs/platform/api-asynch/guide/bulk-api-2-0.html>).
const CALLS_PER_JOB: u64 = 6;
/// Looks at a job until it is complete.
const POLLS_PER_JOB: u64 = 10;

/// Assumed for a guarded update of 25 rows, in an org with little automation on the object.
const SECONDS_PER_GUARDED_CALL: f64 = 0.3;
/// Assumed for a collection of 200 rows.
const SECONDS_PER_COLLECTION: f64 = 1.5;
/// Assumed for a job of 10,000 rows, its time in the queue included.
const SECONDS_PER_JOB: f64 = 120.0;
/// Assumed for a call that reads.
const SECONDS_PER_READ: f64 = 0.5;
/// Memory of the function that writes, in GB.
const MEMORY_GB: f64 = 0.5;

/// Lines of a batch.
pub const fn batch_size(mode: UpdateMode) -> u32 {
    match mode {
        UpdateMode::Guarded | UpdateMode::Collections => 1_000,
        UpdateMode::Bulk => 10_000,
    }
}

/// API calls that so many records take: read, write, read back, and look once more after everything was written. Batches are taken for
/// full.
pub fn calls(mode: UpdateMode, records: u64) -> u64 {
    let parts = Parts::of(mode, records);
    parts.reads + parts.writes * parts.calls_per_write
}

/// The calls of a run, by kind.
struct Parts {
    reads: u64,
    /// Guarded updates, collections or jobs.
    writes: u64,
    calls_per_write: u64,
    seconds_per_write: f64,
}

impl Parts {
    fn of(mode: UpdateMode, records: u64) -> Self {
        // No call reads rows of two batches.
        let look = records.div_ceil(ROWS_PER_READ.min(u64::from(batch_size(mode))));
        let (reads_before, rows, calls_per_write, seconds_per_write) = match mode {
            UpdateMode::Guarded => (look, ROWS_PER_GUARDED_CALL, 1, SECONDS_PER_GUARDED_CALL),
            UpdateMode::Collections => (
                records.div_ceil(ROWS_PER_COLLECTION),
                ROWS_PER_COLLECTION,
                1,
                SECONDS_PER_COLLECTION,
            ),
            UpdateMode::Bulk => {
                let rows = u64::from(batch_size(mode));
                (look, rows, CALLS_PER_JOB + POLLS_PER_JOB, SECONDS_PER_JOB)
            }
        };
        let reads = reads_before + look + look;
        Self { reads, writes: records.div_ceil(rows), calls_per_write, seconds_per_write }
    }
}

impl SwitchEstimate {
    /// For `records` records in so many batches and lanes, of which so many are written at a time.
    pub fn for_run(
        quote: &Quote,
        mode: UpdateMode,
        records: u64,
        (batches, lanes, lanes_at_once): (u32, u32, u64),
        api_calls_left: Option<u64>,
    ) -> Self {
        let parts = Parts::of(mode, records);
        let (batches, lanes) = (u64::from(batches), u64::from(lanes));
        let at_once = lanes.clamp(1, lanes_at_once.max(1));
        let worked = counted(parts.reads) * SECONDS_PER_READ
            + counted(parts.writes) * parts.seconds_per_write;
        let usage = if records == 0 {
            work::nothing()
        } else {
            work::lines_written(&SwitchWork {
                records: counted(records),
                batches: counted(batches),
                lanes: counted(lanes),
            })
        };
        let usage = usage.charged(Service::Lambda, "time", 0.0, Item::GbSecond, worked * MEMORY_GB);
        Self {
            api_calls: calls(mode, records),
            api_calls_left,
            ledger_writes: whole(usage.units(Item::LedgerWrite)),
            cost_usd: usage.usd(&quote.prices),
            seconds: worked / counted(at_once),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_records_take_what_the_arithmetic_says() {
        // 40,000 writes, and three looks of 1,000 rows a call.
        assert_eq!(calls(UpdateMode::Guarded, 1_000_000), 43_000);
        // 5,000 reads of 200, 5,000 writes, and two looks of 1,000 rows a call.
        assert_eq!(calls(UpdateMode::Collections, 1_000_000), 12_000);
        // 100 jobs of 16 calls, and three looks of 2,000 rows a call.
        assert_eq!(calls(UpdateMode::Bulk, 1_000_000), 3_100);
    }

    #[test]
    fn nothing_takes_nothing_and_one_record_a_few_calls() {
        let quote = Quote::of("us-east-1");
        for mode in [UpdateMode::Guarded, UpdateMode::Collections, UpdateMode::Bulk] {
            assert_eq!(calls(mode, 0), 0);
            let nothing = SwitchEstimate::for_run(&quote, mode, 0, (0, 0, 5), None);
            assert_eq!((nothing.ledger_writes, nothing.api_calls), (0, 0));
            assert!(nothing.cost_usd.abs() < f64::EPSILON && nothing.seconds.abs() < f64::EPSILON);
        }
        assert_eq!(calls(UpdateMode::Guarded, 1), 4);
        assert_eq!(calls(UpdateMode::Bulk, 1), 19);
    }

    #[test]
    fn a_single_lane_takes_as_long_as_its_calls() {
        let quote = Quote::of("us-east-1");
        let spread =
            SwitchEstimate::for_run(&quote, UpdateMode::Guarded, 100_000, (100, 100, 5), Some(9));
        let alone =
            SwitchEstimate::for_run(&quote, UpdateMode::Guarded, 100_000, (100, 1, 5), Some(9));
        // 4,000 calls of 0.3 s and 300 of 0.5 s.
        assert!((alone.seconds - 1_350.0).abs() < 1e-6, "{}", alone.seconds);
        assert!((spread.seconds * 5.0 - alone.seconds).abs() < 1e-6, "{}", spread.seconds);
        // The intent and what was read back, each the row and its entry in the index by account.
        assert_eq!(spread.ledger_writes, 400_000);
        // 0.25 ledger writes, 0.025 reads, 0.0022 objects, 0.02 transitions, 0.0002 logs and invocations, 0.009 Lambda
        assert!((spread.cost_usd - 0.3064).abs() < 0.0001, "{}", spread.cost_usd);
        assert_eq!(spread.api_calls_left, Some(9));
    }
}
