//! What a function measures, told once per invocation (per message of a queue) as lines of the embedded metric format
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
//!
//! Counts are summed up in memory, so that no line is written per file. A dimension is the stack, or the stack and one name out of a list
//! that the sources define; runs, batches, accounts and records are properties of the lines, never dimensions: each value of a
//! dimension is a metric that is paid for. Metrics are for watching: what a killed invocation had counted is lost, and what is done again
//! is counted again. The ledger counts once.

mod definitions;
mod emf;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use drayage_domain::counts::Counts;

pub use definitions::{
    API_CALLS, API_CALLS_LEFT, BACKUPS_DONE, BATCH_DURATION, BATCHES_CLOSED, BATCHES_PLANNED,
    BYTES_COPIED, FAILURES, Metric, RECORDS, RECORDS_PLANNED, SLOWEST_FILE, THROTTLES, Unit,
    VERDICTS,
};
pub(crate) use emf::{Origin, lines};

/// Values of one metric that a line may hold.
const VALUES_MAX: usize = 100;

/// The name of the dimension beside the stack, and its value; `None` for metrics of the whole stack.
type Dimension = Option<(&'static str, String)>;
/// Values by dimension and metric: a count has one, a measurement one per event.
type Collected = BTreeMap<Dimension, BTreeMap<Metric, Vec<u64>>>;

/// The measurements of an invocation. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Metrics(Arc<Mutex<Collected>>);

impl Metrics {
    /// Adds to a count of the stack.
    pub fn add(&self, metric: Metric, amount: u64) {
        self.add_to(None, metric, amount);
    }

    /// Adds to a count by the metric's own dimension. `value` is a name that the sources define.
    pub fn add_by(&self, metric: Metric, value: &str, amount: u64) {
        self.add_to(metric.by.map(|name| (name, value.to_owned())), metric, amount);
    }

    /// Notes a measurement, such as a duration. Beyond 100 in an invocation they are dropped.
    pub fn note(&self, metric: Metric, value: u64) {
        let mut collected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let values = collected.entry(None).or_default().entry(metric).or_default();
        if values.len() < VALUES_MAX {
            values.push(value);
        }
    }

    /// Adds what a closed batch, or a part of an enumeration, has come to: outcomes without their reasons, and the reasons of failures.
    pub fn add_counts(&self, counts: &Counts) {
        for (label, count) in &counts.outcomes {
            let (outcome, reason) = label.split_once('.').unwrap_or((label, ""));
            self.add_by(RECORDS, outcome, *count);
            if matches!(outcome, "failed" | "not_written") {
                self.add_by(FAILURES, reason, *count);
            }
        }
        self.add(BYTES_COPIED, counts.bytes_copied);
    }

    fn add_to(&self, dimension: Dimension, metric: Metric, amount: u64) {
        if amount == 0 {
            return;
        }
        let mut collected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let values = collected.entry(dimension).or_default().entry(metric).or_default();
        match values.first_mut() {
            Some(sum) => *sum = sum.saturating_add(amount),
            None => values.push(amount),
        }
    }

    /// What was collected; nothing is left.
    fn take(&self) -> Collected {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
