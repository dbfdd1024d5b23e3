//! File rows as items of the `files` table.
//!
//! Absent and null are the same in a row, and absent costs nothing, so nothing is stored for `None`. An empty text is
//! something else than `None`, and is stored.

use aws_sdk_dynamodb::types::AttributeValue;
use drayage_domain::row::FileRow;

use super::attributes::{
    ACCOUNT_ID, ACCOUNT_NAME, ATTENTION, ATTENTION_AT, DESTINATION_KEY, Item, NEW_URL,
    ORIGINAL_URL, RECORD_ID, RUN_ID, SIZE, SWITCHED_BY, SYSTEM_MODSTAMP, number, text,
};
use super::error::LedgerError;

/// Fields of [`FileRow`] whose name in JSON is not the name of the attribute.
const RENAMED: [(&str, &str); 9] = [
    ("recordId", RECORD_ID),
    ("accountId", ACCOUNT_ID),
    ("accountName", ACCOUNT_NAME),
    ("originalUrl", ORIGINAL_URL),
    ("destinationKey", DESTINATION_KEY),
    ("newUrl", NEW_URL),
    ("switchedBy", SWITCHED_BY),
    ("runId", RUN_ID),
    ("systemModstamp", SYSTEM_MODSTAMP),
];

/// The item of a row, with what only the indexes need.
pub(super) fn to_item(row: &FileRow) -> Result<Item, LedgerError> {
    let mut item: Item = serde_dynamo::to_item(row)
        .map_err(|error| LedgerError::corrupt(RECORD_ID, error.to_string()))?;
    item.retain(|_, value| !matches!(value, AttributeValue::Null(_)));
    for (field, attribute) in RENAMED {
        if let Some(value) = item.remove(field) {
            item.insert(attribute.to_owned(), value);
        }
    }
    // The table refuses a whole item for an empty text in a key of an index. Neither means anything when empty.
    for key in [ACCOUNT_ID, DESTINATION_KEY] {
        if item.get(key).and_then(|value| value.as_s().ok()).is_some_and(String::is_empty) {
            item.remove(key);
        }
    }
    if let Some(proof) = &row.proof {
        item.insert(SIZE.to_owned(), number(proof.size_bytes));
    }
    if row.needs_attention() {
        let reason = row.reason.as_deref().filter(|reason| !reason.is_empty());
        item.insert(ATTENTION.to_owned(), text(reason.unwrap_or_else(|| row.state.name())));
        item.insert(ATTENTION_AT.to_owned(), text(&row.at));
    }
    Ok(item)
}

/// The row of an item.
pub(super) fn from_item(mut item: Item) -> Result<FileRow, LedgerError> {
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
    use drayage_domain::row::{Checksum, Proof, ProofLevel, SourceIdentity};
    use drayage_domain::state::FileState;

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
            new_url: Some("https://ours.example/k".to_owned()),
            switched_by: Some("m".to_owned()),
            attempts: 2,
            version: 7,
        }
    }

    /// A verified row whose texts are as long as they usually are.
    fn usual() -> FileRow {
        FileRow {
            account_id: Some("001000000000001AAA".to_owned()),
            account_name: Some("A company with a usual name Ltd".to_owned()),
            original_url: Some(format!(
                "https://bucket.s3.eu-west-1.amazonaws.com/{}",
                "k".repeat(80)
            )),
            destination_key: Some(format!("uploads/001000000000001AAA/{}", "k".repeat(60))),
            source: Some(SourceIdentity {
                size_bytes: Some(1_234_567),
                etag: Some("e".repeat(32)),
                last_modified: Some("Wed, 21 Oct 2026 07:28:00 GMT".to_owned()),
            }),
            proof: Some(Proof {
                size_bytes: 1_234_567,
                etag: "e".repeat(32),
                checksum: Some(Checksum {
                    algorithm: "CRC64NVME".to_owned(),
                    value: "rosUhgp5k4g=".to_owned(),
                }),
                level: ProofLevel::Checksum,
            }),
            state: FileState::Verified,
            reason: None,
            run_id: "0199c0de-0000-7000-8000-000000000000".to_owned(),
            at: "2026-01-01T00:00:00.123456789Z".to_owned(),
            system_modstamp: Some("2026-01-01T00:00:00.000+0000".to_owned()),
            ..row()
        }
    }

    /// Names and values as the table bills them
    /// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>).
    fn billed_bytes(item: &Item) -> usize {
        item.iter().map(|(name, value)| name.len() + value_bytes(value)).sum()
    }

    fn value_bytes(value: &AttributeValue) -> usize {
        if let AttributeValue::S(text) = value {
            text.len()
        } else if let AttributeValue::N(digits) = value {
            digits.len() / 2 + 2
        } else if let AttributeValue::M(map) = value {
            3 + map.len() + billed_bytes(map)
        } else {
            panic!("a row has no such attribute: {value:?}")
        }
    }

    #[test]
    fn a_row_survives_the_table_byte_for_byte() {
        let odd = FileRow {
            original_url: Some(" https://x/%20+\u{1f600}\u{0} ".to_owned()),
            account_name: Some(String::new()),
            ..usual()
        };
        let empty_url = FileRow { original_url: Some(String::new()), ..row() };
        for row in [row(), usual(), odd, empty_url] {
            assert_eq!(from_item(to_item(&row).unwrap()).unwrap(), row);
        }
    }

    #[test]
    fn a_usual_row_costs_one_write_unit() {
        let bytes = billed_bytes(&to_item(&usual()).unwrap());
        assert!(bytes < 1024, "{bytes}");
    }

    #[test]
    fn every_attribute_has_a_name_of_the_table() {
        let failed = FileRow { state: FileState::Failed, reason: Some("x".to_owned()), ..usual() };
        let item = to_item(&failed).unwrap();
        assert!(!item.keys().any(|name| name.contains(char::is_uppercase)), "{item:?}");
    }

    #[test]
    fn only_rows_that_need_attention_are_in_the_sparse_index() {
        assert_eq!(to_item(&row()).unwrap().get(ATTENTION), Some(&text("throttled")));
        assert!(!to_item(&usual()).unwrap().contains_key(ATTENTION));
        let without_reason = FileRow { reason: Some(String::new()), ..row() };
        assert_eq!(to_item(&without_reason).unwrap().get(ATTENTION), Some(&text("Failed")));
    }

    #[test]
    fn an_empty_index_key_is_left_out() {
        let item = to_item(&FileRow { account_id: Some(String::new()), ..row() }).unwrap();
        assert!(!item.contains_key(ACCOUNT_ID));
    }

    #[test]
    fn an_item_of_another_version_is_corrupt() {
        let mut item = to_item(&row()).unwrap();
        item.insert("state".to_owned(), text("Teleported"));
        assert_eq!(from_item(item).unwrap_err().error_type(), "LedgerCorrupt");
    }
}
