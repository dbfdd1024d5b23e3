//! Calling the script, and reading what it says.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result};
use drayage_local::{Emulator, StackParameters, stack};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// What a call came to.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) succeeded: bool,
    /// Standard output and standard error.
    pub(crate) text: String,
}

/// Runs a command to its end with something to type.
pub(crate) async fn run(command: &mut Command, typed: &str) -> Result<Said> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut input = child.stdin.take().context("no input")?;
    // A program that has ended by itself reads nothing any more.
    let typed = typed.to_owned();
    let typing = async move { input.write_all(typed.as_bytes()).await.is_ok() };
    let (_, output) = tokio::join!(typing, child.wait_with_output());
    let output = output?;
    let text = [output.stdout, output.stderr].concat();
    Ok(Said {
        succeeded: output.status.success(),
        text: String::from_utf8_lossy(&text).into_owned(),
    })
}

/// What every environment of these tests says.
pub(crate) fn parameters() -> StackParameters {
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
    StackParameters::default()
        .with("SalesforceSecret", "drayage/salesforce")
        .with("SourceHosts", "files.example.com")
        .with("DestinationBucket", "drayage-destination")
        .with("Architecture", architecture)
}

/// `scripts/deploy` with these parameters.
pub(crate) fn script(emulator: &Emulator, parameters: &StackParameters) -> Result<Command> {
    let environment = emulator.directory().join("environment.json");
    // A nested stack takes some seconds more.
    parameters.clone().with_default("Monitoring", "none").write(&environment)?;
    let mut command = stack::script(emulator)?;
    command.arg("--environment").arg(environment);
    Ok(command)
}

/// A file of the checkout.
pub(crate) fn checkout(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
