//! File rows and key claims.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, ReturnValuesOnConditionCheckFailure,
};
use drayage_domain::row::FileRow;
use drayage_domain::state::{FileEvent, FileState, allowed_from, next};

use super::Ledger;
use super::attributes::{
    ACCOUNT_ID, ATTENTION, ATTENTION_AT, DESTINATION_KEY, Item, OWNER, RECORD_ID, SIZE, STATE,
    VERSION, number, optional_text, required_text, text,
};
use super::error::LedgerError;

/// Keys of one `BatchGetItem`
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>).
const KEYS_PER_READ: usize = 100;
/// Reads of keys that the table did not process, before giving up; the pause doubles from 50 ms to 1.6 s.
const UNPROCESSED_READS_MAX: u32 = 6;
/// What the record id of a claim starts with.
const CLAIM_PREFIX: &str = "KEY#";

/// The fields of [`FileRow`] that an index uses, with the attribute that they are stored under.
const RENAMED: [(&str, &str); 3] =
    [("recordId", RECORD_ID), ("accountId", ACCOUNT_ID), ("destinationKey", DESTINATION_KEY)];

/// Who owns a destination key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyClaim {
    /// The record that asked, from now on or from before.
    Granted,
    /// Another record.
    TakenBy(String),
}

impl Ledger {
    /// The rows of these records, read consistently. Records without a row are left out.
    pub async fn rows(&self, ids: &[String]) -> Result<BTreeMap<String, FileRow>, LedgerError> {
        let mut rows = BTreeMap::new();
        let mut unique = ids.to_vec();
        unique.sort_unstable();
        // A key that stands twice in a request is an error.
        unique.dedup();
        for part in unique.chunks(KEYS_PER_READ) {
            for item in self.read_items(part).await? {
                let row = from_item(item)?;
                rows.insert(row.record_id.clone(), row);
            }
        }
        Ok(rows)
    }

    async fn read_items(&self, ids: &[String]) -> Result<Vec<Item>, LedgerError> {
        let keys = ids.iter().map(|id| Item::from([(RECORD_ID.to_owned(), text(id))])).collect();
        let mut wanted = Some(
            KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .consistent_read(true)
                .build()
                .map_err(|error| LedgerError::corrupt(RECORD_ID, error.to_string()))?,
        );
        let mut found = Vec::new();
        let mut reads = 0;
        while let Some(request) = wanted.take() {
            if reads > UNPROCESSED_READS_MAX {
                return Err(LedgerError::Throttled { message: "keys stay unprocessed".to_owned() });
            }
            if reads > 0 {
                let pause = std::time::Duration::from_millis(25 << reads);
                tokio::time::sleep(pause).await;
            }
            reads += 1;
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.files_table, request)
                .send()
                .await
                .map_err(|error| LedgerError::from_sdk(&error))?;
            found.extend(
                answer
                    .responses
                    .and_then(|mut tables| tables.remove(&self.files_table))
                    .into_iter()
                    .flatten(),
            );
            wanted = answer
                .unprocessed_keys
                .and_then(|mut tables| tables.remove(&self.files_table))
                .filter(|left| !left.keys().is_empty());
        }
        Ok(found)
    }

    /// Gives the folded destination key to the record, unless another one has it. Asking again for the same record is
    /// granted again.
    pub async fn claim_key(&self, folded: &str, record_id: &str) -> Result<KeyClaim, LedgerError> {
        let claimed = self
            .client
            .put_item()
            .table_name(&self.files_table)
            .item(RECORD_ID, text(format!("{CLAIM_PREFIX}{folded}")))
            .item(OWNER, text(record_id))
            .condition_expression("attribute_not_exists(#key) OR #owner = :owner")
            .expression_attribute_names("#key", RECORD_ID)
            .expression_attribute_names("#owner", OWNER)
            .expression_attribute_values(":owner", text(record_id))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match claimed {
            Ok(_) => Ok(KeyClaim::Granted),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    let owner = failed.item().and_then(|item| optional_text(item, OWNER));
                    Ok(KeyClaim::TakenBy(owner.unwrap_or_else(|| "another record".to_owned())))
                }
                _ => Err(LedgerError::from_sdk(&error)),
            },
        }
    }

    /// Writes a row because of `event`, on the condition that the stored row is still the one that was `seen` and that
    /// the event is legal in its state. Returns the row with its new version.
    pub async fn write_row(
        &self,
        row: &FileRow,
        event: FileEvent,
        seen: Option<&FileRow>,
    ) -> Result<FileRow, LedgerError> {
        let before = seen.map_or(FileState::Discovered, |row| row.state);
        if next(before, event) != Ok(row.state) {
            return Err(LedgerError::conflict(format!(
                "{} ({} cannot become {} by {event:?})",
                row.record_id,
                before.name(),
                row.state.name()
            )));
        }
        let written = FileRow { version: seen.map_or(0, |row| row.version) + 1, ..row.clone() };
        let mut put =
            self.client.put_item().table_name(&self.files_table).set_item(Some(to_item(&written)?));
        if let Some(seen) = seen {
            let states = allowed_from(event);
            let names: Vec<String> =
                (0..states.len()).map(|index| format!(":state{index}")).collect();
            for (name, state) in names.iter().zip(&states) {
                put = put.expression_attribute_values(name, text(state.name()));
            }
            put = put
                .condition_expression(format!(
                    "#version = :version AND #state IN ({})",
                    names.join(", ")
                ))
                .expression_attribute_names("#version", VERSION)
                .expression_attribute_names("#state", STATE)
                .expression_attribute_values(":version", number(seen.version));
        } else {
            put = put
                .condition_expression("attribute_not_exists(#key)")
                .expression_attribute_names("#key", RECORD_ID);
        }
        match put.send().await {
            Ok(_) => Ok(written),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => {
                    Err(LedgerError::conflict(row.record_id.clone()))
                }
                _ => Err(LedgerError::from_sdk(&error)),
            },
        }
    }

    /// Up to about `limit` rows in the table's own order, and where to go on; claims are left out.
    pub async fn scan_rows(
        &self,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<FileRow>, Option<String>), LedgerError> {
        let start = cursor.map(|id| Item::from([(RECORD_ID.to_owned(), text(id))]));
        let answer = self
            .client
            .scan()
            .table_name(&self.files_table)
            .set_exclusive_start_key(start)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .filter_expression("NOT begins_with(#key, :claim)")
            .expression_attribute_names("#key", RECORD_ID)
            .expression_attribute_values(":claim", text(CLAIM_PREFIX))
            .send()
            .await
            .map_err(|error| LedgerError::from_sdk(&error))?;
        let rows = answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(from_item)
            .collect::<Result<Vec<_>, _>>()?;
        let next =
            answer.last_evaluated_key.map(|key| required_text(&key, RECORD_ID)).transpose()?;
        Ok((rows, next))
    }
}

