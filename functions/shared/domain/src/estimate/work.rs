//! The model of requests: what each part of a run asks the services for, from how many records, files, batches and keys there are.
//!
//! One model for all that tells a cost: `dray analyze`, dry runs, the benchmarks' model and docs/cost.md. An end-to-end test counts the
//! requests of real runs and holds them against it; retries, throttling and what failed files need are not in it.

use super::item::{Item, Service};
use super::usage::Usage;

/// Keys that a request for rows names
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>).
const KEYS_PER_READ: f64 = 100.0;
/// Keys of a page of a listing
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>).
const KEYS_PER_PAGE: f64 = 1_000.0;
/// A page of a scan, in bytes
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html>).
const SCAN_PAGE_BYTES: f64 = 1_048_576.0;
/// A read unit, in bytes.
const READ_UNIT_BYTES: f64 = 4_096.0;
/// Parts of a table that are scanned at a time.
const SCAN_SEGMENTS: f64 = 8.0;

/// Rows as the table keeps them, in bytes, with URLs, names and keys of ordinary length. One of more than 1,024 costs a unit more.
const ROW_BYTES: f64 = 600.0;
/// A claim, in bytes.
const CLAIM_BYTES: f64 = 120.0;
/// Copy invocations at a time, by the template's default.
const WORKERS: f64 = 20.0;
/// Write units of a row and its entry in the index by account.
const ROW_UNITS: f64 = 2.0;
/// What the functions write to the log for a batch and for a page of records, in bytes, system lines of Lambda included.
const LOG_BYTES_PER_INVOCATION: f64 = 2_000.0;
const GIGABYTE: f64 = 1_073_741_824.0;

/// Files and what is done with them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BackupWork {
    /// Records that are read from Salesforce.
    pub records: f64,
    /// Records of a page.
    pub page: f64,
    /// Files that S3 copies by itself.
    pub copied_by_s3: f64,
    /// Files that are read from a bucket and streamed.
    pub streamed_from_s3: f64,
    /// Files that are fetched by HTTP.
    pub fetched_by_http: f64,
    /// Files in buckets whose proven copy is found to be current: only looked at.
    pub unchanged: f64,
    /// The same of files that are fetched by HTTP, which costs nothing at AWS.
    pub unchanged_http: f64,
    /// Batches.
    pub batches: f64,
    /// Files that the ledger knows already, with those of this run; the comparison reads all of them.
    pub known: f64,
    /// Copy invocations at a time.
    pub workers: f64,
    /// Whether only what has changed is queued: rows are read while records are enumerated.
    pub incremental: bool,
}

impl BackupWork {
    /// A full backup of so many files, all of them new, which S3 copies by itself.
    pub fn full(files: f64, batch_size: f64) -> Self {
        Self {
            records: files,
            page: if files < 50_000.0 { 2_000.0 } else { 10_000.0 },
            copied_by_s3: files,
            batches: (files / batch_size).ceil(),
            known: files,
            workers: WORKERS,
            ..Self::default()
        }
    }

    fn files(&self) -> f64 {
        self.copied_by_s3 + self.streamed_from_s3 + self.fetched_by_http
    }

    fn worked_on(&self) -> f64 {
        self.files() + self.unchanged + self.unchanged_http
    }
}

/// A backup: it is enumerated, copied, compared and closed.
pub fn backup(work: &BackupWork) -> Usage {
    let run = started().and(checked()).and(room_for_rows());
    run.and(enumerated(work)).and(copied(work)).and(compared_with_ledger(work.known))
}

/// What every run takes whatever its size: the lock, the run, its end, its report.
fn started() -> Usage {
    Usage::new()
        .each(Service::S3, "HeadBucket", Item::S3Read, 1.0)
        .each(Service::S3, "GetObject", Item::S3Read, 5.0)
        .each(Service::S3, "PutObject", Item::S3Write, 9.0)
        .charged(Service::DynamoDb, "GetItem", 3.0, Item::LedgerRead, 3.0)
        .charged(Service::DynamoDb, "PutItem", 3.0, Item::LedgerWrite, 5.0)
        .charged(Service::DynamoDb, "DeleteItem", 1.0, Item::LedgerWrite, 1.0)
        .each(Service::StepFunctions, "transitions", Item::Transition, 8.0)
        .and(invoked(3.0))
}

/// What runs about Salesforce take besides: access, quotas, the runs before, and who is told of the end.
fn checked() -> Usage {
    Usage::new()
        .each(Service::S3, "HeadBucket", Item::S3Read, 2.0)
        .charged(Service::DynamoDb, "GetItem", 5.0, Item::LedgerRead, 5.0)
        .charged(Service::DynamoDb, "Query", 4.0, Item::LedgerRead, 4.0)
        .charged(Service::DynamoDb, "PutItem", 2.0, Item::LedgerWrite, 8.0)
        .each(Service::SecretsManager, "GetSecretValue", Item::SecretRequest, 2.0)
        .each(Service::Sns, "Publish", Item::Notification, 2.0)
        .each(Service::StepFunctions, "transitions", Item::Transition, 14.0)
        .and(invoked(2.0))
}

