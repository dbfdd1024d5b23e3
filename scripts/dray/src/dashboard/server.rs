//! The HTTP server of the page.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::guard::{Guard, Refusal, protect};
use super::hub::{Hub, Part};
use super::poller::{Pace, Poller};
use super::scan::Scan;
use super::source::Source;
use super::{actions, pages};
use crate::failure::{Failure, Kind};

/// The input of an execution is limited to 256 KiB
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>); a kind and a word come with it.
const BODY_BYTES_MAX: usize = 260 * 1024;
/// A page that hears nothing for three of these takes the connection for lost.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// What all requests share.
#[derive(Debug, Clone)]
pub(super) struct Server {
    guard: Arc<Guard>,
    source: Arc<dyn Source>,
    hub: Arc<Hub>,
    wake: Arc<Notify>,
    scan: Arc<Scan>,
    begun: Instant,
    pace: Pace,
}

impl Server {
    /// Serves this source.
    pub(super) fn new(guard: Guard, source: Arc<dyn Source>, pace: Pace) -> Self {
        Self {
            guard: Arc::new(guard),
            source,
            hub: Arc::new(Hub::new()),
            wake: Arc::new(Notify::new()),
            scan: Arc::new(Scan::default()),
            begun: Instant::now(),
            pace,
        }
    }

    /// Answers until it is dropped.
    pub(super) async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        let poller = Poller::new(
            Arc::clone(&self.source),
            Arc::clone(&self.hub),
            Arc::clone(&self.wake),
            self.begun,
            self.pace,
        );
        let serve = axum::serve(listener, self.router()).into_future();
        tokio::select! {
            served = serve => served,
            () = poller.run() => Ok(()),
        }
    }

    fn router(self) -> Router {
        let guarded = middleware::from_fn_with_state(self.clone(), guarded);
        Router::new()
            .route("/", get(index))
            .route("/page/{name}", get(file))
            .route("/events", get(events))
            .route("/api/overview", get(overview))
            .route("/api/attention", get(attention))
            .route("/api/runs", get(runs))
            .route("/api/schedule", get(schedule).post(act_schedule))
            .route("/api/accounts", get(accounts).post(count_accounts))
            .route("/api/{action}", post(act))
            .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
            .layer(guarded)
            .with_state(self)
    }
}

/// Refuses whom the guard does not know, and protects every answer.
async fn guarded(State(server): State<Server>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let mut response = match server.guard.check(&parts) {
        Err(refusal) => refused(refusal),
        Ok(cookie) => {
            let mut response = next.run(Request::from_parts(parts, body)).await;
            if let Some(cookie) = cookie {
                response.headers_mut().insert(SET_COOKIE, cookie);
            }
            response
        }
    };
    protect(response.headers_mut());
    response
}

fn refused(refusal: Refusal) -> Response {
    let (message, hint) = refusal.words();
    (refusal.status(), format!("error: {message}\nhint: {hint}\n")).into_response()
}

async fn index() -> Response {
    shown(pages::INDEX)
}

async fn file(Path(name): Path<String>) -> Response {
    pages::find(&name).map_or_else(|| StatusCode::NOT_FOUND.into_response(), shown)
}

fn shown(file: pages::File) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(file.content_type))], file.text).into_response()
}

async fn events(State(server): State<Server>) -> Response {
    let events = server.hub.events();
    server.wake.notify_one();
    let heartbeat =
        KeepAlive::new().interval(HEARTBEAT).event(Event::default().event("heartbeat").data("{}"));
    Sse::new(events).keep_alive(heartbeat).into_response()
}

async fn overview(State(server): State<Server>) -> Response {
    told(server.source.overview().await)
}

async fn attention(State(server): State<Server>) -> Response {
    told(server.source.attention().await)
}

async fn runs(State(server): State<Server>) -> Response {
    told(server.source.runs().await)
}

async fn schedule(State(server): State<Server>) -> Response {
    told(server.source.schedule().await)
}

/// What was counted last; nothing is counted for this.
async fn accounts(State(server): State<Server>) -> Response {
    Json(server.hub.last(Part::Accounts).unwrap_or_else(|| json!({"state": "unknown"})))
        .into_response()
}

async fn count_accounts(State(server): State<Server>) -> Response {
    server.scan.begin(Arc::clone(&server.source), Arc::clone(&server.hub), server.begun);
    (StatusCode::ACCEPTED, Json(json!({}))).into_response()
}

async fn act_schedule(state: State<Server>, body: Bytes) -> Response {
    act(state, Path("schedule".to_owned()), body).await
}

async fn act(State(server): State<Server>, Path(name): Path<String>, body: Bytes) -> Response {
    let action = match actions::parse(&name, &body) {
        None => return StatusCode::NOT_FOUND.into_response(),
        Some(Err(failure)) => return told::<()>(Err(failure)),
        Some(Ok(action)) => action,
    };
    let answer = server.source.act(&action).await;
    server.wake.notify_one();
    told(answer)
}

fn told<T: Serialize>(answer: Result<T, Failure>) -> Response {
    let failure = match answer {
        Ok(state) => return Json(state).into_response(),
        Err(failure) => failure,
    };
    let status = match failure.kind {
        Kind::Usage => StatusCode::BAD_REQUEST,
        Kind::Failed | Kind::ReaderGone => StatusCode::CONFLICT,
        Kind::Unreachable => StatusCode::BAD_GATEWAY,
    };
    (status, Json(json!({"message": failure.message, "hint": failure.hint}))).into_response()
}
