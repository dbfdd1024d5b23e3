//! The way of a function's requests to the emulator: one side effect at a time, and at the chosen one the function is
//! killed.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING,
};
use axum::http::{HeaderMap, HeaderName, StatusCode, request};
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

/// Where requests go.
#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    /// The emulator.
    pub(crate) aws: String,
    /// Salesforce, if it is reached through the gate: its writes are side effects, too.
    pub(crate) salesforce: Option<String>,
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
    upstream: Upstream,
    /// The gate's own address.
    own: String,
    client: reqwest::Client,
    kill: Option<Kill>,
    /// Held while a side effect is on its way, so that exactly the wanted number gets through.
    pub(crate) passed: Mutex<Passed>,
}

impl Gate {
    /// A gate at the address `own`.
    pub(crate) fn new(upstream: Upstream, own: String, kill: Option<Kill>) -> Self {
        Self {
            upstream,
            own,
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
        let effect = if self.salesforce_of(&parts).is_some() {
            Effect::of_salesforce(&parts.method, &parts.uri)
        } else {
            Effect::of(&parts.method, &parts.uri, &parts.headers)
        };
        let Some(effect) = effect else {
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

    /// The address of Salesforce, for a request that is meant for it. Nothing of AWS has such a path.
    fn salesforce_of(&self, parts: &request::Parts) -> Option<&str> {
        let address = self.upstream.salesforce.as_deref()?;
        let path = parts.uri.path();
        (path.starts_with("/services/") || path.starts_with("/id/")).then_some(address)
    }

    async fn forward(&self, parts: &request::Parts, body: Bytes) -> Response {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let upstream = self.salesforce_of(parts).unwrap_or(&self.upstream.aws);
        let without: &[HeaderName] = match self.upstream.salesforce {
            // Answers are read here.
            Some(_) => &[HOST, CONTENT_LENGTH, EXPECT, ACCEPT_ENCODING],
            None => &[HOST, CONTENT_LENGTH, EXPECT],
        };
        let sent = self
            .client
            .request(parts.method.clone(), format!("{upstream}{path}"))
            .headers(end_to_end(&parts.headers, without))
            .body(body)
            .send()
            .await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => return (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        };
        let (status, headers) = (answer.status(), end_to_end(answer.headers(), &[]));
        match answer.bytes().await {
            Ok(bytes) => self.through_here(status, headers, bytes),
            Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
        }
    }
}

impl Gate {
    /// The answer, in which the gate stands for Salesforce: in the secret, and in what a sign-in tells.
    fn through_here(&self, status: StatusCode, mut headers: HeaderMap, bytes: Bytes) -> Response {
        let text = self.upstream.salesforce.as_deref().zip(str::from_utf8(&bytes).ok());
        match text.filter(|(address, text)| text.contains(address)) {
            Some((address, text)) => {
                headers.remove(CONTENT_LENGTH);
                // The emulator's checksum is that of the text before.
                headers.remove("x-amz-crc32");
                (status, headers, Body::from(text.replace(address, &self.own))).into_response()
            }
            None => (status, headers, Body::from(bytes)).into_response(),
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

fn end_to_end(headers: &HeaderMap, without: &[HeaderName]) -> HeaderMap {
    let mut kept = headers.clone();
    for name in [CONNECTION, TRANSFER_ENCODING].iter().chain(without) {
        kept.remove(name);
    }
    kept
}
