//! A stack whose records are backed up, and its executions. Everything that depends on how the stack is deployed locally is
//! here.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use drayage_domain::row::FileRow;
use drayage_domain::run::Summary;
use drayage_domain::switch::SwitchLine;
use drayage_domain::switch::plan::{SwitchPlan, plan_key};
use drayage_domain::switch::results::SwitchResults;
use drayage_domain::switch::summary::SwitchSummary;
use drayage_local::emulator::REGION;
use drayage_local::executions::{Ended, ended};
use drayage_local::{LocalStack, StackParameters};
use drayage_sim::salesforce::{Endpoint, FaultPlan, Org};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::control::run_id;

/// The state machines, by the outputs that name them.
pub(crate) const MIGRATE: &str = "MigrateStateMachineArn";
pub(crate) const ROLLBACK: &str = "RollbackStateMachineArn";
pub(crate) const SWITCH: &str = "SwitchStateMachineArn";
/// The topic, by the output that names it.
pub(crate) const TOPIC: &str = "TopicArn";
/// The object whose records are repointed.
pub(crate) const OBJECT: &str = "DocListEntry__c";
/// Its URL field.
pub(crate) const FIELD: &str = "Document__c";
/// The modes, as inputs spell them.
pub(crate) const MODES: [&str; 3] = ["guarded", "collections", "bulk"];

/// Nothing of a test takes longer.
const LIMIT: Duration = Duration::from_mins(3);
const POLL: Duration = Duration::from_millis(10);

/// Waits of a second where a deployment waits for minutes or hours.
pub(crate) fn parameters() -> StackParameters {
    StackParameters::default().with("ApiBudgetWaitSeconds", "1")
}

/// A stack with these many small, ordinary records, backed up.
pub(crate) async fn backed_up(records: usize, seed: u64) -> Result<LocalStack> {
    backed_up_with(records, seed, parameters()).await
}

/// The same, with other parameters.
pub(crate) async fn backed_up_with(
    records: usize,
    seed: u64,
    parameters: StackParameters,
) -> Result<LocalStack> {
    let stack = LocalStack::builder()
        .small_files()
        .files(records)
        .seed(seed)
        .parameters(parameters)
        .start()
        .await?;
    let summary = stack.run_backup(&json!({})).await?;
    stack.assert_accounted(&summary)?;
    ensure!(summary.counts.outcomes["verified"] == records as u64, "{summary:#?}");
    stack.org()?.forget_writes();
    Ok(stack)
}

/// The input of an execution that writes, and does nothing beyond that: no backup before, no new URL opened.
pub(crate) fn execute(more: &Value) -> Value {
    merged(&json!({"execute": true, "backup": false, "probe": false}), more)
}

/// `base` with the members of `more`.
pub(crate) fn merged(base: &Value, more: &Value) -> Value {
    let mut all = base.as_object().cloned().unwrap_or_default();
    all.extend(more.as_object().cloned().unwrap_or_default());
    Value::Object(all)
}

/// Runs a migrate to its end.
pub(crate) async fn migrate(stack: &LocalStack, input: &Value) -> Result<SwitchSummary> {
    run(stack, MIGRATE, input).await
}

/// Runs a rollback to its end.
pub(crate) async fn rollback(stack: &LocalStack, input: &Value) -> Result<SwitchSummary> {
    run(stack, ROLLBACK, input).await
}

async fn run(stack: &LocalStack, machine: &str, input: &Value) -> Result<SwitchSummary> {
    let execution = stack.start_execution(machine, input).await?;
    finished(stack, &execution).await.with_context(|| format!("{machine} with {input}"))
}

/// The summary that an execution puts out.
pub(crate) async fn finished(stack: &LocalStack, execution: &str) -> Result<SwitchSummary> {
    let output = stack.wait(execution).await?.output()?;
    serde_json::from_value(output.clone())
        .with_context(|| format!("not the summary of a switch: {output}"))
}

/// Error and cause of an execution that must not succeed.
pub(crate) async fn refused(
    stack: &LocalStack,
    machine: &str,
    input: &Value,
) -> Result<(String, String)> {
    let execution = stack.start_execution(machine, input).await?;
    refusal(stack, &execution).await.with_context(|| format!("{machine} with {input}"))
}

/// The same for an execution that was started before.
pub(crate) async fn refusal(stack: &LocalStack, execution: &str) -> Result<(String, String)> {
    match stack.wait(execution).await? {
        Ended::Failed { error, cause } => Ok((error, cause)),
        Ended::Succeeded(output) => bail!("it ran: {output}"),
    }
}

/// An incremental backup.
pub(crate) async fn incremental(stack: &LocalStack) -> Result<Summary> {
    let summary = stack.run_backup(&json!({"mode": "incremental"})).await?;
    ensure!(summary.accounted_for, "{summary:#?}");
    Ok(summary)
}

/// Stops an execution and what it has started.
pub(crate) async fn stop(stack: &LocalStack, execution: &str) -> Result<()> {
    let executions = &stack.clients().executions;
    executions.stop_execution().execution_arn(execution).send().await?;
    let nested = executions
        .list_executions()
        .state_machine_arn(stack.stack().output(SWITCH)?)
        .status_filter(aws_sdk_sfn::types::ExecutionStatus::Running)
        .send()
        .await?;
    for child in nested.executions() {
        executions.stop_execution().execution_arn(child.execution_arn()).send().await?;
    }
    ensure!(refusal(stack, execution).await.is_ok(), "{execution} was not stopped");
    Ok(())
}

