//! Calls of the AWS CLI, with its answers as JSON.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::hints;

/// The AWS CLI, and where it is to go.
#[derive(Debug, Clone)]
pub(crate) struct Aws {
    program: PathBuf,
    everywhere: Vec<OsString>,
    region: String,
    endpoint: Option<String>,
}

impl Aws {
    pub(crate) fn new(
        program: PathBuf,
        region: String,
        profile: Option<&str>,
        endpoint: Option<&str>,
    ) -> Self {
        let options = [("--region", Some(region.as_str())), ("--profile", profile)];
        let given = options.into_iter().filter_map(|(name, value)| Some([name, value?]));
        let everywhere = given.flatten().map(OsString::from).collect();
        Self { program, everywhere, region, endpoint: endpoint.map(str::to_owned) }
    }

    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// Whether this goes to an emulator instead of AWS.
    pub(crate) fn emulated(&self) -> bool {
        self.endpoint.is_some()
    }

    /// Runs a command, and returns what it prints. `what` completes "cannot …".
    pub(crate) fn run<S: AsRef<OsStr>>(&self, what: &str, arguments: &[S]) -> Result<String> {
        let output = Command::new(&self.program)
            .args(arguments)
            .args(&self.everywhere)
            .args(["--output", "json"])
            // Version 2 of the CLI would show its answers page by page.
            .env("AWS_PAGER", "")
            // The option --endpoint-url would not reach the uploads of `cloudformation package`.
            .envs(self.endpoint.iter().map(|endpoint| ("AWS_ENDPOINT_URL", endpoint)))
            .stdin(Stdio::null())
            .output()
            .with_context(|| {
                format!("cannot {what}: {} cannot be started", self.program.display())
            })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = format!(
            "{}\n{}",
            String::from_utf8_lossy(&output.stdout).trim(),
            String::from_utf8_lossy(&output.stderr).trim()
        );
        let hint = hints::of_message(&said).unwrap_or("the message above is that of the AWS CLI");
        bail!("cannot {what}:\n{}\nhint: {hint}", said.trim())
    }

    /// The same, for commands that answer with JSON. No answer is `null`.
    pub(crate) fn json<S: AsRef<OsStr>>(&self, what: &str, arguments: &[S]) -> Result<Value> {
        let text = self.run(what, arguments)?;
        if text.trim().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).with_context(|| format!("cannot {what}: the answer is no JSON"))
    }
}
