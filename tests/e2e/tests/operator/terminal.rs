//! Runs `dray` as a person's terminal would: a width, colours or none, a time zone, and nothing of this machine's configuration.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use drayage_local::LocalStack;
use drayage_local::stack::STACK;
use serde_json::Value;
use tokio::process::Command;

/// Far from UTC, and with a summer time.
const TIME_ZONE: &str = "Europe/Berlin";
/// What the environment of whoever runs the tests may have, and `dray` looks at.
const OF_THIS_MACHINE: [&str; 8] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "COLUMNS",
    "TERM",
    "LINES",
    "DRAYAGE_ROLLBACK_COMMAND",
];

/// How `dray` is called.
#[derive(Debug, Clone)]
pub(crate) struct Terminal {
    program: PathBuf,
    environment: BTreeMap<String, String>,
}

/// What a call has left behind.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// The exit status; none where a signal has ended it.
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Terminal {
    /// One that is 100 columns wide and leads to this stack.
    pub(crate) fn of(stack: &LocalStack) -> Self {
        let emulator = stack.emulator();
        let mut environment: BTreeMap<String, String> = emulator
            .environment()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        environment.insert("DRAYAGE_STACK".to_owned(), STACK.to_owned());
        environment.insert("TZ".to_owned(), TIME_ZONE.to_owned());
        Self { program: emulator.workspace().binaries().join("dray"), environment }
            .with("COLUMNS", "100")
    }

    /// The same with another variable; an empty value takes it away.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        if value.is_empty() {
            other.environment.remove(name);
        } else {
            other.environment.insert(name.to_owned(), value.to_owned());
        }
        other
    }

    /// Runs `dray` to its end. Nobody answers questions.
    pub(crate) async fn dray(&self, arguments: &[&str]) -> Result<Shown> {
        let mut command = Command::new(&self.program);
        for name in OF_THIS_MACHINE {
            command.env_remove(name);
        }
        let output = command
            .args(arguments)
            .envs(&self.environment)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .with_context(|| {
                let program = self.program.display();
                format!("{program} cannot be started; hint: cargo build --package dray")
            })?;
        Ok(Shown {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).context("standard output is not UTF-8")?,
            stderr: String::from_utf8(output.stderr).context("standard error is not UTF-8")?,
        })
    }

    /// The same, which has to end with this status.
    pub(crate) async fn expect(&self, status: i32, arguments: &[&str]) -> Result<Shown> {
        let shown = self.dray(arguments).await?;
        ensure!(shown.status == Some(status), "dray {}: {}", arguments.join(" "), shown.text());
        Ok(shown)
    }

    /// The document that `dray … --json` prints.
    pub(crate) async fn json(&self, status: i32, arguments: &[&str]) -> Result<Value> {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        let shown = self.expect(status, &arguments).await?;
        serde_json::from_str(&shown.stdout)
            .with_context(|| format!("dray {}: {}", arguments.join(" "), shown.text()))
    }
}

impl Shown {
    /// All of it, for a snapshot or a message.
    pub(crate) fn text(&self) -> String {
        let mut text = match self.status {
            Some(status) => format!("exit status: {status}\n"),
            None => "ended by a signal\n".to_owned(),
        };
        for (name, shown) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !shown.is_empty() {
                // Writing into a String cannot fail.
                _ = writeln!(text, "--- {name}\n{}", shown.trim_end_matches('\n'));
            }
        }
        text
    }
}
