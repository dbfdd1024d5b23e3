//! Bulk API 2.0 jobs. A job changes state only when its status is asked for, so that a client sees every state
//! and a test needs no time to pass.

mod csv_text;
mod ingest_job;
mod query_job;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::error::ApiError;
use super::id;
use super::store::{Store, as_map};
use super::time::{self, Millis};

pub(crate) use csv_text::{Format, cells};
pub(crate) use ingest_job::{IngestJob, Operation, Pace};
pub(crate) use query_job::QueryJob;

/// Where a job is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum JobState {
    Open,
    UploadComplete,
    InProgress,
    JobComplete,
    Failed,
    Aborted,
}

impl JobState {
    pub(crate) fn is_terminal(self) -> bool {
        matches!(self, Self::JobComplete | Self::Failed | Self::Aborted)
    }
}

/// What every job has.
#[derive(Debug, Clone)]
pub(crate) struct JobHead {
    pub(crate) id: String,
    pub(crate) object: String,
    pub(crate) operation: String,
    pub(crate) state: JobState,
    pub(crate) format: Format,
    pub(crate) api_version: String,
    pub(crate) error: Option<String>,
    created: Millis,
    modified: Millis,
    created_by: String,
    /// Status polls answered in the present state.
    polls: u32,
}

impl JobHead {
    /// Members that both kinds of job report.
    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let version: f64 = self.api_version.parse().unwrap_or_default();
        let mut members = as_map(json!({
            "id": self.id,
            "operation": self.operation,
            "object": self.object,
            "createdById": self.created_by,
            "createdDate": time::rest(self.created),
            "systemModstamp": time::rest(self.modified),
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": version,
            "lineEnding": self.format.line_ending_name(),
            "columnDelimiter": self.format.delimiter_name(),
        }));
        if let Some(error) = &self.error {
            members.insert("errorMessage".to_owned(), json!(error));
        }
        members
    }

    pub(crate) fn enter(&mut self, state: JobState, now: Millis) {
        self.state = state;
        self.modified = now;
        self.polls = 0;
    }

    /// Counts a status poll; true when the job has been seen often enough in this state to move on.
    pub(crate) fn is_due(&mut self, polls_per_state: u32) -> bool {
        self.polls += 1;
        self.polls > polls_per_state
    }

    /// Results may only be read with the API version that the job was made with.
    pub(crate) fn check_version(&self, version: &str) -> Result<(), ApiError> {
        if self.api_version == version {
            return Ok(());
        }
        Err(ApiError::new(
            axum::http::StatusCode::CONFLICT,
            "API_VERSION_MISMATCH",
            format!("The job was created with API version {}, not {version}", self.api_version),
        ))
    }
}

/// All jobs of the org.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    pub(crate) query: BTreeMap<String, QueryJob>,
    pub(crate) ingest: BTreeMap<String, IngestJob>,
    query_created: u64,
    ingest_created: u64,
    batches: u64,
}

/// Rows of one internal batch of an ingest job.
const BATCH_ROWS: usize = 10_000;

impl Jobs {
    /// The head of a new job.
    pub(crate) fn head(
        &mut self,
        store: &Store,
        object: &str,
        operation: &str,
        (format, version): (Format, &str),
    ) -> JobHead {
        let serial = self.query_created + self.ingest_created + 1;
        JobHead {
            id: id::from_serial("750", serial),
            object: object.to_owned(),
            operation: operation.to_owned(),
            state: JobState::Open,
            format,
            api_version: version.to_owned(),
            error: None,
            created: store.now(),
            modified: store.now(),
            created_by: store.api_user.clone(),
            polls: 0,
        }
    }

    pub(crate) fn add_query(&mut self, job: QueryJob) {
        self.query_created += 1;
        self.query.insert(job.head.id.clone(), job);
    }

    pub(crate) fn add_ingest(&mut self, job: IngestJob) {
        self.ingest_created += 1;
        self.ingest.insert(job.head.id.clone(), job);
    }

    /// Counts the internal batches that an upload is split into.
    pub(crate) fn count_batches(&mut self, rows: usize) {
        self.batches += u64::try_from(rows.div_ceil(BATCH_ROWS)).unwrap_or(u64::MAX);
    }

    pub(crate) fn query_jobs_created(&self) -> u64 {
        self.query_created
    }

    pub(crate) fn batches_used(&self) -> u64 {
        self.batches
    }
}

/// The refusal of something that the job's state does not allow.
pub(crate) fn wrong_state(head: &JobHead) -> ApiError {
    ApiError::bad_request(
        "INVALIDJOBSTATE",
        format!("Invalid job state: the job {} is in state {:?}", head.id, head.state),
    )
}
