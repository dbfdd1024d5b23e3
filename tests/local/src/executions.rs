//! Starting executions of a state machine and waiting for their end.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::Value;
use tokio::time::Instant;

use crate::clients::Clients;

const POLL_MS: u64 = 150;

/// How an execution ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// With this output.
    Succeeded(Value),
    /// With this error name and cause.
    Failed {
        /// The error's name, or the status for an execution that was aborted or timed out.
        error: String,
        /// The sentence that goes with it.
        cause: String,
    },
}

impl Ended {
    /// The output, or an error that carries the execution's.
    pub fn output(self) -> Result<Value> {
        match self {
            Self::Succeeded(output) => Ok(output),
            Self::Failed { error, cause } => bail!("the execution failed with {error}: {cause}"),
        }
    }
}

/// Starts an execution and returns its ARN.
pub async fn start(clients: &Clients, state_machine: &str, input: &Value) -> Result<String> {
    let started = clients
        .executions
        .start_execution()
        .state_machine_arn(state_machine)
        .input(input.to_string())
        .send()
        .await
        .with_context(|| format!("{state_machine} cannot be started"))?;
    Ok(started.execution_arn)
}

/// How the execution ended, or `None` while it runs.
pub async fn ended(clients: &Clients, execution: &str) -> Result<Option<Ended>> {
    let described = clients
        .executions
        .describe_execution()
        .execution_arn(execution)
        .send()
        .await
        .with_context(|| format!("{execution} cannot be described"))?;
    let status = described.status;
    if matches!(status, ExecutionStatus::Running | ExecutionStatus::PendingRedrive) {
        return Ok(None);
    }
    if status == ExecutionStatus::Succeeded {
        let output = described.output.unwrap_or_default();
        let value = serde_json::from_str(&output).context("the execution's output is not JSON")?;
        return Ok(Some(Ended::Succeeded(value)));
    }
    Ok(Some(Ended::Failed {
        error: described.error.unwrap_or_else(|| status.as_str().to_owned()),
        cause: described.cause.unwrap_or_default(),
    }))
}

/// Waits for the end, at most `limit`.
pub async fn wait(clients: &Clients, execution: &str, limit: Duration) -> Result<Ended> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(ended) = ended(clients, execution).await? {
            return Ok(ended);
        }
        if Instant::now() > deadline {
            bail!(
                "{execution} still runs after {} s; hint: its history shows the state it is in",
                limit.as_secs()
            );
        }
        tokio::time::sleep(Duration::from_millis(POLL_MS)).await;
    }
}
