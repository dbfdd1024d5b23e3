//! Holding the copy queue and letting it go, so that tests decide what happens in between.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use drayage_domain::run::Position;
use drayage_local::LocalStack;
use serde_json::Value;
use tokio::process::Command;

/// How long a step may take before the test fails.
const LIMIT: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(100);

/// Calls the AWS command line against the stack's emulator and returns what it prints.
pub(crate) async fn aws(stack: &LocalStack, arguments: &[&str]) -> Result<Value> {
    let emulator = stack.emulator();
    let output = Command::new(emulator.workspace().venv_program("aws")?)
        .args(["--endpoint-url", emulator.endpoint(), "--output", "json"])
        .args(arguments)
        .envs(emulator.environment())
        .output()
        .await?;
    if !output.status.success() {
        bail!("aws {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    if output.stdout.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Null);
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Switches the delivery of copy messages off or on.
pub(crate) async fn deliver(stack: &LocalStack, on: bool) -> Result<()> {
    let function = stack.stack().output("CopyFunction")?;
    let mappings =
        aws(stack, &["lambda", "list-event-source-mappings", "--function-name", function]).await?;
    let id = mappings["EventSourceMappings"][0]["UUID"].as_str().context("a mapping")?.to_owned();
    let switch = if on { "--enabled" } else { "--no-enabled" };
    aws(stack, &["lambda", "update-event-source-mapping", "--uuid", &id, switch]).await?;
    Ok(())
}

/// Messages in the queue that wait to be received.
pub(crate) async fn messages(stack: &LocalStack, queue: &str) -> Result<u64> {
    let url = stack.stack().output(queue)?;
    let names = "ApproximateNumberOfMessages";
    let answer = aws(
        stack,
        &["sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", names],
    )
    .await?;
    Ok(answer["Attributes"][names].as_str().unwrap_or("0").parse()?)
}

/// Waits until the run is enumerated and all its batches stand in the queue. Returns their number.
pub(crate) async fn all_queued(stack: &LocalStack, run_id: &str) -> Result<u32> {
    let ledger = stack.ledger()?;
    let deadline = tokio::time::Instant::now() + LIMIT;
    loop {
        if let Some(checkpoint) = ledger.checkpoint(run_id).await?
            && checkpoint.position == Position::Done
            && messages(stack, "CopyQueueUrl").await? >= u64::from(checkpoint.batches)
        {
            return Ok(checkpoint.batches);
        }
        if tokio::time::Instant::now() > deadline {
            bail!("the batches of {run_id} do not come into the queue");
        }
        tokio::time::sleep(POLL).await;
    }
}

/// The run's id: the last part of its execution's ARN.
pub(crate) fn run_id(execution: &str) -> &str {
    execution.rsplit(':').next().unwrap_or(execution)
}
