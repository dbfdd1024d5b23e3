//! One run at a time per destination.

use drayage_aws::executions::{ExecutionStatus, Executions};
use drayage_aws::ledger::{Ledger, Lock};

use crate::clock;
use crate::error::FunctionError;

/// Who wants which lock.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The lock's name.
    pub migration: &'a str,
    /// The run that wants it.
    pub run_id: &'a str,
    /// The run's execution.
    pub execution_arn: &'a str,
}

/// Who has the lock now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// This run.
    Ours,
    /// Another run, whose execution goes on.
    ByAnother {
        /// That run.
        run_id: String,
    },
}

/// Takes the lock. A lock whose execution has ended (broken off, timed out, deleted) is taken over.
pub async fn take(
    ledger: &Ledger,
    executions: &Executions,
    wanted: &Wanted<'_>,
) -> Result<Taken, FunctionError> {
    let Wanted { migration, run_id, execution_arn } = *wanted;
    let now = clock::now();
    let held = ledger.acquire_lock(migration, run_id, execution_arn, now).await?;
    let Lock::HeldBy { run_id: holder, execution_arn: holder_arn } = held else {
        return Ok(Taken::Ours);
    };
    let status =
        executions.status(&holder_arn).await.map_err(|error| FunctionError::internal(&error))?;
    match status {
        ExecutionStatus::Running => Ok(Taken::ByAnother { run_id: holder }),
        ExecutionStatus::Ended | ExecutionStatus::Unknown => {
            let ours =
                ledger.take_over_lock(migration, &holder_arn, (run_id, execution_arn), now).await?;
            tracing::warn!(holder, ours, "lock of an ended execution");
            // Somebody else was faster: that run is under way now.
            Ok(if ours { Taken::Ours } else { Taken::ByAnother { run_id: holder } })
        }
    }
}
