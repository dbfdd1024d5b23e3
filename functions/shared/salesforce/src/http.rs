//! One HTTP exchange: bounded in time and size, redirects refused, no URL or content in errors.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::dns::Resolve;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, StatusCode, redirect};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::SalesforceError;
use crate::retry::Replay;

/// Upper bound of a JSON answer. A describe of a very wide object is about 3 MB; a query page is at most 2,000 records.
pub(crate) const JSON_BYTES_MAX: usize = 32 * 1024 * 1024;

/// How much of an error body is looked at; the rest is not read.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// Time to reach Salesforce at all; a part of the request timeout.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Builds the HTTP client. Redirects are refused, because they would carry the token to another host; proxies of the
/// environment are ignored, because this crate does not read the environment.
pub(crate) fn client(
    user_agent: &str,
    https_only: bool,
    resolver: Option<Arc<dyn Resolve>>,
) -> Result<reqwest::Client, SalesforceError> {
    let builder = reqwest::Client::builder();
    let builder = match resolver {
        Some(resolver) => builder.dns_resolver(resolver),
        None => builder,
    };
    builder
        .user_agent(user_agent)
        .https_only(https_only)
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .no_proxy()
        .build()
        .map_err(|error| SalesforceError::InvalidArgument {
            operation: "client setup",
            problem: error_chain(&error),
        })
}

/// What a call sends.
pub(crate) enum Body {
    Json(Value),
    /// UTF-8 text, sent byte for byte.
    Csv(Bytes),
}

/// A call of the data API, before the session is known.
pub(crate) struct ApiRequest {
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    /// Absolute path on the instance.
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Body>,
    pub(crate) replay: Replay,
    pub(crate) body_bytes_max: usize,
}

impl ApiRequest {
    pub(crate) fn get(operation: &'static str, path: String) -> Self {
        Self {
            operation,
            method: Method::GET,
            path,
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            replay: Replay::Always,
            body_bytes_max: JSON_BYTES_MAX,
        }
    }

    /// A request that creates something.
    pub(crate) fn post(operation: &'static str, path: String, body: Value) -> Self {
        Self::writing(operation, Method::POST, path, Body::Json(body))
    }

    /// A request that changes something.
    pub(crate) fn patch(operation: &'static str, path: String, body: Value) -> Self {
        Self::writing(operation, Method::PATCH, path, Body::Json(body))
    }

    /// A request that uploads CSV.
    pub(crate) fn put_csv(operation: &'static str, path: String, body: Bytes) -> Self {
        Self::writing(operation, Method::PUT, path, Body::Csv(body))
    }

    fn writing(operation: &'static str, method: Method, path: String, body: Body) -> Self {
        Self {
            method,
            body: Some(body),
            replay: Replay::IfNotStarted,
            ..Self::get(operation, path)
        }
    }
}

/// A successful answer.
pub(crate) struct Incoming {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Any answer.
pub(crate) struct Exchange {
    pub(crate) status: StatusCode,
    pub(crate) incoming: Incoming,
}

/// Sends one request and reads the whole answer, whatever its status.
pub(crate) async fn exchange(
    operation: &'static str,
    request: RequestBuilder,
    timeout: Duration,
    body_bytes_max: usize,
) -> Result<Exchange, SalesforceError> {
    let failed = |error: reqwest::Error| transport_error(operation, &error, timeout);
    let response = request.timeout(timeout).send().await.map_err(failed)?;
    let status = response.status();
    if status.is_redirection() {
        return Err(SalesforceError::Protocol {
            operation,
            expected: "an answer",
            found: format!("a redirect (HTTP {})", status.as_u16()),
        });
    }
    let headers = response.headers().clone();
    let body = if status.is_success() {
        let body = read(response, body_bytes_max).await.map_err(failed)?;
        body.ok_or_else(|| SalesforceError::Protocol {
            operation,
            expected: "a body within the size limit",
            found: format!("more than {body_bytes_max} bytes"),
        })?
    } else {
        // An unreadable error body must not hide the status.
        read_some(response, ERROR_BYTES_MAX).await
    };
    Ok(Exchange { status, incoming: Incoming { headers, body } })
}

/// The body, or `None` when it is longer than `bytes_max`.
async fn read(mut response: Response, bytes_max: usize) -> Result<Option<Bytes>, reqwest::Error> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len().saturating_add(chunk.len()) > bytes_max {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body.freeze()))
}

/// As much of the body as arrives, up to about `bytes_max`.
async fn read_some(mut response: Response, bytes_max: usize) -> Bytes {
    let mut body = BytesMut::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() >= bytes_max {
            break;
        }
    }
    body.freeze()
}

fn transport_error(
    operation: &'static str,
    error: &reqwest::Error,
    timeout: Duration,
) -> SalesforceError {
    if error.is_timeout() && !error.is_connect() {
        return SalesforceError::Timeout { operation, after: timeout };
    }
    let sent = !error.is_connect() && !error.is_builder();
    SalesforceError::Network { operation, detail: error_chain(error), sent }
}

/// The causes of an error without its outermost text, which contains the URL and with it the query.
fn error_chain(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    if causes.is_empty() { "request failed".to_owned() } else { causes.join(": ") }
}

impl Incoming {
    /// Parses a JSON body. The error tells where parsing stopped, never what stood there.
    pub(crate) fn json<Parsed: DeserializeOwned>(
        &self,
        operation: &'static str,
        expected: &'static str,
    ) -> Result<Parsed, SalesforceError> {
        serde_json::from_slice(&self.body).map_err(|error| SalesforceError::Protocol {
            operation,
            expected,
            found: format!(
                "{} of {} bytes that does not fit at line {} column {}",
                self.content_type(),
                self.body.len(),
                error.line(),
                error.column()
            ),
        })
    }

    /// The media type, or a stand-in for errors.
    pub(crate) fn content_type(&self) -> &str {
        self.header(CONTENT_TYPE.as_str()).unwrap_or("a body without content type")
    }

    /// A header that is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// What stands in an answer in place of a secret that it repeats.
const REDACTED: &str = "[redacted]";

/// An answer that is no success, for messages: without the secrets that were sent with the question, should it repeat them. What is
/// not UTF-8 has no message anyway.
pub(crate) fn without(body: &Bytes, secrets: &[&str]) -> Bytes {
    let Ok(text) = std::str::from_utf8(body) else { return Bytes::new() };
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, REDACTED);
        let json = Value::from(*secret).to_string();
        // Without its quotes; the secret may have some of its own at its ends.
        let inner = json.get(1..json.len().saturating_sub(1)).unwrap_or_default();
        text = text.replace(inner, REDACTED);
        let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        text = text.replace(&form, REDACTED);
    }
    text.into()
}

/// The `Authorization` header, marked so that HTTP logging never prints it.
pub(crate) fn bearer(token: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}
