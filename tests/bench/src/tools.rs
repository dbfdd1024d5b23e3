//! The commands that are compared. Each gets the same concurrency, and otherwise the tool's own defaults.

use std::path::Path;
use std::process::Stdio;

use anyhow::Result;
use tokio::process::Command;

use crate::copy::Mode;
use crate::scenario::Scenario;

const CONCURRENCY: &str = "64";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    /// The product's copy path, over a listing.
    Ours,
    /// The same, with a look at every object first.
    OursWithHead,
    /// The same as `Ours`, with the ledger's writes.
    OursWithLedger,
    Rclone,
    S5cmd,
}

impl Tool {
    pub(crate) const ALL: [Self; 5] =
        [Self::Ours, Self::OursWithHead, Self::OursWithLedger, Self::Rclone, Self::S5cmd];

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::OursWithHead => "ours, with HEAD",
            Self::OursWithLedger => "ours, with ledger",
            Self::Rclone => "rclone",
            Self::S5cmd => "s5cmd",
        }
    }

    /// s5cmd cannot copy between two endpoints. A streamed copy of ours looks at every object anyway. The ledger is
    /// measured where it weighs most.
    pub(crate) fn takes_part(self, scenario: &Scenario) -> bool {
        match self {
            Self::Ours | Self::Rclone => true,
            Self::OursWithHead | Self::S5cmd => scenario.mode == Mode::ServerSide,
            Self::OursWithLedger => {
                scenario.mode == Mode::ServerSide && scenario.size_bytes < 1024 * 1024
            }
        }
    }
}

/// Where a run finds everything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places<'a> {
    pub(crate) rclone: &'a Path,
    pub(crate) s5cmd: &'a Path,
    pub(crate) source: &'a str,
    pub(crate) destination: &'a str,
    pub(crate) ledger: Option<&'a str>,
}

pub(crate) fn command(tool: Tool, scenario: &Scenario, places: Places<'_>) -> Result<Command> {
    let mut command = match tool {
        Tool::Ours | Tool::OursWithHead | Tool::OursWithLedger => ours(tool, scenario, places)?,
        Tool::Rclone => rclone(scenario, places),
        Tool::S5cmd => s5cmd(places),
    };
    as_test_user(&mut command);
    command.stdout(Stdio::null());
    Ok(command)
}

/// With keys that every simulator takes, and nobody at the keyboard.
pub(crate) fn as_test_user(command: &mut Command) {
    command
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "us-east-1")
        .stdin(Stdio::null())
        .kill_on_drop(true);
}

fn ours(tool: Tool, scenario: &Scenario, places: Places<'_>) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    let mode = match scenario.mode {
        Mode::ServerSide => "server-side",
        Mode::Streaming => "streaming",
    };
    command.args(["copy", "--mode", mode, "--concurrency", CONCURRENCY]);
    command.args(["--source", places.source, "--destination", places.destination]);
    if tool == Tool::OursWithHead {
        command.arg("--head");
    }
    if let Some(ledger) = places.ledger.filter(|_| tool == Tool::OursWithLedger) {
        command.args(["--ledger", ledger]);
    }
    Ok(command)
}

/// rclone with the remotes `src` and `dst`; its command has to follow.
pub(crate) fn rclone_of(program: &Path, source: &str, destination: &str) -> Command {
    let mut command = Command::new(program);
    for (remote, endpoint) in [("SRC", source), ("DST", destination)] {
        for (setting, value) in [
            ("TYPE", "s3"),
            // With provider AWS, rclone refuses to stream without TLS.
            ("PROVIDER", "Minio"),
            ("ENV_AUTH", "true"),
            ("REGION", "us-east-1"),
            ("FORCE_PATH_STYLE", "true"),
            ("NO_CHECK_BUCKET", "true"),
            ("ENDPOINT", endpoint),
        ] {
            command.env(format!("RCLONE_CONFIG_{remote}_{setting}"), value);
        }
    }
    command.args(["--config", ""]);
    command
}

fn rclone(scenario: &Scenario, places: Places<'_>) -> Command {
    let mut command = rclone_of(places.rclone, places.source, places.destination);
    let destination = match scenario.mode {
        Mode::ServerSide => "src:dst",
        Mode::Streaming => "dst:dst",
    };
    command.args(["copy", "src:src", destination]);
    command.args(["--transfers", CONCURRENCY, "--checkers", CONCURRENCY]);
    command
}

fn s5cmd(places: Places<'_>) -> Command {
    let mut command = Command::new(places.s5cmd);
    command.args(["--endpoint-url", places.source, "--numworkers", CONCURRENCY]);
    command.args(["cp", "s3://src/*", "s3://dst/"]);
    command
}
