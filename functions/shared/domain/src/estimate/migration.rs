//! What copying all files takes in time and money, once it is known how large they are.

use serde::{Deserialize, Serialize};

use super::item::{Item, Service};
use super::prices::Quote;
use super::usage::Bill;
use super::work::{self, BackupWork};
use super::{Estimate, S3_WRITES_PER_SECOND, counted, whole};
use crate::run::SourceAccess;

/// Assumed for a small file: HEAD, copy, and two writes of the ledger.
const SECONDS_PER_FILE: f64 = 0.17;
/// Assumed for an invocation that streams: bytes in and out a second, from a source in another place.
const STREAMED_BYTES_PER_SECOND: f64 = 40.0e6;
/// Assumed for reading 2,000 records from Salesforce and writing their batches.
const SECONDS_PER_2000_RECORDS: f64 = 1.0;
/// Memory of the function that reads them, in GB.
const ENUMERATE_GB: f64 = 0.5;
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
    /// What it costs once, in USD, operation by operation.
    pub cost: Bill,
    /// What keeping the copies costs, in USD a month.
    pub storage_usd_per_month: f64,
    /// What the figures rest on, sentences.
    pub assumptions: Vec<String>,
}

impl Eq for MigrationEstimate {}

/// What it is estimated from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationFacts {
    /// Prices.
    pub quote: Quote,
    /// Records of a page of Salesforce.
    pub page: u64,
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
    /// Copy invocations at a time.
    pub invocations_at_a_time: u64,
    /// Memory of a copy invocation in MB.
    pub memory_mb: u64,
}

impl MigrationEstimate {
    /// The estimate for these facts.
    pub fn of(facts: &MigrationFacts) -> Self {
        let MigrationFacts { quote, records, files, batches, bytes, access, .. } = facts;
        let (files, http_files) = (counted(*files), counted(facts.http_files));
        let by_role = *access == SourceAccess::Role;
        // Where the role reads the source, S3 copies by itself all that is not fetched by HTTP.
        let streamed_share = match access {
            SourceAccess::Role if files > 0.0 => http_files / files,
            SourceAccess::Role => 0.0,
            SourceAccess::Keys | SourceAccess::Https => 1.0,
        };
        let from_s3 = (files - http_files).max(0.0);
        let streamed = counted(bytes.unwrap_or(0)) * streamed_share;
        let at_a_time = facts.files_at_a_time.max(1) as u64;
        let worked =
            files * SECONDS_PER_FILE / counted(at_a_time) + streamed / STREAMED_BYTES_PER_SECOND;
        let reading = (counted(*records) / 2_000.0).ceil() * SECONDS_PER_2000_RECORDS;
        let copying = (worked / counted(facts.invocations_at_a_time.max(1)))
            .max(files / S3_WRITES_PER_SECOND);
        let gigabyte_seconds = worked * counted(facts.memory_mb) / 1_024.0 + reading * ENUMERATE_GB;
        let usage = work::backup(&BackupWork {
            records: counted(*records),
            page: counted(facts.page),
            copied_by_s3: if by_role { from_s3 } else { 0.0 },
            streamed_from_s3: if by_role { 0.0 } else { from_s3 },
            fetched_by_http: http_files,
            batches: counted(*batches),
            workers: counted(facts.invocations_at_a_time),
            known: files,
            ..BackupWork::default()
        })
        .charged(Service::Lambda, "time", 0.0, Item::GbSecond, gigabyte_seconds);
        Self {
            requests: Estimate::for_backup(quote, facts.files, *batches),
            bytes: *bytes,
            streamed_bytes: whole(streamed),
            seconds_likely: reading + copying,
            cost: usage.bill(quote),
            storage_usd_per_month: counted(bytes.unwrap_or(0)) / GIGABYTE
                * quote.prices.s3_gb_month,
            assumptions: assumptions(facts),
        }
    }
}

fn assumptions(facts: &MigrationFacts) -> Vec<String> {
    let way = match facts.access {
        SourceAccess::Role => {
            "S3 copies what is in buckets by itself; what is fetched by HTTP passes through Lambda"
        }
        SourceAccess::Keys | SourceAccess::Https => "every byte passes through Lambda",
    };
    vec![
        way.to_owned(),
        format!(
            "{} copy invocations at a time with {} MB each (CopyMaximumConcurrency, CopyMemoryMb); 40 MB/s per invocation that streams",
            facts.invocations_at_a_time, facts.memory_mb
        ),
        format!(
            "{}; without what the source's owner pays for requests and for data that leaves the source",
            facts.quote.described()
        ),
        "every file is new, and nothing is tried again; the seconds of Lambda are assumed, requests are counted".to_owned(),
        "storage is S3 Standard".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(access: SourceAccess) -> MigrationFacts {
        MigrationFacts {
            quote: Quote::of("us-east-1"),
            page: 10_000,
            records: 1_000_000,
            files: 1_000_000,
            batches: 10_000,
            bytes: Some(1_073_741_824_000),
            http_files: 0,
            access,
            files_at_a_time: 16,
            invocations_at_a_time: 20,
            memory_mb: 1_024,
        }
    }

    #[test]
    fn a_million_files_of_one_megabyte_cost_what_the_arithmetic_says() {
        let estimate = MigrationEstimate::of(&facts(SourceAccess::Role));
        // As the requests say, and 10,875 GB-seconds.
        let time = 10_875.0 * 13.333_4e-6;
        let requests = estimate.requests.cost_usd;
        assert!((estimate.cost.usd - requests - time).abs() < 0.001, "{}", estimate.cost.usd);
        let services: f64 = estimate.cost.services.iter().map(|cost| cost.usd).sum();
        assert!((estimate.cost.usd - services).abs() < 1e-9);
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
