//! Poison: what cannot be processed ends with a name, and nothing hangs.

use anyhow::Result;
use aws_sdk_s3::primitives::ByteStream;
use drayage_domain::manifest;
use drayage_local::local_stack::summary;
use drayage_local::{LocalStack, StackParameters};
use serde_json::json;

use crate::control::{all_queued, aws, deliver, messages, run_id};
use crate::outcomes::rows;

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_manifest_fails_its_batch_and_only_that() -> Result<()> {
    let parameters =
        StackParameters::default().with("BatchSize", "10").with("CopyMaxReceiveCount", "2");
    let stack = LocalStack::builder().files(40).seed(13).parameters(parameters).start().await?;
    deliver(&stack, false).await?;
    let execution = stack.start_backup(&json!({})).await?;
    let run = run_id(&execution);
    assert_eq!(all_queued(&stack, run).await?, 4);
    // One line of batch 2 becomes garbage; the others stay readable.
    let bucket = stack.stack().output("StateBucket")?;
    let key = manifest::batch_key(run, 2);
    let s3 = &stack.clients().s3;
    let object = s3.get_object().bucket(bucket).key(&key).send().await?;
    let text = String::from_utf8(object.body.collect().await?.to_vec())?;
    let mut lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 10);
    lines[4] = "{\"sequence\": poison";
    let damaged = ByteStream::from(lines.join("\n").into_bytes());
    s3.put_object().bucket(bucket).key(&key).body(damaged).send().await?;
    // And a message that nobody sent.
    let queue = stack.stack().output("CopyQueueUrl")?;
    aws(&stack, &["sqs", "send-message", "--queue-url", queue, "--message-body", "garbage"])
        .await?;
    deliver(&stack, true).await?;

    let summary = summary(stack.wait(&execution).await?)?;
    assert!(summary.accounted_for, "{summary:#?}");
    assert!(!summary.clean);
    assert_eq!(summary.enumerated, 40);
    let outcomes = &summary.counts.outcomes;
    assert_eq!(outcomes["failed.manifest_invalid"], 1);
    assert_eq!(outcomes["failed.dead_lettered"], 9);
    let rows = rows(&stack).await?;
    let dead = rows.values().filter(|row| row.reason.as_deref() == Some("dead_lettered")).count();
    assert_eq!(dead, 9);

    // The next run repairs it.
    let repaired = stack.run_backup(&json!({"mode": "incremental"})).await?;
    assert!(repaired.accounted_for, "{repaired:#?}");
    let report = stack.check().await?;
    assert!(report.passed(), "{report:#?}");
    assert_eq!(messages(&stack, "CopyQueueUrl").await?, 0);
    assert_eq!(messages(&stack, "CopyDeadLetterQueueUrl").await?, 0);
    Ok(())
}
