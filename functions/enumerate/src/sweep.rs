//! Reading all records: REST pages, keyset pages, or the result of a Bulk API 2.0 query job.

use std::time::Duration;

use drayage_domain::record::SourceRecord;
use drayage_domain::run::{Checkpoint, Position};
use drayage_domain::run_input::QueryApi;
use drayage_lambda_kit::clock;
use drayage_lambda_kit::deadline::Deadline;
use drayage_lambda_kit::error::{CONFIGURATION_INVALID, ENUMERATION_INCOMPLETE, FunctionError};
use drayage_salesforce::{
    BULK_PAGE_RECORDS, BulkState, QUERY_PAGE_RECORDS_MAX, Record, SalesforceError, Soql,
};
use jiff::SignedDuration;

use crate::Enumeration;

/// Where a REST query stands.
#[derive(Debug)]
pub(crate) struct RestCursor {
    pub(crate) next: Option<String>,
    pub(crate) last_id: Option<String>,
    pub(crate) records: Option<u64>,
}

/// Where the reading of a job's result stands.
#[derive(Debug)]
pub(crate) struct BulkCursor {
    pub(crate) job_id: String,
    pub(crate) locator: Option<String>,
    pub(crate) records: Option<u64>,
}

/// Between two looks at a job: the first soon, because small jobs are quick, then ever later up to this.
const POLL_MAX: Duration = Duration::from_secs(10);

impl Enumeration {
    /// Chooses how to read: by the number of records, unless the input says it.
    pub(crate) async fn start(
        &self,
        mut checkpoint: Checkpoint,
    ) -> Result<Checkpoint, FunctionError> {
        let options = &self.options;
        if options.records.is_some() {
            checkpoint.position = Position::Records { taken: 0 };
            return Ok(checkpoint);
        }
        let bulk = match options.query_api {
            QueryApi::Bulk => true,
            QueryApi::Rest => false,
            QueryApi::Auto => self.run.records_expected >= options.bulk_threshold,
        };
        checkpoint.position = if bulk {
            // Without ORDER BY: it would switch off the chunking that makes large queries possible.
            match self.client.bulk_query_submit(&self.soql()?.to_soql()).await {
                Ok(job_id) => Position::Bulk { job_id, locator: None, records: None },
                Err(SalesforceError::BulkNotSupported(reason)) => {
                    tracing::warn!(%reason, "bulk query refused; reading by id");
                    Position::Keyset { last_id: None }
                }
                Err(error) => return Err(error.into()),
            }
        } else {
            Position::Rest { next: None, last_id: None, records: None }
        };
        Ok(checkpoint)
    }

    /// One page of a query in the order of the id. When the cursor has expired or the query takes too long, the reading
    /// goes on by id.
    pub(crate) async fn rest_page(
        &self,
        mut checkpoint: Checkpoint,
        cursor: RestCursor,
    ) -> Result<Checkpoint, FunctionError> {
        let soql = self.soql()?;
        let page = if let Some(next) = &cursor.next {
            self.client.query_next(next).await
        } else {
            let ordered = format!("{} ORDER BY Id", soql.to_soql());
            self.client.query_page(&ordered, QUERY_PAGE_RECORDS_MAX).await
        };
        let page = match page {
            Ok(page) => page,
            Err(
                error
                @ (SalesforceError::QueryLocatorExpired(_) | SalesforceError::QueryTimeout(_)),
            ) => {
                tracing::warn!(%error, "query broken off; reading on by id");
                checkpoint.position = Position::Keyset { last_id: cursor.last_id };
                return Ok(checkpoint);
            }
            Err(error) => return Err(error.into()),
        };
        let records = self.records(page.records, &soql);
        let last_id = records.last().map(|record| record.id.clone()).or(cursor.last_id);
        let expected = cursor.records.unwrap_or(page.total);
        let mut checkpoint = self.take_page(checkpoint, records).await?;
        checkpoint.position = if page.next.is_some() {
            Position::Rest { next: page.next, last_id, records: Some(expected) }
        } else if checkpoint.enumerated < expected
            && self.client.count(&soql.count_soql()).await? > checkpoint.enumerated
        {
            // Pages lack the records that were deleted after the query began; a new count tells. A result that was cut
            // off is gone on with by id.
            tracing::warn!(
                expected,
                enumerated = checkpoint.enumerated,
                "result is short; reading on by id"
            );
            Position::Keyset { last_id }
        } else {
            self.after_sweep()
        };
        Ok(checkpoint)
    }

