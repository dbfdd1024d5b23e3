//! One request and its reply, free of any HTTP library, so that a composite subrequest is served by the same
//! code as a request of its own.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Map, Value};

use super::error::ApiError;

/// A request, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// The path without its query string.
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Address that replies name as the org's instance.
    pub(crate) instance_url: String,
}

impl Call {
    /// Path segments without empty ones, so that a trailing slash does not matter.
    pub(crate) fn parts(&self) -> Vec<&str> {
        self.path.split('/').filter(|part| !part.is_empty()).collect()
    }

    /// The API version in the path, such as `66.0`.
    pub(crate) fn version(&self) -> &str {
        match self.parts().as_slice() {
            ["services", "data", version, ..] => version.strip_prefix('v').unwrap_or_default(),
            _ => "",
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as a JSON object.
    pub(crate) fn json_object(&self) -> Result<Map<String, Value>, ApiError> {
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(_) => Err(ApiError::bad_request("JSON_PARSER_ERROR", "The value is not an object")),
            Err(error) => Err(ApiError::bad_request("JSON_PARSER_ERROR", error.to_string())),
        }
    }

    /// The value of a query parameter, or the error for its absence.
    pub(crate) fn parameter(&self, name: &str) -> Result<&str, ApiError> {
        self.query.get(name).map(String::as_str).ok_or_else(|| {
            ApiError::bad_request(
                "MALFORMED_QUERY",
                format!("A query string has to be specified: parameter {name} is missing"),
            )
        })
    }
}

/// A reply.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content: Content,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// The body of a reply.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Empty,
    Json(Value),
    Csv(String),
    Xml(String),
}

impl Content {
    /// The content as text.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Json(value) => value.to_string(),
            Self::Csv(text) | Self::Xml(text) => text.clone(),
        }
    }
}

impl Reply {
    pub(crate) fn json(status: StatusCode, value: Value) -> Self {
        Self { status, content: Content::Json(value), headers: Vec::new() }
    }

    pub(crate) fn ok(value: Value) -> Self {
        Self::json(StatusCode::OK, value)
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, content: Content::Empty, headers: Vec::new() }
    }

    pub(crate) fn csv(text: String) -> Self {
        Self { status: StatusCode::OK, content: Content::Csv(text), headers: Vec::new() }
    }

    pub(crate) fn xml(status: StatusCode, text: String) -> Self {
        Self { status, content: Content::Xml(text), headers: Vec::new() }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let (kind, body) = match self.content {
            Content::Empty => (None, Body::empty()),
            Content::Json(value) => {
                (Some("application/json;charset=UTF-8"), Body::from(value.to_string()))
            }
            Content::Csv(text) => (Some("text/csv"), Body::from(text)),
            Content::Xml(text) => (Some("text/xml;charset=UTF-8"), Body::from(text)),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Some(kind) = kind {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}
