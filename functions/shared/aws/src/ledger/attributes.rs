//! Attribute names and values.

use std::collections::HashMap;
use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;
use drayage_domain::parser_words::without_values;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::LedgerError;

/// An item as the SDK has it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// Key of the `files` table.
pub(super) const RECORD_ID: &str = "record_id";
/// Partition key of the index `by_account`.
pub(super) const ACCOUNT_ID: &str = "account_id";
/// The account's name when the record was last seen.
pub(super) const ACCOUNT_NAME: &str = "account_name";
/// The URL that a switch has written.
pub(super) const NEW_URL: &str = "new_url";
/// The run that has written it.
pub(super) const SWITCHED_BY: &str = "switched_by";
/// The URL field exactly as Salesforce returned it; absent for null.
pub(super) const ORIGINAL_URL: &str = "original_url";
/// The record's own time of change when it was last seen.
pub(super) const SYSTEM_MODSTAMP: &str = "system_modstamp";
/// Sort key of the index `by_account`.
pub(super) const DESTINATION_KEY: &str = "destination_key";
/// Partition key of the sparse index `needs_attention`: the reason.
pub(super) const ATTENTION: &str = "attention";
/// Sort key of the sparse index `needs_attention`: the time.
pub(super) const ATTENTION_AT: &str = "attention_at";
/// Size of the copy, projected into `by_account`.
pub(super) const SIZE: &str = "size";
/// Index of the `files` table that lists rows that need a person.
pub(super) const NEEDS_ATTENTION: &str = "needs_attention";
/// Label of the skip reason, gone reason or failure class.
pub(super) const REASON: &str = "reason";
/// The copy and what proves it.
pub(super) const PROOF: &str = "proof";
/// State of a file, a batch or a run.
pub(super) const STATE: &str = "state";
/// Counts the writes of an item.
pub(super) const VERSION: &str = "version";
/// The record that owns a key claim or an unfinished upload; the invocation that holds a lease.
pub(super) const OWNER: &str = "owner";
/// The storage service's id of an unfinished upload.
pub(super) const UPLOAD_ID: &str = "upload_id";
/// When the table may delete an unfinished upload, in seconds since 1970; no other item has it.
pub(super) const EXPIRES_AT: &str = "expires_at";
/// Partition key of the `runs` table; on a file row, the run that wrote its state.
pub(super) const RUN_ID: &str = "run_id";
/// Sort key of the `runs` table.
pub(super) const ITEM: &str = "item";
/// Partition key of the index `by_start`; on run items only.
pub(super) const KIND: &str = "kind";
/// Sort key of the index `by_start`.
pub(super) const STARTED_AT: &str = "started_at";
/// JSON of a run, a checkpoint or an unfinished upload: read and written as a whole, never queried by.
pub(super) const BODY: &str = "body";
/// The execution that a run or a lock belongs to.
pub(super) const EXECUTION_ARN: &str = "execution_arn";
/// When a lock was taken.
pub(super) const AT: &str = "at";
/// Index of the `runs` table that lists runs.
pub(super) const BY_START: &str = "by_start";
/// Entries of a batch.
pub(super) const ENTRIES: &str = "entries";
/// End of a lease, in milliseconds since 1970. Always present on a claimed batch.
pub(super) const LEASE_UNTIL: &str = "lease_until";
/// JSON of the counts that a closed batch has added.
pub(super) const COUNTS: &str = "counts";
/// What the names of counted outcomes start with on a counter item.
pub(super) const OUTCOME_PREFIX: &str = "outcome.";
/// Counter of bytes.
pub(super) const BYTES_COPIED: &str = "bytes_copied";
/// Counter of copies made by the storage service.
pub(super) const SERVER_SIDE_COPIES: &str = "server_side_copies";
/// Counter of requests.
pub(super) const REQUESTS: &str = "requests";
/// API calls to Salesforce for writing records.
pub(super) const API_CALLS: &str = "api_calls";

/// A text attribute.
pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub(super) fn number(value: impl Display) -> AttributeValue {
    AttributeValue::N(format!("{value}"))
}

/// The text of an attribute that has to be there.
pub(super) fn required_text(item: &Item, name: &str) -> Result<String, LedgerError> {
    optional_text(item, name).ok_or_else(|| LedgerError::corrupt(name, "is missing or not a text"))
}

/// The text of an attribute, if it has one.
pub(super) fn optional_text(item: &Item, name: &str) -> Option<String> {
    item.get(name).and_then(|value| value.as_s().ok()).cloned()
}

/// The number of an attribute that has to be there.
pub(super) fn required_number<N: std::str::FromStr>(
    item: &Item,
    name: &str,
) -> Result<N, LedgerError> {
    item.get(name)
        .and_then(|value| value.as_n().ok())
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| LedgerError::corrupt(name, "is missing or not a fitting number"))
}

/// A value as the JSON of the attribute `name`.
pub(super) fn to_json<T: Serialize>(value: &T, name: &str) -> Result<AttributeValue, LedgerError> {
    serde_json::to_string(value)
        .map(AttributeValue::S)
        .map_err(|error| LedgerError::corrupt(name, error.to_string()))
}

/// The value of which the attribute `name` has the JSON.
pub(super) fn from_json<T: DeserializeOwned>(item: &Item, name: &str) -> Result<T, LedgerError> {
    serde_json::from_str(&required_text(item, name)?)
        .map_err(|error| LedgerError::corrupt(name, without_values(&error)))
}
