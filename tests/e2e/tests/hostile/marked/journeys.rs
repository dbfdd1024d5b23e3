//! What else goes through a stack, with marks in it: an analysis, transfers, and batches that end in the dead-letter queue.

use anyhow::{Context as _, Result, ensure};
use drayage_local::LocalStack;
use drayage_local::executions::Ended;
use drayage_local::local_stack::summary;
use drayage_local::source::BUCKET;
use serde_json::json;

use super::places::Left;
use super::{ACCOUNT, DENIED, FILE, RECORD, queues};
use crate::control::{all_queued, run_id};

/// A dry run of everything, with sizes.
pub(super) async fn analysis(stack: &LocalStack) -> Result<()> {
    let execution = stack.start_execution("AnalyzeStateMachineArn", &json!({})).await?;
    let output = stack.wait(&execution).await?.output()?;
    ensure!(output["records"].as_u64().is_some_and(|records| records > 0), "{output}");
    Ok(())
}

/// From bucket to bucket: an object that is copied, one that differs, one too many; and a bucket that is not there.
pub(super) async fn transfers(stack: &LocalStack) -> Result<()> {
    let s3 = &stack.clients().s3;
    let destination = stack.stack().output("DestinationBucket")?;
    for (bucket, key, bytes) in [
        (BUCKET, format!("marked/{ACCOUNT}/{FILE}"), "one"),
        (BUCKET, format!("marked/{RECORD}.pdf"), "two"),
        (destination, format!("moved/{RECORD}.pdf"), "another"),
        (destination, format!("moved/extra {FILE}"), "extra"),
    ] {
        let put = s3.put_object().bucket(bucket).key(key).metadata("author", RECORD);
        put.body(bytes.as_bytes().to_vec().into()).send().await?;
    }
    let input = |bucket: &str| json!({"source": {"bucket": bucket, "prefix": "marked/"}, "destination": {"prefix": "moved/"}});
    let transfer = stack.start_execution("TransferStateMachineArn", &input(BUCKET)).await?;
    let output = stack.wait(&transfer).await?.output()?;
    ensure!(output["accountedFor"] == json!(true), "{output}");
    let nowhere = stack.start_execution("TransferStateMachineArn", &input("not-there")).await?;
    let ended = stack.wait(&nowhere).await?;
    ensure!(matches!(ended, Ended::Failed { .. }), "{ended:?}");
    Ok(())
}

/// A batch of which nobody can read the manifest, and a message that nobody has sent. Returns what stood in the queues meanwhile.
pub(super) async fn dead_letters(stack: &LocalStack) -> Result<Vec<Left>> {
    for function in ["CopyFunction", "DeadLetterFunction"] {
        queues::deliver(stack, function, false).await?;
    }
    let execution = stack.start_backup(&json!({})).await?;
    let run = run_id(&execution);
    all_queued(stack, run).await?;
    let mut left = queues::peek(stack).await?;
    ensure!(left.iter().any(|left| left.text.contains(run)), "{run} is in no queue: {left:?}");
    poison(stack, run).await?;
    queues::deliver(stack, "CopyFunction", true).await?;
    queues::filled(stack, "CopyDeadLetterQueueUrl").await?;
    let dead = queues::peek(stack).await?;
    ensure!(dead.iter().any(|left| left.text.contains(run)), "{run} is not dead: {dead:?}");
    left.extend(dead);

    // Whoever sends it may put in what it likes; what is logged of it is ours.
    let garbage = json!(format!("{FILE} {DENIED}")).to_string();
    for queue in ["CopyQueueUrl", "CopyDeadLetterQueueUrl"] {
        let send = queues::client(stack).send_message().queue_url(stack.stack().output(queue)?);
        send.message_body(&garbage).send().await?;
    }
    queues::deliver(stack, "DeadLetterFunction", true).await?;
    let summary = summary(stack.wait(&execution).await?)?;
    let dead = summary.counts.outcomes.get("failed.dead_lettered");
    ensure!(summary.accounted_for && dead.is_some_and(|dead| *dead > 0), "{summary:#?}");
    Ok(left)
}

/// Lines of other forms than a manifest's, which parsers like to repeat.
async fn poison(stack: &LocalStack, run: &str) -> Result<()> {
    let bucket = stack.stack().output("StateBucket")?;
    let key = drayage_domain::manifest::batch_key(run, 1);
    let s3 = &stack.clients().s3;
    let object = s3.get_object().bucket(bucket).key(&key).send().await?;
    let text = String::from_utf8(object.body.collect().await?.to_vec())?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    ensure!(lines.len() > 2, "{lines:?}");
    let first = lines.first_mut().context("no lines")?;
    let mut entry: serde_json::Value = serde_json::from_str(first)?;
    entry["sequence"] = json!(format!("{FILE} {DENIED}"));
    *first = entry.to_string();
    let body = lines.join("\n").into_bytes();
    s3.put_object().bucket(bucket).key(&key).body(body.into()).send().await?;
    Ok(())
}
