//! Batches: announced, claimed with a lease, given back. Closing them is in [`super::closing`].

use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;

use super::Ledger;
use super::attributes::{
    ENTRIES, ITEM, Item, LEASE_UNTIL, OWNER, RUN_ID, STATE, number, optional_text, required_number,
    text,
};
use super::error::LedgerError;
use super::write::{NotWritten, conditional, written};

/// A batch that waits, or is being worked on.
pub(super) const OPEN: &str = "Open";
/// A batch whose counts were added.
pub(super) const DONE: &str = "Done";
/// What the item of a batch starts with; its number follows.
pub(super) const BATCH_PREFIX: &str = "BATCH#";

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
        written(|| put.clone().send()).await?;
        Ok(())
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
        match conditional(|| update.clone().send()).await {
            Ok(answer) => {
                let item = answer.attributes.unwrap_or_default();
                Ok(BatchClaim::Claimed { entries: required_number(&item, ENTRIES)? })
            }
            Err(NotWritten::Refused(stored)) => refused_claim(stored.as_ref()),
            Err(NotWritten::Failed(error)) => Err(error),
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
        written(|| update.clone().send()).await?;
        Ok(())
    }
}

/// The sort key of a batch. Padded, so that batches are read in their order.
pub(super) fn batch_item(number_of_batch: u32) -> String {
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