    /// One page of records whose ids follow `last_id`.
    pub(crate) async fn keyset_page(
        &self,
        checkpoint: Checkpoint,
        last_id: Option<&str>,
    ) -> Result<Checkpoint, FunctionError> {
        let soql = self.soql()?;
        let page = self.client.query_keyset_page(&soql, last_id, QUERY_PAGE_RECORDS_MAX).await?;
        let records = self.records(page.records, &soql);
        let mut checkpoint = self.take_page(checkpoint, records).await?;
        checkpoint.position = match page.next_after {
            Some(id) => Position::Keyset { last_id: Some(id) },
            None => self.after_sweep(),
        };
        Ok(checkpoint)
    }

    /// Waits for the job, as long as the invocation allows. The state machine's loop goes on waiting.
    pub(crate) async fn await_bulk_job(
        &self,
        mut checkpoint: Checkpoint,
        job_id: String,
        deadline: Deadline,
        step_time: SignedDuration,
    ) -> Result<Option<Checkpoint>, FunctionError> {
        let mut pause = Duration::from_millis(500);
        while deadline.allows(step_time, clock::now()) {
            let job = self.client.bulk_query_status(&job_id).await?;
            if let Some(failure) = job.failure() {
                // The query as such may be too much for a job (or the job was aborted); reading by id always works.
                tracing::warn!(%failure, "bulk query failed; reading by id");
                checkpoint.position = Position::Keyset { last_id: None };
                return Ok(Some(checkpoint));
            }
            if job.state == BulkState::JobComplete {
                let records = Some(job.records_processed);
                checkpoint.position = Position::Bulk { job_id, locator: None, records };
                return Ok(Some(checkpoint));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(POLL_MAX);
        }
        Ok(None)
    }

    /// One page of a complete job's result. Locators are stable while the job exists, so a page can be read again.
    pub(crate) async fn bulk_page(
        &self,
        checkpoint: Checkpoint,
        cursor: BulkCursor,
    ) -> Result<Checkpoint, FunctionError> {
        let BulkCursor { job_id, locator, records: expected } = cursor;
        let page =
            self.client.bulk_query_results(&job_id, locator.as_deref(), BULK_PAGE_RECORDS).await?;
        let records = self.records(page.records, &self.soql()?);
        let mut checkpoint = self.take_page(checkpoint, records).await?;
        checkpoint.position = if page.locator.is_some() {
            Position::Bulk { job_id, locator: page.locator, records: expected }
        } else {
            complete("bulk query job", expected.unwrap_or_default(), checkpoint.enumerated)?;
            self.after_sweep()
        };
        Ok(checkpoint)
    }

    pub(crate) fn soql(&self) -> Result<Soql, FunctionError> {
        let fields = &self.options.fields;
        Soql::new(&fields.object, fields.select_list())
            .map_err(|error| FunctionError::new(CONFIGURATION_INVALID, error.to_string()))
    }

    pub(crate) fn records(&self, records: Vec<Record>, soql: &Soql) -> Vec<SourceRecord> {
        records
            .into_iter()
            .map(|record| SourceRecord::from_fields(&self.options.fields, &soql.align(record)))
            .collect()
    }
}

/// A result that is shorter than announced must not look like the end of the data.
fn complete(what: &str, expected: u64, enumerated: u64) -> Result<(), FunctionError> {
    if expected == enumerated {
        return Ok(());
    }
    Err(FunctionError::new(
        ENUMERATION_INCOMPLETE,
        format!(
            "the {what} says {expected} records and {enumerated} were read; hint: start the run again, or read by \
             the other API with `queryApi`"
        ),
    ))
}
