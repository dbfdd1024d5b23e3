//! Starts executions and waits for their end. An execution does not need the person who has started it: Ctrl-C ends the watching,
//! and nothing else; so does a connection that stays lost.

mod patience;
mod words;

use std::time::Duration;

use drayage_aws::executions::Described;
use serde_json::{Value, json};

use crate::clock;
use crate::connection::Connection;
use crate::failure::{Failure, Verdict};
use crate::interrupt;
use crate::output::{data, json as print_json, note};
use crate::watch::Watch;

pub(crate) use patience::Patience;
pub(crate) use words::{command, command_for, failure, to_go_on};

/// Describing an execution is free, and limited to some calls a second per account.
const POLL: Duration = Duration::from_millis(700);

/// An execution that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Started {
    pub(crate) arn: String,
    /// The execution's name, which is the run's id.
    pub(crate) run_id: String,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ended {
    /// With this output.
    Succeeded(Value),
    /// With this error.
    Failed(Problem),
    /// The person has stopped watching; it goes on.
    Unwatched,
}

/// What an execution failed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The error's fixed name.
    pub(crate) error: String,
    /// The sentence that goes with it.
    pub(crate) cause: String,
}

/// Starts an execution.
///
/// * `kind`: what its name begins with.
pub(crate) async fn start(
    connection: &Connection,
    machine: &str,
    kind: &str,
    input: &Value,
) -> Result<Started, Failure> {
    let run_id = format!("{kind}-{}", clock::stamp());
    let arn = connection.executions.start(machine, &run_id, input).await?;
    Ok(Started { arn, run_id })
}

/// Says what was started to somebody who does not watch it.
pub(crate) fn left_alone(
    connection: &Connection,
    started: &Started,
    as_json: bool,
) -> Result<Verdict, Failure> {
    if as_json {
        print_json(&json!({"runId": started.run_id, "executionArn": started.arn}))?;
    } else {
        data(&started.run_id)?;
        note(&words::how_to_look(&connection.stack, &started.run_id));
    }
    Ok(Verdict::Clean)
}

/// Waits for the end, and shows how far it is.
pub(crate) async fn follow(
    connection: &Connection,
    started: &Started,
    watch: Watch,
) -> Result<Ended, Failure> {
    follow_with(connection, started, watch, Patience::usual()).await
}

async fn follow_with(
    connection: &Connection,
    started: &Started,
    mut watch: Watch,
    patience: Patience,
) -> Result<Ended, Failure> {
    let ended = tokio::select! {
        ended = to_the_end(connection, started, &mut watch, patience) => ended,
        () = interrupt::heard() => Ok(Ended::Unwatched),
    };
    watch.finish();
    let goes_on = || words::goes_on(&connection.stack, &started.run_id);
    match &ended {
        Ok(Ended::Unwatched) => note(&goes_on()),
        Ok(Ended::Succeeded(_) | Ended::Failed(_)) => {}
        Err(_) => note(&format!("It cannot be watched any more. {}", goes_on())),
    }
    ended
}

async fn to_the_end(
    connection: &Connection,
    started: &Started,
    watch: &mut Watch,
    mut patience: Patience,
) -> Result<Ended, Failure> {
    loop {
        let described = match connection.executions.describe(&started.arn).await {
            Ok(described) => described,
            Err(error) => {
                let Some(pause) = patience.next() else { return Err(error.into()) };
                watch.lost(&error.to_string(), pause);
                tokio::time::sleep(pause).await;
                continue;
            }
        };
        patience.reset();
        match described {
            Described::Running => {
                watch.look(connection, started).await;
                tokio::time::sleep(POLL).await;
            }
            Described::Succeeded(output) => {
                return serde_json::from_str(&output).map(Ended::Succeeded).map_err(|error| {
                    Failure::failed(
                        format!("{} has put out no JSON: {error}", started.run_id),
                        "its history in the Step Functions console shows what",
                    )
                });
            }
            Described::Failed { error, cause } => {
                return Ok(Ended::Failed(Problem { error, cause: words::sentence(&cause) }));
            }
            Described::Unknown => {
                return Err(Failure::failed(
                    format!("Step Functions does not know {} any more", started.arn),
                    "check account and region",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests;