fn to_item(row: &FileRow) -> Result<Item, LedgerError> {
    let mut item: Item = serde_dynamo::to_item(row)
        .map_err(|error| LedgerError::corrupt(RECORD_ID, error.to_string()))?;
    // Null attributes cost space, and an index key must not be null. An absent field is read back as none.
    item.retain(|_, value| !matches!(value, AttributeValue::Null(_)));
    for (field, attribute) in RENAMED {
        if let Some(value) = item.remove(field) {
            item.insert(attribute.to_owned(), value);
        }
    }
    if let Some(proof) = &row.proof {
        item.insert(SIZE.to_owned(), number(proof.size_bytes));
    }
    if row.state.needs_attention() {
        let reason = row.reason.clone().unwrap_or_else(|| row.state.name().to_owned());
        item.insert(ATTENTION.to_owned(), text(reason));
        item.insert(ATTENTION_AT.to_owned(), text(&row.at));
    }
    Ok(item)
}

fn from_item(mut item: Item) -> Result<FileRow, LedgerError> {
    for (field, attribute) in RENAMED {
        if let Some(value) = item.remove(attribute) {
            item.insert(field.to_owned(), value);
        }
    }
    serde_dynamo::from_item(item)
        .map_err(|error| LedgerError::corrupt(RECORD_ID, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> FileRow {
        FileRow {
            record_id: "a0B000000000001AAA".to_owned(),
            account_id: None,
            account_name: None,
            original_url: None,
            destination_key: None,
            source: None,
            proof: None,
            state: FileState::Failed,
            reason: Some("throttled".to_owned()),
            message: None,
            run_id: "r".to_owned(),
            at: "2026-01-01T00:00:00Z".to_owned(),
            system_modstamp: None,
            attempts: 2,
            version: 7,
        }
    }

    #[test]
    fn a_row_survives_the_table_byte_for_byte() {
        let odd = FileRow {
            original_url: Some(" https://x/%20+\u{1f600}\u{0} ".to_owned()),
            account_id: Some("001000000000001AAA".to_owned()),
            ..row()
        };
        for row in [row(), odd] {
            assert_eq!(from_item(to_item(&row).unwrap()).unwrap(), row);
        }
    }

    #[test]
    fn only_rows_that_need_attention_are_in_the_sparse_index() {
        assert!(to_item(&row()).unwrap().contains_key(ATTENTION));
        let verified = FileRow { state: FileState::Verified, reason: None, ..row() };
        assert!(!to_item(&verified).unwrap().contains_key(ATTENTION));
    }
}
