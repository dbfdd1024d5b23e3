//! Bulk API 2.0 update jobs: make, upload, close, watch, and read the ending of every row.
//!
//! ```text
//! POST  /services/data/v66.0/jobs/ingest        {"object":"DocListEntry__c","operation":"update","contentType":"CSV",
//!                                                "lineEnding":"LF","columnDelimiter":"COMMA"}  -> {"id":"750...","state":"Open",...}
//! PUT   .../jobs/ingest/{id}/batches            text/csv -> 201; exactly one per job
//! PATCH .../jobs/ingest/{id}                    {"state":"UploadComplete"} or {"state":"Aborted"}
//! GET   .../jobs/ingest/{id}                    Open | UploadComplete | InProgress | JobComplete | Failed | Aborted
//! GET   .../jobs/ingest/{id}/successfulResults  failedResults  unprocessedrecords
//! ```
//!
//! <https://developer.salesforce.com/docs/platform/api-asynch/guide/bulk-api-2-0-ingest.html>. A job costs 3 API calls,
//! 3 for its results, and one for each look at its state. Nothing is written before the job is closed. To be safe
//! against a crash, write the job's id down before [`Client::upload_rows`]; an open job whose upload is in doubt is
//! aborted and made anew.

mod file;
mod results;

use serde::Deserialize;
use serde_json::json;

use crate::client::Client;
use crate::error::SalesforceError;
use crate::http::ApiRequest;
use crate::jobs::{JobKind, failure_of};
use crate::soql;
use crate::update::RowOutcome;

pub use file::{
    UPDATE_FILE_BYTES_MAX, UPDATE_JOB_ROWS_MAX, UPDATE_TEXT_CHARS_MAX, UnwritableText, UpdateFile,
};

/// Upper bound of one list of results: the uploaded rows again, with an error message each.
const RESULT_BYTES_MAX: usize = 128 * 1024 * 1024;

const CREATE: &str = "bulk update create";
const UPLOAD: &str = "bulk update upload";
const CLOSE: &str = "bulk update close";
const ABORT: &str = "bulk update abort";
const STATUS: &str = "bulk update status";
const RESULTS: &str = "bulk update results";

/// State of an update job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum UpdateJobState {
    /// Made; rows can be uploaded. Salesforce does nothing until it is closed.
    Open,
    /// Closed, waiting to be worked on.
    UploadComplete,
    /// Being worked on.
    InProgress,
    /// Every row was tried; some may have failed.
    JobComplete,
    /// Given up. Rows may have been written before that.
    Failed,
    /// Stopped on request. Rows may have been written before that.
    Aborted,
}

impl UpdateJobState {
    /// Whether the job has ended, and the ending of its rows can be read.
    pub fn has_ended(self) -> bool {
        match self {
            Self::JobComplete | Self::Failed | Self::Aborted => true,
            Self::Open | Self::UploadComplete | Self::InProgress => false,
        }
    }
}

/// An update job as Salesforce reports it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct UpdateJob {
    /// Where it stands.
    pub state: UpdateJobState,
    /// Rows tried so far, failed ones included.
    #[serde(rename = "numberRecordsProcessed", default)]
    pub rows_processed: u64,
    /// Rows tried and not written so far.
    #[serde(rename = "numberRecordsFailed", default)]
    pub rows_failed: u64,
    #[serde(rename = "errorMessage")]
    error_message: Option<String>,
}

impl UpdateJob {
    /// The error of a job that did not complete, in the class its message names. Its rows have endings of their own.
    pub fn failure(&self) -> Option<SalesforceError> {
        match self.state {
            UpdateJobState::Failed | UpdateJobState::Aborted => {
                Some(failure_of("bulk update job", self.error_message.as_deref()))
            }
            UpdateJobState::Open
            | UpdateJobState::UploadComplete
            | UpdateJobState::InProgress
            | UpdateJobState::JobComplete => None,
        }
    }
}

