//! Collects what the ledger and Step Functions know of the newest runs, and puts together what belongs to one run.
//!
//! An execution inside of another one may have its name: a migration inside of `single-phase`, and the comparison that a transfer is. They are one
//! run, of the kind that a person has started.

use std::collections::BTreeMap;

use drayage_aws::executions::ListedExecution;
use drayage_domain::run::{RunRecord, RunState};
use drayage_domain::switch::approval::approval_key;
use futures::future::try_join_all;
use futures::{StreamExt as _, TryStreamExt as _, stream, try_join};
use serde_json::Value;

use super::known::{Execution, Known};
use super::{RunView, Runs};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::kind::Kind;

/// Executions that are looked up at a time: Step Functions refills some twenty such calls a second
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>).
const LOOK_UPS_AT_A_TIME: usize = 8;
/// What queued batches are recorded as.
const REPAIR: &str = "repair";
/// The state in which an execution waits for a person.
const APPROVE: &str = "Approve";
/// Events that are looked at for it: the task was scheduled and started since.
const APPROVE_EVENTS: u32 = 10;
/// Step Functions takes names of so many characters; state machines cut the run's before they add `-backup`.
const STEP_NAME_STEM: usize = 73;

/// The newest `limit` runs of these kinds.
pub(in crate::view) async fn newest(
    connection: &Connection,
    kinds: &[Kind],
    limit: usize,
    steps: bool,
) -> Result<Runs, Failure> {
    let paused = async { Ok::<_, Failure>(connection.ledger.paused().await?.is_some()) };
    let (mut known, is_paused) = try_join!(list(connection, kinds, limit, steps), paused)?;
    let more = known.len() > limit;
    known.truncate(limit);
    let completed = known.into_iter().map(|run| Box::pin(completed(connection, run, is_paused)));
    let runs = stream::iter(completed).buffered(LOOK_UPS_AT_A_TIME).try_collect().await?;
    Ok(Runs { runs, more })
}

/// The same, as far as lists tell, and whatever more is known of older ones.
pub(super) async fn list(
    connection: &Connection,
    kinds: &[Kind],
    limit: usize,
    steps: bool,
) -> Result<Vec<Known>, Failure> {
    // One more than is shown tells whether there are more; a step may stand in the place of a run.
    let depth = u32::try_from(limit.saturating_add(1)).unwrap_or(u32::MAX);
    let names = kinds.iter().map(|kind| kind.name()).chain([REPAIR]);
    let records =
        try_join_all(names.map(|name| async move {
            Ok::<_, Failure>(connection.ledger.runs(name, depth).await?)
        }));
    let listed = try_join_all(kinds.iter().map(|kind| async move {
        let machine = connection.stack.machine(*kind);
        Ok::<_, Failure>((*kind, connection.executions.list(machine, depth).await?))
    }));
    let (records, listed) = try_join!(records, listed)?;
    let mut known = merged(records.into_iter().flatten().collect(), listed);
    known.sort_by_key(|run| std::cmp::Reverse(run.started_at()));
    known.retain(|run| steps || run.parent_run.is_none());
    // Each place has told its newest ones: what comes after those may have gaps.
    known.truncate(limit.saturating_mul(2).saturating_add(1));
    let parents = known.into_iter().map(|run| async move {
        // A comparison without a row in the ledger may be the last step of a backup: only its input tells.
        if run.kind == Kind::Reconcile.name() && run.record.is_none() {
            with_parent(connection, run).await
        } else {
            Ok(run)
        }
    });
    let known: Vec<Known> =
        stream::iter(parents).buffered(LOOK_UPS_AT_A_TIME).try_collect().await?;
    Ok(known.into_iter().filter(|run| steps || run.parent_run.is_none()).collect())
}

/// One run per id, of the kind that a person has started.
fn merged(records: Vec<RunRecord>, listed: Vec<(Kind, Vec<ListedExecution>)>) -> Vec<Known> {
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    for (kind, executions) in listed {
        for execution in executions {
            let run = known
                .entry(execution.name.clone())
                .or_insert_with(|| Known::new(&execution.name, kind.name()));
            if run.execution.is_none() || contains_others(kind) {
                kind.name().clone_into(&mut run.kind);
                run.execution = Some(listed_execution(execution));
            }
        }
    }
    for record in records {
        let run = known
            .entry(record.run_id.clone())
            .or_insert_with(|| Known::new(&record.run_id, &record.kind));
        run.parent_run = parent_of(&record);
        run.record = Some(record);
    }
    let outer: Vec<String> = known
        .values()
        .filter(|run| [Kind::SinglePhase.name(), Kind::Migrate.name()].contains(&run.kind.as_str()))
        .map(|run| run.run_id.clone())
        .collect();
    for parent in outer {
        if let Some(step) = known.get_mut(&step_of(&parent)) {
            step.parent_run.get_or_insert(parent);
        }
    }
    known.into_values().collect()
}

/// Whether executions of that kind start others under their own name.
fn contains_others(kind: Kind) -> bool {
    [Kind::SinglePhase, Kind::Transfer].contains(&kind)
}

fn parent_of(record: &RunRecord) -> Option<String> {
    if record.kind == REPAIR {
        return record.run_id.rsplit_once(".repair-").map(|(parent, _)| parent.to_owned());
    }
    record.work.records().and_then(|options| options.parent_run.clone())
}

/// The name of the backup that is a step of that run.
pub(crate) fn step_of(run_id: &str) -> String {
    let stem: String = run_id.chars().take(STEP_NAME_STEM).collect();
    format!("{stem}-backup")
}

