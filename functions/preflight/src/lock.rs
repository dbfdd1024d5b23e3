//! One run at a time per destination.

use drayage_aws::executions::{ExecutionStatus, Executions};
use drayage_aws::ledger::{Ledger, Lock};
use drayage_lambda_kit::clock;
use drayage_lambda_kit::error::FunctionError;

use crate::Request;

/// Who wants which lock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// The lock's name.
    pub(crate) migration: &'a str,
    /// The execution that wants it.
    pub(crate) request: &'a Request,
}

/// Who has the lock now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Taken {
    /// This run.
    Ours,
    /// Another run, whose execution goes on.
    ByAnother {
        /// That run.
        run_id: String,
    },
}

/// Takes the lock. A lock whose execution has ended (broken off, timed out, deleted) is taken over.
pub(crate) async fn take(
    ledger: &Ledger,
    executions: &Executions,
    wanted: &Wanted<'_>,
) -> Result<Taken, FunctionError> {
    let Request { run_id, execution_arn, .. } = wanted.request;
    let now = clock::now();
    let held = ledger.acquire_lock(wanted.migration, run_id, execution_arn, now).await?;
    let Lock::HeldBy { run_id: holder, execution_arn: holder_arn } = held else {
        return Ok(Taken::Ours);
    };
    let status =
        executions.status(&holder_arn).await.map_err(|error| FunctionError::internal(&error))?;
    match status {
        ExecutionStatus::Running => Ok(Taken::ByAnother { run_id: holder }),
        ExecutionStatus::Ended | ExecutionStatus::Unknown => {
            let ours = ledger
                .take_over_lock(wanted.migration, &holder_arn, (run_id, execution_arn), now)
                .await?;
            tracing::warn!(holder, ours, "lock of an ended execution");
            // Somebody else was faster: that run is under way now.
            Ok(if ours { Taken::Ours } else { Taken::ByAnother { run_id: holder } })
        }
    }
}
