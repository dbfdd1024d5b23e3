//! Records that are repointed and put back, up to the step that is to be killed.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use drayage_domain::switch::lane::lane_key;
use drayage_local::emulator::REGION;
use drayage_sim::files::ServedFile;
use serde_json::{Value, json};

use crate::state::Snapshot;
use crate::times::STARTED_AT;
use crate::world::{Lab, World};

/// The run that switches.
pub(super) const SWITCH: &str = "crash-switch";
/// The run that puts back.
pub(super) const RESTORE: &str = "crash-restore";
/// The ways to tell Salesforce.
pub(super) const MODES: [&str; 3] = ["guarded", "collections", "bulk"];
/// Records that are switched.
pub(super) const RECORDS: usize = 4;

/// A lab whose org has records to switch, and one that has nothing to copy.
pub(super) async fn lab() -> Result<Lab> {
    let lab = Lab::with_own_orgs().await?;
    let account = lab.org().insert("Account", json!({"Name": "Crash & Sons"}))?;
    for number in 0..RECORDS {
        let path = format!("/{number}.pdf");
        let bytes = format!("%PDF-1.4 {number}").into_bytes();
        lab.files.put(&path, ServedFile::new(bytes, "application/pdf"), None);
        // Blanks are kept, there and back.
        let url = format!("{}{path}{}", lab.files.base_url(), " ".repeat(number % 2));
        lab.record(&account, Some(&url))?;
    }
    lab.record(&account, None)?;
    Ok(lab)
}

fn run_event(run_id: &str) -> Value {
    json!({ "runId": run_id })
}

fn start_event(kind: &str, run_id: &str, input: &Value) -> Value {
    json!({
        "kind": kind,
        "runId": run_id,
        "executionArn": format!("arn:aws:states:{REGION}:000000000000:execution:{kind}:{run_id}"),
        "startedAt": STARTED_AT,
        "input": input,
    })
}

/// The event of `switch-plan`, and of `finalize` after a run without error.
pub(super) fn event(run_id: &str) -> Value {
    run_event(run_id)
}

/// The event of `switch-urls` for the one lane that there is.
pub(super) fn lane_event(run_id: &str, step: &str) -> Value {
    json!({ "runId": run_id, "lane": lane_key(run_id, 1), "step": step })
}

/// A world whose records are backed up.
pub(super) async fn backed_up(lab: &Lab) -> Result<World<'_>> {
    let world = lab.world().await?;
    world.succeed("preflight", World::start_event(&json!({}))).await?;
    let answer = world.succeed("enumerate", World::run_event()).await?;
    ensure!(answer["done"] == true, "{answer}");
    world.succeed("copy", World::batch_event(1)).await?;
    let summary = world.succeed("finalize", World::run_event()).await?;
    ensure!(summary["accountedFor"] == true, "{summary}");
    ensure!(summary["counts"]["outcomes"]["verified"] == json!(RECORDS), "{summary}");
    Ok(world)
}

/// Input of a run that writes in that mode.
pub(super) fn input(kind: &str, mode: &str) -> Value {
    match kind {
        "rollback" => json!({"all": true, "execute": true, "mode": mode}),
        _ => json!({"execute": true, "backup": false, "probe": false, "mode": mode}),
    }
}

/// Starts a run.
pub(super) async fn start(world: &World<'_>, kind: &str, input: &Value) -> Result<()> {
    world.succeed("preflight", start_event(kind, run_of(kind), input)).await?;
    Ok(())
}

/// Starts and plans a run.
pub(super) async fn plan(world: &World<'_>, kind: &str, mode: &str) -> Result<()> {
    start(world, kind, &input(kind, mode)).await?;
    let answer = world.succeed("switch-plan", event(run_of(kind))).await?;
    ensure!(answer["next"] == "switch" && answer["records"] == json!(RECORDS), "{answer}");
    Ok(())
}

/// Carries a step of a planned run out.
pub(super) async fn carry_out(world: &World<'_>, kind: &str, step: &str) -> Result<()> {
    for _ in 0..50 {
        let answer = world.succeed("switch-urls", lane_event(run_of(kind), step)).await?;
        if answer["done"] == true {
            return Ok(());
        }
    }
    anyhow::bail!("{kind}, {step}: never done")
}

/// A whole run.
pub(super) async fn run(world: &World<'_>, kind: &str, mode: &str) -> Result<()> {
    plan(world, kind, mode).await?;
    carry_out(world, kind, "switch").await?;
    carry_out(world, kind, "verify").await?;
    let summary = world.succeed("finalize", event(run_of(kind))).await?;
    ensure!(summary["clean"] == true, "{summary}");
    Ok(())
}

/// The id of the run of that kind.
pub(super) fn run_of(kind: &str) -> &'static str {
    if kind == "rollback" { RESTORE } else { SWITCH }
}

/// What every record holds in a snapshot: its URL, and the values that were written.
pub(super) fn records(snapshot: &Snapshot) -> BTreeMap<String, Value> {
    let all = snapshot.comparable().into_iter();
    all.filter(|(name, _)| name.starts_with("salesforce ")).collect()
}

/// Every record was written once at most.
pub(super) fn nothing_was_written_twice(snapshot: &Snapshot) -> Result<()> {
    for (name, record) in records(snapshot) {
        let written = record["written"].as_array().map_or(0, Vec::len);
        ensure!(written <= 1, "{name}: {record}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_world_has_its_own_org_behind_the_gate() -> Result<()> {
    let lab = lab().await?;
    let (one, other) = (backed_up(&lab).await?, lab.world().await?);
    let calls = |world: &World<'_>| world.org().map(|org| org.requests().values().sum::<u64>());
    ensure!(calls(&one) > Some(0) && calls(&other) == Some(0));
    ensure!(lab.org().requests().is_empty(), "the lab's own org was called");
    // Rows are taken over, and compared.
    let (org, before) = (one.org().unwrap(), Snapshot::of(&one).await?);
    let id = org.records().into_keys().next().unwrap();
    org.update("DocListEntry__c", &id, json!({"Document__c": "edited"}))?;
    let after = Snapshot::of(&one).await?;
    ensure!(records(&before) != records(&after));
    after.restore(&other).await?;
    ensure!(records(&Snapshot::of(&other).await?) == records(&after));
    ensure!(other.org().unwrap().records()[&id].edits.is_empty(), "what was done before is over");
    Ok(())
}
