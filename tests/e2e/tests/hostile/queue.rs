//! Messages that come late, or again.

use anyhow::{Context, Result};
use drayage_local::LocalStack;
use drayage_local::local_stack::summary;
use serde_json::json;

use crate::control::{all_queued, aws, deliver, messages, run_id};
use crate::support::{rows, writes};

/// Longer than an undisturbed run of this size takes.
const HIDDEN_SECONDS: &str = "6";

#[tokio::test(flavor = "multi_thread")]
async fn a_late_message_is_worked_on_and_a_later_one_changes_nothing() -> Result<()> {
    let stack = LocalStack::builder().files(20).seed(43).start().await?;
    deliver(&stack, false).await?;
    let execution = stack.start_backup(&json!({})).await?;
    all_queued(&stack, run_id(&execution)).await?;
    // Somebody takes the only message, and keeps it for a while.
    let queue = stack.stack().output("CopyQueueUrl")?;
    let taken = aws(
        &stack,
        &["sqs", "receive-message", "--queue-url", queue, "--visibility-timeout", HIDDEN_SECONDS],
    )
    .await?;
    let body = taken["Messages"][0]["Body"].as_str().context("a message")?.to_owned();
    assert_eq!(messages(&stack, "CopyQueueUrl").await?, 0);
    deliver(&stack, true).await?;
    let summary = summary(stack.wait(&execution).await?)?;
    stack.assert_accounted(&summary)?;
    let (rows_before, writes_before) = (rows(&stack).await?, writes(&stack).await?);

    // The same message once more, after its batch is done and its execution has ended.
    aws(&stack, &["sqs", "send-message", "--queue-url", queue, "--message-body", &body]).await?;
    drained(&stack, queue).await?;
    assert_eq!(messages(&stack, "CopyDeadLetterQueueUrl").await?, 0);
    assert_eq!(rows(&stack).await?, rows_before);
    assert_eq!(writes(&stack).await?, writes_before);
    let report = stack.check().await?;
    assert!(report.passed(), "{report:#?}");
    Ok(())
}

/// Waits until the queue holds no message, visible or in work.
async fn drained(stack: &LocalStack, queue: &str) -> Result<()> {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_mins(1);
    loop {
        let answer = aws(
            stack,
            &["sqs", "get-queue-attributes", "--queue-url", queue, "--attribute-names", "All"],
        )
        .await?;
        let attributes = &answer["Attributes"];
        let left = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            .map(|name| attributes[name].as_str().unwrap_or("0").to_owned());
        if left.iter().all(|count| count == "0") {
            return Ok(());
        }
        assert!(tokio::time::Instant::now() < deadline, "the message is not taken: {left:?}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}
