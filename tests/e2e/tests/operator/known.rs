//! A stack whose ledger has a known content: accounts with names that disturb terminals, files in every state, runs of every kind, and
//! times that never change. Nothing was copied; what reads the ledger cannot tell.

mod rows;
pub(crate) mod runs;

use anyhow::Result;
use drayage_aws::ledger::Ledger;
use drayage_local::{LocalStack, StackParameters};

/// The stack.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) stack: LocalStack,
}

impl Known {
    /// Deploys a stack with a schedule and fills its ledger.
    pub(crate) async fn start() -> Result<Self> {
        let parameters = StackParameters::default()
            .with("ScheduleExpression", "cron(0 3 * * ? *)")
            .with("ScheduleTimezone", "Europe/Berlin");
        let stack =
            LocalStack::builder().small_files().files(1).parameters(parameters).start().await?;
        let ledger: Ledger = stack.ledger()?;
        rows::write(&ledger).await?;
        runs::write(&ledger).await?;
        Ok(Self { stack })
    }
}
