//! Every metric. `docs/observability.md` says when each is told; `cargo xtask lint-monitoring` holds `infra/monitoring.yaml` and that
//! page against this list.

/// The unit of a metric, by the name that the service has for it
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// A number of things.
    Count,
    /// Bytes.
    Bytes,
    /// Thousandths of a second.
    Milliseconds,
    /// From 0 to 100.
    Percent,
}

impl Unit {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Bytes => "Bytes",
            Self::Milliseconds => "Milliseconds",
            Self::Percent => "Percent",
        }
    }
}

/// A metric of the namespace `Drayage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    pub(super) name: &'static str,
    pub(super) unit: Unit,
    /// The dimension beside the stack, if there is one.
    pub(super) by: Option<&'static str>,
}

/// Backups of everything that have ended with every record accounted for.
pub const BACKUPS_DONE: Metric = Metric { name: "BackupsDone", unit: Unit::Count, by: None };
/// Records and objects that the enumeration has found, unchanged ones included.
pub const RECORDS_PLANNED: Metric = Metric { name: "RecordsPlanned", unit: Unit::Count, by: None };
/// Batches that the enumeration has written.
pub const BATCHES_PLANNED: Metric = Metric { name: "BatchesPlanned", unit: Unit::Count, by: None };
/// Batches that were closed: everything in them has an outcome.
pub const BATCHES_CLOSED: Metric = Metric { name: "BatchesClosed", unit: Unit::Count, by: None };
/// Bytes of files that were copied and proven.
pub const BYTES_COPIED: Metric = Metric { name: "BytesCopied", unit: Unit::Bytes, by: None };
/// Time of the delivery that closed a batch of copies.
pub const BATCH_DURATION: Metric =
    Metric { name: "BatchDuration", unit: Unit::Milliseconds, by: None };
/// Time of the slowest file of that delivery, or of the slowest group of records that share a file.
pub const SLOWEST_FILE: Metric = Metric { name: "SlowestFile", unit: Unit::Milliseconds, by: None };
/// Requests to Salesforce's data API, each attempt counted.
pub const API_CALLS: Metric = Metric { name: "ApiCalls", unit: Unit::Count, by: None };
/// Share of the org's API calls per 24 hours that is left.
pub const API_CALLS_LEFT: Metric = Metric { name: "ApiCallsLeft", unit: Unit::Percent, by: None };
/// Records and objects of closed batches, and unchanged ones of the enumeration, by outcome.
pub const RECORDS: Metric = Metric { name: "Records", unit: Unit::Count, by: Some("Outcome") };
/// Those that failed or were not written, by reason.
pub const FAILURES: Metric = Metric { name: "Failures", unit: Unit::Count, by: Some("Class") };
/// Keys of a finished comparison, by verdict.
pub const VERDICTS: Metric = Metric { name: "Verdicts", unit: Unit::Count, by: Some("Verdict") };
/// Answers of services that ask to slow down, by service.
pub const THROTTLES: Metric = Metric { name: "Throttles", unit: Unit::Count, by: Some("Service") };
