//! Puts an account back as an operator does: by `dray`, with nothing but an AWS configuration.

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use drayage_domain::switch::summary::SwitchSummary;
use serde::Deserialize;
use tokio::process::Command;

use crate::local_stack::LocalStack;
use crate::stack::STACK;

/// What `dray rollback --execute --json` prints, as far as the demo reads it.
#[derive(Deserialize)]
struct Printed {
    summary: SwitchSummary,
}

/// Plans and puts back. What `dray` tells people is shown; the result is its summary and its exit status.
pub(super) async fn of_account(
    stack: &LocalStack,
    account: &str,
) -> Result<(SwitchSummary, Option<i32>)> {
    let program = stack.emulator().workspace().binaries().join("dray");
    let output = Command::new(&program)
        .args(["rollback", "--from-ledger", "--account", account, "--execute", "--yes", "--json"])
        .args(["--stack", STACK])
        .envs(stack.emulator().environment())
        // Their files are not there for it, so their names must not be either.
        .env_remove("AWS_PROFILE")
        .env_remove("AWS_DEFAULT_PROFILE")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await
        .with_context(|| {
            format!("{} cannot be started; hint: cargo build --package dray", program.display())
        })?;
    let exit = output.status.code();
    match serde_json::from_slice::<Printed>(&output.stdout) {
        Ok(printed) => Ok((printed.summary, exit)),
        Err(error) => bail!(
            "dray rollback has ended ({}) without a summary: {error}\n{}",
            output.status,
            stack.emulator().log_tail(20)
        ),
    }
}
