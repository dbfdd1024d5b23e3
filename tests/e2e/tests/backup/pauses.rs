//! Pausing the whole stack, and seeing in an execution's history that it waits.

use std::time::Duration;

use anyhow::{Result, bail};
use drayage_domain::pause::Pause;
use drayage_local::{LocalStack, executions};

/// How long a step may take before the test fails.
const LIMIT: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(100);

/// Pauses the stack's work, from now on.
#[expect(clippy::disallowed_methods, reason = "an emulator has no clock but this one")]
pub(crate) async fn pause(stack: &LocalStack) -> Result<()> {
    let pause = Pause { since: jiff::Timestamp::now().to_string(), by: "a test".to_owned() };
    stack.ledger()?.pause(&pause).await?;
    Ok(())
}

/// How often an execution has entered a state.
pub(crate) async fn entered(stack: &LocalStack, execution: &str, state: &str) -> Result<usize> {
    let executions = &stack.clients().executions;
    let history = executions.get_execution_history().execution_arn(execution);
    let mut pages = history.into_paginator().send();
    let mut times = 0;
    while let Some(page) = pages.next().await {
        let page = page?;
        let names = page.events().iter().filter_map(|event| event.state_entered_event_details());
        times += names.filter(|entered| entered.name() == state).count();
    }
    Ok(times)
}

/// Waits until an execution has entered a state so often.
pub(crate) async fn until_entered(
    stack: &LocalStack,
    execution: &str,
    state: &str,
    times: usize,
) -> Result<()> {
    let deadline = tokio::time::Instant::now() + LIMIT;
    while entered(stack, execution, state).await? < times {
        if let Some(ended) = executions::ended(stack.clients(), execution).await? {
            bail!("{execution} has ended without {state}: {ended:?}");
        }
        if tokio::time::Instant::now() > deadline {
            bail!("{execution} does not come to {state}");
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}
