//! Closing a batch: its end and its counts are one transaction, so a message delivered twice counts once.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use drayage_domain::counts::Counts;

use super::Ledger;
use super::attributes::{
    COUNTS, ITEM, LEASE_UNTIL, OWNER, RUN_ID, STATE, optional_text, text, to_json,
};
use super::batches::{DONE, OPEN, batch_item};
use super::counters::{additions, shard_item};
use super::error::LedgerError;
use super::write::Patience;

/// The answer to closing a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishBatch {
    /// It is closed, and its counts were added.
    Counted,
    /// It was closed before; nothing was added.
    AlreadyDone,
    /// The lease is not the caller's, or not any more; nothing was added.
    LeaseLost,
}

/// Why a transaction was not made.
#[derive(Debug, PartialEq, Eq)]
enum Cancelled {
    /// The batch is not the caller's to close.
    Answer(FinishBatch),
    /// Another transaction is in the way, or the table is busy.
    Contended,
    /// It would not be made the next time either.
    Refused(LedgerError),
}

impl Ledger {
    /// Closes a batch of the caller's and adds its counts to a counter shard, in one transaction.
    pub async fn finish_batch(
        &self,
        run_id: &str,
        number_of_batch: u32,
        owner: &str,
        counts: &Counts,
    ) -> Result<FinishBatch, LedgerError> {
        let close = self.closing(run_id, number_of_batch, owner, counts)?;
        let add = self.adding(run_id, number_of_batch, counts)?;
        let mut patience = Patience::new();
        loop {
            let sent = self
                .client
                .transact_write_items()
                .transact_items(TransactWriteItem::builder().update(close.clone()).build())
                .transact_items(TransactWriteItem::builder().update(add.clone()).build())
                .send()
                .await;
            let Err(error) = sent else { return Ok(FinishBatch::Counted) };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                error.as_service_error()
            else {
                return Err(LedgerError::from_sdk(&error));
            };
            match why(cancelled.cancellation_reasons(), cancelled.message()) {
                Cancelled::Answer(answer) => return Ok(answer),
                Cancelled::Refused(error) => return Err(error),
                Cancelled::Contended if patience.pause().await => {}
                Cancelled::Contended => {
                    let message = format!("batch {number_of_batch} of run {run_id}: contention");
                    return Err(LedgerError::Throttled { message });
                }
            }
        }
    }

    fn closing(
        &self,
        run_id: &str,
        number_of_batch: u32,
        owner: &str,
        counts: &Counts,
    ) -> Result<Update, LedgerError> {
        Update::builder()
            .table_name(&self.runs_table)
            .key(RUN_ID, text(run_id))
            .key(ITEM, text(batch_item(number_of_batch)))
            .update_expression("SET #state = :done, #counts = :counts REMOVE #owner, #until")
            .condition_expression("#state = :open AND #owner = :owner")
            .expression_attribute_names("#state", STATE)
            .expression_attribute_names("#counts", COUNTS)
            .expression_attribute_names("#owner", OWNER)
            .expression_attribute_names("#until", LEASE_UNTIL)
            .expression_attribute_values(":open", text(OPEN))
            .expression_attribute_values(":done", text(DONE))
            .expression_attribute_values(":counts", to_json(counts, COUNTS)?)
            .expression_attribute_values(":owner", text(owner))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| LedgerError::corrupt(ITEM, error.to_string()))
    }

    fn adding(
        &self,
        run_id: &str,
        number_of_batch: u32,
        counts: &Counts,
    ) -> Result<Update, LedgerError> {
        let mut update = Update::builder()
            .table_name(&self.runs_table)
            .key(RUN_ID, text(run_id))
            .key(ITEM, text(shard_item(number_of_batch)));
        let mut terms = Vec::new();
        for (index, (name, value)) in additions(counts).into_iter().enumerate() {
            terms.push(format!("#n{index} :v{index}"));
            update = update
                .expression_attribute_names(format!("#n{index}"), name)
                .expression_attribute_values(format!(":v{index}"), value);
        }
        update
            .update_expression(format!("ADD {}", terms.join(", ")))
            .build()
            .map_err(|error| LedgerError::corrupt(ITEM, error.to_string()))
    }
}

/// Reads the reasons, one per item of the transaction: first the batch, then the counter shard. Codes:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>.
fn why(reasons: &[CancellationReason], message: Option<&str>) -> Cancelled {
    if let Some(batch) =
        reasons.first().filter(|reason| reason.code() == Some("ConditionalCheckFailed"))
    {
        let state = batch.item().and_then(|item| optional_text(item, STATE));
        return Cancelled::Answer(match state.as_deref() {
            Some(DONE) => FinishBatch::AlreadyDone,
            Some(_) | None => FinishBatch::LeaseLost,
        });
    }
    let real = reasons.iter().find(|reason| !matches!(reason.code(), None | Some("None")));
    let code = real.and_then(CancellationReason::code);
    let message = real.and_then(CancellationReason::message).or(message).unwrap_or_default();
    let error = LedgerError::from_code(code, format!("{}: {message}", code.unwrap_or("cancelled")));
    if matches!(error, LedgerError::Throttled { .. }) {
        Cancelled::Contended
    } else {
        Cancelled::Refused(error)
    }
}

#[cfg(test)]
mod tests {
    use super::super::attributes::Item;
    use super::*;

    fn reason(code: &str) -> CancellationReason {
        CancellationReason::builder().code(code).build()
    }

    fn failed_condition(state: &str) -> CancellationReason {
        CancellationReason::builder()
            .code("ConditionalCheckFailed")
            .set_item(Some(Item::from([(STATE.to_owned(), text(state))])))
            .build()
    }

    #[test]
    fn a_batch_that_is_done_is_told_from_a_lost_lease() {
        let done = why(&[failed_condition(DONE), reason("None")], None);
        assert_eq!(done, Cancelled::Answer(FinishBatch::AlreadyDone));
        let lost = why(&[failed_condition(OPEN), reason("None")], None);
        assert_eq!(lost, Cancelled::Answer(FinishBatch::LeaseLost));
        let missing = why(&[reason("ConditionalCheckFailed"), reason("None")], None);
        assert_eq!(missing, Cancelled::Answer(FinishBatch::LeaseLost));
    }

    #[test]
    fn the_answer_of_the_batch_comes_before_contention_on_the_shard() {
        let both = why(&[failed_condition(DONE), reason("TransactionConflict")], None);
        assert_eq!(both, Cancelled::Answer(FinishBatch::AlreadyDone));
    }

    #[test]
    fn contention_and_throttling_pass() {
        for code in ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"] {
            assert_eq!(why(&[reason("None"), reason(code)], None), Cancelled::Contended, "{code}");
        }
    }

    #[test]
    fn what_would_be_refused_again_is_not_tried_again() {
        let refused = why(&[reason("None"), reason("ValidationError")], Some("bad"));
        let Cancelled::Refused(error) = refused else { panic!("{refused:?}") };
        assert!(error.to_string().contains("ValidationError: bad"), "{error}");
    }
}
