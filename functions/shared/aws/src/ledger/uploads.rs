//! Unfinished uploads: one item per destination key, which a later invocation goes on from.
//!
//! The item only leads to the upload; which parts have arrived is asked from the bucket.

use std::time::Duration;

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use drayage_domain::upload::UnfinishedUpload;
use jiff::Timestamp;

use super::Ledger;
use super::attributes::{
    BODY, EXPIRES_AT, OWNER, RECORD_ID, UPLOAD_ID, from_json, number, optional_text, text, to_json,
};
use super::error::LedgerError;
use super::write::written;

/// What the record id of an unfinished upload starts with.
pub(super) const UPLOAD_PREFIX: &str = "UPLOAD#";
/// As long as the bucket's lifecycle rule leaves an incomplete upload: after that, the item leads nowhere.
const KEPT_FOR: Duration = Duration::from_hours(7 * 24);

impl Ledger {
    /// The unfinished upload of a record to a destination key, read consistently.
    pub async fn unfinished_upload(
        &self,
        destination_key: &str,
        record_id: &str,
    ) -> Result<Option<UnfinishedUpload>, LedgerError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.files_table)
            .key(RECORD_ID, text(format!("{UPLOAD_PREFIX}{destination_key}")))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| LedgerError::from_sdk(&error))?;
        answer
            .item
            .filter(|item| optional_text(item, OWNER).as_deref() == Some(record_id))
            .map(|item| from_json(&item, BODY))
            .transpose()
    }

    /// Remembers an upload that was begun. `false`: another one is remembered for the key.
    pub async fn keep_upload(
        &self,
        destination_key: &str,
        record_id: &str,
        upload: &UnfinishedUpload,
        at: Timestamp,
    ) -> Result<bool, LedgerError> {
        let until = at.as_second().saturating_add_unsigned(KEPT_FOR.as_secs());
        let put = self
            .client
            .put_item()
            .table_name(&self.files_table)
            .item(RECORD_ID, text(format!("{UPLOAD_PREFIX}{destination_key}")))
            .item(OWNER, text(record_id))
            .item(UPLOAD_ID, text(&upload.upload_id))
            .item(BODY, to_json(upload, BODY)?)
            .item(EXPIRES_AT, number(until))
            .condition_expression("attribute_not_exists(#key) OR #upload = :upload")
            .expression_attribute_names("#key", RECORD_ID)
            .expression_attribute_names("#upload", UPLOAD_ID)
            .expression_attribute_values(":upload", text(&upload.upload_id))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::None);
        written(|| put.clone().send()).await
    }

    /// Forgets an upload; another one of the same key stays.
    pub async fn forget_upload(
        &self,
        destination_key: &str,
        upload_id: &str,
    ) -> Result<(), LedgerError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.files_table)
            .key(RECORD_ID, text(format!("{UPLOAD_PREFIX}{destination_key}")))
            .condition_expression("#upload = :upload")
            .expression_attribute_names("#upload", UPLOAD_ID)
            .expression_attribute_values(":upload", text(upload_id));
        written(|| delete.clone().send()).await?;
        Ok(())
    }
}
