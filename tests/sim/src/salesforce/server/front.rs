//! What happens to every call before and after its handler.

use std::collections::BTreeMap;
use std::io;

use axum::body::Body;
use axum::extract::{ConnectInfo, State as Shared};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{StreamExt, stream};

use super::super::call::{Call, Reply};
use super::super::connection::Cutter;
use super::super::endpoint::Endpoint;
use super::super::error::ApiError;
use super::super::faults::{CallFaultKind, Verdict};
use super::super::http::{VERSIONS, serve};
use super::super::org::Org;
use super::super::recording::RecordedCall;
use super::super::state::State;
use super::super::time;
use super::control::control;

/// Longest request address, in bytes; the service answers a longer one with 414.
const ADDRESS_BYTES_MAX: usize = 16_384;

/// What a server knows.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) org: Org,
    pub(super) instance_url: String,
}

/// Answers one request.
pub(super) async fn answer(
    Shared(site): Shared<Site>,
    ConnectInfo(cutter): ConnectInfo<Cutter>,
    parts: Parts,
    body: Bytes,
) -> Response {
    if parts.uri.to_string().len() > ADDRESS_BYTES_MAX {
        return StatusCode::URI_TOO_LONG.into_response();
    }
    let call = take_apart(&site, parts, body);
    let endpoint = Endpoint::of(&call.method, &call.path);
    // Handlers may work for a while on large jobs, so they must not run on an executor thread.
    let org = site.org.clone();
    let handled = tokio::task::spawn_blocking(move || {
        let mut state = org.lock();
        handle(&mut state, &call, endpoint)
    })
    .await;
    match handled {
        Ok(Outcome { response, damage: None | Some(Damage::Late { .. }) }) => response,
        Ok(Outcome { response, damage: Some(Damage::Cut) }) => {
            cutter.cut();
            response
        }
        Ok(Outcome { response, damage: Some(Damage::ResetMidBody) }) => half_of(response).await,
        Ok(Outcome { damage: Some(Damage::GatewayTimeout), .. }) => {
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a handler panicked");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn take_apart(site: &Site, parts: Parts, body: Bytes) -> Call {
    let query = parts.uri.query().unwrap_or_default();
    let query: BTreeMap<String, String> =
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    Call {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query,
        headers: parts.headers,
        body,
        instance_url: site.instance_url.clone(),
    }
}

/// How the connection is hurt while the answer is sent.
enum Damage {
    Cut,
    ResetMidBody,
    GatewayTimeout,
    Late { after_calls: u64 },
}

struct Outcome {
    response: Response,
    damage: Option<Damage>,
}

fn handle(state: &mut State, call: &Call, endpoint: Endpoint) -> Outcome {
    *state.counters.entry(endpoint).or_default() += 1;
    if let Some(recorded) = &mut state.recorded {
        recorded.push(RecordedCall { endpoint, path: call.path.clone(), body: call.body.clone() });
    }
    if endpoint == Endpoint::Control {
        let response = control(state, call).into_response();
        return Outcome { response, damage: None };
    }
    let verdict = state.faults.judge(endpoint);
    let (refusal, damage) = match verdict {
        Verdict::Serve => (None, None),
        Verdict::OutOfRequests => (Some(ApiError::request_limit()), None),
        Verdict::Hit(kind) => damage_of(kind),
    };
    let served = match (refusal, &damage, verdict) {
        (Some(refusal), _, _) => Err(refusal),
        (None, Some(_), Verdict::Hit(CallFaultKind::DroppedUnapplied)) => {
            Ok(Reply::empty(StatusCode::OK))
        }
        (None, Some(Damage::Late { .. }), _) => {
            admit(state, call, endpoint).map(|()| Reply::empty(StatusCode::GATEWAY_TIMEOUT))
        }
        _ => admit(state, call, endpoint).and_then(|()| serve(state, call)),
    };
    others_act(state, endpoint, &served);
    if endpoint.counts_as_request() {
        state.data_call_answered();
    }
    if let Some(Damage::Late { after_calls }) = damage {
        state.apply_later(call, after_calls);
    }
    let mut response = served.into_response();
    decorate(state, call, response.headers_mut());
    Outcome { response, damage }
}

fn damage_of(kind: CallFaultKind) -> (Option<ApiError>, Option<Damage>) {
    match kind {
        CallFaultKind::Unavailable => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            (Some(ApiError::new(status, "SERVER_UNAVAILABLE", "Server is busy")), None)
        }
        CallFaultKind::Unauthorized => (Some(ApiError::invalid_session()), None),
        CallFaultKind::ConcurrentLimit => {
            let message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded.";
            let status = StatusCode::FORBIDDEN;
            (Some(ApiError::new(status, "REQUEST_LIMIT_EXCEEDED", message)), None)
        }
        CallFaultKind::DroppedUnapplied | CallFaultKind::AppliedButDropped => {
            (None, Some(Damage::Cut))
        }
        CallFaultKind::ResetMidBody => (None, Some(Damage::ResetMidBody)),
        CallFaultKind::AppliedButGatewayTimeout => (None, Some(Damage::GatewayTimeout)),
        CallFaultKind::AppliedLate { after_calls } => (None, Some(Damage::Late { after_calls })),
    }
}

/// What other people do now that a call has been served.
fn others_act(state: &mut State, endpoint: Endpoint, served: &Result<Reply, ApiError>) {
    let mut due = state.faults.due_actions(endpoint);
    if endpoint.reads_rows()
        && state.store.faults.events.wait_for_reads()
        && let Ok(Reply { content, .. }) = served
    {
        due.extend(state.store.rows_were_read(&content.text()));
    }
    for action in due {
        state.store.apply_or_warn(&action);
    }
}

/// Checks version, session and allocation.
fn admit(state: &mut State, call: &Call, endpoint: Endpoint) -> Result<(), ApiError> {
    let has_version = call.path.starts_with("/services/data/") && endpoint != Endpoint::Versions;
    if has_version {
        check_version(call.version())?;
    }
    let needs_session = endpoint.counts_as_request()
        || matches!(endpoint, Endpoint::UserInfo | Endpoint::Identity)
        || has_version;
    if !needs_session {
        return Ok(());
    }
    let token = call
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("OAuth ")))
        .unwrap_or_default();
    if !endpoint.counts_as_request() {
        return if state.sessions.is_live(token) {
            Ok(())
        } else {
            Err(ApiError::invalid_session())
        };
    }
    let dies_after = state.faults.plan().token_dies_after_calls;
    if !state.sessions.use_token(token, dies_after) {
        return Err(ApiError::invalid_session());
    }
    if state.requests_left() == 0 {
        return Err(ApiError::request_limit());
    }
    state.requests_used += 1;
    Ok(())
}

