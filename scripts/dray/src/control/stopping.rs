//! `dray stop`: ends a run before its end, with its steps, and says so in the ledger.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;
use drayage_aws::executions::ExecutionStatus;
use drayage_domain::run::RunState;
use serde_json::json;
use tokio::time::Instant;

use super::nested;
use crate::cli::Common;
use crate::clock;
use crate::connection::Connection;
use crate::execution::command;
use crate::failure::{Failure, Verdict};
use crate::output::{ask, can_ask, counted, data, grouped, json as print_json, note, quoted};
use crate::view::{self, RunStatus, RunView};

/// Runs that are looked through for those that go on.
const RUNS_LOOKED_AT: usize = 50;
/// Step Functions ends an execution within seconds.
const POLL: Duration = Duration::from_millis(500);
/// After this, somebody has to look at the console.
const STOP_MAX: Duration = Duration::from_mins(2);
/// Comparisons of a run at most; each may have left a run of repairs.
const ROUNDS_MAX: u32 = 10;
const CAUSE: &str = "stopped by a person with dray";
const HELP: &str = "\
Stops a run: its execution and those of its steps, then marks it as failed in the ledger. No further file or record is begun; what is in \
work may still end: a batch of files within 15 minutes, records that are being written within seconds. A stop that was interrupted, and a \
run whose execution was stopped in the AWS console or has timed out, are brought to their end by the same command. \
What was copied and proven stays so, what was repointed stays so, and an upload in the middle is taken up by the next run. The same \
command again, or `dray retry RUN`, does the rest. A run that shall only wait is better paused, see `dray pause`.

Examples:
  dray stop                                 the one that goes on
  dray stop backup-20261121T070809Z-012
  dray stop last-migrate --yes              in a script

Exit status:
  0    stopped
  1    not confirmed, or there is nothing to stop
  2    wrong arguments
  3    AWS cannot be reached";

#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Stop {
    /// The run: its id or the beginning of it, the ARN of its execution, last, or last-KIND; the one that is under way if it is left
    /// out.
    run: Option<String>,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

/// `dray stop`.
pub(crate) async fn run_stop(arguments: &Stop, common: &Common) -> Result<Verdict, Failure> {
    if !arguments.yes && !can_ask() {
        return Err(Failure::usage("nobody can be asked here", "add --yes"));
    }
    let connection = Connection::open(&common.stack).await?;
    let run = if let Some(name) = &arguments.run {
        view::find_run(&connection, name).await?
    } else {
        let runs = view::runs(&connection, RUNS_LOOKED_AT, false).await?.runs;
        match left_open(&connection, &runs).await? {
            Some(run) => run,
            None => only(runs)?,
        }
    };
    check(&connection, &run).await?;
    let phase = view::progress(&connection, &run, None).await.ok();
    let phase = phase.as_ref().map_or("", view::Progress::phase);
    let question = question(&run, phase);
    if arguments.yes {
        note(&question);
    } else if ask(&format!("{question} Type yes to go on:")).await != "yes" {
        return Err(Failure::failed("not confirmed; it goes on", "type yes in full"));
    }
    stop(&connection, &run).await?;
    if common.json {
        print_json(&json!({"runId": run.run_id, "stopped": true}))?;
    } else {
        data(&format!("{} is stopped.", run.run_id))?;
        note(&format!(
            "No further file or record is begun. What is in work may still end: a batch of files within 15 minutes, records that \
             are being written within seconds. To do the rest: {}",
            command(&connection.stack, &format!("retry {}", quoted(&run.run_id)))
        ));
    }
    Ok(Verdict::Clean)
}

fn goes_on(run: &RunView) -> bool {
    matches!(
        run.status,
        RunStatus::Running | RunStatus::WaitingForApproval | RunStatus::Paused | RunStatus::Lost
    )
}

