//! Starts executions and waits for their end. An execution does not need the person who has started it: Ctrl-C ends the watching,
//! and nothing else.

use std::time::Duration;

use drayage_aws::executions::Described;
use serde_json::Value;

use crate::clock;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::output::{note, quoted};
use crate::watch::Watch;

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

/// Waits for the end, and shows how far it is.
pub(crate) async fn follow(
    connection: &Connection,
    started: &Started,
    mut watch: Watch,
) -> Result<Ended, Failure> {
    let ended = tokio::select! {
        ended = to_the_end(connection, started, &mut watch) => ended,
        Ok(()) = tokio::signal::ctrl_c() => Ok(Ended::Unwatched),
    };
    watch.finish();
    match &ended {
        Ok(Ended::Unwatched) => note(&goes_on(started)),
        Ok(Ended::Succeeded(_) | Ended::Failed(_)) => {}
        Err(_) => note(&format!("It cannot be watched any more. {}", goes_on(started))),
    }
    ended
}

async fn to_the_end(
    connection: &Connection,
    started: &Started,
    watch: &mut Watch,
) -> Result<Ended, Failure> {
    loop {
        let described = connection.executions.describe(&started.arn).await?;
        watch.look(connection, &started.run_id).await?;
        match described {
            Described::Running => tokio::time::sleep(POLL).await,
            Described::Succeeded(output) => {
                return serde_json::from_str(&output).map(Ended::Succeeded).map_err(|error| {
                    Failure::failed(
                        format!("{} has put out no JSON: {error}", started.run_id),
                        "its history in the Step Functions console shows what",
                    )
                });
            }
            Described::Failed { error, cause } => {
                return Ok(Ended::Failed(Problem { error, cause: sentence(&cause) }));
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

/// A Lambda's cause is JSON with the sentence in it (<https://docs.aws.amazon.com/lambda/latest/dg/rust-handler.html>).
fn sentence(cause: &str) -> String {
    let parsed: Option<Value> = serde_json::from_str(cause).ok();
    let message = parsed.as_ref().and_then(|value| value.get("errorMessage")?.as_str());
    message.unwrap_or(cause).to_owned()
}

fn goes_on(started: &Started) -> String {
    format!(
        "{} goes on without being watched.\n  look:  aws stepfunctions describe-execution --execution-arn {arn}\n  stop:  \
         aws stepfunctions stop-execution --execution-arn {arn}\nStopped, it leaves every record as it is then; the same \
         command started again finishes the rest.",
        started.run_id,
        arn = quoted(&started.arn)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_of_a_function_is_its_message() {
        let cause = r#"{"errorType": "NotReady", "errorMessage": "the check x does not hold"}"#;
        assert_eq!(sentence(cause), "the check x does not hold");
        assert_eq!(sentence("plain words"), "plain words");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn a_run_that_goes_on_is_told_how_to_stop() {
        let started = Started { arn: "arn:x:y".to_owned(), run_id: "rollback-1".to_owned() };
        let text = goes_on(&started);
        assert!(text.starts_with("rollback-1 goes on"));
        assert!(text.contains("stop-execution --execution-arn arn:x:y"));
    }
}
