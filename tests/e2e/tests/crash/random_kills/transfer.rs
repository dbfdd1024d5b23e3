//! A whole transfer whose Lambdas are killed at random times until it ends.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use drayage_domain::reconcile::ReconcileSummary;
use drayage_domain::run::RunState;
use drayage_local::LocalStack;
use drayage_local::source::BUCKET;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;

use super::{Killer, parameters};

const OBJECTS: usize = 60;
const SEED: u64 = 31;

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_whose_lambdas_are_killed_at_random_loses_nothing() -> Result<()> {
    let stack = LocalStack::builder().files(1).parameters(parameters()).start().await?;
    let destination = stack.stack().output("DestinationBucket")?;
    let objects = (0..OBJECTS).map(|at| (format!("{:02}/{at}", at % 7), format!("object {at}")));
    let objects: BTreeMap<String, String> = objects.collect();
    stream::iter(&objects)
        .map(|(key, text)| put(&stack, BUCKET, format!("in/{key}"), text))
        .buffer_unordered(8)
        .try_collect::<()>()
        .await?;
    // What is to be overwritten, and what is to be deleted.
    put(&stack, destination, "out/00/0".to_owned(), "OBJECT 0").await?;
    put(&stack, destination, "out/extra".to_owned(), "extra").await?;

    let input = json!({
        "source": {"bucket": BUCKET, "prefix": "in/"},
        "destination": {"prefix": "out/"},
        "deleteExtra": true,
        "execute": true,
    });
    let killer = Killer::start(stack.emulator().endpoint(), SEED);
    let execution = stack.start_execution("TransferStateMachineArn", &input).await?;
    let ended = stack.wait(&execution).await;
    let killed = killer.stop().await?;
    let output = ended?.output().with_context(|| format!("after {killed} kills"))?;
    let summary: ReconcileSummary = serde_json::from_value(output)?;
    ensure!(killed > 0, "nothing was killed");
    ensure!(summary.clean && summary.accounted_for, "after {killed} kills: {summary:#?}");
    // Every entry once, however often its batch was begun.
    ensure!(summary.copied.objects == OBJECTS as u64, "after {killed} kills: {summary:#?}");
    ensure!(summary.outcomes.get("deleted") == Some(&1), "after {killed} kills: {summary:#?}");
    ensure!(held(&stack, destination).await? == objects, "after {killed} kills: other objects");
    let run = stack.ledger()?.run(&summary.run_id).await?.context("no run")?;
    ensure!(run.state == RunState::Succeeded, "{run:?}");
    // The lock is free.
    let again = stack.start_execution("TransferStateMachineArn", &input).await?;
    let again: ReconcileSummary = serde_json::from_value(stack.wait(&again).await?.output()?)?;
    ensure!((again.clean, again.copied.objects) == (true, 0), "{again:#?}");
    Ok(())
}

async fn put(stack: &LocalStack, bucket: &str, key: String, text: &str) -> Result<()> {
    let put = stack.clients().s3.put_object().bucket(bucket).key(key);
    put.body(text.as_bytes().to_vec().into()).send().await?;
    Ok(())
}

/// What the destination has, by key.
async fn held(stack: &LocalStack, destination: &str) -> Result<BTreeMap<String, String>> {
    let s3 = &stack.clients().s3;
    let listed = s3.list_objects_v2().bucket(destination).prefix("out/").send().await?;
    let mut held = BTreeMap::new();
    for key in listed.contents().iter().filter_map(|object| object.key()) {
        let object = s3.get_object().bucket(destination).key(key).send().await?;
        let text = String::from_utf8(object.body.collect().await?.to_vec())?;
        held.insert(key.trim_start_matches("out/").to_owned(), text);
    }
    Ok(held)
}
