//! Pausing and stopping: nothing moves meanwhile, and nothing of a stopped run moves afterwards.

use std::time::Duration;

use anyhow::{Result, bail};
use drayage_domain::run::RunState;
use drayage_local::executions::Ended;
use drayage_local::{LocalStack, StackParameters};
use serde_json::json;

use crate::control::{all_queued, aws, deliver, messages, run_id};
use crate::outcomes::{objects, rows};
use crate::pauses::{entered, pause, until_entered};

/// How long a step may take before the test fails.
const LIMIT: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(100);

/// Waits until no message of a queue is left, neither waiting nor received.
async fn drained(stack: &LocalStack, queue: &str) -> Result<()> {
    let url = stack.stack().output(queue)?;
    let deadline = tokio::time::Instant::now() + LIMIT;
    loop {
        let arguments =
            ["sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All"];
        let answer = aws(stack, &arguments).await?;
        let none = |name: &str| answer["Attributes"][name] == "0";
        if none("ApproximateNumberOfMessages") && none("ApproximateNumberOfMessagesNotVisible") {
            return Ok(());
        }
        if tokio::time::Instant::now() > deadline {
            bail!("{queue} is not drained: {answer}");
        }
        tokio::time::sleep(POLL).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_backup_reads_nothing_until_the_pause_ends() -> Result<()> {
    let parameters = StackParameters::default().with("PauseWaitSeconds", "1");
    let stack = LocalStack::builder().files(30).seed(41).parameters(parameters).start().await?;
    let ledger = stack.ledger()?;
    pause(&stack).await?;
    let execution = stack.start_backup(&json!({})).await?;
    // Looked at more than once: the machine comes back.
    until_entered(&stack, &execution, "WaitWhilePaused", 3).await?;
    assert!(ledger.checkpoint(run_id(&execution)).await?.is_none(), "nothing was read");
    assert!(rows(&stack).await?.is_empty() && objects(&stack).await?.is_empty());

    // A pause gives nobody else the lock.
    let second = stack.start_backup(&json!({})).await?;
    let Ended::Failed { error, cause } = stack.wait(&second).await? else {
        bail!("two runs at once");
    };
    assert_eq!(error, "RunLocked", "{cause}");

    ledger.resume().await?;
    let summary = drayage_local::local_stack::summary(stack.wait(&execution).await?)?;
    stack.assert_accounted(&summary)?;
    let report = stack.check().await?;
    assert!(report.passed(), "{report:#?}");
    // A run without a pause does not wait.
    let execution = stack.start_backup(&json!({"mode": "incremental"})).await?;
    assert!(matches!(stack.wait(&execution).await?, Ended::Succeeded(_)));
    assert_eq!(entered(&stack, &execution, "WaitWhilePaused").await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stopped_run_has_queued_is_dropped() -> Result<()> {
    let parameters = StackParameters::default().with("BatchSize", "10");
    let stack = LocalStack::builder().files(40).seed(42).parameters(parameters).start().await?;
    let ledger = stack.ledger()?;
    deliver(&stack, false).await?;
    let stopped = stack.start_backup(&json!({})).await?;
    let run = run_id(&stopped);
    let batches = all_queued(&stack, run).await?;
    aws(&stack, &["stepfunctions", "stop-execution", "--execution-arn", &stopped]).await?;
    ledger.finish_run(run, RunState::Failed, None, "2026-11-21T00:00:00Z").await?;
    deliver(&stack, true).await?;

    drained(&stack, "CopyQueueUrl").await?;
    assert_eq!(messages(&stack, "CopyDeadLetterQueueUrl").await?, 0);
    assert_eq!(ledger.open_batches(run).await?, u64::from(batches), "no batch was worked on");
    assert!(rows(&stack).await?.is_empty() && objects(&stack).await?.is_empty());

    let summary = stack.run_backup(&json!({})).await?;
    stack.assert_accounted(&summary)?;
    let report = stack.check().await?;
    assert!(report.passed(), "{report:#?}");
    Ok(())
}
