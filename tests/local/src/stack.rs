//! Deploying the real template to the emulator, by the same script as on AWS.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;
use tokio::process::Command;

use crate::clients::Clients;
use crate::emulator::Emulator;
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

    /// Writes them as an environment that `scripts/deploy` reads.
    pub fn write(&self, file: &Path) -> Result<()> {
        std::fs::write(file, serde_json::to_vec(&json!({ "Parameters": self.0 }))?)
            .with_context(|| format!("{} cannot be written", file.display()))
    }
}

/// A deployed stack.
#[derive(Debug, Clone)]
pub struct Stack {
    outputs: BTreeMap<String, String>,
}

impl Stack {
    /// Deploys the template to an emulator that has no stack yet, and reads the outputs.
    pub async fn deploy(emulator: &Emulator, parameters: &StackParameters) -> Result<Self> {
        Self::deploy_new(emulator, None, parameters).await
    }

    /// Deploys another template than the product's.
    pub async fn deploy_template(
        emulator: &Emulator,
        template: &Path,
        parameters: &StackParameters,
    ) -> Result<Self> {
        Self::deploy_new(emulator, Some(template), parameters).await
    }

    async fn deploy_new(
        emulator: &Emulator,
        template: Option<&Path>,
        parameters: &StackParameters,
    ) -> Result<Self> {
        Clients::new(emulator)
            .s3
            .create_bucket()
            .bucket(ARTEFACTS)
            .send()
            .await
            .context("the bucket for artefacts cannot be created")?;
        let environment = emulator.directory().join("environment.json");
        parameters.write(&environment)?;
        let mut command = script(emulator)?;
        // A fresh emulator has nothing to ask about, and a start of the AWS CLI takes most of a second.
        command.args(["--no-account-checks", "--artefact-bucket", ARTEFACTS, "--json"]);
        command.arg("--environment").arg(environment);
        if let Some(template) = template {
            command.arg("--template").arg(template);
        }
        let hint = "see above; the emulator's log has the details";
        let outputs = tool::run(&mut command, "deploy the template", hint)
            .await
            .with_context(|| emulator.log_tail(10))?;
        let outputs = serde_json::from_str(&outputs).context("the outputs cannot be read")?;
        Ok(Self { outputs })
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

/// `scripts/deploy` for the stack in this emulator, with the functions beside the running program and the pinned AWS CLI.
pub fn script(emulator: &Emulator) -> Result<Command> {
    let workspace = emulator.workspace();
    let aws = workspace.venv_program("aws")?;
    let mut path = OsString::from(aws.parent().context("the AWS CLI has no directory")?);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut command = Command::new(workspace.root().join("scripts").join("deploy"));
    command
        .envs(emulator.environment())
        .env("PATH", path)
        .env("CARGO_TARGET_DIR", workspace.target())
        .args(["--stack-name", STACK, "--endpoint-url", emulator.endpoint()])
        .arg("--binaries")
        .arg(workspace.binaries());
    Ok(command)
}
