//! Runs and checkpoints.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use drayage_domain::run::{Checkpoint, RunRecord, RunState, Summary};

use super::Ledger;
use super::attributes::{
    BODY, EXECUTION_ARN, ITEM, Item, KIND, RUN_ID, STARTED_AT, STATE, VERSION, from_body, number,
    optional_text, text, to_body,
};
use super::error::LedgerError;

const RUN: &str = "RUN";
const CHECKPOINT: &str = "CHECKPOINT";

impl Ledger {
    /// Records a run. Recording it again for the same execution changes nothing; another execution of the same name is
    /// refused.
    pub async fn create_run(&self, run: &RunRecord) -> Result<(), LedgerError> {
        let created = self
            .client
            .put_item()
            .table_name(&self.runs_table)
            .set_item(Some(run_item(run)?))
            .condition_expression("attribute_not_exists(#key)")
            .expression_attribute_names("#key", RUN_ID)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match created {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    let owner = failed.item().and_then(|item| optional_text(item, EXECUTION_ARN));
                    if owner.as_ref() == Some(&run.execution_arn) {
                        Ok(())
                    } else {
                        Err(LedgerError::conflict(format!("run {}", run.run_id)))
                    }
                }
                _ => Err(LedgerError::from_sdk(&error)),
            },
        }
    }

    /// A run, read consistently.
    pub async fn run(&self, run_id: &str) -> Result<Option<RunRecord>, LedgerError> {
        self.read_run_item(run_id, RUN).await?.map(|item| from_body(&item)).transpose()
    }

    /// Marks a run as ended. Doing it again replaces the summary by the newer one.
    pub async fn finish_run(
        &self,
        run_id: &str,
        state: RunState,
        summary: &Summary,
        ended_at: &str,
    ) -> Result<(), LedgerError> {
        let run = self
            .run(run_id)
            .await?
            .ok_or_else(|| LedgerError::conflict(format!("run {run_id} (it is gone)")))?;
        let ended = RunRecord {
            state,
            ended_at: Some(ended_at.to_owned()),
            summary: Some(summary.clone()),
            ..run
        };
        self.client
            .put_item()
            .table_name(&self.runs_table)
            .set_item(Some(run_item(&ended)?))
            .send()
            .await
            .map(drop)
            .map_err(|error| LedgerError::from_sdk(&error))
    }

    /// How far a run's enumeration is; `None` before its first step.
    pub async fn checkpoint(&self, run_id: &str) -> Result<Option<Checkpoint>, LedgerError> {
        self.read_run_item(run_id, CHECKPOINT).await?.map(|item| from_body(&item)).transpose()
    }

    /// Writes a checkpoint, on the condition that the stored one still has the version that was `seen` (0: there is
    /// none).
    pub async fn write_checkpoint(
        &self,
        run_id: &str,
        checkpoint: &Checkpoint,
        seen: u64,
    ) -> Result<(), LedgerError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.runs_table)
            .item(RUN_ID, text(run_id))
            .item(ITEM, text(CHECKPOINT))
            .item(VERSION, number(checkpoint.version))
            .item(BODY, to_body(checkpoint)?)
            .expression_attribute_names("#version", VERSION);
        let put = if seen == 0 {
            put.condition_expression("attribute_not_exists(#version)")
        } else {
            put.condition_expression("#version = :seen")
                .expression_attribute_values(":seen", number(seen))
        };
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => {
                    Err(LedgerError::conflict(format!("checkpoint of run {run_id}")))
                }
                _ => Err(LedgerError::from_sdk(&error)),
            },
        }
    }

    /// One item of a run, read consistently.
    pub(super) async fn read_run_item(
        &self,
        run_id: &str,
        item: &str,
    ) -> Result<Option<Item>, LedgerError> {
        self.client
            .get_item()
            .table_name(&self.runs_table)
            .key(RUN_ID, text(run_id))
            .key(ITEM, text(item))
            .consistent_read(true)
            .send()
            .await
            .map(|answer| answer.item)
            .map_err(|error| LedgerError::from_sdk(&error))
    }
}

fn run_item(run: &RunRecord) -> Result<Item, LedgerError> {
    Ok(Item::from([
        (RUN_ID.to_owned(), text(&run.run_id)),
        (ITEM.to_owned(), text(RUN)),
        (KIND.to_owned(), text(&run.kind)),
        (STARTED_AT.to_owned(), text(&run.started_at)),
        (STATE.to_owned(), text(run.state.name())),
        (EXECUTION_ARN.to_owned(), text(&run.execution_arn)),
        (BODY.to_owned(), to_body(run)?),
    ]))
}
