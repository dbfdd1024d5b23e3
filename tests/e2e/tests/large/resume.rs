//! A file that takes longer than an invocation has: the next one goes on where the last one has stopped.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use drayage_local::local_stack::summary;
use drayage_local::{LocalStack, StackParameters};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::trickle::Trickle;

const SIZE_BYTES: usize = 100 << 20;
const LIMIT: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(50);

/// A stack whose copy function has ten seconds, and in its org a record with the slow file.
async fn slow_file() -> Result<(LocalStack, Trickle)> {
    let trickle = Trickle::start(SIZE_BYTES).await?;
    let parameters = StackParameters::default()
        .with("SourceHosts", &trickle.origin)
        .with("MaxFileSizeMb", "100")
        .with("CopyTimeoutSeconds", "10")
        .with("CopyVisibilityTimeoutSeconds", "12");
    let stack = LocalStack::builder().files(5).seed(3).parameters(parameters).start().await?;
    let url = format!("{}/slow.pdf", trickle.origin);
    stack.org()?.insert("DocListEntry__c", json!({"Name": "DOC-SLOW", "Document__c": url}))?;
    Ok((stack, trickle))
}

/// The copy is the file, and it was not begun again.
async fn assert_copied(stack: &LocalStack, trickle: &Trickle) -> Result<()> {
    let rows = drayage_local::check::rows(stack).await?;
    let row = rows
        .iter()
        .find(|row| row.original_url.as_ref().is_some_and(|url| url.ends_with("/slow.pdf")))
        .context("a row of the slow file")?;
    let key = row.destination_key.as_ref().with_context(|| format!("{row:#?}"))?;
    let bucket = stack.stack().output("DestinationBucket")?;
    let s3 = &stack.clients().s3;
    let object = s3.get_object().bucket(bucket).key(key).send().await?;
    assert!(object.body.collect().await?.into_bytes() == trickle.file, "the bytes differ");
    assert!(trickle.rests() >= 1, "two invocations at least");
    assert!(trickle.sent() < 2 * SIZE_BYTES, "{} bytes were sent", trickle.sent());
    let record_id = &row.record_id;
    assert_eq!(stack.ledger()?.unfinished_upload(key, record_id).await?, None);
    let left = s3.list_multipart_uploads().bucket(bucket).send().await?;
    assert!(left.uploads().is_empty(), "{left:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_on_from_invocation_to_invocation() -> Result<()> {
    let (stack, trickle) = slow_file().await?;
    let summary = stack.run_backup(&json!({})).await?;
    assert!(summary.accounted_for, "{summary:#?}");
    assert_eq!(summary.counts.outcomes.get("verified"), Some(&1), "{summary:#?}");
    assert_copied(&stack, &trickle).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_on_after_its_process_was_killed() -> Result<()> {
    let (stack, trickle) = slow_file().await?;
    let execution = stack.start_backup(&json!({})).await?;
    let deadline = tokio::time::Instant::now() + LIMIT;
    // By then parts have arrived, and others are on their way.
    while trickle.sent() < SIZE_BYTES / 2 {
        if tokio::time::Instant::now() > deadline {
            bail!("the file is not being copied\n{}", stack.emulator().log_tail(20));
        }
        tokio::time::sleep(POLL).await;
    }
    assert!(kill_copy_processes(stack.emulator().directory())? > 0, "no process to kill");
    let summary = summary(stack.wait(&execution).await?)?;
    assert!(summary.accounted_for, "{summary:#?}");
    assert_eq!(summary.counts.outcomes.get("verified"), Some(&1), "{summary:#?}");
    assert_copied(&stack, &trickle).await
}

/// Kills the copy function's processes that run from the emulator's directory. Returns their number.
fn kill_copy_processes(directory: &Path) -> Result<usize> {
    let mut killed = 0;
    for entry in std::fs::read_dir("/proc")? {
        let process = entry?.path();
        // Processes end while they are looked at.
        let Ok(program) = std::fs::read_link(process.join("exe")) else { continue };
        let Ok(environment) = std::fs::read(process.join("environ")) else { continue };
        let named = environment.split(|byte| *byte == 0).any(|variable| {
            variable.starts_with(b"AWS_LAMBDA_FUNCTION_NAME=") && variable.ends_with(b"-copy")
        });
        let id = process.file_name().and_then(|name| name.to_str()?.parse().ok());
        if let Some(id) =
            id.and_then(Pid::from_raw).filter(|_| program.starts_with(directory) && named)
        {
            kill_process(id, Signal::KILL)?;
            killed += 1;
        }
    }
    Ok(killed)
}
