//! The two error shapes of the service: a refused request, and a row that could not be saved.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A request that is refused as a whole: `[{"message":…,"errorCode":…}]` with an HTTP status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) fields: Vec<String>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), fields: Vec::new() }
    }

    pub(crate) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "The requested resource does not exist")
    }

    pub(crate) fn invalid_session() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "INVALID_SESSION_ID", "Session expired or invalid")
    }

    pub(crate) fn request_limit() -> Self {
        Self::new(StatusCode::FORBIDDEN, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    }

    /// The response body, which is always a list.
    pub(crate) fn body(&self) -> Value {
        let mut entry = json!({"message": self.message, "errorCode": self.code});
        if !self.fields.is_empty()
            && let Some(object) = entry.as_object_mut()
        {
            object.insert("fields".to_owned(), json!(self.fields));
        }
        json!([entry])
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, axum::Json(self.body())).into_response()
    }
}

/// Why one row was not saved or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct SaveError {
    /// The Salesforce status code, such as `STRING_TOO_LONG`.
    pub code: &'static str,
    /// The message shown to a user.
    pub message: String,
    /// API names of the fields at fault.
    pub fields: Vec<String>,
}

impl SaveError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), fields: Vec::new() }
    }

    pub(crate) fn field(mut self, name: &str) -> Self {
        self.fields.push(name.to_owned());
        self
    }

    /// The shape used inside collections results, which says `statusCode` where REST says `errorCode`.
    pub(crate) fn collections_entry(&self) -> Value {
        json!({"statusCode": self.code, "message": self.message, "fields": self.fields})
    }

    /// The text in the `sf__Error` column of a Bulk job.
    pub(crate) fn bulk_text(&self) -> String {
        format!("{}:{}:{} --", self.code, self.message, self.fields.join(", "))
    }
}

impl From<SaveError> for ApiError {
    fn from(error: SaveError) -> Self {
        let status = match error.code {
            // A row's address names the type, so an unknown type, or an id of another type, is an unknown address.
            "INVALID_TYPE" => return Self::not_found(),
            "INVALID_CROSS_REFERENCE_KEY" if error.fields.is_empty() => return Self::not_found(),
            "NOT_FOUND" | "ENTITY_IS_DELETED" => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        };
        Self { status, code: error.code, message: error.message, fields: error.fields }
    }
}
