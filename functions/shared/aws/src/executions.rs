//! Step Functions: starting executions, what became of them, and answers to waiting tasks.

mod read;
mod steer;

use std::error::Error;

use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sfn::types::ExecutionStatus as SdkStatus;

pub use steer::RunningExecution;

use crate::sdk_error::describe;

pub use read::{Detail, ListedExecution, Standing, Steps};

/// Step Functions takes causes of up to 32,768 characters; people read less
/// (<https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html>).
const CAUSE_CHARACTERS_MAX: usize = 1000;
/// What is answered for a token that nobody waits for
/// (<https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html>).
const NOBODY_WAITS: [&str; 3] = ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"];

/// Step Functions cannot be used just now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("step functions: {0}")]
pub struct ExecutionError(String);

/// What is known of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionStatus {
    /// It goes on.
    Running,
    /// It has ended, whichever way.
    Ended,
    /// There is none of that name, or none any more: Step Functions forgets after 90 days.
    Unknown,
}

/// Everything about an execution that a person who has started it wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Described {
    /// It goes on.
    Running,
    /// It succeeded, with this output (JSON).
    Succeeded(String),
    /// It did not.
    Failed {
        /// The name that the state machine gave, or the status of an execution that was stopped or timed out.
        error: String,
        /// The sentence that goes with it; may be empty.
        cause: String,
    },
    /// There is none of that name, or none any more: Step Functions forgets after 90 days.
    Unknown,
}

/// Whether a waiting task was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It was.
    Waiting,
    /// Nobody waits: it was told before, timed out, its execution has ended, or the token is none.
    Gone,
}

/// Executions and their tasks.
#[derive(Debug, Clone)]
pub struct Executions {
    client: Client,
}

impl Executions {
    /// Executions of this client.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Whether the execution of that ARN goes on.
    pub async fn status(&self, arn: &str) -> Result<ExecutionStatus, ExecutionError> {
        match self.client.describe_execution().execution_arn(arn).send().await {
            Ok(execution) => {
                let open = [SdkStatus::Running, SdkStatus::PendingRedrive];
                Ok(if open.contains(&execution.status) {
                    ExecutionStatus::Running
                } else {
                    ExecutionStatus::Ended
                })
            }
            Err(error)
                if error.as_service_error().is_some_and(|service| {
                    service.is_execution_does_not_exist() || service.is_invalid_arn()
                }) =>
            {
                Ok(ExecutionStatus::Unknown)
            }
            Err(error) => Err(ExecutionError(describe(&error))),
        }
    }

    /// Starts an execution of the state machine and returns the execution's ARN.
    ///
    /// * `name`: unique among the state machine's executions of 90 days, up to 80 letters, digits, `-` and `_`
    ///   (<https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html>).
    pub async fn start(
        &self,
        state_machine: &str,
        name: &str,
        input: &serde_json::Value,
    ) -> Result<String, ExecutionError> {
        self.client
            .start_execution()
            .state_machine_arn(state_machine)
            .name(name)
            .input(input.to_string())
            .send()
            .await
            .map(|started| started.execution_arn)
            .map_err(|error| ExecutionError(describe(&error)))
    }

    /// What became of the execution of that ARN.
    pub async fn describe(&self, arn: &str) -> Result<Described, ExecutionError> {
        let execution = match self.client.describe_execution().execution_arn(arn).send().await {
            Ok(execution) => execution,
            Err(error)
                if error.as_service_error().is_some_and(|service| {
                    service.is_execution_does_not_exist() || service.is_invalid_arn()
                }) =>
            {
                return Ok(Described::Unknown);
            }
            Err(error) => return Err(ExecutionError(describe(&error))),
        };
        if [SdkStatus::Running, SdkStatus::PendingRedrive].contains(&execution.status) {
            return Ok(Described::Running);
        }
        if execution.status == SdkStatus::Succeeded {
            return Ok(Described::Succeeded(execution.output.unwrap_or_default()));
        }
        Ok(Described::Failed {
            error: execution.error.unwrap_or_else(|| execution.status.as_str().to_owned()),
            cause: execution.cause.unwrap_or_default(),
        })
    }

    /// Tells a waiting task that it succeeded.
    pub async fn task_succeeded(
        &self,
        token: &str,
        output: &serde_json::Value,
    ) -> Result<Told, ExecutionError> {
        let sent = self
            .client
            .send_task_success()
            .task_token(token)
            .output(output.to_string())
            .send()
            .await;
        told(sent)
    }

    /// Tells a waiting task that it failed, under the name that the state machine catches.
    pub async fn task_failed(
        &self,
        token: &str,
        error_name: &str,
        cause: &str,
    ) -> Result<Told, ExecutionError> {
        let cause: String = cause.chars().take(CAUSE_CHARACTERS_MAX).collect();
        let sent = self
            .client
            .send_task_failure()
            .task_token(token)
            .error(error_name)
            .cause(cause)
            .send()
            .await;
        told(sent)
    }
}

