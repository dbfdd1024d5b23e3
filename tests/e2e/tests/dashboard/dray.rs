//! `dray dashboard` as a person calls it.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use drayage_local::LocalStack;
use drayage_local::stack::STACK;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Finding a stack takes a second; on a machine that compiles on all cores much longer.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running `dray dashboard`. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Dray {
    child: Child,
    /// The address that it has printed.
    pub(crate) url: String,
}

impl Dray {
    /// Starts it for this stack, and waits for its address.
    pub(crate) async fn start(stack: &LocalStack) -> Result<Self> {
        let program = stack.emulator().workspace().binaries().join("dray");
        let mut child = Command::new(&program)
            .args(["dashboard", "--no-open", "--json", "--stack", STACK])
            .envs(stack.emulator().environment())
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_DEFAULT_PROFILE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().context("no standard output")?);
        timeout(PATIENCE, output.read_line(&mut line)).await.context("no address is printed")??;
        let printed: Value = serde_json::from_str(&line).with_context(|| line.clone())?;
        let url = printed["url"].as_str().context("no address")?.to_owned();
        Ok(Self { child, url })
    }

    /// Presses Ctrl-C, and waits for its end.
    pub(crate) async fn interrupt(&mut self) -> Result<ExitStatus> {
        let id = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        kill_process(id.context("it has ended already")?, Signal::INT)?;
        timeout(PATIENCE, self.child.wait()).await.context("it does not end")?.map_err(Into::into)
    }
}
