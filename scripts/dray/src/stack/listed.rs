//! Stacks as CloudFormation describes them, and which of them are Drayage's.

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::config::Builder;
use aws_sdk_cloudformation::types::{Stack as Described, StackStatus};

use super::choice::{StackChoice, Tag};
use super::refusal::{failure, region_of};
use crate::failure::Failure;
use crate::output::{counted, printable};

/// Outputs that tell a stack which does not tell its version: one of an older template.
const SIGNATURE: [&str; 5] =
    ["StateMachineArn", "StateBucket", "RunsTable", "FilesTable", "CopyDeadLetterQueueUrl"];
/// Tells that a stack is Drayage's, and which version of it.
pub(super) const VERSION: &str = "DrayageVersion";
/// What is said of a version that a stack does not tell.
pub(super) const VERSION_UNKNOWN: &str = "unknown";
/// Nothing is there in these states, or nothing any more.
const ABSENT_STATES: [&str; 3] = ["DELETE_COMPLETE", "ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"];
/// Attempts of a request, the first included.
const ATTEMPTS_MAX: u32 = 2;
/// Pages of a listing, of up to 100 stacks each; an account has 2,000 stacks of a Region unless it has asked for more
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>).
const PAGES_MAX: usize = 500;

/// What is needed of a described stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) state: String,
    pub(super) outputs: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
    account: Option<String>,
}

impl Listed {
    fn of(stack: &Described) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let outputs = stack.outputs().iter();
        let tags = stack.tags().iter();
        Self {
            name: text(stack.stack_name()),
            state: text(stack.stack_status().map(StackStatus::as_str)),
            outputs: outputs
                .map(|one| (text(one.output_key()), text(one.output_value())))
                .collect(),
            tags: tags.map(|tag| (text(tag.key()), text(tag.value()))).collect(),
            // arn:aws:cloudformation:<region>:<account>:stack/<name>/<id>
            account: stack.stack_id().and_then(|arn| arn.split(':').nth(4)).map(str::to_owned),
        }
    }

    fn is_there(&self) -> bool {
        !ABSENT_STATES.contains(&self.state.as_str())
    }

    fn is_drayage(&self) -> bool {
        self.outputs.contains_key(VERSION)
            || SIGNATURE.iter().all(|output| self.outputs.contains_key(*output))
    }

    fn has(&self, tag: &Tag) -> bool {
        self.tags.get(&tag.key) == Some(&tag.value)
    }

    /// The version of its template.
    pub(super) fn version(&self) -> &str {
        self.outputs.get(VERSION).map_or(VERSION_UNKNOWN, String::as_str)
    }

    fn line(&self) -> String {
        let bucket = self.outputs.get("DestinationBucket").map_or("?", String::as_str);
        let Self { name, state, .. } = self;
        let version = printable(self.version());
        format!("  {name}  {state}  version {version}  destination bucket {}", printable(bucket))
    }
}

/// Somebody waits for the answer, and a network that is not there does not come back within a second.
fn client(config: &SdkConfig) -> Client {
    let retries = config.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
    let attempts = retries.max_attempts().min(ATTEMPTS_MAX);
    let own = Builder::from(config).retry_config(retries.with_max_attempts(attempts));
    Client::from_conf(own.build())
}

/// The stack that is meant.
pub(super) async fn find(config: &SdkConfig, choice: &StackChoice) -> Result<Listed, Failure> {
    match &choice.name {
        Some(name) => named(config, name, choice).await,
        None => only(config, choice).await,
    }
}

async fn named(config: &SdkConfig, name: &str, choice: &StackChoice) -> Result<Listed, Failure> {
    let answer = client(config)
        .describe_stacks()
        .stack_name(name)
        .send()
        .await
        .map_err(|error| failure(&error, choice, config))?;
    let found = answer.stacks().first().map(Listed::of).filter(Listed::is_there);
    let Some(found) = found else { return Err(super::refusal::no_stack(name, config)) };
    match choice.tag.as_ref().filter(|tag| !found.has(tag)) {
        None => Ok(found),
        Some(tag) => Err(Failure::usage(
            format!("the stack {name} does not have the tag {tag}"),
            "give either its name or a tag that it has",
        )),
    }
}

/// Looks at all stacks of account and Region, page by page; of those that are not Drayage's nothing is kept.
async fn only(config: &SdkConfig, choice: &StackChoice) -> Result<Listed, Failure> {
    let tag = choice.tag.as_ref();
    let client = client(config);
    let mut found = Vec::new();
    let (mut seen, mut account, mut token) = (0, None, None);
    for _page in 0..PAGES_MAX {
        let request = client.describe_stacks().set_next_token(token);
        let page = request.send().await.map_err(|error| failure(&error, choice, config))?;
        for stack in page.stacks().iter().map(Listed::of) {
            seen += 1;
            if account.is_none() {
                account.clone_from(&stack.account);
            }
            if stack.is_there() && stack.is_drayage() && tag.is_none_or(|tag| stack.has(tag)) {
                found.push(stack);
            }
        }
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    let first = found.pop();
    match first {
        Some(first) if found.is_empty() => Ok(first),
        Some(first) => {
            found.push(first);
            Err(several(found))
        }
        None => Err(none(seen, account.as_deref(), tag, config)),
    }
}

fn several(mut found: Vec<Listed>) -> Failure {
    found.sort_by(|a, b| a.name.cmp(&b.name));
    let lines: Vec<String> = found.iter().map(Listed::line).collect();
    let first = found.first().map_or("NAME", |stack| stack.name.as_str());
    Failure::usage(
        format!("there are {} Drayage stacks here:\n{}", found.len(), lines.join("\n")),
        format!("name one: --stack {first}, or DRAYAGE_STACK={first}"),
    )
}

fn none(seen: u64, account: Option<&str>, tag: Option<&Tag>, config: &SdkConfig) -> Failure {
    let account = account.map_or_else(String::new, |account| format!(" of account {account}"));
    let tag = tag.map_or_else(String::new, |tag| format!(" with the tag {tag}"));
    let region = region_of(config);
    Failure::unreachable(
        format!(
            "there is no Drayage stack{tag} in {region}{account}; {} looked at",
            counted(seen, "stack")
        ),
        "check the account (--profile, AWS_PROFILE) and the Region (--region, AWS_REGION); or deploy it: see README.md",
    )
}
