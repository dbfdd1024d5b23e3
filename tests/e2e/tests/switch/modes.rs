//! The three ways to tell Salesforce: the same result, at another price; and which one a run takes.

use anyhow::{Context as _, Result, ensure};
use drayage_domain::switch::Direction;
use drayage_domain::switch::mode::UpdateMode;
use drayage_domain::switch::summary::SwitchSummary;
use drayage_local::LocalStack;
use drayage_sim::salesforce::{Endpoint, FaultPlan};
use serde_json::json;

use crate::books::{Books, is_green};
use crate::site::{
    MIGRATE, MODES, backed_up, calls, calm, execute, migrate, refused, rollback, rows,
};

const RECORDS: u64 = 130;

fn named(mode: &str) -> UpdateMode {
    match mode {
        "guarded" => UpdateMode::Guarded,
        "collections" => UpdateMode::Collections,
        _ => UpdateMode::Bulk,
    }
}

fn mode(summary: &SwitchSummary) -> Result<UpdateMode> {
    let decision = summary.mode.as_ref().context("no mode")?;
    ensure!(!decision.why.is_empty() && !decision.race_window.is_empty(), "{summary:#?}");
    Ok(decision.mode)
}

/// The calls by which only that mode writes.
fn endpoint(mode: UpdateMode) -> Endpoint {
    match mode {
        UpdateMode::Guarded => Endpoint::Composite,
        UpdateMode::Collections => Endpoint::CollectionsUpdate,
        UpdateMode::Bulk => Endpoint::BulkIngestUpload,
    }
}

/// Switches everything and puts it back. Returns the calls that the two have taken.
async fn there_and_back(stack: &LocalStack, name: &str) -> Result<(u64, u64)> {
    let org = stack.org()?;
    let before = org.records();
    let (begun, own) = (calls(org), org.requests_of(endpoint(named(name))));
    let books = Books::open(stack)?;
    let there = migrate(stack, &execute(&json!({"mode": name}))).await?;
    books.close(stack, &there).await?;
    is_green(&there, Direction::Switch, RECORDS)?;
    ensure!(mode(&there)? == named(name), "{there:#?}");
    ensure!(org.requests_of(endpoint(named(name))) > own, "{name} was not used");
    let half = calls(org);

    let books = Books::open(stack)?;
    let back = rollback(stack, &json!({"all": true, "execute": true, "mode": name})).await?;
    books.close(stack, &back).await?;
    is_green(&back, Direction::Restore, RECORDS)?;
    ensure!(mode(&back)? == named(name), "{back:#?}");
    for (id, record) in org.records() {
        ensure!(record.url == before[&id].url, "{name}: {id} holds another original");
    }
    Ok((half - begun, calls(org) - half))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mode_has_the_same_result() -> Result<()> {
    let stack = backed_up(usize::try_from(RECORDS)?, 62).await?;
    for name in MODES {
        let (there, back) = there_and_back(&stack, name).await?;
        let per_thousand = |calls: u64| calls * 1_000 / RECORDS;
        println!(
            "{name}: {} API calls per 1,000 records, {} back",
            per_thousand(there),
            per_thousand(back)
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn auto_is_guarded_and_says_when_it_cannot_be() -> Result<()> {
    let stack = backed_up(40, 63).await?;
    let books = Books::open(&stack)?;
    let first: Vec<String> = rows(&stack).await?.into_keys().take(10).collect();
    let guarded = migrate(&stack, &execute(&json!({"records": first}))).await?;
    books.close(&stack, &guarded).await?;
    ensure!(mode(&guarded)? == UpdateMode::Guarded, "{guarded:#?}");
    ensure!(guarded.mode.as_ref().and_then(|mode| mode.guard_works) == Some(true));

    // What was forced is not exchanged for something less safe.
    let ignored = FaultPlan { ignore_if_unmodified_since: true, ..FaultPlan::default() };
    stack.org()?.set_faults(ignored);
    let books = Books::open(&stack)?.writes_max(2);
    let (error, cause) = refused(&stack, MIGRATE, &execute(&json!({"mode": "guarded"}))).await?;
    ensure!(error == "NotReady", "{error}: {cause}");
    // The record that was tried holds what it held, whatever the org has made of it.
    for (id, record) in stack.org()?.records() {
        ensure!(record.url.as_deref() == books.held(&id), "{id} was changed");
    }

    // Seen by trying: a record was given the value that it had.
    let books = Books::open(&stack)?.writes_max(2);
    let collections = migrate(&stack, &execute(&json!({}))).await?;
    books.close(&stack, &collections).await?;
    is_green(&collections, Direction::Switch, 30)?;
    ensure!(mode(&collections)? == UpdateMode::Collections, "{collections:#?}");
    let decision = collections.mode.as_ref().context("no mode")?;
    ensure!(decision.guard_works == Some(false), "{decision:#?}");
    ensure!(stack.org()?.requests_of(Endpoint::CollectionsUpdate) > 0);
    calm(&stack)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_that_is_too_small_is_refused_before_anything_is_written() -> Result<()> {
    let stack = backed_up(300, 64).await?;
    let books = Books::open(&stack)?;
    // Enough for what comes before the writing, and too little for 12 guarded calls, the reading and the second look, twice.
    stack.org()?.set_faults(FaultPlan { requests_left: Some(30), ..FaultPlan::default() });
    let (error, cause) = refused(&stack, MIGRATE, &execute(&json!({"mode": "guarded"}))).await?;
    ensure!(error == "NotReady", "{error}: {cause}");
    ensure!(cause.contains("API") && cause.contains("hint:"), "{cause}");
    books.untouched(&stack)?;
    // A dry run says so, and ends well.
    let dry = migrate(&stack, &json!({"mode": "guarded", "backup": false, "probe": false})).await?;
    ensure!(dry.dry_run && dry.readiness.iter().any(|check| !check.found.is_empty()), "{dry:#?}");
    calm(&stack)?;
    let books = Books::open(&stack)?;
    let summary = migrate(&stack, &execute(&json!({"mode": "guarded"}))).await?;
    books.close(&stack, &summary).await?;
    is_green(&summary, Direction::Switch, 300)
}
