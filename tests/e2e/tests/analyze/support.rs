//! Running an analysis and reading what it leaves.

use anyhow::{Context as _, Result};
use drayage_domain::analysis::Analysis;
use drayage_local::LocalStack;
use drayage_local::executions::Ended;
use serde_json::Value;

/// Starts an analysis under this name, which seeds its sample, and waits for its end.
pub(crate) async fn run(stack: &LocalStack, name: &str, input: &Value) -> Result<Ended> {
    let started = stack
        .clients()
        .executions
        .start_execution()
        .state_machine_arn(stack.stack().output("AnalyzeStateMachineArn")?)
        .name(name)
        .input(input.to_string())
        .send()
        .await?;
    stack.wait(&started.execution_arn).await
}

/// The analysis that an execution names in its output.
pub(crate) async fn analysis(stack: &LocalStack, name: &str, input: &Value) -> Result<Analysis> {
    let output = run(stack, name, input).await?.output()?;
    let key = output["key"].as_str().context("an output without key")?;
    assert_eq!(output["bucket"], stack.stack().output("StateBucket")?);
    let analysis: Analysis = serde_json::from_slice(&state_object(stack, key).await?)?;
    assert_eq!(output["records"], analysis.scope.records);
    Ok(analysis)
}

/// An object of the state bucket.
pub(crate) async fn state_object(stack: &LocalStack, key: &str) -> Result<Vec<u8>> {
    let bucket = stack.stack().output("StateBucket")?;
    let object = stack.clients().s3.get_object().bucket(bucket).key(key).send().await;
    let body = object.with_context(|| format!("{key} cannot be read"))?.body;
    Ok(body.collect().await?.to_vec())
}

/// Objects in the destination.
pub(crate) async fn objects_copied(stack: &LocalStack) -> Result<usize> {
    let bucket = stack.stack().output("DestinationBucket")?;
    let listed = stack.clients().s3.list_objects_v2().bucket(bucket).send().await?;
    Ok(listed.contents().len())
}