fn check_version(version: &str) -> Result<(), ApiError> {
    let number = version.strip_suffix(".0").and_then(|text| text.parse::<u32>().ok());
    match number {
        Some(number) if VERSIONS.contains(&number) => Ok(()),
        Some(number) if number < *VERSIONS.start() => Err(ApiError::new(
            StatusCode::GONE,
            "UNSUPPORTED_API_VERSION",
            format!("The requested API version {version} is retired"),
        )),
        _ => Err(ApiError::not_found()),
    }
}

/// Headers of every answer. `Date` tells the logical time, which is the time that rows are stamped with.
fn decorate(state: &State, call: &Call, headers: &mut axum::http::HeaderMap) {
    if let Ok(date) = HeaderValue::from_str(&time::http(state.store.now())) {
        headers.insert(header::DATE, date);
    }
    if call.path.starts_with("/services/data") {
        let daily = state.config.daily_api_requests;
        let usage = format!("api-usage={}/{daily}", daily.saturating_sub(state.requests_left()));
        if let Ok(usage) = HeaderValue::from_str(&usage) {
            headers.insert("sforce-limit-info", usage);
        }
    }
}

/// The same answer, whose body ends with an error after its first half. The length is announced in full, so a
/// client can tell that it has been cut off.
async fn half_of(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.insert(header::CONTENT_LENGTH, bytes.len().into());
    // Compression would announce another length.
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("identity"));
    let half = bytes.slice(..bytes.len() / 2);
    let reset = io::Error::new(io::ErrorKind::ConnectionReset, "reset by the fault plan");
    let ending = async {
        // A pause lets the server send the head and the first half before it sees the error.
        tokio::task::yield_now().await;
        Err(reset)
    };
    let body = stream::iter([Ok(half)]).chain(stream::once(ending));
    Response::from_parts(parts, Body::from_stream(body))
}
