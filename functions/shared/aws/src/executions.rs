//! Step Functions: what became of an execution, and answers to waiting tasks.

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus as SdkStatus;

use crate::sdk_error::describe;

/// Step Functions takes causes of up to 32,768 characters; people read less
/// (<https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html>).
const CAUSE_CHARACTERS_MAX: usize = 1000;

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
        match sent {
            Ok(_) => Ok(Told::Waiting),
            Err(error)
                if error.as_service_error().is_some_and(|service| {
                    service.is_task_timed_out()
                        || service.is_task_does_not_exist()
                        || service.is_invalid_token()
                }) =>
            {
                Ok(Told::Gone)
            }
            Err(error) => Err(ExecutionError(describe(&error))),
        }
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
        match sent {
            Ok(_) => Ok(Told::Waiting),
            Err(error)
                if error.as_service_error().is_some_and(|service| {
                    service.is_task_timed_out()
                        || service.is_task_does_not_exist()
                        || service.is_invalid_token()
                }) =>
            {
                Ok(Told::Gone)
            }
            Err(error) => Err(ExecutionError(describe(&error))),
        }
    }
}
