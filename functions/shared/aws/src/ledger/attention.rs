//! Rows that need a person, from the sparse index: the newest first, label by label.

use super::Ledger;
use super::attributes::{
    ATTENTION, ATTENTION_AT, Item, NEEDS_ATTENTION, RECORD_ID, required_text, text,
};
use super::error::LedgerError;

/// Where a page ends: where the next one begins.
#[derive(Debug, Clone, PartialEq)]
pub struct AttentionCursor(Item);

/// A row that needs a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttentionKey {
    /// Its record.
    pub record_id: String,
    /// When it came to need one, RFC 3339.
    pub at: String,
}

impl Ledger {
    /// The next rows under this label, which is a reason, or the name of a state without one; the newest first. Read from an
    /// index, so a row of this second may be missing, and one may have been settled meanwhile.
    ///
    /// * `since`: nothing older than this RFC 3339 time.
    pub async fn attention(
        &self,
        label: &str,
        since: Option<&str>,
        cursor: Option<AttentionCursor>,
    ) -> Result<(Vec<AttentionKey>, Option<AttentionCursor>), LedgerError> {
        let mut query = self
            .client
            .query()
            .table_name(&self.files_table)
            .index_name(NEEDS_ATTENTION)
            .expression_attribute_names("#label", ATTENTION)
            .expression_attribute_values(":label", text(label))
            .scan_index_forward(false)
            .set_exclusive_start_key(cursor.map(|cursor| cursor.0));
        query = match since {
            None => query.key_condition_expression("#label = :label"),
            Some(since) => query
                .key_condition_expression("#label = :label AND #at >= :since")
                .expression_attribute_names("#at", ATTENTION_AT)
                .expression_attribute_values(":since", text(since)),
        };
        let page = query.send().await.map_err(|error| LedgerError::from_sdk(&error))?;
        let keys = page.items().iter().map(|item| {
            Ok(AttentionKey {
                record_id: required_text(item, RECORD_ID)?,
                at: required_text(item, ATTENTION_AT)?,
            })
        });
        Ok((
            keys.collect::<Result<_, LedgerError>>()?,
            page.last_evaluated_key.clone().map(AttentionCursor),
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::wire_tests::{ok, requests, table};
    use super::*;

    #[tokio::test]
    async fn the_newest_rows_of_a_label_come_first() {
        let page = json!({"Items": [
            {"record_id": {"S": "a"}, "attention": {"S": "throttled"}, "attention_at": {"S": "2026-01-02T00:00:00Z"}},
        ]});
        let (server, ledger) = table(vec![ok(&page)]).await;
        let (keys, cursor) =
            ledger.attention("throttled", Some("2026-01-01T00:00:00Z"), None).await.unwrap();
        let found =
            AttentionKey { record_id: "a".to_owned(), at: "2026-01-02T00:00:00Z".to_owned() };
        assert_eq!((keys, cursor), (vec![found], None));
        let sent = requests(&server).await;
        let query = sent.first().unwrap();
        assert_eq!(query["IndexName"], "needs_attention");
        assert_eq!(query["ScanIndexForward"], false);
        assert_eq!(
            query["ExpressionAttributeValues"][":since"],
            json!({"S": "2026-01-01T00:00:00Z"})
        );
    }
}