/// Whether the account has room is asked before a run fans out.
fn room() -> Usage {
    Usage::new().each(Service::Lambda, "GetAccountSettings", Item::Free, 1.0)
}

/// Whether the table of files takes what is copied is asked where rows are written.
fn room_for_rows() -> Usage {
    room().each(Service::DynamoDb, "DescribeLimits", Item::Free, 1.0).each(
        Service::DynamoDb,
        "DescribeTable",
        Item::Free,
        1.0,
    )
}

/// Salesforce is read page by page, and batches are written.
pub fn enumerated(work: &BackupWork) -> Usage {
    let pages = (work.records / work.page.max(1.0)).ceil();
    let known = if work.incremental { work.records } else { 0.0 };
    // Records that were deleted are found by counting the rows.
    let rows = if work.incremental { read_once(work.known, 1.0) } else { Usage::new() };
    rows.each(Service::S3, "PutObject", Item::S3Write, work.batches)
        .charged(
            Service::DynamoDb,
            "PutItem",
            work.batches + pages,
            Item::LedgerWrite,
            work.batches + pages,
        )
        .charged(
            Service::DynamoDb,
            "BatchGetItem",
            (known / KEYS_PER_READ).ceil(),
            Item::LedgerRead,
            known,
        )
        .charged(Service::DynamoDb, "GetItem", pages, Item::LedgerRead, pages)
        // Enumerate, and whether it is done.
        .each(Service::StepFunctions, "transitions", Item::Transition, 2.0)
        .and(invoked(1.0))
}

/// Batches go through the queue; each file is looked at, claimed, copied and written down.
pub fn copied(work: &BackupWork) -> Usage {
    let BackupWork { copied_by_s3, streamed_from_s3, fetched_by_http, unchanged, .. } = *work;
    let files = work.files();
    // Each process reads the run once.
    let processes = work.batches.min(work.workers);
    queued(work.batches)
        .charged(Service::DynamoDb, "GetItem", processes, Item::LedgerRead, processes)
        .each(Service::S3, "HeadObject", Item::S3Read, copied_by_s3 + streamed_from_s3 + unchanged)
        .each(Service::S3, "CopyObject", Item::S3Write, copied_by_s3)
        .each(Service::S3, "GetObject", Item::S3Read, streamed_from_s3)
        .each(Service::S3, "PutObject", Item::S3Write, streamed_from_s3 + fetched_by_http)
        .charged(
            Service::DynamoDb,
            "BatchGetItem",
            (work.worked_on() / KEYS_PER_READ).ceil(),
            Item::LedgerRead,
            work.worked_on(),
        )
        // The claim, then the row; an unchanged file is only looked at.
        .charged(Service::DynamoDb, "PutItem", files, Item::LedgerWrite, files)
        .charged(Service::DynamoDb, "PutItem", files, Item::LedgerWrite, files * ROW_UNITS)
}

/// Batches through map, queue and function, whatever is in them.
fn queued(batches: f64) -> Usage {
    Usage::new()
        .each(Service::S3, "GetObject", Item::S3Read, batches)
        .charged(Service::DynamoDb, "GetItem", batches, Item::LedgerRead, batches)
        .charged(Service::DynamoDb, "UpdateItem", batches, Item::LedgerWrite, batches)
        // A transaction costs twice: the batch and the counts.
        .charged(Service::DynamoDb, "TransactWriteItems", batches, Item::LedgerWrite, batches * 4.0)
        .each(Service::StepFunctions, "SendTaskSuccess", Item::Free, batches)
        // The item of the map, the message, the end.
        .each(Service::StepFunctions, "transitions", Item::Transition, batches * 3.0)
        // By the map, and by the poller of the queue.
        .besides(Service::Sqs, "SendMessage", Item::QueueRequest, batches)
        .besides(Service::Sqs, "ReceiveMessage", Item::QueueRequest, batches)
        .besides(Service::Sqs, "DeleteMessage", Item::QueueRequest, batches)
        .and(map(batches))
        .and(invoked(batches))
}

/// A map reads its items from a listing and writes its results in three objects
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html>).
fn map(items: f64) -> Usage {
    Usage::new()
        .besides(
            Service::S3,
            "ListObjectsV2 by the map",
            Item::S3Write,
            (items / KEYS_PER_PAGE).ceil(),
        )
        .besides(Service::S3, "PutObject by the map", Item::S3Write, 3.0)
}

/// Every row is read, and the bucket is listed.
pub fn compared_with_ledger(files: f64) -> Usage {
    read_once(files, SCAN_SEGMENTS)
        .each(Service::S3, "ListObjectsV2", Item::S3Write, (files / KEYS_PER_PAGE).ceil())
        // The one shard: the item of the map, compare, whether it is done, the end.
        .each(Service::StepFunctions, "transitions", Item::Transition, 5.0)
        .and(map(1.0))
}

