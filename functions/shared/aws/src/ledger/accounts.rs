//! What every row says of its account: all that a table of accounts needs, and nothing else, because the whole table is read for it.

use drayage_domain::row::Proof;
use drayage_domain::state::FileState;
use serde::Deserialize;

use super::Ledger;
use super::attributes::{ACCOUNT_ID, ACCOUNT_NAME, Item, PROOF, REASON, RECORD_ID, STATE, text};
use super::error::LedgerError;
use super::files::CLAIM_PREFIX;
use super::uploads::UPLOAD_PREFIX;

/// Where a page ends: where the next one begins.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountCursor(Item);

/// A row, as its account sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountFile {
    /// The account's 18-character id.
    pub account_id: Option<String>,
    /// Its name when last seen.
    pub account_name: Option<String>,
    /// Where the file stands.
    pub state: FileState,
    /// Bytes of the proven copy, if there is one.
    pub copy_bytes: Option<u64>,
    /// Whether a person has to look at it.
    pub needs_attention: bool,
}

#[derive(Debug, Deserialize)]
struct AccountItem {
    account_id: Option<String>,
    account_name: Option<String>,
    state: FileState,
    reason: Option<String>,
    proof: Option<Proof>,
}

impl Ledger {
    /// The next rows of one of `segments` parts of the table, in no order, eventually consistent: for people. A page may be
    /// empty and still not be the last.
    pub async fn scan_accounts(
        &self,
        segment: u32,
        segments: u32,
        cursor: Option<AccountCursor>,
    ) -> Result<(Vec<AccountFile>, Option<AccountCursor>), LedgerError> {
        let answer = self
            .client
            .scan()
            .table_name(&self.files_table)
            .segment(i32::try_from(segment).unwrap_or(i32::MAX))
            .total_segments(i32::try_from(segments).unwrap_or(i32::MAX))
            .set_exclusive_start_key(cursor.map(|cursor| cursor.0))
            .projection_expression("#account, #name, #state, #reason, #proof")
            .filter_expression("NOT begins_with(#key, :claim) AND NOT begins_with(#key, :upload)")
            .expression_attribute_names("#key", RECORD_ID)
            .expression_attribute_names("#account", ACCOUNT_ID)
            .expression_attribute_names("#name", ACCOUNT_NAME)
            .expression_attribute_names("#state", STATE)
            .expression_attribute_names("#reason", REASON)
            .expression_attribute_names("#proof", PROOF)
            .expression_attribute_values(":claim", text(CLAIM_PREFIX))
            .expression_attribute_values(":upload", text(UPLOAD_PREFIX))
            .send()
            .await
            .map_err(|error| LedgerError::from_sdk(&error))?;
        let files = answer.items.unwrap_or_default().into_iter().map(file_of);
        Ok((files.collect::<Result<_, _>>()?, answer.last_evaluated_key.map(AccountCursor)))
    }
}

fn file_of(item: Item) -> Result<AccountFile, LedgerError> {
    let AccountItem { account_id, account_name, state, reason, proof } =
        serde_dynamo::from_item(item)
            .map_err(|error| LedgerError::corrupt(STATE, error.to_string()))?;
    Ok(AccountFile {
        account_id,
        account_name,
        state,
        copy_bytes: proof.map(|proof| proof.size_bytes),
        // As `FileRow::needs_attention` has it.
        needs_attention: state.needs_attention()
            || (state == FileState::Verified && reason.is_some()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::wire_tests::{ok, requests, table};

    #[tokio::test]
    async fn rows_are_told_by_account_and_pages_are_followed() {
        let proof = json!({"M": {
            "sizeBytes": {"N": "7"}, "etag": {"S": "e"}, "level": {"S": "checksum"},
        }});
        let first = json!({
            "Items": [
                {"account_id": {"S": "001"}, "account_name": {"S": "Acme"}, "state": {"S": "Verified"}, "proof": proof},
                {"state": {"S": "Verified"}, "reason": {"S": "refused"}},
            ],
            "LastEvaluatedKey": {"record_id": {"S": "a"}},
        });
        let (server, ledger) = table(vec![ok(&first), ok(&json!({"Items": []}))]).await;
        let (files, cursor) = ledger.scan_accounts(1, 4, None).await.unwrap();
        let acme = files.first().unwrap();
        assert_eq!((acme.copy_bytes, acme.needs_attention), (Some(7), false));
        let refused = files.last().unwrap();
        assert_eq!((&refused.account_id, refused.needs_attention), (&None, true));
        let (files, cursor) = ledger.scan_accounts(1, 4, cursor).await.unwrap();
        assert!(files.is_empty() && cursor.is_none());
        let sent = requests(&server).await;
        let last = sent.last().unwrap();
        assert_eq!(last["ExclusiveStartKey"], json!({"record_id": {"S": "a"}}));
        assert_eq!((&last["Segment"], &last["TotalSegments"]), (&json!(1), &json!(4)));
    }
}
