//! Deploying the real template to the emulator, by the same commands as on AWS.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::clients::Clients;
use crate::emulator::Emulator;
use crate::stage::Stage;
use crate::tool;

/// Name of the stack in the emulator.
pub const STACK: &str = "drayage";
/// The bucket that the packaged artefacts are uploaded to.
const ARTEFACTS: &str = "drayage-artefacts";

/// Values for the template's parameters; the others keep their defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackParameters(BTreeMap<String, String>);

impl StackParameters {
    /// Sets one parameter, by its name in the template.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Sets one parameter unless it is set already.
    #[must_use]
    pub fn with_default(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.entry(name.to_owned()).or_insert_with(|| value.into());
        self
    }

    /// The value of a parameter that was set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn overrides(&self) -> Vec<String> {
        self.0.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }
}

/// A deployed stack.
#[derive(Debug, Clone)]
pub struct Stack {
    outputs: BTreeMap<String, String>,
}

impl Stack {
    /// Stages, packages and deploys the template, and reads the outputs.
    pub async fn deploy(emulator: &Emulator, parameters: &StackParameters) -> Result<Self> {
        let stage = Stage::prepare(emulator.workspace()).await?;
        Self::deploy_template(emulator, &stage.template(), parameters).await
    }

    /// Deploys another template than the product's.
    pub async fn deploy_template(
        emulator: &Emulator,
        template: &Path,
        parameters: &StackParameters,
    ) -> Result<Self> {
        Clients::new(emulator)
            .s3
            .create_bucket()
            .bucket(ARTEFACTS)
            .send()
            .await
            .context("the bucket for artefacts cannot be created")?;
        let packaged = emulator.directory().join("packaged.yaml");
        aws(
            emulator,
            "package the template",
            "the file that it names has to exist next to the template; run cargo build first",
            [
                OsStr::new("package"),
                OsStr::new("--template-file"),
                template.as_os_str(),
                OsStr::new("--s3-bucket"),
                OsStr::new(ARTEFACTS),
                OsStr::new("--output-template-file"),
                packaged.as_os_str(),
            ],
        )
        .await?;
        let overrides = emulator.directory().join("parameters.json");
        std::fs::write(&overrides, serde_json::to_vec(&parameters.overrides())?)
            .context("the parameters cannot be written")?;
        let mut from_file = std::ffi::OsString::from("file://");
        from_file.push(&overrides);
        let mut arguments: Vec<&OsStr> = [
            "deploy",
            "--stack-name",
            STACK,
            "--no-fail-on-empty-changeset",
            "--capabilities",
            "CAPABILITY_IAM",
            "CAPABILITY_NAMED_IAM",
            "CAPABILITY_AUTO_EXPAND",
            // A template of more than 51,200 bytes is taken from a bucket.
            "--s3-bucket",
            ARTEFACTS,
            "--template-file",
        ]
        .map(OsStr::new)
        .to_vec();
        arguments.push(packaged.as_os_str());
        if !parameters.0.is_empty() {
            arguments.extend([OsStr::new("--parameter-overrides"), &from_file]);
        }
        let deployed = aws(
            emulator,
            "deploy the template",
            "the events above name the resource; the emulator's log has the details",
            arguments,
        )
        .await;
        if let Err(error) = deployed {
            return Err(error.context(failed_events(emulator).await));
        }
        Ok(Self { outputs: outputs(emulator).await? })
    }

    /// An output of the stack.
    pub fn output(&self, name: &str) -> Result<&str> {
        self.outputs.get(name).map(String::as_str).with_context(|| {
            let known: Vec<_> = self.outputs.keys().map(String::as_str).collect();
            format!(
                "the stack has no output {name} (it has {}); hint: add it to infra/template.yaml",
                known.join(", ")
            )
        })
    }

    /// All outputs.
    pub fn outputs(&self) -> &BTreeMap<String, String> {
        &self.outputs
    }
}

async fn aws<'a>(
    emulator: &Emulator,
    what: &str,
    hint: &str,
    arguments: impl IntoIterator<Item = &'a OsStr>,
) -> Result<String> {
    let program = emulator.workspace().venv_program("aws")?;
    let mut command = tool::command(&program, [OsStr::new("cloudformation")]);
    command.args(arguments).envs(emulator.environment());
    tool::run(&mut command, what, hint).await
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    stacks: Vec<DescribedStack>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribedStack {
    #[serde(default)]
    outputs: Vec<Output>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    output_key: String,
    output_value: String,
}

async fn outputs(emulator: &Emulator) -> Result<BTreeMap<String, String>> {
    let arguments = ["describe-stacks", "--stack-name", STACK, "--output", "json"];
    let text =
        aws(emulator, "describe the stack", "see the emulator's log", arguments.map(OsStr::new))
            .await?;
    let described: Described =
        serde_json::from_str(&text).context("the description of the stack cannot be read")?;
    Ok(described
        .stacks
        .into_iter()
        .flat_map(|stack| stack.outputs)
        .map(|output| (output.output_key, output.output_value))
        .collect())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Events {
    stack_events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    logical_resource_id: String,
    resource_status: String,
    #[serde(default)]
    resource_status_reason: String,
}

/// What failed, for the error message of a deployment.
async fn failed_events(emulator: &Emulator) -> String {
    let arguments = ["describe-stack-events", "--stack-name", STACK, "--output", "json"];
    let text = aws(emulator, "list the stack's events", "", arguments.map(OsStr::new)).await;
    let events = text.ok().and_then(|text| serde_json::from_str::<Events>(&text).ok());
    let failed: Vec<String> = events
        .map(|events| events.stack_events)
        .unwrap_or_default()
        .into_iter()
        .filter(|event| event.resource_status.contains("FAILED"))
        .map(|event| format!("{}: {}", event.logical_resource_id, event.resource_status_reason))
        .collect();
    format!("the stack does not deploy\n{}\n{}", failed.join("\n"), emulator.log_tail(10))
}
