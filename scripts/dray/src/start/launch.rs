//! Starts an execution for a person: watches it to its end and says how it has ended, or leaves it alone.

use clap::Args;
use serde_json::Value;

use super::ending::{self, Ending};
use super::start;
use crate::cli::Common;
use crate::connection::Connection;
use crate::execution::{self, Ended, Started};
use crate::failure::{Failure, Verdict};
use crate::kind::Kind;
use crate::output::{Look, data, json as print_json, note};
use crate::watch::Watch;

/// A summary counts; it does not list.
const SUMMARY_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Options of every command that starts something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct Watching {
    /// Input of the state machine as JSON, or @FILE with it; the other options are put over it.
    #[arg(long, value_name = "JSON|@FILE", help_heading = "Starting")]
    pub(super) input: Option<String>,
    /// Start, print the run's id, and do not wait for its end.
    #[arg(long, short, help_heading = "Starting")]
    pub(super) detach: bool,
    /// Watch to the end, which is the default.
    #[arg(long, conflicts_with = "detach", help_heading = "Starting")]
    watch: bool,
}

/// What is started.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Launch {
    pub(crate) kind: Kind,
    /// Checked.
    pub(crate) input: Value,
    pub(crate) detach: bool,
    pub(crate) json: bool,
}

impl Launch {
    /// An input that was checked.
    pub(crate) fn checked(
        kind: Kind,
        input: Value,
        detach: bool,
        common: &Common,
    ) -> Result<Self, Failure> {
        super::check::input(kind, &input)?;
        Ok(Self { kind, input, detach, json: common.json })
    }
}

/// Starts it, and watches.
pub(crate) async fn launch(connection: &Connection, launch: &Launch) -> Result<Verdict, Failure> {
    let started = start(connection, launch.kind, &launch.input).await?;
    note(&format!("started {}", started.run_id));
    if launch.detach {
        return execution::left_alone(connection, &started, launch.json);
    }
    let ended = execution::follow(connection, &started, Watch::of(launch.kind)).await?;
    end(connection, launch, &started, ended).await
}

async fn end(
    connection: &Connection,
    launch: &Launch,
    started: &Started,
    ended: Ended,
) -> Result<Verdict, Failure> {
    let (summary, problem) = match ended {
        Ended::Unwatched => return Ok(Verdict::Unwatched),
        Ended::Succeeded(output) => (Some(output), None),
        // A run that was broken off has counted what it did before.
        Ended::Failed(problem) => (counted(connection, &started.run_id).await?, Some(problem)),
    };
    let ending = Ending { kind: launch.kind, started, summary, problem };
    if launch.json {
        print_json(&ending.json())?;
    } else {
        let look = Look::of_standard_output();
        data(&ending::text(&ending, &connection.stack, look))?;
        // What was refused before it began has left nothing.
        if ending.summary.is_some() && ending.verdict() == Verdict::Left {
            note(&execution::to_go_on(&connection.stack, &started.run_id));
        }
    }
    match &ending.problem {
        Some(problem) => Err(execution::failure(started, problem)),
        None => Ok(ending.verdict()),
    }
}

async fn counted(connection: &Connection, run_id: &str) -> Result<Option<Value>, Failure> {
    let key = format!("runs/{run_id}/summary.json");
    let found = connection.state_object(&key, SUMMARY_BYTES_MAX).await?;
    Ok(found.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}
