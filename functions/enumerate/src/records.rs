//! A run that is limited to some records by id: only these are read, and each gets into a batch, whatever the ledger knows of it.
//!
//! Salesforce may not have a record (any more): it was deleted, our user does not see it, or the id is another object's. Such a
//! record ends through its ledger row as deleted; without a row it ends as not usable, so that every id of the list is accounted
//! for.

use std::collections::BTreeMap;

use drayage_domain::id::RecordId;
use drayage_domain::manifest::ManifestEntry;
use drayage_domain::outcome::FailureClass;
use drayage_domain::plan::Plan;
use drayage_domain::record::SourceRecord;
use drayage_domain::row::FileRow;
use drayage_domain::run::{Checkpoint, Position};
use drayage_lambda_kit::error::{CONFIGURATION_INVALID, FunctionError};
use drayage_salesforce::{QUERY_IDS_MAX, QUERY_PAGE_RECORDS_MAX};

use crate::Enumeration;

impl Enumeration {
    /// Takes the next part of the list into the run. The batches follow from the list alone, one entry per id, so taking a part
    /// again replaces the same batches, also when a record was deleted in between.
    pub(crate) async fn take_records(
        &self,
        mut checkpoint: Checkpoint,
        taken: usize,
    ) -> Result<Checkpoint, FunctionError> {
        let listed = self.options.records.as_deref().unwrap_or_default();
        let left = listed.get(taken..).unwrap_or_default();
        let part = left.get(..usize::from(QUERY_IDS_MAX)).unwrap_or(left);
        let mut found = self.read_by_id(part).await?;
        let missing: Vec<String> =
            part.iter().filter(|id| !found.contains_key(*id)).cloned().collect();
        let rows = self.ledger.rows(&missing).await?;
        let mut entries = Vec::with_capacity(part.len());
        for id in part {
            let (record, plan) = if let Some(record) = found.remove(id) {
                checkpoint.enumerated += 1;
                let plan = self.limit(self.planner.plan(&record), &mut checkpoint);
                (record, plan)
            } else {
                checkpoint.deleted += 1;
                not_found(id, rows.get(id))
            };
            checkpoint.planned.add(plan.planned_outcome());
            entries.push(ManifestEntry { sequence: checkpoint.total(), record, plan });
        }
        self.write_batches(&mut checkpoint, &entries).await?;
        checkpoint.position = if part.len() < left.len() {
            Position::Records { taken: taken + part.len() }
        } else {
            Position::Done
        };
        Ok(checkpoint)
    }

    /// What Salesforce has of these records, by their ids of 18 characters.
    async fn read_by_id(
        &self,
        ids: &[String],
    ) -> Result<BTreeMap<String, SourceRecord>, FunctionError> {
        let soql = self
            .soql()?
            .with_ids(ids)
            .map_err(|error| FunctionError::new(CONFIGURATION_INVALID, error.to_string()))?;
        // More than fit a list: the answer is complete.
        let page = self.client.query_keyset_page(&soql, None, QUERY_PAGE_RECORDS_MAX).await?;
        let records = self.records(page.records, &soql);
        Ok(records
            .into_iter()
            .filter_map(|record| {
                let id = RecordId::parse(&record.id).ok()?.as_str().to_owned();
                Some((id, record))
            })
            .collect())
    }
}

/// What becomes of a record that Salesforce does not have.
fn not_found(id: &str, row: Option<&FileRow>) -> (SourceRecord, Plan) {
    if let Some(row) = row {
        return (row.record(), Plan::RecordDeleted);
    }
    let record = SourceRecord { id: id.to_owned(), ..SourceRecord::default() };
    let message = "neither Salesforce nor the ledger has a record of this id; hint: check the id, and that our user may see the record";
    let class = FailureClass::InvalidRecord;
    (record, Plan::Refuse { class, message: message.to_owned() })
}

#[cfg(test)]
mod tests {
    use drayage_domain::outcome::{GoneReason, Outcome};

    use super::*;

    const ID: &str = "a0B000000000001AAA";

    #[test]
    fn a_record_that_only_the_ledger_has_is_deleted_and_keeps_what_is_known() {
        let row: FileRow = serde_json::from_value(serde_json::json!({
            "recordId": ID, "originalUrl": "https://files.example.com/a.pdf", "state": "Failed",
            "reason": "access_denied", "runId": "r", "at": "2026-01-01T00:00:00Z", "attempts": 1, "version": 1
        }))
        .unwrap();
        let (record, plan) = not_found(ID, Some(&row));
        assert_eq!(record.url, row.original_url);
        assert_eq!(plan.planned_outcome(), Outcome::SourceGone(GoneReason::RecordDeleted));
    }

    #[test]
    fn an_unknown_id_ends_in_a_state_too() {
        let (record, plan) = not_found(ID, None);
        assert_eq!((record.id.as_str(), record.url), (ID, None));
        assert_eq!(plan.planned_outcome(), Outcome::Failed(FailureClass::InvalidRecord));
    }
}
