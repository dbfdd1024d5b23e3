//! Executions as people look at them: which there are, what each was asked, how it ended, and where it is.

use aws_sdk_sfn::error::SdkError;
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionError;
use aws_sdk_sfn::primitives::DateTime;
use aws_sdk_sfn::types::{ExecutionStatus as SdkStatus, HistoryEvent};
use jiff::Timestamp;

use super::{ExecutionError, Executions};
use crate::sdk_error::describe;

/// Executions per page of a list
/// (<https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html>).
const LIST_PAGE_MAX: u32 = 1000;

/// Where an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It goes on.
    Running,
    /// It has come to a state that succeeds.
    Succeeded,
    /// It has come to a state that fails.
    Failed,
    /// It took longer than it may.
    TimedOut,
    /// Somebody has stopped it.
    Aborted,
}

impl Standing {
    fn of(status: &SdkStatus) -> Self {
        if *status == SdkStatus::Succeeded {
            Self::Succeeded
        } else if *status == SdkStatus::Aborted {
            Self::Aborted
        } else if *status == SdkStatus::TimedOut {
            Self::TimedOut
        } else if [SdkStatus::Running, SdkStatus::PendingRedrive].contains(status) {
            Self::Running
        } else {
            Self::Failed
        }
    }
}

/// An execution in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedExecution {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub standing: Standing,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// Everything that Step Functions keeps of an execution, but its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// What the list says.
    pub listed: ListedExecution,
    /// What it was asked (JSON).
    pub input: String,
    /// What it has put out (JSON); only where it has succeeded.
    pub output: Option<String>,
    /// The name of what it failed with.
    pub error: Option<String>,
    /// The sentence that goes with it, as the state machine has it.
    pub cause: Option<String>,
}

/// The newest states that an execution has entered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steps {
    /// Names of states, the newest first. Those inside of a Map that is no Distributed Map are among them.
    pub entered: Vec<String>,
    /// Whether the newest event belongs to a state that was entered and not left.
    pub is_in_state: bool,
}

impl Executions {
    /// Up to `limit` executions of a state machine, the newest first. Eventually consistent.
    pub async fn list(
        &self,
        state_machine: &str,
        limit: u32,
    ) -> Result<Vec<ListedExecution>, ExecutionError> {
        let limit_of_list = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let page = self
                .client
                .list_executions()
                .state_machine_arn(state_machine)
                .max_results(i32::try_from(limit.clamp(1, LIST_PAGE_MAX)).unwrap_or(1))
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| ExecutionError(describe(&error)))?;
            found.extend(page.executions.into_iter().map(|item| ListedExecution {
                arn: item.execution_arn,
                name: item.name,
                standing: Standing::of(&item.status),
                started_at: time(&item.start_date),
                ended_at: item.stop_date.as_ref().map(time),
            }));
            token = page.next_token;
            if found.len() >= limit_of_list || token.is_none() {
                found.truncate(limit_of_list);
                return Ok(found);
            }
        }
    }

    /// Everything about the execution of that ARN; `None` if there is none, or none any more.
    pub async fn detail(&self, arn: &str) -> Result<Option<Detail>, ExecutionError> {
        match self.client.describe_execution().execution_arn(arn).send().await {
            Ok(item) => Ok(Some(Detail {
                listed: ListedExecution {
                    standing: Standing::of(&item.status),
                    started_at: time(&item.start_date),
                    ended_at: item.stop_date.as_ref().map(time),
                    name: item.name.unwrap_or_default(),
                    arn: item.execution_arn,
                },
                input: item.input.unwrap_or_default(),
                output: item.output,
                error: item.error,
                cause: item.cause,
            })),
            Err(error) if is_unknown(&error) => Ok(None),
            Err(error) => Err(ExecutionError(describe(&error))),
        }
    }

    /// The newest states that an execution has entered, from the last `events` events of its history.
    pub async fn steps(&self, arn: &str, events: u32) -> Result<Steps, ExecutionError> {
        let history = self
            .client
            .get_execution_history()
            .execution_arn(arn)
            .reverse_order(true)
            .include_execution_data(false)
            .max_results(i32::try_from(events.clamp(1, LIST_PAGE_MAX)).unwrap_or(1))
            .send()
            .await
            .map_err(|error| ExecutionError(describe(&error)))?;
        let entered = |event: &HistoryEvent| {
            event.state_entered_event_details.as_ref().map(|state| state.name.clone())
        };
        let left = history.events.first().is_some_and(|event| {
            event.state_exited_event_details.is_some()
                || event.r#type.as_str().starts_with("Execution")
        });
        let entered: Vec<String> = history.events.iter().filter_map(entered).collect();
        Ok(Steps { is_in_state: !left && !entered.is_empty(), entered })
    }
}

fn is_unknown<R>(error: &SdkError<DescribeExecutionError, R>) -> bool {
    error
        .as_service_error()
        .is_some_and(|service| service.is_execution_does_not_exist() || service.is_invalid_arn())
}

/// Step Functions tells milliseconds.
fn time(time: &DateTime) -> Timestamp {
    let milliseconds = time.to_millis().unwrap_or_default();
    Timestamp::from_millisecond(milliseconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::answering;
    use super::*;

    fn item(name: &str, status: &str) -> Value {
        json!({
            "executionArn": format!("arn:{name}"), "stateMachineArn": "arn:machine", "name": name,
            "status": status, "startDate": 1_767_225_600.5,
        })
    }

    #[tokio::test]
    async fn executions_are_listed_up_to_the_limit() {
        let items = ["RUNNING", "SUCCEEDED", "ABORTED", "TIMED_OUT", "FAILED"];
        let items: Vec<Value> = items.into_iter().map(|status| item(status, status)).collect();
        let (_server, executions) = answering(200, &json!({"executions": items})).await;
        let found = executions.list("arn:machine", 10).await.unwrap();
        let standing: Vec<Standing> = found.iter().map(|one| one.standing).collect();
        assert_eq!(
            standing,
            [
                Standing::Running,
                Standing::Succeeded,
                Standing::Aborted,
                Standing::TimedOut,
                Standing::Failed
            ]
        );
        assert_eq!(found.first().unwrap().started_at.to_string(), "2026-01-01T00:00:00.5Z");
        assert_eq!(executions.list("arn:machine", 2).await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_forgotten_execution_has_no_detail() {
        let (_server, executions) = answering(400, &json!({"__type": "InvalidArn"})).await;
        assert_eq!(executions.detail("x").await, Ok(None));
    }

    #[tokio::test]
    async fn the_newest_state_comes_first() {
        let events = json!({"events": [
            {"id": 5, "timestamp": 1.0, "type": "LambdaFunctionStarted"},
            {"id": 4, "timestamp": 1.0, "type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Enumerate"}},
            {"id": 2, "timestamp": 1.0, "type": "TaskStateEntered", "stateEnteredEventDetails": {"name": "Preflight"}},
        ]});
        let (_server, executions) = answering(200, &events).await;
        let steps = executions.steps("arn", 50).await.unwrap();
        assert_eq!(steps.entered, ["Enumerate", "Preflight"]);
        assert!(steps.is_in_state);
    }
}
