//! Bulk API 2.0 query jobs: submit, watch, read pages by locator. Salesforce itself deletes old jobs.
//!
//! A locator stays valid while the job exists (7 days after its end) and may be read again, so a page is a unit of work
//! that survives a crash. Reading results must use the API version of the job.

mod csv_page;

use std::fmt;

use serde::Deserialize;
use serde_json::json;

use crate::client::Client;
use crate::error::SalesforceError;
use crate::http::ApiRequest;
use crate::jobs::{JobKind, failure_of};
use crate::record::Record;

/// Suggested records per page of results. A page is held in memory, first as CSV and then as records. With six fields
/// and URLs of 200 bytes the peak was 16 MB for 10,000 records and 77 MB for 50,000, the largest size worth asking for.
pub const BULK_PAGE_RECORDS: u32 = 10_000;

/// Upper bound of one page of CSV: 50,000 records of 1,300 bytes.
const CSV_BYTES_MAX: usize = 64 * 1024 * 1024;

const SUBMIT: &str = "bulk query submit";
const STATUS: &str = "bulk query status";
const RESULTS: &str = "bulk query results";

/// State of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum BulkState {
    /// Waiting to be worked on.
    UploadComplete,
    /// Being worked on.
    InProgress,
    /// Results can be read.
    JobComplete,
    /// Ended without results.
    Failed,
    /// Stopped on request.
    Aborted,
}

/// A query job as Salesforce reports it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BulkQueryJob {
    /// Where it stands.
    pub state: BulkState,
    /// Records found so far; final once the state is `JobComplete`.
    #[serde(rename = "numberRecordsProcessed", default)]
    pub records_processed: u64,
    #[serde(rename = "errorMessage")]
    error_message: Option<String>,
}

impl BulkQueryJob {
    /// The error of a job that ended without results, in the class its message names.
    pub fn failure(&self) -> Option<SalesforceError> {
        match self.state {
            BulkState::Failed | BulkState::Aborted => {
                Some(failure_of("bulk query job", self.error_message.as_deref()))
            }
            BulkState::UploadComplete | BulkState::InProgress | BulkState::JobComplete => None,
        }
    }
}

/// One page of results.
#[derive(Clone, PartialEq)]
pub struct BulkPage {
    /// Records of this page: column → text, or null for an empty cell.
    pub records: Vec<Record>,
    /// Place of the next page; `None` on the last one.
    pub locator: Option<String>,
}

impl fmt::Debug for BulkPage {
    /// Without the records: their values do not belong in logs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BulkPage")
            .field("records", &self.records.len())
            .field("locator", &self.locator)
            .finish()
    }
}

impl Client {
    /// Starts a query job and returns its id. A query for the Bulk API has no ORDER BY, LIMIT, OFFSET, GROUP BY or
    /// `COUNT()`. Repeated only if Salesforce certainly did not create the job.
    ///
    /// # Errors
    /// [`SalesforceError::BulkNotSupported`]: read with [`Client::query_keyset_page`] instead.
    pub async fn bulk_query_submit(&self, soql: &str) -> Result<String, SalesforceError> {
        let body = json!({
            "operation": "query",
            "query": soql,
            "columnDelimiter": "COMMA",
            "lineEnding": "LF",
        });
        self.create_job(SUBMIT, JobKind::Query, body).await
    }

    /// Reads a job's state.
    pub async fn bulk_query_status(&self, id: &str) -> Result<BulkQueryJob, SalesforceError> {
        let request = ApiRequest::get(STATUS, self.job_path(STATUS, JobKind::Query, id, "")?);
        self.json(request, "a job with a known state").await
    }

    /// Reads a page of at most `max_records` results, from the start or from a locator. See [`BULK_PAGE_RECORDS`] for
    /// a sensible size.
    ///
    /// # Errors
    /// [`SalesforceError::Protocol`] if the rows are not as many as Salesforce says it sent: a page that is cut off must
    /// not look like the end of the data.
    pub async fn bulk_query_results(
        &self,
        id: &str,
        locator: Option<&str>,
        max_records: u32,
    ) -> Result<BulkPage, SalesforceError> {
        if max_records == 0 {
            return Err(SalesforceError::InvalidArgument {
                operation: RESULTS,
                problem: "a page of 0 records never ends".to_owned(),
            });
        }
        let mut request =
            ApiRequest::get(RESULTS, self.job_path(RESULTS, JobKind::Query, id, "/results")?);
        request.headers.push(("Accept", "text/csv".to_owned()));
        request.query.push(("maxRecords", max_records.to_string()));
        if let Some(locator) = locator {
            request.query.push(("locator", locator.to_owned()));
        }
        request.body_bytes_max = CSV_BYTES_MAX;
        let answer = self.send(request).await?;
        let page = csv_page::read(RESULTS, &answer)?;
        if page.locator.is_some() && page.locator.as_deref() == locator {
            return Err(SalesforceError::Protocol {
                operation: RESULTS,
                expected: "the locator of another page",
                found: "the locator of this page, which never ends".to_owned(),
            });
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn job(state: &str, message: Option<&str>) -> BulkQueryJob {
        let job = json!({"id": "750000000000001AAA", "state": state, "errorMessage": message});
        serde_json::from_value(job).unwrap()
    }

    #[rstest]
    #[case("UploadComplete", None)]
    #[case("InProgress", None)]
    #[case("JobComplete", None)]
    #[case("Failed", Some("SalesforceJobFailed"))]
    #[case("Aborted", Some("SalesforceJobFailed"))]
    fn states(#[case] state: &str, #[case] failure: Option<&str>) {
        assert_eq!(job(state, None).failure().map(|error| error.error_type()), failure);
    }

    #[test]
    fn a_failed_job_has_the_class_of_its_message() {
        let failed =
            job("Failed", Some("InvalidBatch : Failed to process query: QUERY_TIMEOUT: x"));
        assert_eq!(failed.failure().unwrap().error_type(), "SalesforceQueryTimeout");
    }
}
