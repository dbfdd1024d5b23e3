//! The local stack after a backup, and executions on it that are measured.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use drayage_domain::switch::summary::SwitchSummary;
use drayage_local::progress::{self, note};
use drayage_local::relay::{self, Counter};
use drayage_local::{LocalStack, local_stack};
use drayage_sim::salesforce::{Org, ServerHandle};
use serde_json::{Value, json};

use super::calls::Calls;
use super::peer;
use super::records::{self, Urls};
use crate::backup::BACKUP_LIMIT;
use crate::backup::processes::Watch;

/// The template's outputs that name the state machines.
const MIGRATE: &str = "MigrateStateMachineArn";
const ROLLBACK: &str = "RollbackStateMachineArn";
/// What both of them start to work off their lanes.
const SWITCH: &str = "SwitchStateMachineArn";

/// Requests of the functions by service and operation.
pub(crate) type Requests = BTreeMap<String, BTreeMap<String, u64>>;

/// The stack, and the simulator once more for simple-salesforce.
#[derive(Debug)]
pub(crate) struct Stage {
    stack: LocalStack,
    counter: Counter,
    functions_endpoint: String,
    pub(crate) peers: ServerHandle,
    /// What the records held before anything was written.
    pub(crate) originals: Urls,
}

/// What an execution took.
#[derive(Debug)]
pub(crate) struct Execution {
    /// Of the whole execution.
    pub(crate) wall_seconds: f64,
    /// Of the execution that writes and verifies, which it has started.
    pub(crate) switch_seconds: f64,
    /// Of the functions.
    pub(crate) cpu_seconds: f64,
    pub(crate) calls: Calls,
    pub(crate) requests: Requests,
    pub(crate) summary: SwitchSummary,
}

impl Stage {
    /// Starts everything, and backs all records up.
    pub(crate) async fn set(records: usize, seed: u64) -> Result<Self> {
        let bound = relay::bind().await?;
        let functions_endpoint = bound.endpoint.clone();
        note(&format!("{records} records: starting the stack and uploading the sources"));
        let stack = LocalStack::builder()
            .small_files()
            .files(records)
            .seed(seed)
            .functions_endpoint(&functions_endpoint)
            .start()
            .await?;
        let counter = bound.relay_to(stack.emulator().endpoint())?;
        let execution = stack.start_backup(&json!({})).await?;
        let ended = progress::follow(&stack, &execution, BACKUP_LIMIT).await?;
        let summary = local_stack::summary(ended).with_context(|| stack.emulator().log_tail(20))?;
        stack.assert_accounted(&summary)?;
        let peers = peer::serve(stack.org()?).await?;
        let originals = records::held(stack.org()?);
        ensure!(originals.len() == records, "the org has {} records", originals.len());
        Ok(Self { stack, counter, functions_endpoint, peers, originals })
    }

    pub(crate) fn org(&self) -> Result<&Org> {
        self.stack.org()
    }

    /// Writes the new URLs.
    ///
    /// * `mode`: its name in the input.
    pub(crate) async fn migrate(&self, mode: &str) -> Result<Execution> {
        let input = json!({"execute": true, "mode": mode, "backup": false, "probe": false});
        let execution = self.execute(MIGRATE, &input).await?;
        self.ensure_all(&execution.summary, "switched")?;
        Ok(execution)
    }

    /// Writes the original URLs back.
    pub(crate) async fn rollback(&self, mode: &str) -> Result<Execution> {
        let input = json!({"execute": true, "all": true, "mode": mode});
        let execution = self.execute(ROLLBACK, &input).await?;
        self.ensure_all(&execution.summary, "restored")?;
        Ok(execution)
    }

    /// The new URLs, as the records hold them after a migrate; an error if one is not that of its object.
    pub(crate) async fn new_urls(&self) -> Result<Urls> {
        let new = records::held(self.org()?);
        let rows = drayage_local::check::rows(&self.stack).await?;
        records::ensure_new(&new, &self.originals, &rows)?;
        Ok(new)
    }

    fn ensure_all(&self, summary: &SwitchSummary, outcome: &str) -> Result<()> {
        let records = self.originals.len() as u64;
        let ended = summary.counts.outcomes.get(outcome).copied().unwrap_or_default();
        ensure!(
            summary.accounted_for
                && summary.clean
                && (summary.planned, ended) == (records, records),
            "not all of {records} records are {outcome}: {summary:?}"
        );
        Ok(())
    }

    async fn execute(&self, machine: &str, input: &Value) -> Result<Execution> {
        let org = self.org()?;
        // What came before belongs to nobody here.
        drop(self.counter.take());
        org.record_calls();
        let watch = Watch::start(&self.functions_endpoint)?;
        let arn = self.stack.start_execution(machine, input).await?;
        let ended = self.stack.wait(&arn).await?;
        let processes = watch.finish()?;
        let (recorded, tally) = (org.take_recorded(), self.counter.take());
        ensure!(
            tally.unreadable == 0,
            "the relay could not follow {} connections: the counts are not exact",
            tally.unreadable
        );
        let summary: SwitchSummary = ended
            .output()
            .and_then(|output| Ok(serde_json::from_value(output)?))
            .with_context(|| format!("{machine}\n{}", self.stack.emulator().log_tail(20)))?;
        let mut requests = Requests::new();
        for (operation, count) in tally.operations {
            *requests.entry(operation.service).or_default().entry(operation.name).or_default() +=
                count;
        }
        Ok(Execution {
            wall_seconds: self.looked_up(&arn).await?.seconds,
            switch_seconds: self.switch_seconds(&summary.run_id).await?,
            cpu_seconds: processes
                .values()
                .filter(|used| used.function)
                .map(|used| used.cpu_seconds)
                .sum(),
            calls: Calls::of(&recorded)?,
            requests,
            summary,
        })
    }

    /// How long the execution took that a run has started for its lanes.
    async fn switch_seconds(&self, run_id: &str) -> Result<f64> {
        let machine = self.stack.stack().output(SWITCH)?;
        let executions = &self.stack.clients().executions;
        let mut pages =
            executions.list_executions().state_machine_arn(machine).into_paginator().items().send();
        while let Some(execution) = pages.next().await {
            let looked_up = self.looked_up(&execution?.execution_arn).await?;
            let input: Value = serde_json::from_str(&looked_up.input)?;
            if input.get("runId").and_then(Value::as_str) == Some(run_id) {
                return Ok(looked_up.seconds);
            }
        }
        anyhow::bail!("{machine} has no execution for the run {run_id}")
    }

    async fn looked_up(&self, arn: &str) -> Result<LookedUp> {
        let executions = &self.stack.clients().executions;
        let found = executions.describe_execution().execution_arn(arn).send().await?;
        let stop = found.stop_date.with_context(|| format!("{arn} runs still"))?;
        let seconds = stop.as_secs_f64() - found.start_date.as_secs_f64();
        ensure!(seconds > 0.0, "{arn} has ended before it began");
        Ok(LookedUp { seconds, input: found.input.unwrap_or_default() })
    }
}

/// An execution that has ended.
struct LookedUp {
    seconds: f64,
    input: String,
}
