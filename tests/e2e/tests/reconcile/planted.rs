//! Objects that are not as they should be.

use anyhow::{Context as _, Result};
use drayage_domain::reconcile::ReconcileSummary;
use drayage_domain::row::FileRow;
use drayage_domain::state::FileState;
use drayage_local::{LocalStack, check};
use serde_json::Value;

/// Runs a reconciliation to its end.
pub(crate) async fn reconcile(stack: &LocalStack, input: &Value) -> Result<ReconcileSummary> {
    let execution = stack.start_execution("ReconcileStateMachineArn", input).await?;
    let output = stack.wait(&execution).await?.output()?;
    serde_json::from_value(output).context("the output is not a result")
}

/// How many keys have the verdict.
pub(crate) fn count(found: &ReconcileSummary, label: &str) -> u64 {
    found.verdicts.get(label).copied().unwrap_or(0)
}

/// Verified rows whose copies are not empty, by key.
pub(crate) async fn copies(stack: &LocalStack) -> Result<Vec<FileRow>> {
    let mut rows = check::rows(stack).await?;
    rows.retain(|row| {
        let size = row.proof.as_ref().map_or(0, |proof| proof.size_bytes);
        row.state == FileState::Verified && size > 1
    });
    rows.sort_by(|one, other| one.destination_key.cmp(&other.destination_key));
    Ok(rows)
}

/// The text of a file of the report.
pub(crate) async fn report_file(
    stack: &LocalStack,
    found: &ReconcileSummary,
    name: &str,
) -> Result<String> {
    let key = format!("runs/{}/report/{name}", found.run_id);
    let bucket = stack.stack().output("StateBucket")?;
    let object = stack.clients().s3.get_object().bucket(bucket).key(&key).send().await;
    let body = object.with_context(|| key.clone())?.body.collect().await?;
    Ok(String::from_utf8(body.to_vec())?)
}

/// Writes an object.
pub(crate) async fn put(stack: &LocalStack, bucket: &str, key: &str, bytes: &[u8]) -> Result<()> {
    let put = stack.clients().s3.put_object().bucket(bucket).key(key);
    put.body(bytes.to_vec().into()).send().await?;
    Ok(())
}
