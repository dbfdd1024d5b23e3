//! The run lock: one run at a time per destination.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use jiff::Timestamp;

use super::Ledger;
use super::attributes::{AT, EXECUTION_ARN, ITEM, OWNER, RUN_ID, required_text, text};
use super::error::LedgerError;

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
    /// Takes the lock `migration` for a run, unless another run has it. Asking again for the same run is granted again.
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
            .client
            .put_item()
            .table_name(&self.runs_table)
            .item(RUN_ID, text(LOCK))
            .item(ITEM, text(migration))
            .item(OWNER, text(run_id))
            .item(EXECUTION_ARN, text(execution_arn))
            .item(AT, text(at.to_string()))
            .condition_expression("attribute_not_exists(#key) OR #execution = :execution")
            .expression_attribute_names("#key", RUN_ID)
            .expression_attribute_names("#execution", EXECUTION_ARN)
            .expression_attribute_values(":execution", text(execution_arn))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(Lock::Acquired),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    let item = failed.item().cloned().unwrap_or_default();
                    Ok(Lock::HeldBy {
                        run_id: required_text(&item, OWNER)?,
                        execution_arn: required_text(&item, EXECUTION_ARN)?,
                    })
                }
                _ => Err(LedgerError::from_sdk(&error)),
            },
        }
    }

    /// Takes the lock from an execution that has ended. `false`: it has changed hands meanwhile.
    pub async fn take_over_lock(
        &self,
        migration: &str,
        from_execution: &str,
        to: (&str, &str),
        at: Timestamp,
    ) -> Result<bool, LedgerError> {
        let (run_id, execution_arn) = to;
        let put = self
            .client
            .put_item()
            .table_name(&self.runs_table)
            .item(RUN_ID, text(LOCK))
            .item(ITEM, text(migration))
            .item(OWNER, text(run_id))
            .item(EXECUTION_ARN, text(execution_arn))
            .item(AT, text(at.to_string()))
            .condition_expression("#execution = :from")
            .expression_attribute_names("#execution", EXECUTION_ARN)
            .expression_attribute_values(":from", text(from_execution));
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(LedgerError::from_sdk(&error)),
            },
        }
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
        match delete.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(LedgerError::from_sdk(&error)),
            },
        }
    }
}
