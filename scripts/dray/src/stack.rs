//! Finds the stack: what its CloudFormation outputs say about where its parts are.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksError;

use crate::failure::Failure;

/// Every output that a command may need. All are asked for at once, so that an older stack is noticed before anything happens.
const OUTPUTS: [&str; 6] = [
    "RollbackStateMachineArn",
    "MigrateStateMachineArn",
    "StateBucket",
    "DestinationBucket",
    "RunsTable",
    "FilesTable",
];
/// States of a stack whose parts can be trusted to be there have one of these endings.
const ABSENT_STATES: [&str; 3] = ["DELETE_COMPLETE", "ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"];

/// A deployed stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stack {
    pub(crate) name: String,
    pub(crate) rollback_machine: String,
    pub(crate) migrate_machine: String,
    pub(crate) state_bucket: String,
    pub(crate) destination_bucket: String,
    pub(crate) runs_table: String,
    pub(crate) files_table: String,
}

impl Stack {
    /// Looks the stack up.
    pub(crate) async fn find(config: &SdkConfig, name: &str) -> Result<Self, Failure> {
        let answer = Client::new(config)
            .describe_stacks()
            .stack_name(name)
            .send()
            .await
            .map_err(|error| failure(&error, name, config))?;
        let Some(stack) = answer.stacks().first() else {
            return Err(no_stack(name, config));
        };
        let state = stack.stack_status().map_or("", |status| status.as_str());
        if ABSENT_STATES.contains(&state) {
            return Err(no_stack(name, config));
        }
        let outputs = stack
            .outputs()
            .iter()
            .filter_map(|output| Some((output.output_key()?, output.output_value()?)))
            .collect();
        Self::from_outputs(name, &outputs)
    }

    fn from_outputs(name: &str, outputs: &BTreeMap<&str, &str>) -> Result<Self, Failure> {
        let missing: Vec<&str> =
            OUTPUTS.into_iter().filter(|output| !outputs.contains_key(output)).collect();
        if !missing.is_empty() {
            return Err(Failure::unreachable(
                format!("the stack {name} has no output {}", missing.join(", ")),
                "it is older than this tool: deploy the template of this version; or it is another stack: name yours by \
                 --stack",
            ));
        }
        let output = |name: &str| (*outputs.get(name).unwrap_or(&"")).to_owned();
        Ok(Self {
            name: name.to_owned(),
            rollback_machine: output("RollbackStateMachineArn"),
            migrate_machine: output("MigrateStateMachineArn"),
            state_bucket: output("StateBucket"),
            destination_bucket: output("DestinationBucket"),
            runs_table: output("RunsTable"),
            files_table: output("FilesTable"),
        })
    }

    /// The address of a key in the state bucket. Summaries have whole addresses, which stay as they are.
    pub(crate) fn state(&self, key: &str) -> String {
        if key.starts_with("s3://") {
            return key.to_owned();
        }
        format!("s3://{}/{key}", self.state_bucket)
    }
}

fn no_stack(name: &str, config: &SdkConfig) -> Failure {
    let region = config.region().map_or("this region", |region| region.as_ref());
    Failure::unreachable(
        format!("there is no stack {name} in {region}"),
        "name it by --stack or DRAYAGE_STACK, and check account (AWS_PROFILE) and region (AWS_REGION)",
    )
}

fn failure<R: std::fmt::Debug + 'static>(
    error: &SdkError<DescribeStacksError, R>,
    name: &str,
    config: &SdkConfig,
) -> Failure {
    let Some(service) = error.as_service_error() else {
        let address = config.endpoint_url().unwrap_or("CloudFormation");
        return Failure::unreachable(
            format!("{address} does not answer: {}", causes(error)),
            "check the network, and AWS_ENDPOINT_URL if you have set it",
        );
    };
    let code = service.code().unwrap_or("an error without a code");
    let message = service.message().unwrap_or_default();
    if code == "ValidationError" && message.contains("does not exist") {
        return no_stack(name, config);
    }
    Failure::unreachable(
        format!("the stack {name} cannot be described ({code}): {message}"),
        "check that your credentials are valid and allow cloudformation:DescribeStacks",
    )
}

/// An error and what has caused it, without how the SDK holds it in memory.
pub(crate) fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words.push_str(": ");
        words.push_str(&cause.to_string());
        source = cause.source();
    }
    words
}

#[cfg(test)]
mod tests;
