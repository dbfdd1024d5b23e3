//! Which executions go on, what they were started with, and how they are stopped.

use aws_sdk_sfn::types::ExecutionStatus;

use super::{ExecutionError, Executions};
use crate::sdk_error::describe;

/// A stack has a handful of executions under way; whoever has so many more is told about these.
const RUNNING_MAX: usize = 1000;

/// An execution that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningExecution {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
}

impl Executions {
    /// The executions of a state machine that go on, the newest first; at most 1,000. Those of a map's items are not among them:
    /// they end with the map.
    pub async fn still_running(
        &self,
        state_machine: &str,
    ) -> Result<Vec<RunningExecution>, ExecutionError> {
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let page = self
                .client
                .list_executions()
                .state_machine_arn(state_machine)
                .status_filter(ExecutionStatus::Running)
                .set_next_token(next)
                .send()
                .await
                .map_err(|error| ExecutionError(describe(&error)))?;
            let whole = page.executions.iter().filter(|one| one.map_run_arn.is_none());
            found.extend(whole.map(|one| RunningExecution {
                arn: one.execution_arn.clone(),
                name: one.name.clone(),
            }));
            next = page.next_token;
            if next.is_none() || found.len() >= RUNNING_MAX {
                found.truncate(RUNNING_MAX);
                return Ok(found);
            }
        }
    }

    /// The input (JSON) that an execution was started with; `None` where Step Functions does not know it, or not any more.
    pub async fn input_of(&self, arn: &str) -> Result<Option<String>, ExecutionError> {
        match self.client.describe_execution().execution_arn(arn).send().await {
            Ok(execution) => Ok(execution.input),
            Err(error)
                if error.as_service_error().is_some_and(|service| {
                    service.is_execution_does_not_exist() || service.is_invalid_arn()
                }) =>
            {
                Ok(None)
            }
            Err(error) => Err(ExecutionError(describe(&error))),
        }
    }

    /// Asks Step Functions to stop an execution. Nothing happens to one that has ended, or that is not known.
    ///
    /// * `cause`: the sentence that its history keeps.
    pub async fn stop(&self, arn: &str, cause: &str) -> Result<(), ExecutionError> {
        let sent = self
            .client
            .stop_execution()
            .execution_arn(arn)
            .error("Stopped")
            .cause(cause)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(|service| {
                    // An execution that has ended meanwhile is refused by validation.
                    service.is_execution_does_not_exist() || service.is_validation_exception()
                }) =>
            {
                Ok(())
            }
            Err(error) => Err(ExecutionError(describe(&error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::executions::tests::answering;

    #[tokio::test]
    async fn running_executions_are_listed_without_those_of_map_items() {
        let one = |name: &str, map: Option<&str>| {
            json!({
                "executionArn": format!("arn:{name}"), "stateMachineArn": "m", "name": name,
                "status": "RUNNING", "startDate": 1.0, "mapRunArn": map,
            })
        };
        let body = json!({"executions": [one("a", None), one("b", Some("arn:map"))]});
        let (server, executions) = answering(200, &body).await;
        let found = executions.still_running("m").await.unwrap();
        assert_eq!(found.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["a"]);
        let sent: Value =
            server.received_requests().await.unwrap().first().unwrap().body_json().unwrap();
        assert_eq!(
            (&sent["stateMachineArn"], &sent["statusFilter"]),
            (&json!("m"), &json!("RUNNING"))
        );
    }

    #[tokio::test]
    async fn the_input_of_an_execution_is_told() {
        let body = json!({
            "executionArn": "arn", "stateMachineArn": "arn", "status": "FAILED", "startDate": 1.0,
            "input": "{\"a\":1}",
        });
        let (_server, executions) = answering(200, &body).await;
        assert_eq!(executions.input_of("arn").await, Ok(Some("{\"a\":1}".to_owned())));
        let (_server, executions) =
            answering(400, &json!({"__type": "ExecutionDoesNotExist"})).await;
        assert_eq!(executions.input_of("arn").await, Ok(None));
    }

    #[tokio::test]
    async fn what_has_ended_need_not_be_stopped() {
        for gone in ["ExecutionDoesNotExist", "ValidationException"] {
            let (_server, executions) = answering(400, &json!({"__type": gone})).await;
            assert_eq!(executions.stop("arn", "why").await, Ok(()));
        }
        let (_server, executions) = answering(400, &json!({"__type": "AccessDenied"})).await;
        assert!(executions.stop("arn", "why").await.is_err());
    }
}
