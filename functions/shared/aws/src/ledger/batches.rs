//! Batches: leases, and counts that are added exactly once.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use drayage_domain::counts::Counts;
use jiff::Timestamp;

use super::Ledger;
use super::attributes::{
    BYTES_COPIED, ENTRIES, ITEM, Item, LEASE_UNTIL, OUTCOME_PREFIX, OWNER, REQUESTS, RUN_ID,
    SERVER_SIDE_COPIES, STATE, number, optional_text, required_number, text,
};
use super::error::LedgerError;

/// Counter items of a run: so many batches can be closed at once without waiting for each other.
const SHARDS: u32 = 16;
/// Attempts to close a batch while other transactions hold its counter shard.
const CONFLICT_ATTEMPTS_MAX: u32 = 8;

const OPEN: &str = "Open";
const DONE: &str = "Done";
const BATCH_PREFIX: &str = "BATCH#";
const COUNTER_PREFIX: &str = "COUNTER#";

/// The lease that a claim asks for.
#[derive(Debug, Clone, Copy)]
pub struct Lease<'a> {
    /// The invocation that asks.
    pub owner: &'a str,
    /// The time of asking.
    pub now: Timestamp,
    /// The end of the lease: required and absolute, so that no lease is held for ever.
    pub until: Timestamp,
}

/// The answer to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchClaim {
    /// The batch is the caller's until its lease ends.
    Claimed {
        /// Entries that were enumerated for it.
        entries: u32,
    },
    /// It is closed and counted.
    Done,
    /// Another invocation works on it.
    Held {
        /// At the latest until then.
        until: Timestamp,
    },
    /// The run has no such batch.
    Unknown,
}

/// The answer to closing a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishBatch {
    /// It is closed, and its counts were added.
    Counted,
    /// It was closed before; nothing was added.
    AlreadyDone,
    /// The lease went to another invocation; nothing was added.
    LeaseLost,
}

