//! The analysis from its sums.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::budget::{BULK_PAGE_RECORDS, BudgetFacts, REST_PAGE_RECORDS};
use super::hazards::hazards;
use super::progress::Progress;
use super::random::hash;
use super::sample::{Sample, Seen};
use super::tally::{Bounded, Tally};
use super::{
    AccountCount, Analysis, FileType, HostCount, Places, SalesforceBudget, Scope, Told,
    accounts_key, analysis_key, sizes,
};
use crate::estimate::prices::Quote;
use crate::estimate::{MigrationEstimate, MigrationFacts};
use crate::manifest::batches_prefix;
use crate::recommendation::recommend;
use crate::run::{RunOptions, RunRecord};
use crate::run_input::QueryApi;

/// Hosts and file types that are named.
const NAMED_MAX: usize = 100;
/// Accounts that are named in the analysis itself.
const TOP_ACCOUNTS: usize = 50;

/// The stack's settings that an analysis depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rates {
    /// Prices of the stack's Region.
    pub quote: Quote,
    /// Copy invocations at a time.
    pub invocations_at_a_time: u64,
    /// Memory of a copy invocation in MB.
    pub memory_mb: u64,
    /// Files that a copy invocation moves at a time.
    pub files_at_a_time: usize,
    /// Share of the org's API calls that is left to others, in percent.
    pub reserve_percent: u64,
    /// Lanes of records that are written at a time.
    pub lanes_at_once: u64,
}

/// The analysis of a run whose plan is added up.
pub fn conclude(
    run: &RunRecord,
    options: &RunOptions,
    progress: &Progress,
    rates: &Rates,
) -> Analysis {
    let tally = &progress.tally;
    let seed = hash(&[run.run_id.as_bytes(), b"sizes"]);
    let sizes = sizes::sizes(&tally.sample, tally.files, options.max_file_bytes, seed);
    let bulk = match options.query_api {
        QueryApi::Bulk => true,
        QueryApi::Rest => false,
        QueryApi::Auto => run.records_expected >= options.bulk_threshold,
    };
    let scope = scope(tally);
    let http_files = tally.hosts.by_name.iter().filter(|(place, _)| !place.starts_with("s3://"));
    let estimate = MigrationEstimate::of(&MigrationFacts {
        quote: rates.quote.clone(),
        page: if bulk { BULK_PAGE_RECORDS } else { REST_PAGE_RECORDS },
        records: tally.records,
        files: tally.files,
        batches: progress.batches.into(),
        bytes: sizes.as_ref().map(|sizes| sizes.total.bytes),
        http_files: http_files.map(|(_, host)| host.files).sum(),
        access: options.source_access,
        files_at_a_time: rates.files_at_a_time,
        invocations_at_a_time: rates.invocations_at_a_time,
        memory_mb: rates.memory_mb,
    });
    let salesforce = SalesforceBudget::of(&BudgetFacts {
        records: tally.records,
        files: tally.files,
        accounts: scope.accounts,
        bulk,
        api_calls: options.analysis.as_ref().and_then(|analysis| analysis.api_calls),
        reserve_percent: rates.reserve_percent,
        lanes_at_once: rates.lanes_at_once,
        quote: &rates.quote,
    });
    Analysis {
        run_id: run.run_id.clone(),
        started_at: run.started_at.clone(),
        org: options.org.clone(),
        object: options.fields.object.clone(),
        url_field: options.fields.url_field.clone(),
        accounts_asked: options.accounts.clone(),
        scope,
        outcomes: tally.outcomes.clone(),
        hosts: hosts(tally),
        file_types: file_types(tally),
        hazards: hazards(tally, sizes.as_ref()),
        sizes,
        top_accounts: accounts(tally).into_iter().take(TOP_ACCOUNTS).collect(),
        estimate,
        salesforce,
        recommendation: recommend(tally.records),
        places: Places {
            analysis: analysis_key(&run.run_id),
            accounts: accounts_key(&run.run_id),
            plan: batches_prefix(&run.run_id),
        },
    }
}

/// All accounts that are counted by name, those with the most files first.
pub fn accounts(tally: &Tally) -> Vec<AccountCount> {
    let mut accounts: Vec<AccountCount> = tally
        .accounts
        .by_name
        .iter()
        .map(|(id, account)| AccountCount {
            id: id.clone(),
            name: account.name.clone(),
            records: account.records,
            files: account.files,
        })
        .collect();
    // Stable: equal ones stay in the order of their ids.
    accounts.sort_by_key(|account| Reverse((account.files, account.records)));
    accounts
}

fn scope(tally: &Tally) -> Scope {
    let urls = tally.urls.repeated();
    Scope {
        records: tally.records,
        files: tally.files,
        accounts: u64::try_from(tally.accounts.by_name.len()).unwrap_or(u64::MAX),
        accounts_exact: tally.accounts.other.is_none(),
        records_without_account: tally.without_account,
        different_urls: urls.different,
        different_urls_exact: urls.exact,
    }
}

fn hosts(tally: &Tally) -> Told<HostCount> {
    told(
        &tally.hosts,
        |host| host.records,
        |place, host| HostCount {
            place: place.to_owned(),
            allowed: host.not_allowed == 0,
            records: host.records,
            files: host.files,
        },
    )
}

fn file_types(tally: &Tally) -> Told<FileType> {
    let measured = measured(&tally.sample);
    told(
        &tally.extensions,
        |files| *files,
        |extension, files| {
            let (number, bytes) = measured.get(extension).copied().unwrap_or((0, 0));
            FileType {
                extension: extension.to_owned(),
                files: *files,
                measured: number,
                mean_bytes: bytes.checked_div(number).unwrap_or(0),
            }
        },
    )
}

/// Number and bytes of the sampled files with a known size, by extension.
fn measured(sample: &Sample) -> BTreeMap<&str, (u64, u64)> {
    let mut measured: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for file in sample.files.values() {
        if let Some(Seen::There { bytes: Some(bytes) }) = file.seen {
            let (number, sum) = measured.entry(&file.extension).or_default();
            *number += 1;
            *sum += bytes;
        }
    }
    measured
}

/// The largest ones by name, and the sum of the others.
fn told<V, T>(
    bounded: &Bounded<V>,
    number: impl Fn(&V) -> u64,
    make: impl Fn(&str, &V) -> T,
) -> Told<T> {
    let mut all: Vec<(&String, &V)> = bounded.by_name.iter().collect();
    all.sort_by_key(|(_, value)| Reverse(number(value)));
    let unnamed: u64 = all.iter().skip(NAMED_MAX).map(|(_, value)| number(value)).sum();
    Told {
        first: all.iter().take(NAMED_MAX).map(|(name, value)| make(name, value)).collect(),
        others: unnamed + bounded.other.as_ref().map_or(0, &number),
    }
}
