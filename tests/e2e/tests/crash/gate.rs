//! The way of a function's requests to the emulator: one side effect at a time, and at the chosen one the function is
//! killed.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, StatusCode, request};
use axum::response::{IntoResponse as _, Response};
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::Mutex;

use crate::effect::Effect;

/// On which side of the chosen side effect the function dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The emulator never sees the request.
    Before,
    /// The emulator has answered; the function never sees the answer.
    After,
}

/// When a function is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kill {
    /// At which side effect, counted from 1.
    pub(crate) at: usize,
    /// On which side of it.
    pub(crate) moment: Moment,
}

/// What happened at the gate.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    /// The side effects that the emulator has answered, in their order.
    pub(crate) effects: Vec<Effect>,
    /// Whether the function was killed here.
    pub(crate) killed: bool,
    /// The function's process, once it runs.
    pub(crate) process: Option<Pid>,
}

/// The gate of one process.
#[derive(Debug)]
pub(crate) struct Gate {
    upstream: String,
    client: reqwest::Client,
    kill: Option<Kill>,
    /// Held while a side effect is on its way, so that exactly the wanted number gets through.
    pub(crate) passed: Mutex<Passed>,
}

impl Gate {
    /// A gate to the emulator at `upstream`.
    pub(crate) fn new(upstream: &str, kill: Option<Kill>) -> Self {
        Self {
            upstream: upstream.to_owned(),
            // Loopback is never behind a proxy; and a redirect is the function's to follow.
            client: reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            kill,
            passed: Mutex::default(),
        }
    }

    /// Passes a request on, or kills the function.
    pub(crate) async fn pass(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        // A function that is killed in the middle of sending.
        let Ok(body) = to_bytes(body, usize::MAX).await else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        let Some(effect) = Effect::of(&parts.method, &parts.uri, &parts.headers) else {
            return self.forward(&parts, body).await;
        };
        let mut passed = self.passed.lock().await;
        if passed.killed {
            return never().await;
        }
        let turn = self.kill.filter(|kill| kill.at == passed.effects.len() + 1);
        if turn.is_some_and(|kill| kill.moment == Moment::Before) {
            kill(&mut passed);
            return never().await;
        }
        let answer = self.forward(&parts, body).await;
        passed.effects.push(Effect { refused: !answer.status().is_success(), ..effect });
        if turn.is_some() {
            kill(&mut passed);
            drop(passed);
            return never().await;
        }
        answer
    }

    async fn forward(&self, parts: &request::Parts, body: Bytes) -> Response {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let sent = self
            .client
            .request(parts.method.clone(), format!("{}{path}", self.upstream))
            .headers(end_to_end(&parts.headers, &[HOST, CONTENT_LENGTH, EXPECT]))
            .body(body)
            .send()
            .await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => return (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        };
        let (status, headers) = (answer.status(), end_to_end(answer.headers(), &[]));
        match answer.bytes().await {
            Ok(bytes) => (status, headers, Body::from(bytes)).into_response(),
            Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        }
    }
}

/// The process is gone when this returns: the kernel delivers `SIGKILL` before it schedules the process again.
fn kill(passed: &mut Passed) {
    kill_process(passed.process.unwrap(), Signal::KILL).unwrap();
    passed.killed = true;
}

/// The answer to a dead process.
async fn never() -> Response {
    std::future::pending().await
}

fn end_to_end(headers: &HeaderMap, without: &[axum::http::HeaderName]) -> HeaderMap {
    let mut kept = headers.clone();
    for name in [CONNECTION, TRANSFER_ENCODING].iter().chain(without) {
        kept.remove(name);
    }
    kept
}
