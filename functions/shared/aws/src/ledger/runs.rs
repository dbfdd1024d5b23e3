//! Runs and checkpoints.

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use drayage_domain::run::{Checkpoint, RunRecord, RunState, RunSummary};

use super::Ledger;
use super::attributes::{
    BODY, BY_START, EXECUTION_ARN, ITEM, Item, KIND, RUN_ID, STARTED_AT, STATE, VERSION, from_json,
    number, optional_text, required_text, text, to_json,
};
use super::error::LedgerError;
use super::write::{NotWritten, conditional, written};

const RUN: &str = "RUN";
const CHECKPOINT: &str = "CHECKPOINT";

impl Ledger {
    /// Records a run. Recording it again for the same execution changes nothing; another execution of the same name is
    /// refused.
    pub async fn create_run(&self, run: &RunRecord) -> Result<(), LedgerError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.runs_table)
            .set_item(Some(run_item(run)?))
            .condition_expression("attribute_not_exists(#key)")
            .expression_attribute_names("#key", RUN_ID)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match conditional(|| put.clone().send()).await {
            Ok(_) => Ok(()),
            Err(NotWritten::Refused(stored)) => {
                let owner = stored.and_then(|item| optional_text(&item, EXECUTION_ARN));
                if owner.as_ref() == Some(&run.execution_arn) {
                    Ok(())
                } else {
                    Err(LedgerError::conflict(format!("run {}", run.run_id)))
                }
            }
            Err(NotWritten::Failed(error)) => Err(error),
        }
    }

    /// A run, read consistently.
    pub async fn run(&self, run_id: &str) -> Result<Option<RunRecord>, LedgerError> {
        self.read_run_item(run_id, RUN).await?.map(|item| from_json(&item, BODY)).transpose()
    }

    /// Where a run stands, read consistently, without all that the run knows.
    pub async fn run_state(&self, run_id: &str) -> Result<Option<RunState>, LedgerError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.runs_table)
            .key(RUN_ID, text(run_id))
            .key(ITEM, text(RUN))
            .consistent_read(true)
            .projection_expression("#state")
            .expression_attribute_names("#state", STATE)
            .send()
            .await
            .map_err(|error| LedgerError::from_sdk(&error))?;
        let Some(item) = answer.item else { return Ok(None) };
        let name = required_text(&item, STATE)?;
        let unknown = || LedgerError::corrupt(STATE, format!("{name:?} is not a state of a run"));
        RunState::from_name(&name).map(Some).ok_or_else(unknown)
    }

    /// Marks a run as ended, with the summary of a run that has one. Doing it again replaces the end by the newer one: a run whose last step was broken off is
    /// ended once more, by the step that says so.
    pub async fn finish_run(
        &self,
        run_id: &str,
        state: RunState,
        summary: Option<RunSummary>,
        ended_at: &str,
    ) -> Result<(), LedgerError> {
        let gone = || LedgerError::conflict(format!("run {run_id} (it is gone)"));
        let run = self.run(run_id).await?.ok_or_else(gone)?;
        let ended = RunRecord { state, ended_at: Some(ended_at.to_owned()), summary, ..run };
        let put = self
            .client
            .put_item()
            .table_name(&self.runs_table)
            .set_item(Some(run_item(&ended)?))
            .condition_expression("#execution = :execution")
            .expression_attribute_names("#execution", EXECUTION_ARN)
            .expression_attribute_values(":execution", text(&ended.execution_arn));
        match conditional(|| put.clone().send()).await {
            Ok(_) => Ok(()),
            Err(NotWritten::Refused(_)) => Err(gone()),
            Err(NotWritten::Failed(error)) => Err(error),
        }
    }

    /// Marks a run as failed that was broken off from outside, unless it has ended meanwhile. Whether it was under way.
    pub async fn break_off_run(&self, run_id: &str, ended_at: &str) -> Result<bool, LedgerError> {
        let Some(run) = self.run(run_id).await? else { return Ok(false) };
        if run.state != RunState::Running {
            return Ok(false);
        }
        let ended = RunRecord {
            state: RunState::Failed,
            ended_at: Some(ended_at.to_owned()),
            summary: None,
            ..run
        };
        let put = self
            .client
            .put_item()
            .table_name(&self.runs_table)
            .set_item(Some(run_item(&ended)?))
            .condition_expression("#execution = :execution AND #state = :running")
            .expression_attribute_names("#execution", EXECUTION_ARN)
            .expression_attribute_names("#state", STATE)
            .expression_attribute_values(":execution", text(&ended.execution_arn))
            .expression_attribute_values(":running", text(RunState::Running.name()));
        written(|| put.clone().send()).await
    }

    /// Up to `limit` runs of a kind, such as `backup`, the newest first. Read from an index, so a run of this second
    /// may be missing.
    pub async fn runs(&self, kind: &str, limit: u32) -> Result<Vec<RunRecord>, LedgerError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut runs = Vec::new();
        let mut start = None;
        loop {
            let left = i32::try_from(limit - runs.len()).unwrap_or(i32::MAX);
            if left == 0 {
                return Ok(runs);
            }
            let page = self
                .client
                .query()
                .table_name(&self.runs_table)
                .index_name(BY_START)
                .key_condition_expression("#kind = :kind")
                .expression_attribute_names("#kind", KIND)
                .expression_attribute_values(":kind", text(kind))
                .scan_index_forward(false)
                .limit(left)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| LedgerError::from_sdk(&error))?;
            for item in page.items() {
                runs.push(from_json(item, BODY)?);
            }
            match page.last_evaluated_key {
                Some(key) => start = Some(key),
                None => return Ok(runs),
            }
        }
    }

    /// How far a run's enumeration is; `None` before its first step.
    pub async fn checkpoint(&self, run_id: &str) -> Result<Option<Checkpoint>, LedgerError> {
        self.read_run_item(run_id, CHECKPOINT).await?.map(|item| from_json(&item, BODY)).transpose()
    }

    /// Writes a checkpoint, on the condition that the stored one still has the version that was `seen` (0: there is
    /// none). The checkpoint has to have the version after it.
    pub async fn write_checkpoint(
        &self,
        run_id: &str,
        checkpoint: &Checkpoint,
        seen: u64,
    ) -> Result<(), LedgerError> {
        let conflict = || LedgerError::conflict(format!("checkpoint of run {run_id}"));
        if checkpoint.version != seen + 1 {
            return Err(conflict());
        }
        let put = self
            .client
            .put_item()
            .table_name(&self.runs_table)
            .item(RUN_ID, text(run_id))
            .item(ITEM, text(CHECKPOINT))
            .item(VERSION, number(checkpoint.version))
            .item(BODY, to_json(checkpoint, BODY)?)
            .expression_attribute_names("#version", VERSION)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = if seen == 0 {
            put.condition_expression("attribute_not_exists(#version)")
        } else {
            put.condition_expression("#version = :seen")
                .expression_attribute_values(":seen", number(seen))
        };
        match conditional(|| put.clone().send()).await {
            Ok(_) => Ok(()),
            // The answer to this very write was lost, and the SDK has sent it again.
            Err(NotWritten::Refused(Some(stored)))
                if from_json::<Checkpoint>(&stored, BODY)? == *checkpoint =>
            {
                Ok(())
            }
            Err(NotWritten::Refused(_)) => Err(conflict()),
            Err(NotWritten::Failed(error)) => Err(error),
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
        (BODY.to_owned(), to_json(run, BODY)?),
    ]))
}
