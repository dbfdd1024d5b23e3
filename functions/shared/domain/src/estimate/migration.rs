//! What copying all files takes in time and money, once it is known how large they are.

use serde::{Deserialize, Serialize};

use super::prices::{
    INVOCATION_USD, LAMBDA_GB_SECOND_USD, LEDGER_WRITE_USD, QUEUE_REQUEST_USD, S3_READ_USD,
    S3_STORAGE_GB_MONTH_USD, S3_WRITE_USD, TRANSITION_USD,
};
use super::{Estimate, QUEUE_REQUESTS_PER_BATCH, S3_WRITES_PER_SECOND, TRANSITIONS_PER_BATCH};
use crate::reconcile::{Cost, CostItem};
use crate::run::SourceAccess;

/// Copy invocations at a time, as the template's parameter `CopyMaximumConcurrency` has it unless it is changed.
const INVOCATIONS_AT_ONCE: f64 = 20.0;
/// Memory of a copy invocation in GB, as the parameter `CopyMemoryMb` has it unless it is changed.
const MEMORY_GB: f64 = 1.0;
/// Assumed for a small file: HEAD, copy, and two writes of the ledger.
const SECONDS_PER_FILE: f64 = 0.17;
/// Assumed for an invocation that streams: bytes in and out a second, from a source in another place.
const STREAMED_BYTES_PER_SECOND: f64 = 40.0e6;
/// Assumed for reading a page of 2,000 records from Salesforce and writing their batches.
const SECONDS_PER_PAGE: f64 = 1.0;
const RECORDS_PER_PAGE: f64 = 2_000.0;
/// A gigabyte of the price list.
const GIGABYTE: f64 = 1_073_741_824.0;

/// What copying takes. A model, with what it assumes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MigrationEstimate {
    /// Requests, and the shortest time.
    pub requests: Estimate,
    /// Bytes that are copied, by the sample; none without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Bytes that pass through Lambda; 0 where S3 copies by itself.
    pub streamed_bytes: u64,
    /// About how long a full backup takes, in seconds.
    pub seconds_likely: f64,
    /// What it costs once, in USD, item by item.
    pub cost: Cost,
    /// What keeping the copies costs, in USD a month.
    pub storage_usd_per_month: f64,
    /// What the figures rest on, sentences.
    pub assumptions: Vec<String>,
}

impl Eq for MigrationEstimate {}

/// What it is estimated from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MigrationFacts {
    /// Records that are read.
    pub records: u64,
    /// Files that are copied.
    pub files: u64,
    /// Batches of the plan.
    pub batches: u64,
    /// Bytes that are copied, if known.
    pub bytes: Option<u64>,
    /// Of the files, those that are fetched by plain HTTP.
    pub http_files: u64,
    /// How source files are reached.
    pub access: SourceAccess,
    /// Files that an invocation moves at a time.
    pub files_at_a_time: usize,
}

impl MigrationEstimate {
    /// The estimate for these facts.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts far below 2^52, never negative, and an estimate anyway"
    )]
    pub fn of(facts: &MigrationFacts) -> Self {
        let MigrationFacts { records, files, batches, bytes, .. } = *facts;
        let requests = Estimate::for_backup(files, batches);
        // Where the role reads the source, S3 copies by itself all that is not fetched by HTTP.
        let streamed_share = match facts.access {
            SourceAccess::Role if files > 0 => facts.http_files as f64 / files as f64,
            SourceAccess::Role => 0.0,
            SourceAccess::Keys | SourceAccess::Https => 1.0,
        };
        let streamed = bytes.unwrap_or(0) as f64 * streamed_share;
        let at_a_time = facts.files_at_a_time.max(1) as f64;
        let worked =
            files as f64 * SECONDS_PER_FILE / at_a_time + streamed / STREAMED_BYTES_PER_SECOND;
        let reading = (records as f64 / RECORDS_PER_PAGE).ceil() * SECONDS_PER_PAGE;
        let copying = (worked / INVOCATIONS_AT_ONCE).max(files as f64 / S3_WRITES_PER_SECOND);
        let gigabyte_seconds = (worked * MEMORY_GB).ceil() as u64;
        let items = [
            ("S3 writes", requests.destination_writes, S3_WRITE_USD),
            ("S3 reads", requests.source_reads, S3_READ_USD),
            ("ledger writes (DynamoDB)", requests.ledger_writes, LEDGER_WRITE_USD),
            ("queue requests (SQS)", batches * QUEUE_REQUESTS_PER_BATCH, QUEUE_REQUEST_USD),
            ("transitions (Step Functions)", batches * TRANSITIONS_PER_BATCH, TRANSITION_USD),
            ("invocations (Lambda)", batches, INVOCATION_USD),
            ("GB-seconds (Lambda)", gigabyte_seconds, LAMBDA_GB_SECOND_USD),
        ]
        .map(|(label, count, usd)| CostItem {
            label: label.to_owned(),
            count,
            usd: count as f64 * usd,
        });
        Self {
            requests,
            bytes,
            streamed_bytes: streamed.round() as u64,
            seconds_likely: reading + copying,
            cost: Cost { usd: items.iter().map(|item| item.usd).sum(), items: items.into() },
            storage_usd_per_month: bytes.unwrap_or(0) as f64 / GIGABYTE * S3_STORAGE_GB_MONTH_USD,
            assumptions: assumptions(facts.access),
        }
    }
}

fn assumptions(access: SourceAccess) -> Vec<String> {
    let way = match access {
        SourceAccess::Role => {
            "S3 copies what is in buckets by itself; what is fetched by HTTP passes through Lambda"
        }
        SourceAccess::Keys | SourceAccess::Https => "every byte passes through Lambda",
    };
    [
        way,
        "20 copy invocations at a time with 1,024 MB each, the parameters CopyMaximumConcurrency and CopyMemoryMb as they \
         are unless changed; 40 MB/s per invocation that streams",
        "prices of us-east-1 without free tiers; without what the source's owner pays for requests and for data that leaves \
         the source",
        "storage is S3 Standard",
    ]
    .map(str::to_owned)
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(access: SourceAccess) -> MigrationFacts {
        MigrationFacts {
            records: 1_000_000,
            files: 1_000_000,
            batches: 10_000,
            bytes: Some(1_073_741_824_000),
            http_files: 0,
            access,
            files_at_a_time: 16,
        }
    }

    #[test]
    fn a_million_files_of_one_megabyte_cost_what_the_arithmetic_says() {
        let estimate = MigrationEstimate::of(&facts(SourceAccess::Role));
        // 5.40 S3, 1.875 ledger, 0.012 queue, 0.75 transitions, 0.002 invocations, 10,625 GB-seconds: 0.1417
        assert!((estimate.cost.usd - 8.181).abs() < 0.001, "{}", estimate.cost.usd);
        assert!((estimate.storage_usd_per_month - 23.0).abs() < 0.001);
        assert_eq!(estimate.streamed_bytes, 0);
        // 500 pages; 10,625 seconds of work by 20 invocations.
        assert!((estimate.seconds_likely - 1_031.25).abs() < 0.01, "{}", estimate.seconds_likely);
    }

    #[test]
    fn what_passes_through_lambda_takes_longer_and_costs_more() {
        let role = MigrationEstimate::of(&facts(SourceAccess::Role));
        let https = MigrationEstimate::of(&facts(SourceAccess::Https));
        assert_eq!(https.streamed_bytes, 1_073_741_824_000);
        assert!(https.seconds_likely > role.seconds_likely);
        assert!(https.cost.usd > role.cost.usd);
    }
}
