//! The end of a round, and of a run.

use anyhow::Result;
use drayage_domain::manifest::batch_key;
use drayage_domain::object_batch::{ObjectAction, ObjectEntry};
use serde_json::{Value, json};

use super::{
    REPAIR, compare, deleting, planted, planted_with_extras_only, queue, report_event, transfer,
};
use crate::every_effect::Step;
use crate::state::Snapshot;
use crate::world::{Lab, RUN, World};

/// The run that mends, its batch in the state bucket and in the ledger, and the round's document.
const EFFECTS_OF_QUEUEING: usize = 4;

async fn is_safe(world: &World<'_>, event: &Value) -> Result<usize> {
    let (event, before) = (event.clone(), Snapshot::of(world).await?);
    Step { function: "reconcile-report", event, before }.is_safe(world.lab).await
}

/// Keys of the repair run's batch: those that are copied, and those that are deleted.
async fn batch(world: &World<'_>) -> Result<(Vec<String>, Vec<String>)> {
    let text = Snapshot::of(world).await?.state_object(&batch_key(REPAIR, 1))?;
    let (mut copied, mut deleted) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let entry: ObjectEntry = serde_json::from_str(line)?;
        match entry.action {
            ObjectAction::Copy { .. } => copied.push(entry.key),
            ObjectAction::Delete { .. } => deleted.push(entry.key),
        }
    }
    Ok((copied, deleted))
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_are_queued_safely_at_every_moment() -> Result<()> {
    let lab = Lab::start().await?;
    let world = planted(&lab).await?;
    // Extra objects stay as long as something is to be copied.
    compare(&world, &deleting(), 1).await?;
    let event = report_event(&deleting(), 1);
    assert_eq!(is_safe(&world, &event).await?, EFFECTS_OF_QUEUEING);

    let answer = world.succeed("reconcile-report", event).await?;
    assert_eq!(answer["queued"]["copies"], 4, "{answer}");
    let (copied, deleted) = batch(&world).await?;
    assert_eq!(copied, ["a/missing", "b/bytes", "b/missing", "b/size"]);
    assert!(deleted.is_empty(), "{deleted:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn deletions_are_queued_safely_at_every_moment() -> Result<()> {
    let lab = Lab::start().await?;
    let world = planted_with_extras_only(&lab).await?;
    compare(&world, &deleting(), 1).await?;
    let event = report_event(&deleting(), 1);
    assert_eq!(is_safe(&world, &event).await?, EFFECTS_OF_QUEUEING);

    let answer = world.succeed("reconcile-report", event).await?;
    assert_eq!(answer["queued"]["deletes"], 2, "{answer}");
    let (copied, deleted) = batch(&world).await?;
    assert_eq!(deleted, ["a/extra", "c/extra"]);
    assert!(copied.is_empty(), "{copied:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_round_ends_the_run_safely_at_every_moment() -> Result<()> {
    let lab = Lab::start().await?;
    let world = planted(&lab).await?;
    let input = transfer(&json!({}));
    queue(&world, &input).await?;
    world.succeed("copy", World::batch_event_of(REPAIR, 1)).await?;
    compare(&world, &input, 2).await?;
    let event = report_event(&input, 2);
    // The end of the repair run, the round, five files of the report, the end of the run, and the lock.
    assert_eq!(is_safe(&world, &event).await?, 1 + 1 + 5 + 2);

    let answer = world.succeed("reconcile-report", event).await?;
    let summary = &answer["summary"];
    let told = ["clean", "complete", "accountedFor"].map(|field| summary[field].clone());
    assert_eq!(told, [true, true, true].map(Value::Bool), "{summary}");
    assert_eq!(summary["copied"]["objects"], 4, "{summary}");
    let after = Snapshot::of(&world).await?.comparable();
    assert_eq!(after[&format!("run {RUN} RUN")]["state"], "Succeeded");
    assert_eq!(after[&format!("run {REPAIR} RUN")]["state"], "Succeeded");
    assert!(!after.keys().any(|name| name.starts_with("run LOCK")), "{after:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_broken_off_is_closed_safely_at_every_moment() -> Result<()> {
    let lab = Lab::start().await?;
    let world = planted(&lab).await?;
    let input = transfer(&json!({}));
    queue(&world, &input).await?;
    let event = json!({
        "executionName": RUN,
        "executionArn": super::execution_arn(),
        "input": input,
        "brokenOff": true,
    });
    assert_eq!(is_safe(&world, &event).await?, 3, "the ends of both runs, and the lock");

    world.succeed("reconcile-report", event).await?;
    let after = Snapshot::of(&world).await?.comparable();
    assert_eq!(after[&format!("run {RUN} RUN")]["state"], "Failed");
    assert_eq!(after[&format!("run {REPAIR} RUN")]["state"], "Failed", "its batch is open");
    assert!(!after.keys().any(|name| name.starts_with("run LOCK")), "{after:#?}");
    Ok(())
}