fn listed_execution(listed: ListedExecution) -> Execution {
    Execution {
        arn: listed.arn,
        standing: listed.standing,
        started_at: listed.started_at.to_string(),
        ended_at: listed.ended_at.map(|at| at.to_string()),
    }
}

/// ARN of the execution of that name
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html>).
pub(in crate::view) fn execution_arn(machine: &str, name: &str) -> String {
    format!("{}:{name}", machine.replacen(":stateMachine:", ":execution:", 1))
}

async fn with_parent(connection: &Connection, mut run: Known) -> Result<Known, Failure> {
    run.detail = connection.executions.detail(&run.arn()).await?;
    run.parent_run =
        run.input().get("parentRun").and_then(Value::as_str).map(str::to_owned).or(run.parent_run);
    Ok(run)
}

/// Looks up what the lists do not tell of the run.
pub(super) async fn completed(
    connection: &Connection,
    mut run: Known,
    is_paused: bool,
) -> Result<RunView, Failure> {
    let says_running = run.record.as_ref().is_some_and(|record| record.state == RunState::Running);
    if run.execution.is_none() && says_running && run.kind != REPAIR {
        run.detail = connection.executions.detail(&run.arn()).await?;
        run.is_forgotten = run.detail.is_none();
        run.execution = run.detail.as_ref().map(|detail| listed_execution(detail.listed.clone()));
    }
    if run.wants_detail() {
        run.detail = connection.executions.detail(&run.arn()).await?;
    }
    let unfinished = run.record.as_ref().is_some_and(|record| record.summary.is_none());
    if unfinished {
        let (counts, checkpoint) = try_join!(
            connection.ledger.counters(&run.run_id),
            connection.ledger.checkpoint(&run.run_id)
        )?;
        run.counts = Some(counts);
        run.checkpoint = checkpoint;
    }
    if run.goes_on() {
        run.is_paused = is_paused;
        run.waits_for_approval = waits_for_approval(connection, &run).await?;
    }
    Ok(run.view())
}

/// Whether a person is asked: the question is kept, and the execution is still in the state that waits for the answer.
async fn waits_for_approval(connection: &Connection, run: &Known) -> Result<bool, Failure> {
    let may_ask = run
        .record
        .as_ref()
        .and_then(|record| record.work.urls())
        .is_some_and(|options| options.approval);
    if !may_ask {
        return Ok(false);
    }
    let bucket = &connection.stack.state_bucket;
    if !connection.storage.exists(bucket, &approval_key(&run.run_id)).await? {
        return Ok(false);
    }
    // The question stays when it is answered. Of a `single-phase` the migration inside waits, under the same name.
    let arn = run.record.as_ref().map(|record| record.execution_arn.clone());
    let arn = arn.unwrap_or_else(|| run.arn());
    let steps = connection.executions.steps(&arn, APPROVE_EVENTS).await?;
    Ok(steps.entered.first().is_some_and(|state| state == APPROVE))
}

/// The run as it is now.
pub(in crate::view) async fn again(
    connection: &Connection,
    run: &RunView,
) -> Result<RunView, Failure> {
    let record = async { Ok::<_, Failure>(connection.ledger.run(&run.run_id).await?) };
    let detail =
        async { Ok::<_, Failure>(connection.executions.detail(&run.execution_arn).await?) };
    let paused = async { Ok::<_, Failure>(connection.ledger.paused().await?.is_some()) };
    let (record, detail, is_paused) = try_join!(record, detail, paused)?;
    let mut known = Known::new(&run.run_id, &run.kind);
    known.parent_run.clone_from(&run.parent_run);
    known.record = record;
    known.is_forgotten = detail.is_none();
    known.execution = detail.as_ref().map(|detail| listed_execution(detail.listed.clone()));
    known.detail = detail;
    Box::pin(completed(connection, known, is_paused)).await
}

/// A run by its whole id, whatever its age.
pub(super) async fn by_id(
    connection: &Connection,
    run_id: &str,
) -> Result<Option<RunView>, Failure> {
    let record = async { Ok::<_, Failure>(connection.ledger.run(run_id).await?) };
    let details = try_join_all(Kind::ALL.map(|kind| async move {
        let arn = execution_arn(connection.stack.machine(kind), run_id);
        Ok::<_, Failure>((kind, connection.executions.detail(&arn).await?))
    }));
    let paused = async { Ok::<_, Failure>(connection.ledger.paused().await?.is_some()) };
    let (record, details, is_paused) = try_join!(record, details, paused)?;
    let mut known: Option<Known> = None;
    for (kind, detail) in details {
        let Some(detail) = detail else { continue };
        if known.is_none() || contains_others(kind) {
            let mut run = Known::new(run_id, kind.name());
            run.execution = Some(listed_execution(detail.listed.clone()));
            run.detail = Some(detail);
            known = Some(run);
        }
    }
    let known = match (known, record) {
        (None, None) => return Ok(None),
        (known, None) => known,
        (known, Some(record)) => {
            let mut run = known.unwrap_or_else(|| Known::new(run_id, &record.kind));
            run.parent_run = parent_of(&record);
            run.record = Some(record);
            Some(run)
        }
    };
    match known {
        Some(mut run) => {
            let parent = run.input().get("parentRun").and_then(Value::as_str).map(str::to_owned);
            run.parent_run = run.parent_run.take().or(parent);
            Box::pin(completed(connection, run, is_paused)).await.map(Some)
        }
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests;