impl Ledger {
    /// Announces a batch. Announcing it again is harmless; a batch that is claimed or closed stays as it is.
    pub async fn put_batch(
        &self,
        run_id: &str,
        number_of_batch: u32,
        entries: u32,
    ) -> Result<(), LedgerError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.runs_table)
            .item(RUN_ID, text(run_id))
            .item(ITEM, text(batch_item(number_of_batch)))
            .item(STATE, text(OPEN))
            .item(ENTRIES, number(entries))
            .condition_expression(
                "attribute_not_exists(#key) OR (#state = :open AND attribute_not_exists(#owner))",
            )
            .expression_attribute_names("#key", RUN_ID)
            .expression_attribute_names("#state", STATE)
            .expression_attribute_names("#owner", OWNER)
            .expression_attribute_values(":open", text(OPEN));
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(LedgerError::from_sdk(&error)),
            },
        }
    }

    /// Claims a batch: it has to be open, and without another's lease that still holds. The owner of a lease may renew
    /// it.
    pub async fn claim_batch(
        &self,
        run_id: &str,
        number_of_batch: u32,
        lease: Lease<'_>,
    ) -> Result<BatchClaim, LedgerError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.runs_table)
            .key(RUN_ID, text(run_id))
            .key(ITEM, text(batch_item(number_of_batch)))
            .update_expression("SET #owner = :owner, #until = :until")
            .condition_expression(
                "#state = :open AND (attribute_not_exists(#owner) OR #owner = :owner OR #until <= :now)",
            )
            .expression_attribute_names("#state", STATE)
            .expression_attribute_names("#owner", OWNER)
            .expression_attribute_names("#until", LEASE_UNTIL)
            .expression_attribute_values(":open", text(OPEN))
            .expression_attribute_values(":owner", text(lease.owner))
            .expression_attribute_values(":now", number(lease.now.as_millisecond()))
            .expression_attribute_values(":until", number(lease.until.as_millisecond()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(answer) => {
                let item = answer.attributes.unwrap_or_default();
                Ok(BatchClaim::Claimed { entries: required_number(&item, ENTRIES)? })
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    refused_claim(failed.item())
                }
                _ => Err(LedgerError::from_sdk(&error)),
            },
        }
    }

    /// Gives a lease back; a batch that is closed or another's stays as it is.
    pub async fn release_batch(
        &self,
        run_id: &str,
        number_of_batch: u32,
        owner: &str,
    ) -> Result<(), LedgerError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.runs_table)
            .key(RUN_ID, text(run_id))
            .key(ITEM, text(batch_item(number_of_batch)))
            .update_expression("REMOVE #owner, #until")
            .condition_expression("#state = :open AND #owner = :owner")
            .expression_attribute_names("#state", STATE)
            .expression_attribute_names("#owner", OWNER)
            .expression_attribute_names("#until", LEASE_UNTIL)
            .expression_attribute_values(":open", text(OPEN))
            .expression_attribute_values(":owner", text(owner));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
                _ => Err(LedgerError::from_sdk(&error)),
            },
        }
    }

    /// Closes a batch and adds its counts to a counter shard, in one transaction.
    pub async fn finish_batch(
        &self,
        run_id: &str,
        number_of_batch: u32,
        owner: &str,
        counts: &Counts,
    ) -> Result<FinishBatch, LedgerError> {
        let close = self.closing(run_id, number_of_batch, owner)?;
        let add = self.adding(run_id, number_of_batch, counts)?;
        let mut attempt = 0;
        loop {
            attempt += 1;
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
            let reasons = cancelled.cancellation_reasons();
            if let Some(closing) =
                reasons.first().filter(|reason| reason.code() == Some("ConditionalCheckFailed"))
            {
                let state = closing.item().and_then(|item| optional_text(item, STATE));
                return Ok(if state.as_deref() == Some(DONE) {
                    FinishBatch::AlreadyDone
                } else {
                    FinishBatch::LeaseLost
                });
            }
            // Another batch is being closed on the same shard, or the table is busy.
            if attempt == CONFLICT_ATTEMPTS_MAX {
                return Err(LedgerError::from_sdk(&error));
            }
            let pause_ms = fastrand::u64(0..(20 << attempt));
            tokio::time::sleep(std::time::Duration::from_millis(pause_ms)).await;
        }
    }

    fn closing(
        &self,
        run_id: &str,
        number_of_batch: u32,
        owner: &str,
    ) -> Result<Update, LedgerError> {
        Update::builder()
            .table_name(&self.runs_table)
            .key(RUN_ID, text(run_id))
            .key(ITEM, text(batch_item(number_of_batch)))
            .update_expression("SET #state = :done REMOVE #owner, #until")
            .condition_expression("#state = :open AND #owner = :owner")
            .expression_attribute_names("#state", STATE)
            .expression_attribute_names("#owner", OWNER)
            .expression_attribute_names("#until", LEASE_UNTIL)
            .expression_attribute_values(":open", text(OPEN))
            .expression_attribute_values(":done", text(DONE))
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
        let mut additions: Vec<(String, u64)> = counts
            .outcomes
            .iter()
            .map(|(label, count)| (format!("{OUTCOME_PREFIX}{label}"), *count))
            .collect();
        additions.push((BYTES_COPIED.to_owned(), counts.bytes_copied));
        additions.push((SERVER_SIDE_COPIES.to_owned(), counts.server_side_copies));
        additions.push((REQUESTS.to_owned(), counts.requests));
        let mut update = Update::builder()
            .table_name(&self.runs_table)
            .key(RUN_ID, text(run_id))
            .key(ITEM, text(format!("{COUNTER_PREFIX}{:02}", number_of_batch % SHARDS)));
        let mut terms = Vec::with_capacity(additions.len());
        for (index, (name, value)) in additions.into_iter().enumerate() {
            terms.push(format!("#n{index} :v{index}"));
            update = update
                .expression_attribute_names(format!("#n{index}"), name)
                .expression_attribute_values(format!(":v{index}"), number(value));
        }
        update
            .update_expression(format!("ADD {}", terms.join(", ")))
            .build()
            .map_err(|error| LedgerError::corrupt(ITEM, error.to_string()))
    }

    /// The sum of a run's counter shards, read consistently.
    pub async fn counters(&self, run_id: &str) -> Result<Counts, LedgerError> {
        let mut sum = Counts::default();
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.runs_table)
                .key_condition_expression("#run = :run AND begins_with(#item, :prefix)")
                .expression_attribute_names("#run", RUN_ID)
                .expression_attribute_names("#item", ITEM)
                .expression_attribute_values(":run", text(run_id))
                .expression_attribute_values(":prefix", text(COUNTER_PREFIX))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| LedgerError::from_sdk(&error))?;
            for item in page.items() {
                sum.merge(&shard_counts(item)?);
            }
            match page.last_evaluated_key {
                Some(key) => start = Some(key),
                None => return Ok(sum),
            }
        }
    }

    /// Counts a run's batches that are not closed, page by page.
    pub async fn open_batches(&self, run_id: &str) -> Result<u64, LedgerError> {
        let mut open = 0;
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.runs_table)
                .key_condition_expression("#run = :run AND begins_with(#item, :prefix)")
                .filter_expression("#state <> :done")
                .expression_attribute_names("#run", RUN_ID)
                .expression_attribute_names("#item", ITEM)
                .expression_attribute_names("#state", STATE)
                .expression_attribute_values(":run", text(run_id))
                .expression_attribute_values(":prefix", text(BATCH_PREFIX))
                .expression_attribute_values(":done", text(DONE))
                .consistent_read(true)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| LedgerError::from_sdk(&error))?;
            open += u64::try_from(page.items().len()).unwrap_or(u64::MAX);
            match page.last_evaluated_key {
                Some(key) => start = Some(key),
                None => return Ok(open),
            }
        }
    }
}

fn batch_item(number_of_batch: u32) -> String {
    format!("{BATCH_PREFIX}{number_of_batch:06}")
}

fn refused_claim(stored: Option<&Item>) -> Result<BatchClaim, LedgerError> {
    let Some(item) = stored else { return Ok(BatchClaim::Unknown) };
    match optional_text(item, STATE).as_deref() {
        Some(DONE) => Ok(BatchClaim::Done),
        Some(OPEN) => {
            let until = Timestamp::from_millisecond(required_number(item, LEASE_UNTIL)?)
                .map_err(|error| LedgerError::corrupt(LEASE_UNTIL, error.to_string()))?;
            Ok(BatchClaim::Held { until })
        }
        Some(_) | None => Err(LedgerError::corrupt(STATE, "of a batch is unknown")),
    }
}

fn shard_counts(item: &Item) -> Result<Counts, LedgerError> {
    let mut counts = Counts {
        bytes_copied: required_number(item, BYTES_COPIED)?,
        server_side_copies: required_number(item, SERVER_SIDE_COPIES)?,
        requests: required_number(item, REQUESTS)?,
        ..Counts::default()
    };
    let mut labels: Vec<&String> = item.keys().collect();
    labels.sort_unstable();
    for name in labels {
        if let Some(label) = name.strip_prefix(OUTCOME_PREFIX) {
            let value = item.get(name).and_then(|value| value.as_n().ok());
            let count = value
                .and_then(|digits| digits.parse().ok())
                .ok_or_else(|| LedgerError::corrupt(name.clone(), "is not a count"))?;
            counts.outcomes.insert(label.to_owned(), count);
        }
    }
    Ok(counts)
}
