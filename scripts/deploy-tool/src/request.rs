//! What CloudFormation is asked for: a new stack, or a change set of one that is there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::change_set::{self, Change};
use crate::operation::{Operation, pause};
use crate::prerequisites::Ready;
use crate::stack::{Stack, text};
use crate::template::Template;
use crate::upload::utf8;

const CAPABILITIES: [&str; 4] =
    ["--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"];
/// What CloudFormation says of a change set without changes, by the kind of what was given.
const NO_CHANGES: [&str; 2] = ["didn't contain changes", "No updates are to be performed"];

/// A template with its parameters and tags.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    ready: &'a Ready,
    url: String,
    parameters: PathBuf,
    tags: PathBuf,
}

/// A change set that can be carried out.
#[derive(Debug)]
pub(crate) struct ChangeSet {
    pub(crate) arn: String,
    /// The stack's ARN.
    pub(crate) stack: String,
    pub(crate) changes: Vec<Change>,
}

impl<'a> Request<'a> {
    /// `url` is where the template lies.
    pub(crate) fn new(
        ready: &'a Ready,
        template: &Template,
        url: String,
        work: &Path,
    ) -> Result<Self> {
        // As files, because values may hold anything.
        let file = |name: &str, content: Value| {
            let path = work.join(name);
            fs::write(&path, content.to_string())
                .with_context(|| format!("the {name} cannot be written"))?;
            anyhow::Ok(path)
        };
        let tags = ready.environment.tags.iter();
        let tags = tags.map(|(name, value)| json!({"Key": name, "Value": value})).collect();
        let parameters = file("parameters", parameters(ready, template))?;
        Ok(Self { ready, url, parameters, tags: file("tags", tags)? })
    }

    pub(crate) fn ready(&self) -> &Ready {
        self.ready
    }

    /// Creates the stack, and returns its ARN. There is nothing that a change set could tell of beforehand.
    pub(crate) fn create(&self, operation: &Operation<'_>) -> Result<String> {
        let asked = self.asked("create-stack")?;
        let asked: Vec<&str> = asked.iter().map(String::as_str).chain(operation.token()).collect();
        let answer = self.ready.aws.json("create the stack", &asked)?;
        text(&answer, "StackId").context("the AWS CLI does not name the stack that it created")
    }

    /// Has a change set made; `None` if nothing would change.
    pub(crate) fn plan(&self, is_new: bool) -> Result<Option<ChangeSet>> {
        let aws = &self.ready.aws;
        let mut asked = self.asked("create-change-set")?;
        let name = format!("drayage-deploy-{:016x}", fastrand::u64(..));
        let kind = if is_new { "CREATE" } else { "UPDATE" };
        asked.extend(["--change-set-name", &name, "--change-set-type", kind].map(str::to_owned));
        let made = aws.json("plan the deployment", &asked)?;
        let arn = text(&made, "Id").context("the AWS CLI names no change set")?;
        loop {
            let asked = ["cloudformation", "describe-change-set", "--change-set-name", &arn];
            let answer = aws.json("look at the change set", &asked)?;
            let reason = text(&answer, "StatusReason").unwrap_or_default();
            match text(&answer, "Status").unwrap_or_default().as_str() {
                "CREATE_COMPLETE" => {
                    let stack = text(&answer, "StackId").unwrap_or_default();
                    return Ok(Some(ChangeSet {
                        arn,
                        stack,
                        changes: change_set::changes(&answer),
                    }));
                }
                "FAILED" => {
                    self.discard(&arn, is_new)?;
                    if NO_CHANGES.iter().any(|told| reason.contains(told)) {
                        return Ok(None);
                    }
                    bail!("the deployment cannot be planned: {reason}");
                }
                _ => pause(aws),
            }
        }
    }

    /// Carries a change set out.
    pub(crate) fn execute(&self, set: &ChangeSet, operation: &Operation<'_>) -> Result<()> {
        let asked = ["cloudformation", "execute-change-set", "--change-set-name", &set.arn];
        let asked = [&asked[..], &operation.token()].concat();
        self.ready.aws.run("deploy the template", &asked).map(|_| ())
    }

    /// Deletes a change set that is not carried out, and the empty stack that one makes of a stack that is to be created.
    pub(crate) fn discard(&self, arn: &str, is_new: bool) -> Result<()> {
        let aws = &self.ready.aws;
        let asked = ["cloudformation", "delete-change-set", "--change-set-name", arn];
        aws.run("delete the change set", &asked)?;
        if is_new {
            let name = self.ready.stack_name.as_str();
            let asked = ["cloudformation", "delete-stack", "--stack-name", name];
            aws.run("delete the empty stack of the change set", &asked)?;
        }
        Ok(())
    }

    fn asked(&self, operation: &str) -> Result<Vec<String>> {
        let mut asked: Vec<String> =
            ["cloudformation", operation, "--stack-name", &self.ready.stack_name]
                .map(str::to_owned)
                .into();
        asked.extend(["--template-url".to_owned(), self.url.clone()]);
        asked.extend(CAPABILITIES.map(str::to_owned));
        // An empty list of tags would take away those that somebody has given the stack.
        let tags = (!self.ready.environment.tags.is_empty()).then_some(("--tags", &self.tags));
        for (name, file) in [("--parameters", &self.parameters)].into_iter().chain(tags) {
            asked.extend([name.to_owned(), format!("file://{}", utf8(file)?)]);
        }
        Ok(asked)
    }
}

/// What the environment says; of what it does not mention, the stack keeps what it has, and takes the template's default otherwise.
fn parameters(ready: &Ready, template: &Template) -> Value {
    let given = &ready.environment.parameters;
    let has = |stack: &Stack, name: &String| stack.parameters.contains_key(name);
    let kept = template.parameters.keys().filter(|name| {
        !given.contains_key(*name) && ready.existing().is_some_and(|stack| has(stack, name))
    });
    let kept = kept.map(|name| json!({"ParameterKey": name, "UsePreviousValue": true}));
    let given = given.iter();
    given
        .map(|(name, value)| json!({"ParameterKey": name, "ParameterValue": value}))
        .chain(kept)
        .collect()
}
