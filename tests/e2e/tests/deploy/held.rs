//! An execution that is at work, and stays so until the test ends it.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use drayage_local::{Clients, Emulator, Stack};
use serde_json::{Value, json};
use tokio::time::Instant;

/// How long a step may take before the test fails.
const LIMIT: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(100);

/// The execution's name.
pub(crate) const NAME: &str = "held-by-a-test";

/// Starts copying a batch whose message nobody receives. Returns the execution.
pub(crate) async fn start(emulator: &Emulator, clients: &Clients, stack: &Stack) -> Result<String> {
    stop_delivery(emulator, stack).await?;
    let manifest = clients.s3.put_object().bucket(stack.output("StateBucket")?);
    manifest.key(format!("runs/{NAME}/batches/000001.json")).send().await?;
    let machine = stack.output("CopyStateMachineArn")?;
    let start = clients.executions.start_execution().state_machine_arn(machine).name(NAME);
    let started = start.input(json!({"runId": NAME}).to_string()).send().await?;
    let deadline = Instant::now() + LIMIT;
    while !is_waiting(clients, &started.execution_arn).await? {
        ensure!(Instant::now() < deadline, "the batch is not queued");
        tokio::time::sleep(POLL).await;
    }
    Ok(started.execution_arn)
}

/// Ends it.
pub(crate) async fn stop(clients: &Clients, execution: &str) -> Result<()> {
    clients.executions.stop_execution().execution_arn(execution).send().await?;
    Ok(())
}

/// Whether the map has started its only child, which waits for an answer that does not come.
async fn is_waiting(clients: &Clients, execution: &str) -> Result<bool> {
    let maps = clients.executions.list_map_runs().execution_arn(execution).send().await?;
    let Some(map) = maps.map_runs().first() else { return Ok(false) };
    let map = clients.executions.describe_map_run().map_run_arn(map.map_run_arn()).send().await?;
    Ok(map.item_counts.is_some_and(|items| items.running == 1))
}

async fn stop_delivery(emulator: &Emulator, stack: &Stack) -> Result<()> {
    let mappings = format!("{}/2015-03-31/event-source-mappings/", emulator.endpoint());
    let client = reqwest::Client::new();
    let function = stack.output("CopyFunction")?;
    let listed = client.get(format!("{mappings}?FunctionName={function}")).send().await?;
    let listed: Value = serde_json::from_str(&listed.error_for_status()?.text().await?)?;
    let id = listed.pointer("/EventSourceMappings/0/UUID").and_then(Value::as_str);
    let id = id.context("no mapping")?;
    let off = client.put(format!("{mappings}{id}")).body(json!({"Enabled": false}).to_string());
    off.send().await?.error_for_status()?;
    Ok(())
}
