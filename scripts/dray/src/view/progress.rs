//! How far a run is: its phases, and the numbers of the one that it is in.

mod counts;
mod phases;
mod rates;

use jiff::Timestamp;
use serde::Serialize;

use super::runs::{RunStatus, RunView, again, execution_arn, step_of};
use crate::clock;
use crate::connection::Connection;
use crate::execution::command;
use crate::failure::Failure;
use crate::kind::Kind;
use crate::output::quoted;
use crate::stack::Stack;
use counts::Counted;
use phases::Place;
use rates::rates;

/// A phase of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PhaseView {
    /// `preflight`, `enumerate`, `copy`, `reconcile`, `plan`, `approval`, `switch`, `verify`, `finalize`, ….
    pub(crate) name: &'static str,
    /// How it stands.
    pub(crate) state: PhaseState,
}

/// How a phase stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum PhaseState {
    /// It comes.
    Pending,
    /// It goes on.
    Active,
    /// It is over.
    Done,
    /// It did not end well, or the run ended in it.
    Failed,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Progress {
    /// The run, with its counts.
    pub(crate) run: RunView,
    /// All phases of its kind, in their order.
    pub(crate) phases: Vec<PhaseView>,
    /// What is waited for, in words: API calls, approval, resume; nothing while it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) waiting_for: Option<String>,
    /// Seconds since it started, or that it took.
    pub(crate) elapsed_seconds: u64,
    /// How much of the phase that goes on is done, in the unit; none where nothing counts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) phase_done: Option<u64>,
    /// How much there is, as far as is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) phase_total: Option<u64>,
    /// What is counted: `records`, `objects`, `keys`; none where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unit: Option<&'static str>,
    /// How fast, and when it ends; none before two looks, or when it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rates: Option<Rates>,
}

impl Progress {
    /// The name of the phase that goes on, or of the last one.
    pub(crate) fn phase(&self) -> &'static str {
        let active = self.phases.iter().find(|phase| phase.state != PhaseState::Done);
        active.or(self.phases.last()).map_or("", |phase| phase.name)
    }
}

/// How fast a run goes, smoothed over the last looks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rates {
    /// Records or objects per second.
    pub(crate) items_per_second: f64,
    /// Bytes per second.
    pub(crate) bytes_per_second: f64,
    /// Until the phase ends, if that can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) eta_seconds: Option<u64>,
}

/// What a run fails with that has come to its end.
const SUMS_DO_NOT_ADD_UP: &str = "SumsDoNotAddUp";
/// Events of a history that are looked at for the newest state: a task has some four, with some tries.
const EVENTS_LOOKED_AT: u32 = 60;

/// How far the run of that id is. The caller keeps the answers of earlier looks for the rates.
///
/// * `before`: the last answer, with how many seconds ago it was given.
pub(crate) async fn progress(
    connection: &Connection,
    run: &RunView,
    before: Option<(&Progress, f64)>,
) -> Result<Progress, Failure> {
    let mut progress = Box::pin(look(connection, run)).await?;
    progress.rates = before.and_then(|(before, seconds)| rates(before, &progress, seconds));
    Ok(progress)
}

async fn look(connection: &Connection, run: &RunView) -> Result<Progress, Failure> {
    // What has ended stays as it is.
    let run =
        if run.status.goes_on() { Box::pin(again(connection, run)).await? } else { run.clone() };
    let kind = Kind::from_name(&run.kind);
    let place = match run.status {
        RunStatus::Succeeded | RunStatus::Skipped => Place::default(),
        RunStatus::Running
        | RunStatus::WaitingForApproval
        | RunStatus::Paused
        | RunStatus::Failed
        | RunStatus::Stopped
        | RunStatus::TimedOut
        | RunStatus::Lost => place(connection, kind, &run).await?,
    };
    let counted = match (run.status.goes_on(), kind) {
        (true, Some(kind)) => Box::pin(counts::counted(connection, kind, &run, &place)).await?,
        (true | false, _) => Counted::default(),
    };
    let names = phases::of(kind, &run, &place);
    // After whatever breaks a run off comes its finalization, which is not where it has failed.
    let sums = run.error.as_ref().is_some_and(|error| error.name == SUMS_DO_NOT_ADD_UP);
    let broken_off = if run.status.goes_on() || sums { None } else { place.broken_off_in(kind) };
    let current = counted.phase.or(broken_off).or_else(|| place.phase(kind));
    let elapsed_seconds = elapsed(&run, clock::now());
    Ok(Progress {
        phases: phases::stand(&names, current, &run),
        waiting_for: waiting_for(&run, &place, &connection.stack),
        elapsed_seconds,
        phase_done: counted.done,
        phase_total: counted.total,
        unit: counted.unit,
        rates: None,
        run,
    })
}

/// Where the state machine is, and the one that it has started.
async fn place(
    connection: &Connection,
    kind: Option<Kind>,
    run: &RunView,
) -> Result<Place, Failure> {
    let steps = |arn: String| async move {
        match connection.executions.steps(&arn, EVENTS_LOOKED_AT).await {
            Ok(steps) => steps.entered,
            // It may not have begun, or be forgotten: the ledger tells the rest.
            Err(_) => Vec::new(),
        }
    };
    let mut place = Place { entered: steps(run.execution_arn.clone()).await, inner: None };
    let inner = match (kind, place.entered.first().map(String::as_str)) {
        (Some(Kind::SinglePhase), Some("Backup")) => Some((Kind::Backup, step_of(&run.run_id))),
        (Some(Kind::SinglePhase), Some("Migrate" | "SinglePhaseFailed")) => {
            Some((Kind::Migrate, run.run_id.clone()))
        }
        (Some(Kind::Transfer), Some(_)) => Some((Kind::Reconcile, run.run_id.clone())),
        (_, _) => None,
    };
    if let Some((kind, name)) = inner {
        let arn = execution_arn(connection.stack.machine(kind), &name);
        place.inner = Some((kind, steps(arn).await));
    }
    Ok(place)
}

fn waiting_for(run: &RunView, place: &Place, stack: &Stack) -> Option<String> {
    match run.status {
        RunStatus::WaitingForApproval => {
            let approve = command(stack, &format!("approve {}", quoted(&run.run_id)));
            Some(format!("approval: {approve}"))
        }
        RunStatus::Paused => Some(format!("resume: {}", command(stack, "resume"))),
        RunStatus::Running if place.waits_for_calls() => {
            Some("API calls: the org has none left just now".to_owned())
        }
        RunStatus::Running
        | RunStatus::Succeeded
        | RunStatus::Failed
        | RunStatus::Stopped
        | RunStatus::TimedOut
        | RunStatus::Skipped
        | RunStatus::Lost => None,
    }
}

fn elapsed(run: &RunView, now: Timestamp) -> u64 {
    let time = |text: &str| text.parse::<Timestamp>().ok();
    let Some(begun) = time(&run.started_at) else { return 0 };
    let until = run.ended_at.as_deref().and_then(time).unwrap_or(now);
    u64::try_from(until.duration_since(begun).as_secs()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
