//! What jobs of Bulk API 2.0 have in common: how they are made and named, and how they fail
//! (<https://developer.salesforce.com/docs/platform/api-asynch/guide/bulk-api-2-0.html>).

use serde::Deserialize;
use serde_json::Value;

use crate::client::Client;
use crate::error::{SalesforceError, classify_job_message};
use crate::http::ApiRequest;
use crate::record;

/// A kind of job.
#[derive(Clone, Copy, Debug)]
pub(crate) enum JobKind {
    Query,
    Ingest,
}

impl JobKind {
    const fn resource(self) -> &'static str {
        match self {
            Self::Query => "jobs/query",
            Self::Ingest => "jobs/ingest",
        }
    }
}

#[derive(Deserialize)]
struct CreateReply {
    id: String,
}

/// The error of a job that has not completed, in the class its message names.
pub(crate) fn failure_of(job: &'static str, message: Option<&str>) -> SalesforceError {
    classify_job_message(job, message.unwrap_or("the job ended without a message"))
}

impl Client {
    /// Makes a job and returns its id. Sent again only if Salesforce certainly did not make it.
    pub(crate) async fn create_job(
        &self,
        operation: &'static str,
        kind: JobKind,
        body: Value,
    ) -> Result<String, SalesforceError> {
        const EXPECTED: &str = "a job with an id";
        let request = ApiRequest::post(operation, self.data_path(kind.resource()), body);
        let reply: CreateReply = self.json(request, EXPECTED).await?;
        if record::is_id(&reply.id) {
            return Ok(reply.id);
        }
        Err(SalesforceError::Protocol {
            operation,
            expected: EXPECTED,
            found: "a job whose id is not a Salesforce id".to_owned(),
        })
    }

    /// The path of a job, or of `rest` below it.
    pub(crate) fn job_path(
        &self,
        operation: &'static str,
        kind: JobKind,
        id: &str,
        rest: &str,
    ) -> Result<String, SalesforceError> {
        if record::is_id(id) {
            return Ok(self.data_path(&format!("{}/{id}{rest}", kind.resource())));
        }
        Err(SalesforceError::InvalidArgument {
            operation,
            problem: "the job id is not a Salesforce id".to_owned(),
        })
    }
}