/// The table is read from end to end, by so many at a time.
fn read_once(files: f64, segments: f64) -> Usage {
    let bytes = files * (ROW_BYTES + CLAIM_BYTES);
    let pages = segments + (bytes / SCAN_PAGE_BYTES).floor();
    let units = bytes / READ_UNIT_BYTES;
    Usage::new().charged(Service::DynamoDb, "Scan", pages, Item::LedgerRead, units)
}

fn invoked(invocations: f64) -> Usage {
    Usage::new().besides(Service::Lambda, "invocations", Item::Invocation, invocations).besides(
        Service::Logs,
        "ingestion",
        Item::LogGb,
        invocations * LOG_BYTES_PER_INVOCATION / GIGABYTE,
    )
}

/// Objects of a bucket and what is done with them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TransferWork {
    /// Objects of the source.
    pub source: f64,
    /// Objects of the destination before.
    pub destination: f64,
    /// Objects that S3 copies by itself.
    pub copied_by_s3: f64,
    /// Objects that are streamed.
    pub streamed: f64,
    /// Batches.
    pub batches: f64,
    /// Ranges that the keys are cut into.
    pub shards: f64,
}

/// A transfer: both places are listed, what is missing is copied, and both are listed again.
pub fn transfer(work: &TransferWork) -> Usage {
    let copied = work.copied_by_s3 + work.streamed;
    let after = TransferWork { destination: work.destination + copied, ..*work };
    started().and(room()).and(compared(work)).and(objects_copied(work)).and(compared(&after))
}

/// A comparison of two buckets.
pub fn reconcile_buckets(work: &TransferWork) -> Usage {
    started().and(room()).and(compared(work))
}

/// A comparison of the ledger with the bucket.
pub fn reconcile_ledger(files: f64) -> Usage {
    started().and(room()).and(compared_with_ledger(files))
}

/// Batches of objects: no rows, a copy each, and results of the batch.
pub fn objects_copied(work: &TransferWork) -> Usage {
    queued(work.batches)
        .each(Service::S3, "PutObject", Item::S3Write, work.batches)
        .charged(Service::DynamoDb, "PutItem", work.batches, Item::LedgerWrite, work.batches)
        .each(Service::S3, "CopyObject", Item::S3Write, work.copied_by_s3)
        .each(Service::S3, "GetObject", Item::S3Read, work.streamed)
        .each(Service::S3, "PutObject", Item::S3Write, work.streamed)
}

/// Both places are listed by every shard, and its state is written.
fn compared(work: &TransferWork) -> Usage {
    let pages = |keys: f64| (keys / KEYS_PER_PAGE).ceil().max(work.shards);
    Usage::new()
        .each(
            Service::S3,
            "ListObjectsV2",
            Item::S3Write,
            pages(work.source) + pages(work.destination) + 2.0 * work.shards,
        )
        .each(Service::S3, "PutObject", Item::S3Write, 3.0 * work.shards)
        .each(Service::S3, "GetObject", Item::S3Read, 3.0 * work.shards)
        .each(Service::StepFunctions, "transitions", Item::Transition, 4.0 * work.shards)
        .and(map(work.shards))
        .and(invoked(work.shards))
}

/// Records that are repointed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SwitchWork {
    /// Records.
    pub records: f64,
    /// Batches.
    pub batches: f64,
    /// Lanes of batches.
    pub lanes: f64,
}

/// A migration: what has changed is backed up first, then records are repointed. Of `files` files nothing has changed.
pub fn migrate(files: f64, work: &SwitchWork) -> Usage {
    let before = BackupWork {
        records: files,
        page: BackupWork::full(files, 1.0).page,
        known: files,
        incremental: true,
        ..BackupWork::default()
    };
    backup(&before).and(switched(work))
}

/// Records are planned, written, read back, and looked at once more; without the backup that comes before.
pub fn switched(work: &SwitchWork) -> Usage {
    started().and(checked()).and(room()).and(read_once(work.records, 1.0)).and(lines_written(work))
}

/// A run of no lines writes none.
pub(crate) fn nothing() -> Usage {
    Usage::new()
}

/// What the lines of a plan take, without the run around them.
pub(crate) fn lines_written(work: &SwitchWork) -> Usage {
    let SwitchWork { records, batches, lanes } = *work;
    Usage::new()
        .charged(
            Service::DynamoDb,
            "BatchGetItem",
            2.0 * (records / KEYS_PER_READ).ceil(),
            Item::LedgerRead,
            2.0 * records,
        )
        // The intent, and what was read back, each with its entry in the index.
        .charged(
            Service::DynamoDb,
            "PutItem",
            2.0 * records,
            Item::LedgerWrite,
            2.0 * records * ROW_UNITS,
        )
        .each(Service::S3, "PutObject", Item::S3Write, 4.0 * batches)
        .each(Service::S3, "GetObject", Item::S3Read, 4.0 * batches)
        // Writing and the second look: the item of the map, invoke, choose, end.
        .each(Service::StepFunctions, "transitions", Item::Transition, 8.0 * lanes)
        .and(map(lanes))
        .and(map(lanes))
        .and(invoked(2.0 * lanes))
}
