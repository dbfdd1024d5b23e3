//! Copy messages that come twice and late, and an execution that is stopped in the middle of copying.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use drayage_domain::row::FileRow;
use drayage_local::local_stack::summary;
use drayage_local::{LocalStack, StackParameters};
use serde_json::json;
use tokio::time::Instant;

use crate::control::{all_queued, aws, deliver, messages, run_id};

const LIMIT: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(200);

fn parameters() -> StackParameters {
    StackParameters::default().with("BatchSize", "10").with("CopyTimeoutSeconds", "10")
}

/// Receives the messages of the copy queue and gives them back at once. Returns their bodies.
async fn peek(stack: &LocalStack, count: usize) -> Result<Vec<String>> {
    let queue = stack.stack().output("CopyQueueUrl")?;
    let mut bodies: Vec<String> = Vec::new();
    let deadline = Instant::now() + LIMIT;
    while bodies.len() < count {
        let receive = ["--visibility-timeout", "0", "--max-number-of-messages", "10"];
        let call = [&["sqs", "receive-message", "--queue-url", queue][..], &receive].concat();
        let answer = aws(stack, &call).await?;
        for message in answer["Messages"].as_array().into_iter().flatten() {
            bodies.extend(message["Body"].as_str().map(str::to_owned));
        }
        bodies.sort_unstable();
        bodies.dedup();
        ensure!(Instant::now() < deadline, "only {} messages in the queue", bodies.len());
    }
    Ok(bodies)
}

async fn send(stack: &LocalStack, body: &str) -> Result<()> {
    let queue = stack.stack().output("CopyQueueUrl")?;
    aws(stack, &["sqs", "send-message", "--queue-url", queue, "--message-body", body]).await?;
    Ok(())
}

/// Waits until the copy queue holds no message, neither waiting nor being worked on.
async fn drained(stack: &LocalStack) -> Result<()> {
    let url = stack.stack().output("CopyQueueUrl")?;
    let deadline = Instant::now() + LIMIT;
    loop {
        let call = ["sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All"];
        let attributes = &aws(stack, &call).await?["Attributes"];
        let count = |name: &str| attributes[name].as_str().map(str::to_owned);
        let waiting = count("ApproximateNumberOfMessages");
        let in_work = count("ApproximateNumberOfMessagesNotVisible");
        if waiting.as_deref() == Some("0") && in_work.as_deref() == Some("0") {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{waiting:?} messages wait, {in_work:?} in work");
        tokio::time::sleep(POLL).await;
    }
}

async fn rows(stack: &LocalStack) -> Result<BTreeMap<String, FileRow>> {
    let rows = drayage_local::check::rows(stack).await?;
    Ok(rows.into_iter().map(|row| (row.record_id.clone(), row)).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_comes_twice_and_late_counts_once() -> Result<()> {
    let parameters = parameters().with("CopyMaxReceiveCount", "100");
    let stack = LocalStack::builder().files(60).seed(21).parameters(parameters).start().await?;
    deliver(&stack, false).await?;
    let execution = stack.start_backup(&json!({})).await?;
    let batches = all_queued(&stack, run_id(&execution)).await?;
    assert_eq!(batches, 6);
    let bodies = peek(&stack, usize::try_from(batches)?).await?;
    for body in &bodies {
        send(&stack, body).await?;
    }
    deliver(&stack, true).await?;
    let summary = summary(stack.wait(&execution).await?)?;
    stack.assert_accounted(&summary)?;
    drained(&stack).await?;
    let (before, counted) = (rows(&stack).await?, counters(&stack, &execution).await?);
    assert_eq!(counted.records(), 60);

    // The run is over. Its messages come once more.
    for body in &bodies {
        send(&stack, body).await?;
    }
    drained(&stack).await?;
    assert_eq!(rows(&stack).await?, before);
    assert_eq!(counters(&stack, &execution).await?, counted);
    assert_eq!(messages(&stack, "CopyDeadLetterQueueUrl").await?, 0);
    let report = stack.check().await?;
    assert!(report.passed(), "{report:#?}");
    Ok(())
}

async fn counters(stack: &LocalStack, execution: &str) -> Result<drayage_domain::counts::Counts> {
    Ok(stack.ledger()?.counters(run_id(execution)).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_stopped_while_copying_is_made_good_by_the_next() -> Result<()> {
    let stack = LocalStack::builder().files(200).seed(22).parameters(parameters()).start().await?;
    let execution = stack.start_backup(&json!({})).await?;
    let stopped = run_id(&execution);
    let deadline = Instant::now() + LIMIT;
    loop {
        let progress = stack.ledger()?.batch_progress(stopped).await?;
        if progress.batches_done > 0 {
            ensure!(progress.batches_done < progress.batches, "stopped too late");
            break;
        }
        if Instant::now() > deadline {
            bail!("no batch of {stopped} ends");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let stop = stack.clients().executions.stop_execution().execution_arn(&execution);
    stop.send().await?;
    ensure!(stack.wait(&execution).await?.output().is_err(), "the execution was not stopped");

    // Messages of the stopped run are still in the queue: both runs work on the same records.
    let again = stack.run_backup(&json!({})).await?;
    assert!(again.accounted_for, "{again:#?}");
    assert_eq!(again.counts.records(), 200);
    drained(&stack).await?;
    let mut outcomes = again.counts.outcomes.clone();
    let unchanged = outcomes.remove("unchanged").unwrap_or_default();
    *outcomes.entry("verified".to_owned()).or_default() += unchanged;
    assert!(unchanged > 0, "what the stopped run had copied is recognised");
    assert_eq!(outcomes, stack.dataset().unwrap().expected_counts());
    let report = stack.check().await?;
    assert!(report.passed(), "{report:#?}");
    Ok(())
}
