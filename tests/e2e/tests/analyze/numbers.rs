//! The numbers are those of the data set, and nothing is touched.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use drayage_domain::analysis::Analysis;
use drayage_domain::run::RunState;
use drayage_local::LocalStack;
use drayage_local::executions::Ended;
use drayage_sim::dataset::{Dataset, VERIFIED};
use serde_json::json;

use crate::support::{analysis, objects_copied, run, state_object};

/// Ways to end that only show when the source is asked: a plan holds such records for files.
const SHOWN_BY_THE_SOURCE: [&str; 7] = [
    VERIFIED,
    "source_gone.object_missing",
    "failed.access_denied",
    "failed.redirect_refused",
    "failed.error_page",
    "failed.ambiguous_key",
    "skipped.too_large",
];

fn is_file(expected: &str) -> bool {
    SHOWN_BY_THE_SOURCE.contains(&expected)
}

/// What the plan has to hold.
fn planned(dataset: &Dataset) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for entry in &dataset.entries {
        let label = if is_file(entry.expected) { "planned" } else { entry.expected };
        *counts.entry(label.to_owned()).or_default() += 1;
    }
    counts
}

fn hazard(analysis: &Analysis, name: &str) -> u64 {
    let found = analysis.hazards.iter().find(|hazard| hazard.name == name);
    found.map_or(0, |hazard| hazard.count)
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_are_those_of_the_data_set_and_nothing_is_touched() -> Result<()> {
    let stack = LocalStack::builder().files(240).seed(21).start().await?;
    let dataset = stack.dataset().unwrap();
    let found = analysis(&stack, "analyze-numbers", &json!({"sample": 5000})).await?;

    assert_eq!(found.outcomes, planned(dataset));
    let files = dataset.entries.iter().filter(|entry| is_file(entry.expected)).count();
    assert_eq!((found.scope.records, found.scope.files), (240, number(files)));
    check_accounts(&found, dataset, &state_object(&stack, &found.places.accounts).await?);
    check_hosts(&found, dataset)?;
    check_hazards(&found, dataset);
    let pdf = found.file_types.first.iter().find(|kind| kind.extension == "pdf").unwrap();
    assert!(pdf.files > 0 && pdf.measured > 0 && pdf.mean_bytes > 0, "{pdf:?}");
    assert_eq!(found.file_types.first.iter().map(|kind| kind.files).sum::<u64>(), number(files));

    assert_eq!(found.estimate.requests.destination_writes, number(files));
    assert!(found.estimate.cost.usd > 0.0 && found.estimate.storage_usd_per_month > 0.0);
    assert_eq!(found.salesforce.modes.len(), 3);
    let calls = found.salesforce.api_calls.unwrap();
    assert!(calls.remaining <= calls.max && calls.max > 0, "{calls:?}");
    assert!(found.recommendation.why.contains("240 records"), "{}", found.recommendation.why);

    assert!(drayage_local::check::rows(&stack).await?.is_empty(), "no row was written");
    assert_eq!(objects_copied(&stack).await?, 0);
    let recorded = stack.ledger()?.run("analyze-numbers").await?.unwrap();
    assert_eq!((recorded.kind.as_str(), recorded.state), ("analyze", RunState::Succeeded));
    Ok(())
}

fn check_accounts(found: &Analysis, dataset: &Dataset, table: &[u8]) {
    let mut records: BTreeMap<&str, u64> = BTreeMap::new();
    for account in dataset.entries.iter().filter_map(|entry| entry.account) {
        *records.entry(&dataset.accounts[account].id).or_default() += 1;
    }
    let without = dataset.entries.iter().filter(|entry| entry.account.is_none()).count();
    assert_eq!(found.scope.accounts, number(records.len()));
    assert_eq!(found.scope.records_without_account, number(without));
    for account in &found.top_accounts {
        assert_eq!(account.records, records[account.id.as_str()], "{account:?}");
    }
    let rows = String::from_utf8_lossy(table);
    for (id, count) in &records {
        let row = rows.split("\r\n").find(|row| row.starts_with(&format!("\"{id}\",")));
        assert!(row.is_some_and(|row| row.contains(&format!(",\"{count}\",\""))), "{id}: {row:?}");
    }
    // The data set has accounts that are named like formulas.
    assert!(!rows.contains("\"=") && !rows.contains("\"@"), "{rows}");
}

fn check_hosts(found: &Analysis, dataset: &Dataset) -> Result<()> {
    let named = |place: &str| {
        let host = found.hosts.first.iter().find(|host| host.place == place);
        host.with_context(|| format!("{place} is missing: {:?}", found.hosts))
    };
    let bucket = named(&format!("s3://{}", dataset.options.source_bucket))?;
    let files = named(&dataset.options.http_base)?;
    assert!(bucket.allowed && files.allowed);
    assert_eq!(bucket.files + files.files, found.scope.files);
    let foreign = named("files.example.net")?;
    assert_eq!((foreign.allowed, foreign.records, foreign.files), (false, 1, 0));
    assert!(!named("s3://other-docs")?.allowed);
    Ok(())
}

fn check_hazards(found: &Analysis, dataset: &Dataset) {
    let expected = |label: &str| {
        number(dataset.entries.iter().filter(|entry| entry.expected == label).count())
    };
    for label in [
        "failed.host_not_allowed",
        "failed.forbidden_address",
        "failed.malformed_url",
        "source_gone.object_missing",
        "failed.access_denied",
        "failed.redirect_refused",
        "failed.ambiguous_key",
        "skipped.too_large",
    ] {
        assert!(expected(label) > 0, "the data set has no {label}");
        assert_eq!(hazard(found, label), expected(label), "{label}");
    }
    let mut urls: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in dataset.entries.iter().filter(|entry| is_file(entry.expected)) {
        *urls.entry(entry.url.as_deref().unwrap().trim()).or_default() += 1;
    }
    let shared: u64 = urls.values().filter(|count| **count > 1).sum();
    assert_eq!(hazard(found, "shared_urls"), shared);
    assert_eq!(found.scope.different_urls, number(urls.len()));
    assert!(hazard(found, "renamed_files") > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_input_is_refused_by_name() -> Result<()> {
    let stack = LocalStack::builder().files(2).start().await?;
    let input = json!({"dryRun": false, "sample": 5001});
    let Ended::Failed { error, cause } = run(&stack, "analyze-refused", &input).await? else {
        bail!("a wrong input was taken");
    };
    assert_eq!(error, "InputInvalid", "{cause}");
    for name in ["dryRun", "sample", "hint:"] {
        assert!(cause.contains(name), "{name} is missing in: {cause}");
    }
    Ok(())
}
