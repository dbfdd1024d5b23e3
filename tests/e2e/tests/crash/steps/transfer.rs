//! Two buckets that are compared, and the batches of objects that follow from it.

mod batches;
mod compare;
mod plan;
mod report;

use anyhow::{Result, ensure};
use drayage_domain::reconcile::work;
use drayage_local::emulator::REGION;
use serde_json::{Value, json};

use crate::times::STARTED_AT;
use crate::world::{Lab, RUN, SOURCE, World};

/// What the source has. Two of them are missing in the destination.
const IN_SOURCE: [(&str, &[u8]); 5] = [
    ("a/missing", b"one that is missing"),
    ("a/same", b"the same on both sides"),
    ("b/bytes", b"other bytes"),
    ("b/missing", b"another that is missing"),
    ("b/size", b"another size"),
];
/// What the destination has.
const IN_DESTINATION: [(&str, &[u8]); 5] = [
    ("a/extra", b"one more"),
    ("a/same", b"the same on both sides"),
    ("b/bytes", b"OTHER BYTES"),
    ("b/size", b"size"),
    ("c/extra", b"two more"),
];
/// The run that does what the first round leaves.
const REPAIR: &str = "crash-run.repair-1";

/// A transfer between the two, with more input.
fn transfer(more: &Value) -> Value {
    let mut input = json!({
        "purpose": "transfer",
        "fix": true,
        "shards": 1,
        "source": {"bucket": SOURCE, "prefix": "in/"},
        "destination": {"prefix": "out/"},
    });
    let fields = more.as_object().cloned().unwrap_or_default();
    input.as_object_mut().into_iter().for_each(|input| input.extend(fields.clone()));
    input
}

/// A transfer that deletes what only the destination has.
fn deleting() -> Value {
    transfer(&json!({"deleteExtra": true, "execute": true}))
}

fn execution_arn() -> String {
    format!("arn:aws:states:{REGION}:000000000000:execution:transfer:{RUN}")
}

fn plan_event(input: &Value, round: u32) -> Value {
    json!({
        "executionName": RUN,
        "executionArn": execution_arn(),
        "startedAt": STARTED_AT,
        "input": input,
        "round": round,
    })
}

fn shard_event(round: u32, shard: u32) -> Value {
    json!({ "runId": RUN, "round": round, "shardKey": work::shard_key(RUN, round, shard) })
}

fn report_event(input: &Value, round: u32) -> Value {
    json!({
        "executionName": RUN,
        "executionArn": execution_arn(),
        "input": input,
        "round": round,
        "shards": 1,
    })
}

/// Objects in a world's destination.
async fn put(world: &World<'_>, objects: &[(&str, &'static [u8])]) -> Result<()> {
    for (key, bytes) in objects {
        let put = world.lab.clients.s3.put_object().bucket(world.destination());
        let body = aws_sdk_s3::primitives::ByteStream::from_static(bytes);
        put.key(format!("out/{key}")).body(body).send().await?;
    }
    Ok(())
}

/// A world where both sides have what they have.
async fn planted(lab: &Lab) -> Result<World<'_>> {
    for (key, bytes) in IN_SOURCE {
        lab.source_object(&format!("in/{key}"), bytes).await?;
    }
    let world = lab.world().await?;
    put(&world, &IN_DESTINATION).await?;
    Ok(world)
}

/// A world whose destination has everything, and more.
async fn planted_with_extras_only(lab: &Lab) -> Result<World<'_>> {
    let world = planted(lab).await?;
    put(&world, &IN_SOURCE).await?;
    Ok(world)
}

/// Compares a round of one shard.
async fn compare(world: &World<'_>, input: &Value, round: u32) -> Result<()> {
    let answer = world.succeed("reconcile-plan", plan_event(input, round)).await?;
    ensure!(answer["shards"] == 1, "{answer}");
    let answer = world.succeed("reconcile", shard_event(round, 1)).await?;
    ensure!(answer["done"] == true, "{answer}");
    Ok(())
}

/// Compares the first round, and queues what it finds.
async fn queue(world: &World<'_>, input: &Value) -> Result<()> {
    compare(world, input, 1).await?;
    let answer = world.succeed("reconcile-report", report_event(input, 1)).await?;
    ensure!(answer["next"] == "repair" && answer["repairRun"] == REPAIR, "{answer}");
    Ok(())
}
