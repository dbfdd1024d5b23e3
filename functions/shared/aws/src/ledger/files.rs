//! File rows and key claims.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::{KeysAndAttributes, ReturnValuesOnConditionCheckFailure};
use drayage_domain::row::FileRow;
use drayage_domain::state::{FileEvent, FileState, allowed_from, next};

use super::Ledger;
use super::attributes::{
    Item, OWNER, RECORD_ID, STATE, VERSION, number, optional_text, required_text, text,
};
use super::error::LedgerError;
use super::file_item::{from_item, to_item};
use super::uploads::UPLOAD_PREFIX;
use super::write::{NotWritten, Patience, conditional};

/// Keys of one `BatchGetItem`
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>).
const KEYS_PER_READ: usize = 100;
/// What the record id of a claim starts with.
pub(super) const CLAIM_PREFIX: &str = "KEY#";

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
        let mut wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys))
            .consistent_read(true)
            .build()
            .map_err(|error| LedgerError::corrupt(RECORD_ID, error.to_string()))?;
        let mut found = Vec::new();
        let mut patience = Patience::new();
        loop {
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.files_table, wanted)
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
            let left = answer
                .unprocessed_keys
                .and_then(|mut tables| tables.remove(&self.files_table))
                .filter(|left| !left.keys().is_empty());
            let Some(left) = left else { return Ok(found) };
            if !patience.pause().await {
                let message = format!("{} keys stay unprocessed", left.keys().len());
                return Err(LedgerError::Throttled { message });
            }
            wanted = left;
        }
    }

    /// Gives the folded destination key to the record, unless another one has it. Asking again for the same record is
    /// granted again.
    pub async fn claim_key(&self, folded: &str, record_id: &str) -> Result<KeyClaim, LedgerError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.files_table)
            .item(RECORD_ID, text(format!("{CLAIM_PREFIX}{folded}")))
            .item(OWNER, text(record_id))
            .condition_expression("attribute_not_exists(#key) OR #owner = :owner")
            .expression_attribute_names("#key", RECORD_ID)
            .expression_attribute_names("#owner", OWNER)
            .expression_attribute_values(":owner", text(record_id))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match conditional(|| put.clone().send()).await {
            Ok(_) => Ok(KeyClaim::Granted),
            Err(NotWritten::Refused(stored)) => {
                Ok(KeyClaim::TakenBy(required_text(&stored.unwrap_or_default(), OWNER)?))
            }
            Err(NotWritten::Failed(error)) => Err(error),
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
            return Err(LedgerError::Illegal {
                record_id: row.record_id.clone(),
                before,
                event,
                after: row.state,
            });
        }
        let written = FileRow { version: seen.map_or(0, |row| row.version) + 1, ..row.clone() };
        let put = self
            .client
            .put_item()
            .table_name(&self.files_table)
            .set_item(Some(to_item(&written)?))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = match seen {
            Some(seen) => unchanged_and_allowed(put, seen, event),
            None => put
                .condition_expression("attribute_not_exists(#key)")
                .expression_attribute_names("#key", RECORD_ID),
        };
        match conditional(|| put.clone().send()).await {
            Ok(_) => Ok(written),
            Err(NotWritten::Refused(stored)) => {
                // Its own row: the answer to this very write was lost, and the SDK has sent it again.
                if stored.map(from_item).transpose()?.as_ref() == Some(&written) {
                    Ok(written)
                } else {
                    Err(LedgerError::conflict(format!("the row of {}", row.record_id)))
                }
            }
            Err(NotWritten::Failed(error)) => Err(error),
        }
    }

    /// The next rows in the table's own order, read consistently, and where to go on. Claims and unfinished
    /// uploads are left out, but count for `limit`, so a page may have fewer rows, or none, and still not be the last.
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
            .consistent_read(true)
            .set_exclusive_start_key(start)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .filter_expression("NOT begins_with(#key, :claim) AND NOT begins_with(#key, :upload)")
            .expression_attribute_names("#key", RECORD_ID)
            .expression_attribute_values(":claim", text(CLAIM_PREFIX))
            .expression_attribute_values(":upload", text(UPLOAD_PREFIX))
            .send()
            .await
            .map_err(|error| LedgerError::from_sdk(&error))?;
        let rows = answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(from_item)
            .collect::<Result<Vec<_>, _>>()?;
        let next = answer.last_evaluated_key.and_then(|key| optional_text(&key, RECORD_ID));
        Ok((rows, next))
    }
}

/// The condition for changing a stored row: its version is the one that was seen, and the transition function allows
/// the event in its state. The version alone would do as long as every writer goes through here; the states keep the
/// rule in force for a row that was edited by hand.
fn unchanged_and_allowed(
    put: PutItemFluentBuilder,
    seen: &FileRow,
    event: FileEvent,
) -> PutItemFluentBuilder {
    let states = allowed_from(event);
    let names: Vec<String> = (0..states.len()).map(|index| format!(":state{index}")).collect();
    let put = put
        .condition_expression(format!("#version = :version AND #state IN ({})", names.join(", ")))
        .expression_attribute_names("#version", VERSION)
        .expression_attribute_names("#state", STATE)
        .expression_attribute_values(":version", number(seen.version));
    names
        .into_iter()
        .zip(states)
        .fold(put, |put, (name, state)| put.expression_attribute_values(name, text(state.name())))
}
