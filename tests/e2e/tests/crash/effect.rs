//! Which requests to AWS change something: the moments at which a crash matters.

use axum::http::{HeaderMap, Method, Uri};

/// Operations of the JSON services that change something. Everything else that the functions send to them reads.
const CHANGING: [&str; 9] = [
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "TransactWriteItems",
    "SendMessage",
    "DeleteMessage",
    "ChangeMessageVisibility",
    "SendTaskSuccess",
    "SendTaskFailure",
];

/// Calls of Salesforce that change something, by method and the path below the version: what the path begins with, and
/// whether it goes on after that.
const CHANGING_SALESFORCE: [(Method, &str, bool); 7] = [
    (Method::POST, "composite", false),
    (Method::PATCH, "composite/sobjects", false),
    (Method::PATCH, "sobjects/", true),
    (Method::POST, "jobs/ingest", false),
    (Method::PUT, "jobs/ingest/", true),
    (Method::PATCH, "jobs/ingest/", true),
    (Method::DELETE, "jobs/ingest/", true),
];

/// A request that changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Effect {
    /// The operation, such as `PutItem` or `CopyObject`.
    pub(crate) operation: String,
    /// For S3 the path with the bucket; otherwise `/`.
    pub(crate) path: String,
    /// Whether it was refused, and has changed nothing.
    pub(crate) refused: bool,
}

impl Effect {
    /// The effect of a request; `None` for one that only reads.
    pub(crate) fn of(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Self> {
        let operation = if let Some(target) = headers.get("x-amz-target") {
            let name = target.to_str().ok()?.rsplit('.').next()?;
            CHANGING.contains(&name).then(|| name.to_owned())?
        } else if is_form(headers) {
            // The topic is the one service that is still told things in forms.
            "Publish".to_owned()
        } else {
            s3_operation(method, uri.query().unwrap_or_default(), headers)?.to_owned()
        };
        Some(Self { operation, path: uri.path().to_owned(), refused: false })
    }

    /// The effect of a call of Salesforce; `None` for one that only reads, or signs in.
    pub(crate) fn of_salesforce(method: &Method, uri: &Uri) -> Option<Self> {
        let below = uri.path().strip_prefix("/services/data/")?.split_once('/')?.1;
        let (_, operation, _) = CHANGING_SALESFORCE.iter().find(|(changing, start, goes_on)| {
            changing == method && if *goes_on { below.starts_with(start) } else { below == *start }
        })?;
        let operation = format!("{method} {operation}");
        // Names of jobs differ from world to world.
        Some(Self { operation, path: "/salesforce".to_owned(), refused: false })
    }

    /// Whether the request has put an object, or completed one, under its path.
    pub(crate) fn makes_object(&self) -> bool {
        let operation = self.operation.as_str();
        !self.refused && matches!(operation, "PutObject" | "CopyObject" | "CompleteMultipartUpload")
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

fn s3_operation(method: &Method, query: &str, headers: &HeaderMap) -> Option<&'static str> {
    if *method == Method::DELETE && query.contains("uploadId=") {
        Some("AbortMultipartUpload")
    } else if *method == Method::DELETE {
        Some("DeleteObject")
    } else if *method == Method::POST && query.contains("uploads") {
        Some("CreateMultipartUpload")
    } else if *method == Method::POST {
        Some("CompleteMultipartUpload")
    } else if *method == Method::PUT && query.contains("partNumber=") {
        Some("UploadPart")
    } else if *method == Method::PUT && headers.contains_key("x-amz-copy-source") {
        Some("CopyObject")
    } else if *method == Method::PUT {
        Some("PutObject")
    } else {
        None
    }
}
