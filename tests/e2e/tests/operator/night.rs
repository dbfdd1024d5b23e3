//! The operator's night: a stack in which much has gone wrong, found and repaired by `dray` alone, as the runbook says. In the end every
//! file is there, which is looked up without the product.

mod plant;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::control::{all_queued, deliver};
use crate::terminal::Terminal;
use plant::{LABELS, Night};

/// Nothing of a night takes longer.
const LIMIT: Duration = Duration::from_mins(3);
const POLL: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_has_gone_wrong_is_found_and_repaired_by_dray() -> Result<()> {
    let night = Night::begin().await?;
    let terminal = Terminal::of(&night.stack);
    a_run_is_stopped(&night, &terminal).await?;
    a_batch_is_poisoned(&night, &terminal).await?;
    night.harm_copies().await?;

    // First look: something is wrong, and it has names.
    let overview = terminal.json(1, &["status"]).await?;
    ensure!(overview["current"] == Value::Array(Vec::new()), "{overview:#}");
    let errors = terminal.json(1, &["status", "--errors"]).await?;
    for label in LABELS {
        ensure!(count(&errors, label) > 0, "{label} is not told: {errors:#}");
    }
    ensure!(count(&errors, "failed.manifest_invalid") + count(&errors, "failed.dead_lettered") > 0);
    for row in errors["rows"].as_array().context("rows")? {
        ensure!(row["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{row:#}");
    }
    let compared = terminal.json(1, &["reconcile"]).await?["summary"].take();
    ensure!(compared["verdicts"]["missing"] == 1, "{compared:#}");
    ensure!(compared["clean"] == false, "{compared:#}");
    let fixed = terminal.json(0, &["reconcile", "--fix"]).await?["summary"].take();
    ensure!(fixed["clean"] == true && fixed["repairs"] == 2, "{fixed:#}");

    // The causes are removed where they are: at the sources and in Salesforce.
    night.repair()?;
    terminal.expect(0, &["retry", "last-backup"]).await?;
    // The corrected URL is a change in Salesforce.
    terminal.expect(0, &["backup", "--incremental"]).await?;

    let overview = terminal.json(0, &["status"]).await?;
    ensure!(overview["accountedFor"] == true, "{overview:#}");
    ensure!(overview["ledger"]["deadLetters"] == 0, "{overview:#}");
    let errors = terminal.json(0, &["status", "--errors"]).await?;
    ensure!(errors["counts"] == Value::Object(serde_json::Map::new()), "{errors:#}");
    night.every_file_is_there().await
}

/// A backup is started by mistake, and stopped before it has copied anything.
async fn a_run_is_stopped(night: &Night, terminal: &Terminal) -> Result<()> {
    deliver(&night.stack, false).await?;
    let run = started(terminal).await?;
    all_queued(&night.stack, &run).await?;
    terminal.expect(0, &["stop", &run, "--yes"]).await?;
    deliver(&night.stack, true).await?;
    let overview = terminal.json(1, &["status"]).await?;
    let latest = overview["latest"].as_array().context("latest")?;
    let stopped = latest.iter().find(|latest| latest["runId"] == run.as_str());
    ensure!(stopped.is_some_and(|run| run["status"] == "stopped"), "{overview:#}");
    Ok(())
}

/// A backup runs to its end, although the list of one of its batches is destroyed under way.
async fn a_batch_is_poisoned(night: &Night, terminal: &Terminal) -> Result<()> {
    deliver(&night.stack, false).await?;
    let run = started(terminal).await?;
    all_queued(&night.stack, &run).await?;
    night.poison(&run).await?;
    deliver(&night.stack, true).await?;
    let deadline = tokio::time::Instant::now() + LIMIT;
    loop {
        let overview = terminal.json(1, &["status"]).await?;
        let current = overview["current"].as_array().context("current")?;
        if current.is_empty() {
            return Ok(());
        }
        ensure!(tokio::time::Instant::now() < deadline, "{run} does not end: {overview:#}");
        tokio::time::sleep(POLL).await;
    }
}

/// Starts a backup that nobody watches.
async fn started(terminal: &Terminal) -> Result<String> {
    let started = terminal.json(0, &["backup", "--detach"]).await?;
    Ok(started["runId"].as_str().context("no run id")?.to_owned())
}

fn count(errors: &Value, label: &str) -> u64 {
    errors["counts"][label].as_u64().unwrap_or(0)
}
