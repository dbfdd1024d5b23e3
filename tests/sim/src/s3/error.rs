//! Refusals with S3's codes: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;

use super::xml::element;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct S3Error {
    pub(super) code: &'static str,
    pub(super) status: u16,
    pub(super) message: String,
}

impl S3Error {
    pub(super) fn new(code: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self { code, status, message: message.into() }
    }

    pub(super) fn invalid_request(message: impl Into<String>) -> Self {
        Self::new("InvalidRequest", 400, message)
    }

    pub(super) fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new("InvalidArgument", 400, message)
    }

    pub(super) fn bad_digest(what: &str) -> Self {
        Self::new(
            "BadDigest",
            400,
            format!("The {what} you specified did not match what we received."),
        )
    }

    pub(super) fn precondition(header: &str) -> Self {
        let message = "At least one of the pre-conditions you specified did not hold";
        Self::new("PreconditionFailed", 412, format!("{message}: {header}"))
    }

    pub(super) fn not_modified() -> Self {
        Self::new("NotModified", 304, "")
    }

    pub(super) fn no_such_key() -> Self {
        Self::new("NoSuchKey", 404, "The specified key does not exist.")
    }

    pub(super) fn no_such_upload() -> Self {
        Self::new("NoSuchUpload", 404, "The specified upload does not exist.")
    }

    /// What this simulator does not know is never silently ignored.
    pub(super) fn not_implemented(what: &str) -> Self {
        Self::new("NotImplemented", 501, format!("The simulator does not know {what}"))
    }

    /// The answer; `HEAD` and 304 have no body.
    pub(super) fn response(&self, bodyless: bool) -> Response {
        let body = if bodyless || self.status == 304 {
            Body::empty()
        } else {
            Body::from(format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>{}{}</Error>",
                element("Code", self.code),
                element("Message", &self.message)
            ))
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response
            .headers_mut()
            .insert("content-type", axum::http::HeaderValue::from_static("application/xml"));
        response
    }
}
