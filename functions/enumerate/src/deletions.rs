//! Finding ledger rows whose record was deleted in Salesforce.
//!
//! Hard deletes leave no trace in the org, so the ledger has to be asked which records it misses. First its live rows
//! are counted: if the sweep has seen that many, nothing was deleted and no request is spent. Otherwise the rows are
//! checked by id until all missing ones are found.

use drayage_domain::id::RecordId;
use drayage_domain::manifest::ManifestEntry;
use drayage_domain::plan::Plan;
use drayage_domain::row::FileRow;
use drayage_domain::run::{Checkpoint, Position};
use drayage_lambda_kit::error::{CONFIGURATION_INVALID, FunctionError};
use drayage_salesforce::{QUERY_IDS_MAX, Soql};

use crate::Enumeration;
use crate::page::is_live;

/// Rows read from the ledger at a time: up to 1 MB a request.
const SCAN_ROWS: u32 = 1000;

impl Enumeration {
    /// Counts one page of live rows.
    pub(crate) async fn count_live(
        &self,
        mut checkpoint: Checkpoint,
        scan: Option<&str>,
        live: u64,
    ) -> Result<Checkpoint, FunctionError> {
        let (rows, next) = self.ledger.scan_rows(scan, SCAN_ROWS).await?;
        let found = rows.iter().filter(|row| is_live(row)).count();
        let live = live + u64::try_from(found).unwrap_or(u64::MAX);
        checkpoint.position = match next {
            Some(scan) => Position::CountLive { scan: Some(scan), live },
            None if live > checkpoint.known => Position::Deletions { scan: None },
            None => Position::Done,
        };
        Ok(checkpoint)
    }

    /// Checks one page of live rows against Salesforce and puts the deleted ones into batches.
    pub(crate) async fn find_deleted(
        &self,
        mut checkpoint: Checkpoint,
        scan: Option<&str>,
    ) -> Result<Checkpoint, FunctionError> {
        let (rows, next) = self.ledger.scan_rows(scan, SCAN_ROWS).await?;
        let live: Vec<FileRow> = rows.into_iter().filter(is_live).collect();
        let mut entries = Vec::new();
        for part in live.chunks(usize::from(QUERY_IDS_MAX)) {
            let existing = self.existing(part).await?;
            for row in part.iter().filter(|row| !existing.contains(&row.record_id)) {
                checkpoint.deleted += 1;
                let plan = Plan::RecordDeleted;
                checkpoint.planned.add(plan.planned_outcome());
                let sequence = checkpoint.total();
                entries.push(ManifestEntry { sequence, record: row.record(), plan });
            }
        }
        self.write_batches(&mut checkpoint, &entries).await?;
        checkpoint.position = match next {
            Some(scan) => Position::Deletions { scan: Some(scan) },
            None => Position::Done,
        };
        Ok(checkpoint)
    }

    /// Which of the rows' records exist.
    async fn existing(&self, rows: &[FileRow]) -> Result<Vec<String>, FunctionError> {
        let ids = rows.iter().filter_map(|row| RecordId::parse(&row.record_id).ok());
        let ids: Vec<String> = ids.map(|id| id.as_str().to_owned()).collect();
        let soql = Soql::new(&self.options.fields.object, ["Id"])
            .and_then(|soql| soql.with_ids(ids))
            .map_err(|error| FunctionError::new(CONFIGURATION_INVALID, error.to_string()))?;
        let mut found = Vec::with_capacity(rows.len());
        let mut page = self.client.query_page(&soql.to_soql(), 2000).await?;
        loop {
            found.extend(
                page.records
                    .iter()
                    .filter_map(|record| record.get("Id")?.as_str())
                    .filter_map(|id| RecordId::parse(id).ok())
                    .map(|id| id.as_str().to_owned()),
            );
            match page.next {
                Some(next) => page = self.client.query_next(&next).await?,
                None => return Ok(found),
            }
        }
    }
}