/// The only run that goes on.
fn only(runs: Vec<RunView>) -> Result<RunView, Failure> {
    let mut open: Vec<RunView> =
        runs.into_iter().filter(|run| goes_on(run) && run.parent_run.is_none()).collect();
    match (open.pop(), open.as_slice()) {
        (Some(run), []) => Ok(run),
        (None, _) => Err(Failure::failed("nothing goes on", "dray status shows the last runs")),
        (Some(last), others) => {
            let names = others.iter().chain([&last]).map(|run| run.run_id.as_str());
            Err(Failure::usage(
                format!("{} runs go on", others.len() + 1),
                format!("name the one to stop: {}", names.collect::<Vec<_>>().join(", ")),
            ))
        }
    }
}

/// What may be stopped: a run that goes on, or one that the ledger still holds for running, and no step of another one.
pub(crate) async fn check(connection: &Connection, run: &RunView) -> Result<(), Failure> {
    if let Some(parent) = &run.parent_run {
        return Err(Failure::usage(
            format!("{} is a step of {parent}", run.run_id),
            format!("stop the whole run: dray stop {}", quoted(parent)),
        ));
    }
    if !goes_on(run) && !is_left_open(connection, run).await? {
        return Err(Failure::failed(
            format!("{} has ended already", run.run_id),
            "nothing has to be stopped",
        ));
    }
    Ok(())
}

/// The newest run whose execution was broken off, and which the ledger still holds for running; none while another one goes on.
async fn left_open(connection: &Connection, runs: &[RunView]) -> Result<Option<RunView>, Failure> {
    if runs.iter().any(goes_on) {
        return Ok(None);
    }
    for run in runs {
        if is_left_open(connection, run).await? {
            return Ok(Some(run.clone()));
        }
    }
    Ok(None)
}

/// Whether the execution was broken off from outside, so that nobody has told the ledger.
async fn is_left_open(connection: &Connection, run: &RunView) -> Result<bool, Failure> {
    if !matches!(run.status, RunStatus::Stopped | RunStatus::TimedOut | RunStatus::Failed) {
        return Ok(false);
    }
    for name in [run.run_id.clone(), nested::backup_of(&run.run_id)] {
        if connection.ledger.run_state(&name).await? == Some(RunState::Running) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn question(run: &RunView, phase: &str) -> String {
    let far = match run.total {
        Some(total) => format!("{} of {} done", grouped(run.done), counted(total, "file")),
        None => format!("{} done", counted(run.done, "file")),
    };
    let phase = if phase.is_empty() { String::new() } else { format!(", in {phase}") };
    format!("This stops the {} {}: {far}{phase}.", run.kind, run.run_id)
}

/// Stops a run and its steps, and says so in the ledger. What is in work may still end; another run does the rest.
pub(crate) async fn stop(connection: &Connection, run: &RunView) -> Result<(), Failure> {
    // From the top, so that nothing catches the end of a step and goes on.
    connection.executions.stop(&run.execution_arn, CAUSE).await?;
    let mut names = BTreeSet::from([run.run_id.clone()]);
    let begun = Instant::now();
    loop {
        let steps = nested::steps(connection, &run.run_id, &run.execution_arn).await?;
        for step in &steps {
            connection.executions.stop(&step.arn, CAUSE).await?;
            names.insert(step.name.clone());
        }
        let status = connection.executions.status(&run.execution_arn).await?;
        if steps.is_empty() && status != ExecutionStatus::Running {
            break;
        }
        if begun.elapsed() >= STOP_MAX {
            return Err(Failure::failed(
                format!("{} was told to stop, and has not ended yet", run.run_id),
                "start the same command again, which goes on waiting",
            ));
        }
        tokio::time::sleep(POLL).await;
    }
    close(connection, &run.run_id, names).await
}

/// Marks the runs as failed that still count as under way.
async fn close(
    connection: &Connection,
    run_id: &str,
    mut names: BTreeSet<String>,
) -> Result<(), Failure> {
    names.insert(nested::backup_of(run_id));
    let repairs = |name: &String| {
        (1..=ROUNDS_MAX).map(|round| format!("{name}.repair-{round}")).collect::<Vec<_>>()
    };
    let all: BTreeSet<String> = names.iter().flat_map(repairs).chain(names.clone()).collect();
    // Backwards, a run comes after its own steps: as long as one of them is open, the run is, and can be stopped once more.
    for name in all.into_iter().rev() {
        connection.ledger.break_off_run(&name, &clock::now().to_string()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
