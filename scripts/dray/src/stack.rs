//! Finds the stack: what its CloudFormation outputs say about where its parts are.

mod choice;
mod listed;
mod refusal;

use std::collections::BTreeMap;

use aws_config::SdkConfig;

use self::listed::Listed;
use crate::failure::Failure;
use crate::kind::Kind;

pub(crate) use choice::StackChoice;

/// This tool's version: that of the template it belongs to.
const OWN_VERSION: &str = env!("CARGO_PKG_VERSION");
/// Every other output that a command may need. All are asked for at once, so that an older stack is noticed before anything
/// happens.
const OUTPUTS: [&str; 10] = [
    "StateBucket",
    "DestinationBucket",
    "DestinationPrefix",
    "RunsTable",
    "FilesTable",
    "CopyFunction",
    "PreflightFunction",
    "CopyDeadLetterQueueUrl",
    "ScheduleDeadLetterQueueUrl",
    "ScheduleName",
];
/// In these states all parts are there and as the template says; others are worth a word.
const SETTLED_STATES: [&str; 5] = [
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
];

/// A deployed stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stack {
    pub(crate) name: String,
    pub(crate) region: String,
    /// Version of its template; `unknown` where it does not tell one.
    pub(crate) version: String,
    /// What CloudFormation says of it, such as `UPDATE_COMPLETE`.
    pub(crate) state: String,
    machines: BTreeMap<Kind, String>,
    pub(crate) state_bucket: String,
    pub(crate) destination_bucket: String,
    pub(crate) destination_prefix: String,
    pub(crate) runs_table: String,
    pub(crate) files_table: String,
    pub(crate) copy_function: String,
    pub(crate) preflight_function: String,
    pub(crate) copy_dead_letter_queue: String,
    pub(crate) schedule_dead_letter_queue: String,
    pub(crate) schedule: String,
}

impl Stack {
    /// Looks the stack up: by its name, or as the only one of account and Region.
    pub(crate) async fn find(config: &SdkConfig, choice: &StackChoice) -> Result<Self, Failure> {
        let found = listed::find(config, choice).await?;
        let region = config.region().map_or("", |region| region.as_ref());
        Self::from_outputs(&found, region)
    }

    fn from_outputs(found: &Listed, region: &str) -> Result<Self, Failure> {
        let Listed { name, state, outputs, .. } = found;
        let wanted = OUTPUTS.into_iter().chain(Kind::ALL.map(Kind::output));
        let missing: Vec<&str> = wanted.filter(|output| !outputs.contains_key(*output)).collect();
        if !missing.is_empty() {
            return Err(lacking(found, &missing));
        }
        let output = |name: &str| outputs.get(name).cloned().unwrap_or_default();
        Ok(Self {
            name: name.clone(),
            region: region.to_owned(),
            version: found.version().to_owned(),
            state: state.clone(),
            machines: Kind::ALL.map(|kind| (kind, output(kind.output()))).into(),
            state_bucket: output("StateBucket"),
            destination_bucket: output("DestinationBucket"),
            destination_prefix: output("DestinationPrefix"),
            runs_table: output("RunsTable"),
            files_table: output("FilesTable"),
            copy_function: output("CopyFunction"),
            preflight_function: output("PreflightFunction"),
            copy_dead_letter_queue: output("CopyDeadLetterQueueUrl"),
            schedule_dead_letter_queue: output("ScheduleDeadLetterQueueUrl"),
            schedule: output("ScheduleName"),
        })
    }

    /// What a person should know of the stack before anything else: that it is changing, or of another version.
    pub(crate) fn notes(&self) -> Vec<String> {
        let Self { name, state, version, .. } = self;
        let mut notes = Vec::new();
        if state.ends_with("_IN_PROGRESS") {
            notes.push(format!("note: the stack {name} is being changed ({state})"));
        } else if !SETTLED_STATES.contains(&state.as_str()) {
            notes.push(format!(
                "note: the last change of the stack {name} has failed ({state}): its parts may be of different versions"
            ));
        }
        if version != OWN_VERSION {
            notes.push(format!(
                "note: the stack {name} is of version {version}, and this is dray {OWN_VERSION}"
            ));
        }
        notes
    }

    /// ARN of the state machine.
    pub(crate) fn machine(&self, kind: Kind) -> &str {
        self.machines.get(&kind).map_or("", String::as_str)
    }

    /// The address of a key in the state bucket. Summaries have whole addresses, which stay as they are.
    pub(crate) fn state(&self, key: &str) -> String {
        if key.starts_with("s3://") {
            return key.to_owned();
        }
        format!("s3://{}/{key}", self.state_bucket)
    }
}

/// Outputs are missing: the stack is not ready, is of another version, or is not Drayage's.
fn lacking(found: &Listed, missing: &[&str]) -> Failure {
    let Listed { name, state, outputs, .. } = found;
    let missing = missing.join(", ");
    if outputs.is_empty() && !SETTLED_STATES.contains(&state.as_str()) {
        return Failure::unreachable(
            format!("the stack {name} is not deployed: it is {state}"),
            "wait for the end of its deployment, or look at its events in the CloudFormation console",
        );
    }
    let version = match found.version() {
        listed::VERSION_UNKNOWN => "does not tell its version".to_owned(),
        version => format!("is of version {version}"),
    };
    Failure::unreachable(
        format!(
            "the stack {name} {version}, and this is dray {OWN_VERSION}: it has no output {missing}"
        ),
        format!(
            "deploy the template of version {OWN_VERSION}, or use the dray of the stack's version; if it is not a Drayage stack, \
             leave --stack and DRAYAGE_STACK out to look for yours"
        ),
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
pub(crate) mod samples {
    //! A stack to test with.

    use super::*;

    pub(crate) fn stack() -> Stack {
        let machines = Kind::ALL.map(|kind| (kind, format!("arn:{}", kind.name())));
        Stack {
            name: "drayage".to_owned(),
            region: "eu-west-1".to_owned(),
            version: OWN_VERSION.to_owned(),
            state: "UPDATE_COMPLETE".to_owned(),
            machines: machines.into(),
            state_bucket: "drayage-state".to_owned(),
            destination_bucket: "documents".to_owned(),
            destination_prefix: "uploads".to_owned(),
            runs_table: "drayage-runs".to_owned(),
            files_table: "drayage-files".to_owned(),
            copy_function: "drayage-copy".to_owned(),
            preflight_function: "drayage-preflight".to_owned(),
            copy_dead_letter_queue: "http://127.0.0.1/drayage-dead".to_owned(),
            schedule_dead_letter_queue: "http://127.0.0.1/drayage-schedule-dead".to_owned(),
            schedule: "drayage-backup".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