/// Whether somebody was waiting for what was sent.
fn told<T, E>(sent: Result<T, SdkError<E>>) -> Result<Told, ExecutionError>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match sent {
        Ok(_) => Ok(Told::Waiting),
        Err(error) if error.code().is_some_and(|code| NOBODY_WAITS.contains(&code)) => {
            Ok(Told::Gone)
        }
        Err(error) => Err(ExecutionError(describe(&error))),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use aws_sdk_sfn::config::retry::RetryConfig;
    use aws_sdk_sfn::config::{BehaviorVersion, Credentials, Region};
    use rstest::rstest;
    use serde_json::{Value, json};
    use wiremock::matchers::any;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    pub(crate) async fn answering(status: u16, body: &Value) -> (MockServer, Executions) {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(status)
            .set_body_raw(body.to_string(), "application/x-amz-json-1.0");
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let config = aws_sdk_sfn::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(server.uri())
            .retry_config(RetryConfig::disabled())
            .build();
        (server, Executions::new(Client::from_conf(config)))
    }

    #[rstest]
    #[case("TaskTimedOut")]
    #[case("TaskDoesNotExist")]
    #[case("InvalidToken")]
    #[tokio::test]
    async fn a_task_that_nobody_waits_for_is_gone(#[case] code: &str) {
        let (_server, executions) = answering(400, &json!({"__type": code})).await;
        assert_eq!(executions.task_succeeded("t", &json!({})).await, Ok(Told::Gone));
        assert_eq!(executions.task_failed("t", "Name", "cause").await, Ok(Told::Gone));
    }

    #[tokio::test]
    async fn another_refusal_is_an_error_that_names_it() {
        let (_server, executions) = answering(400, &json!({"__type": "AccessDenied"})).await;
        let error = executions.task_succeeded("t", &json!({})).await.unwrap_err();
        assert!(error.to_string().contains("AccessDenied"), "{error}");
        assert!(executions.status("arn").await.is_err());
    }

    #[tokio::test]
    async fn a_cause_is_cut_to_what_people_read() {
        let (server, executions) = answering(200, &json!({})).await;
        let cause = "\u{e9}".repeat(CAUSE_CHARACTERS_MAX + 1);
        assert_eq!(executions.task_failed("t", "Name", &cause).await, Ok(Told::Waiting));
        let sent: Value =
            server.received_requests().await.unwrap().first().unwrap().body_json().unwrap();
        assert_eq!(sent["cause"].as_str().unwrap().chars().count(), CAUSE_CHARACTERS_MAX);
        assert_eq!((&sent["taskToken"], &sent["error"]), (&json!("t"), &json!("Name")));
    }

    #[rstest]
    #[case("RUNNING", ExecutionStatus::Running)]
    #[case("PENDING_REDRIVE", ExecutionStatus::Running)]
    #[case("SUCCEEDED", ExecutionStatus::Ended)]
    #[case("FAILED", ExecutionStatus::Ended)]
    #[case("TIMED_OUT", ExecutionStatus::Ended)]
    #[case("ABORTED", ExecutionStatus::Ended)]
    #[tokio::test]
    async fn an_execution_runs_or_has_ended(
        #[case] status: &str,
        #[case] expected: ExecutionStatus,
    ) {
        let body = json!({
            "executionArn": "arn", "stateMachineArn": "arn", "status": status, "startDate": 1.0,
        });
        let (_server, executions) = answering(200, &body).await;
        assert_eq!(executions.status("arn").await, Ok(expected));
    }

    #[rstest]
    #[case("RUNNING", json!({}), Described::Running)]
    #[case("PENDING_REDRIVE", json!({}), Described::Running)]
    #[case("SUCCEEDED", json!({"output": "{}"}), Described::Succeeded("{}".to_owned()))]
    #[case("FAILED", json!({"error": "NotReady", "cause": "why"}), failed("NotReady", "why"))]
    #[case("ABORTED", json!({}), failed("ABORTED", ""))]
    #[case("TIMED_OUT", json!({}), failed("TIMED_OUT", ""))]
    #[tokio::test]
    async fn an_execution_is_described_with_what_it_put_out(
        #[case] status: &str,
        #[case] more: Value,
        #[case] expected: Described,
    ) {
        let mut body = json!({
            "executionArn": "arn", "stateMachineArn": "arn", "status": status, "startDate": 1.0,
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (_server, executions) = answering(200, &body).await;
        assert_eq!(executions.describe("arn").await, Ok(expected));
    }

    fn failed(error: &str, cause: &str) -> Described {
        Described::Failed { error: error.to_owned(), cause: cause.to_owned() }
    }

    #[tokio::test]
    async fn an_execution_is_started_under_its_name() {
        let body = json!({"executionArn": "arn:new", "startDate": 1.0});
        let (server, executions) = answering(200, &body).await;
        let started = executions.start("arn:machine", "name-1", &json!({"a": 1})).await;
        assert_eq!(started, Ok("arn:new".to_owned()));
        let sent: Value =
            server.received_requests().await.unwrap().first().unwrap().body_json().unwrap();
        assert_eq!(sent["stateMachineArn"], "arn:machine");
        assert_eq!((&sent["name"], &sent["input"]), (&json!("name-1"), &json!("{\"a\":1}")));
    }

    #[tokio::test]
    async fn an_execution_that_step_functions_has_forgotten_is_unknown() {
        let (_server, executions) =
            answering(400, &json!({"__type": "ExecutionDoesNotExist"})).await;
        assert_eq!(executions.status("arn").await, Ok(ExecutionStatus::Unknown));
        assert_eq!(executions.describe("arn").await, Ok(Described::Unknown));
    }
}
