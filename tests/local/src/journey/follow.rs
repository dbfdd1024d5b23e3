//! Live progress of a run that writes URLs. How many there are, its plan tells; how many are done, the ledger's counters.

use std::time::Duration;

use anyhow::{Result, bail};
use drayage_aws::ledger::Ledger;
use drayage_domain::switch::plan::{SwitchPlan, plan_key};
use tokio::time::Instant;

use crate::executions::{self, Ended};
use crate::local_stack::LocalStack;
use crate::progress::{Display, Standing};

const POLL_MS: u64 = 250;

/// Waits for the end and shows how far it is.
pub(super) async fn to_the_end(
    stack: &LocalStack,
    execution: &str,
    limit: Duration,
) -> Result<Ended> {
    let ledger = stack.ledger()?;
    let run_id = execution.rsplit(':').next().unwrap_or(execution);
    let begun = Instant::now();
    let mut display = Display::new("records");
    let mut plan = None;
    loop {
        let ended = executions::ended(stack.clients(), execution).await?;
        if plan.is_none() {
            plan = read_plan(stack, run_id).await;
        }
        display.show(&standing(&ledger, run_id, plan.as_ref()).await?, begun.elapsed());
        if let Some(ended) = ended {
            display.finish();
            return Ok(ended);
        }
        if begun.elapsed() > limit {
            display.finish();
            let seconds = limit.as_secs();
            bail!("the run still goes on after {seconds} s\n{}", stack.emulator().log_tail(20));
        }
        tokio::time::sleep(Duration::from_millis(POLL_MS)).await;
    }
}

async fn standing(ledger: &Ledger, run_id: &str, plan: Option<&SwitchPlan>) -> Result<Standing> {
    let Some(plan) = plan else {
        // Until there is a plan, what has changed is backed up by a run of its own.
        let phase = if ledger.run(run_id).await?.is_some() { "planning" } else { "preflight" };
        return Ok(Standing { phase, ..Standing::default() });
    };
    let done = ledger.counters(run_id).await?.records();
    let phase = match (plan.execute, done < plan.records) {
        (false, _) => "planned",
        (true, true) => "switching",
        (true, false) => "verifying",
    };
    Ok(Standing { phase, total: plan.records, done, bytes: 0 })
}

/// The plan, once there is one. A bar is no reason to stop.
async fn read_plan(stack: &LocalStack, run_id: &str) -> Option<SwitchPlan> {
    let bucket = stack.stack().output("StateBucket").ok()?;
    let got = stack.clients().s3.get_object().bucket(bucket).key(plan_key(run_id));
    let bytes = got.send().await.ok()?.body.collect().await.ok()?;
    serde_json::from_slice(&bytes.into_bytes()).ok()
}
