//! The run lock: one run at a time per destination.

use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use jiff::Timestamp;

use super::Ledger;
use super::attributes::{
    AT, EXECUTION_ARN, ITEM, OWNER, RUN_ID, optional_text, required_text, text,
};
use super::error::LedgerError;
use super::write::{NotWritten, conditional, written};

/// Partition of all locks; no run can have this name, because the state machine names runs by UUID or in the words of
/// a person, and this one is refused by [`Ledger::acquire_lock`].
const LOCK: &str = "LOCK";

/// Who has a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lock {
    /// The run that asked.
    Acquired,
    /// Another run.
    HeldBy {
        /// That run.
        run_id: String,
        /// Its execution.
        execution_arn: String,
    },
}

impl Ledger {
    /// Takes the lock `migration` for a run, unless another run has it. Asking again for the same execution is granted
    /// again.
    pub async fn acquire_lock(
        &self,
        migration: &str,
        run_id: &str,
        execution_arn: &str,
        at: Timestamp,
    ) -> Result<Lock, LedgerError> {
        if run_id == LOCK {
            return Err(LedgerError::conflict("a run named LOCK"));
        }
        let put = self
            .put_lock(migration, (run_id, execution_arn), at)
            .condition_expression("attribute_not_exists(#key) OR #execution = :execution")
            .expression_attribute_names("#key", RUN_ID)
            .expression_attribute_values(":execution", text(execution_arn));
        match conditional(|| put.clone().send()).await {
            Ok(_) => Ok(Lock::Acquired),
            Err(NotWritten::Refused(stored)) => {
                let holder = stored.unwrap_or_default();
                Ok(Lock::HeldBy {
                    run_id: required_text(&holder, OWNER)?,
                    execution_arn: required_text(&holder, EXECUTION_ARN)?,
                })
            }
            Err(NotWritten::Failed(error)) => Err(error),
        }
    }

    /// Takes the lock from an execution that has ended, for the run and execution `to`. `false`: it has changed hands
    /// meanwhile.
    pub async fn take_over_lock(
        &self,
        migration: &str,
        from_execution: &str,
        to: (&str, &str),
        at: Timestamp,
    ) -> Result<bool, LedgerError> {
        let put = self
            .put_lock(migration, to, at)
            .condition_expression("#execution = :from")
            .expression_attribute_values(":from", text(from_execution));
        match conditional(|| put.clone().send()).await {
            Ok(_) => Ok(true),
            // It may be this very take-over whose answer was lost.
            Err(NotWritten::Refused(stored)) => Ok(stored
                .and_then(|holder| optional_text(&holder, EXECUTION_ARN))
                .is_some_and(|holder| holder == to.1)),
            Err(NotWritten::Failed(error)) => Err(error),
        }
    }

    /// The run that has the lock and its execution, read consistently; `None` when nobody has it.
    pub async fn lock_holder(
        &self,
        migration: &str,
    ) -> Result<Option<(String, String)>, LedgerError> {
        let Some(lock) = self.read_run_item(LOCK, migration).await? else { return Ok(None) };
        Ok(Some((required_text(&lock, OWNER)?, required_text(&lock, EXECUTION_ARN)?)))
    }

    /// Gives the lock back if the run has it; otherwise nothing happens.
    pub async fn release_lock(&self, migration: &str, run_id: &str) -> Result<(), LedgerError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.runs_table)
            .key(RUN_ID, text(LOCK))
            .key(ITEM, text(migration))
            .condition_expression("#owner = :run")
            .expression_attribute_names("#owner", OWNER)
            .expression_attribute_values(":run", text(run_id));
        written(|| delete.clone().send()).await?;
        Ok(())
    }

    /// The lock in the hands of the run and execution `to`, without the condition.
    fn put_lock(&self, migration: &str, to: (&str, &str), at: Timestamp) -> PutItemFluentBuilder {
        let (run_id, execution_arn) = to;
        self.client
            .put_item()
            .table_name(&self.runs_table)
            .item(RUN_ID, text(LOCK))
            .item(ITEM, text(migration))
            .item(OWNER, text(run_id))
            .item(EXECUTION_ARN, text(execution_arn))
            .item(AT, text(at.to_string()))
            .expression_attribute_names("#execution", EXECUTION_ARN)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }
}