impl Client {
    /// Makes an update job and returns its id. One API call. Sent again only if Salesforce certainly did not make it;
    /// a job whose answer is lost stays open, writes nothing, and is removed by Salesforce after 7 days.
    ///
    /// # Errors
    /// [`SalesforceError::BulkNotSupported`]: write with [`Client::update_collection`] instead.
    pub async fn create_update_job(&self, sobject: &str) -> Result<String, SalesforceError> {
        if !soql::is_identifier(sobject) {
            return Err(SalesforceError::InvalidArgument {
                operation: CREATE,
                problem: "the object name is not an API name such as DocListEntry__c".to_owned(),
            });
        }
        let body = json!({
            "object": sobject,
            "operation": "update",
            "contentType": "CSV",
            "lineEnding": "LF",
            "columnDelimiter": "COMMA",
        });
        self.create_job(CREATE, JobKind::Ingest, body).await
    }

    /// Uploads the rows of a job. One API call; a job takes exactly one upload.
    ///
    /// # Errors
    /// After any error abort the job and make another: whether the rows have arrived cannot be seen from outside.
    pub async fn upload_rows(&self, id: &str, file: &UpdateFile) -> Result<(), SalesforceError> {
        let path = self.job_path(UPLOAD, JobKind::Ingest, id, "/batches")?;
        self.send(ApiRequest::put_csv(UPLOAD, path, file.csv())).await?;
        Ok(())
    }

    /// Closes a job, so that Salesforce begins to write. Safe to repeat. One API call, or two: when the answer is lost
    /// or says that the job is not open, its state tells what has happened.
    ///
    /// # Errors
    /// The job is still open, is aborted, or its state could not be read: call again.
    pub async fn close_job(&self, id: &str) -> Result<UpdateJob, SalesforceError> {
        self.enter(CLOSE, id, "UploadComplete", |state| match state {
            UpdateJobState::Open | UpdateJobState::Aborted => false,
            UpdateJobState::UploadComplete
            | UpdateJobState::InProgress
            | UpdateJobState::JobComplete
            | UpdateJobState::Failed => true,
        })
        .await
    }

    /// Stops a job. Rows that are written stay written. Safe to repeat, and no error for a job that has ended by
    /// itself: look at the state that is returned. One API call, or two.
    pub async fn abort_job(&self, id: &str) -> Result<UpdateJob, SalesforceError> {
        self.enter(ABORT, id, "Aborted", UpdateJobState::has_ended).await
    }

    /// Reads a job's state. One API call.
    pub async fn update_job(&self, id: &str) -> Result<UpdateJob, SalesforceError> {
        let request = ApiRequest::get(STATUS, self.job_path(STATUS, JobKind::Ingest, id, "")?);
        self.json(request, "a job with a known state").await
    }

    /// Reads how every row of `file` ended, in the order it was given. Three API calls. Results come in any order, so
    /// they are joined by id. A row that no list names, or more than one, is [`crate::RowEnding::Unknown`]; so are all
    /// rows that a job which has not ended has not come to yet.
    pub async fn update_job_outcomes(
        &self,
        id: &str,
        file: &UpdateFile,
    ) -> Result<Vec<RowOutcome>, SalesforceError> {
        let mut rows = Vec::new();
        for list in results::List::ALL {
            let path = self.job_path(RESULTS, JobKind::Ingest, id, list.resource())?;
            let mut request = ApiRequest::get(RESULTS, path);
            request.headers.push(("Accept", "text/csv".to_owned()));
            request.body_bytes_max = RESULT_BYTES_MAX;
            let answer = self.send(request).await?;
            rows.extend(results::read(RESULTS, list, &answer)?);
        }
        Ok(results::join(RESULTS, file, rows))
    }

    /// Asks for a state. After a failure that may hide a success, the job's own state decides.
    async fn enter(
        &self,
        operation: &'static str,
        id: &str,
        state: &str,
        reached: impl Fn(UpdateJobState) -> bool,
    ) -> Result<UpdateJob, SalesforceError> {
        let path = self.job_path(operation, JobKind::Ingest, id, "")?;
        let request = ApiRequest::patch(operation, path, json!({"state": state}));
        let error = match self.json(request, "a job with a known state").await {
            Ok(job) => return Ok(job),
            Err(error) => error,
        };
        let may_hide_success =
            !error.changed_nothing() || matches!(error, SalesforceError::Rejected(_));
        if !may_hide_success {
            return Err(error);
        }
        match self.update_job(id).await {
            Ok(job) if reached(job.state) => Ok(job),
            Ok(_) | Err(_) => Err(error),
        }
    }
}
