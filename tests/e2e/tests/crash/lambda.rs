//! Lambda for one process: the Runtime API on loopback, and the process of a real bootstrap with its way to AWS through a
//! [`Gate`].
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::collections::VecDeque;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use rustix::process::Pid;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use crate::effect::Effect;
use crate::gate::{Gate, Kill, Upstream};

/// No delivery of a test takes longer, even on a machine that compiles at the same time.
const LIMIT: Duration = Duration::from_mins(2);

/// Events for one process.
#[derive(Debug)]
pub(crate) struct Delivery<'a> {
    /// The bootstrap.
    pub(crate) program: &'a Path,
    /// Its environment, without what Lambda adds.
    pub(crate) environment: Vec<(String, String)>,
    /// Where its requests go.
    pub(crate) upstream: Upstream,
    /// Invocations, one after the other.
    pub(crate) events: Vec<Value>,
    /// The time limit of an invocation.
    pub(crate) time: Duration,
    /// When the process is killed.
    pub(crate) kill: Option<Kill>,
}

/// What became of a delivery.
#[derive(Debug)]
pub(crate) struct Delivered {
    /// The answers; fewer than events if the process was killed.
    pub(crate) answers: Vec<Answer>,
    /// Whether it was killed.
    pub(crate) killed: bool,
    /// The side effects that have reached the emulator.
    pub(crate) effects: Vec<Effect>,
}

/// The answer to an invocation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// The function's result.
    Success(Value),
    /// The function's error.
    Failure(Value),
}

/// What the Runtime API and the gate know.
struct Site {
    gate: Gate,
    events: Mutex<VecDeque<Value>>,
    time: Duration,
    answers: mpsc::UnboundedSender<Answer>,
}

impl Delivery<'_> {
    /// Starts the process, hands it the events and ends it.
    pub(crate) async fn deliver(self) -> Result<Delivered> {
        let wanted = self.events.len();
        let (answers, mut answered) = mpsc::unbounded_channel();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?.to_string();
        let site = Arc::new(Site {
            gate: Gate::new(self.upstream, format!("http://{address}"), self.kill),
            events: Mutex::new(self.events.into()),
            time: self.time,
            answers,
        });
        let server = tokio::spawn({
            let router = router(Arc::clone(&site));
            async move { axum::serve(listener, router).await }
        });
        // Held until the process is known, so that the gate can kill it at its first request.
        let mut passed = site.gate.passed.lock().await;
        let mut process = start(self.program, self.environment, &address)?;
        let id = process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        passed.process = Some(id.context("a process without id")?);
        drop(passed);

        let mut delivered = Delivered { answers: Vec::new(), killed: false, effects: Vec::new() };
        let deadline = tokio::time::Instant::now() + LIMIT;
        while delivered.answers.len() < wanted && !delivered.killed {
            tokio::select! {
                Some(answer) = answered.recv() => delivered.answers.push(answer),
                status = process.wait() => {
                    let status = status?;
                    let killed = site.gate.passed.lock().await.killed;
                    ensure!(killed, "{} ended by itself: {status}", self.program.display());
                    ensure!(status.signal() == Some(9), "not killed: {status}");
                    delivered.killed = true;
                }
                () = tokio::time::sleep_until(deadline) => {
                    bail!("{} does not answer", self.program.display());
                }
            }
        }
        process.kill().await?;
        server.abort();
        delivered.effects.clone_from(&site.gate.passed.lock().await.effects);
        Ok(delivered)
    }
}

fn start(program: &Path, environment: Vec<(String, String)>, address: &str) -> Result<Child> {
    Command::new(program)
        .env_clear()
        .envs(environment)
        .envs([
            ("AWS_LAMBDA_RUNTIME_API", address),
            ("AWS_ENDPOINT_URL", &format!("http://{address}")),
            ("AWS_LAMBDA_FUNCTION_NAME", "crash-test"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{} cannot be started; hint: cargo build", program.display()))
}

fn router(site: Arc<Site>) -> Router {
    let base = "/2018-06-01/runtime/invocation";
    Router::new()
        .route(&format!("{base}/next"), get(next))
        .route(&format!("{base}/{{id}}/response"), post(response))
        .route(&format!("{base}/{{id}}/error"), post(error))
        .fallback(aws)
        .with_state(site)
}

async fn aws(State(site): State<Arc<Site>>, request: Request) -> Response {
    site.gate.pass(request).await
}

async fn next(State(site): State<Arc<Site>>) -> Response {
    let event = site.events.lock().unwrap().pop_front();
    let Some(event) = event else { return std::future::pending().await };
    let deadline = epoch_ms() + u64::try_from(site.time.as_millis()).unwrap();
    let headers = [
        ("lambda-runtime-aws-request-id", request_id()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:000000000000:function:crash-test".to_owned(),
        ),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, event.to_string()).into_response()
}

async fn response(State(site): State<Arc<Site>>, body: String) -> StatusCode {
    answer(&site, Answer::Success(serde_json::from_str(&body).unwrap()))
}

async fn error(State(site): State<Arc<Site>>, body: String) -> StatusCode {
    answer(&site, Answer::Failure(serde_json::from_str(&body).unwrap()))
}

fn answer(site: &Site, answer: Answer) -> StatusCode {
    // Nobody listens any more when the process was killed meanwhile.
    let _gone = site.answers.send(answer).is_err();
    StatusCode::ACCEPTED
}

/// Names an invocation, and thereby the owner of a lease: never the same twice.
fn request_id() -> String {
    format!("{:032x}", fastrand::u128(..))
}

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "Lambda's deadline is a time of the system's clock")]
pub(crate) fn epoch_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}