/// Waits until `is_so`; fails when the execution ends before.
pub(crate) async fn until(
    stack: &LocalStack,
    execution: &str,
    mut is_so: impl FnMut() -> Result<bool>,
) -> Result<()> {
    let deadline = tokio::time::Instant::now() + LIMIT;
    while !is_so()? {
        if let Some(ended) = ended(stack.clients(), execution).await? {
            bail!("{} has ended: {ended:?}", run_id(execution));
        }
        ensure!(tokio::time::Instant::now() < deadline, "it does not come about");
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// Every ledger row by record id.
pub(crate) async fn rows(stack: &LocalStack) -> Result<BTreeMap<String, FileRow>> {
    let rows = drayage_local::check::rows(stack).await?;
    Ok(rows.into_iter().map(|row| (row.record_id.clone(), row)).collect())
}

/// The bytes of an object in the state bucket, or `None`.
pub(crate) async fn object(stack: &LocalStack, place: &str) -> Result<Option<Vec<u8>>> {
    let bucket = stack.stack().output("StateBucket")?;
    // Summaries name addresses, everything else keys.
    let key = place.strip_prefix(&format!("s3://{bucket}/")).unwrap_or(place);
    match stack.clients().s3.get_object().bucket(bucket).key(key).send().await {
        Ok(object) => Ok(Some(object.body.collect().await?.to_vec())),
        Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Puts an object into the state bucket.
pub(crate) async fn put(stack: &LocalStack, key: &str, bytes: Vec<u8>) -> Result<()> {
    let bucket = stack.stack().output("StateBucket")?;
    let put = stack.clients().s3.put_object().bucket(bucket).key(key);
    put.body(ByteStream::from(bytes)).send().await?;
    Ok(())
}

/// A document of the state bucket.
pub(crate) async fn document<T: DeserializeOwned>(stack: &LocalStack, key: &str) -> Result<T> {
    let bytes = object(stack, key).await?.with_context(|| format!("no object {key}"))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{key} has another shape"))
}

/// Keys of the state bucket below a prefix.
pub(crate) async fn keys(stack: &LocalStack, prefix: &str) -> Result<BTreeSet<String>> {
    let bucket = stack.stack().output("StateBucket")?;
    let listed = stack.clients().s3.list_objects_v2().bucket(bucket).prefix(prefix).send().await?;
    Ok(listed.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect())
}

/// A run's plan.
pub(crate) async fn plan(stack: &LocalStack, run_id: &str) -> Result<SwitchPlan> {
    document(stack, &plan_key(run_id)).await
}

/// The lines of a run's plan, by record.
pub(crate) async fn lines(
    stack: &LocalStack,
    run_id: &str,
) -> Result<BTreeMap<String, SwitchLine>> {
    let mut lines = BTreeMap::new();
    for key in keys(stack, &format!("runs/{run_id}/batches/")).await? {
        let bytes = object(stack, &key).await?.unwrap_or_default();
        for line in String::from_utf8(bytes)?.lines() {
            let line: SwitchLine = serde_json::from_str(line)?;
            let twice = lines.insert(line.record_id.clone(), line);
            ensure!(twice.is_none(), "a record is in the plan twice");
        }
    }
    Ok(lines)
}

/// How each record of a run ended, by the batches' results.
pub(crate) async fn outcomes(stack: &LocalStack, run_id: &str) -> Result<BTreeMap<String, String>> {
    let mut outcomes = BTreeMap::new();
    for key in keys(stack, &format!("runs/{run_id}/results/")).await? {
        let results: SwitchResults = document(stack, &key).await?;
        outcomes.extend(results.endings.into_iter().map(|(id, ending)| (id, ending.outcome)));
    }
    Ok(outcomes)
}

/// What a user sees who opens a new URL.
pub(crate) async fn opened(stack: &LocalStack, url: &str) -> Result<Vec<u8>> {
    // Loopback is never behind a proxy.
    let client = reqwest::Client::builder().no_proxy().build()?;
    let answer = client.get(local_address(stack, url)?).send().await?.error_for_status()?;
    Ok(answer.bytes().await?.to_vec())
}

/// Where a new URL leads on this machine: the destination bucket's own address is the emulator's.
fn local_address(stack: &LocalStack, url: &str) -> Result<String> {
    let (bucket, endpoint) =
        (stack.stack().output("DestinationBucket")?, stack.emulator().endpoint());
    for base in [
        format!("https://{bucket}.s3.{REGION}.amazonaws.com/"),
        format!("https://{bucket}.s3.amazonaws.com/"),
        format!("https://s3.{REGION}.amazonaws.com/{bucket}/"),
    ] {
        if let Some(key) = url.strip_prefix(&base) {
            return Ok(format!("{endpoint}/{bucket}/{key}"));
        }
    }
    ensure!(url.starts_with("http://127.0.0.1:"), "a new URL that leads elsewhere: {url}");
    Ok(url.to_owned())
}

/// Calls that have used up the org's allocation.
pub(crate) fn calls(org: &Org) -> u64 {
    let free = [Endpoint::Token, Endpoint::UserInfo, Endpoint::Versions, Endpoint::Identity];
    org.requests().into_iter().filter(|(of, _)| !free.contains(of)).map(|(_, calls)| calls).sum()
}

/// The org goes on without faults.
pub(crate) fn calm(stack: &LocalStack) -> Result<()> {
    stack.org()?.set_faults(FaultPlan::default());
    Ok(())
}
