//! Copies that the ledger has proven: what ought to be in the destination bucket.
//!
//! A row counts as long as it has a proof, whatever its state: a record that was deleted, skipped or that failed later
//! leaves its proven copy in the bucket. Rows are found by a scan of the table, because the index `by_account` has
//! neither records without account nor the proof, and is only eventually consistent.

use drayage_domain::destination_key::{DestinationKey, folded};
use drayage_domain::reconcile::Object;
use drayage_domain::reconcile::ranges::KeyRange;
use drayage_domain::row::{FileRow, Proof};
use serde::Deserialize;

use super::Ledger;
use super::attributes::{
    ACCOUNT_ID, DESTINATION_KEY, Item, OWNER, PROOF, RECORD_ID, optional_text, text,
};
use super::error::LedgerError;
use super::files::CLAIM_PREFIX;

/// Where a page of copies ends: where the next one begins.
#[derive(Debug, Clone, PartialEq)]
pub struct CopiesCursor(Item);

/// What is read of a row.
#[derive(Debug, Deserialize)]
struct CopyItem {
    record_id: String,
    account_id: Option<String>,
    destination_key: String,
    proof: Proof,
}

impl Ledger {
    /// The next copies of one of `segments` parts of the table, whose keys are in the range; in no order, read consistently.
    /// A page may be empty and still not be the last. The range is of whole keys.
    pub async fn scan_copies(
        &self,
        segment: u32,
        segments: u32,
        range: &KeyRange,
        cursor: Option<CopiesCursor>,
    ) -> Result<(Vec<Object>, Option<CopiesCursor>), LedgerError> {
        let mut conditions =
            vec!["attribute_exists(#key)".to_owned(), "attribute_exists(#proof)".to_owned()];
        let mut scan = self
            .client
            .scan()
            .table_name(&self.files_table)
            .consistent_read(true)
            .segment(i32::try_from(segment).unwrap_or(i32::MAX))
            .total_segments(i32::try_from(segments).unwrap_or(i32::MAX))
            .set_exclusive_start_key(cursor.map(|cursor| cursor.0))
            .projection_expression("#record, #account, #key, #proof")
            .expression_attribute_names("#record", RECORD_ID)
            .expression_attribute_names("#account", ACCOUNT_ID)
            .expression_attribute_names("#key", DESTINATION_KEY)
            .expression_attribute_names("#proof", PROOF);
        if let Some(after) = &range.after {
            conditions.push("#key > :after".to_owned());
            scan = scan.expression_attribute_values(":after", text(after));
        }
        if let Some(until) = &range.until {
            conditions.push("#key <= :until".to_owned());
            scan = scan.expression_attribute_values(":until", text(until));
        }
        let answer = scan
            .filter_expression(conditions.join(" AND "))
            .send()
            .await
            .map_err(|error| LedgerError::from_sdk(&error))?;
        let copies = answer.items.unwrap_or_default().into_iter().map(copy_of_item);
        Ok((copies.collect::<Result<_, _>>()?, answer.last_evaluated_key.map(CopiesCursor)))
    }

    /// The copy that the ledger has at this key, read consistently: found by the claim of the key.
    pub async fn copy_at(&self, destination_key: &str) -> Result<Option<Object>, LedgerError> {
        // A key that is not usable is never given to a record.
        let Ok(key) = DestinationKey::new(destination_key) else { return Ok(None) };
        let answer = self
            .client
            .get_item()
            .table_name(&self.files_table)
            .key(RECORD_ID, text(format!("{CLAIM_PREFIX}{}", folded(&key))))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| LedgerError::from_sdk(&error))?;
        let Some(owner) = answer.item.and_then(|claim| optional_text(&claim, OWNER)) else {
            return Ok(None);
        };
        let row = self.rows(std::slice::from_ref(&owner)).await?.remove(&owner);
        Ok(row.and_then(copy_of_row).filter(|copy| copy.key == destination_key))
    }
}

fn copy_of_item(item: Item) -> Result<Object, LedgerError> {
    let CopyItem { record_id, account_id, destination_key, proof } = serde_dynamo::from_item(item)
        .map_err(|error| LedgerError::corrupt(PROOF, error.to_string()))?;
    Ok(copy(destination_key, proof, account_id, record_id))
}

fn copy_of_row(row: FileRow) -> Option<Object> {
    Some(copy(row.destination_key?, row.proof?, row.account_id, row.record_id))
}

fn copy(key: String, proof: Proof, account_id: Option<String>, record_id: String) -> Object {
    Object {
        key,
        size_bytes: proof.size_bytes,
        etag: Some(proof.etag).filter(|etag| !etag.is_empty()),
        checksum: proof.checksum,
        account_id,
        record_id: Some(record_id),
        ..Object::default()
    }
}
