//! The client: options, and the path every call takes (session, one attempt, at most one renewal, retries, usage).

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::dns::Resolve;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::auth::{Authenticator, LOGIN, Session};
use crate::credentials::{Credentials, is_loopback};
use crate::error::{SalesforceError, classify};
use crate::http::{self, ApiRequest, Body, Incoming};
use crate::limits::{ApiUsage, LIMIT_INFO_HEADER};
use crate::meter;
use crate::retry::{self, Replay, RetryPolicy};

/// Where the time of a login assertion comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Settings of a [`Client`].
#[derive(Clone)]
pub struct ClientOptions {
    /// `User-Agent`, visible in the org's event logs.
    pub(crate) user_agent: String,
    /// Bound of one attempt, body included. A page of bulk results or a large describe takes up to a minute.
    pub(crate) request_timeout: Duration,
    /// Bounds of repetition.
    pub(crate) retry: RetryPolicy,
    /// Fixes the random waits between attempts, for tests.
    pub(crate) jitter_seed: Option<u64>,
    /// Time for `iat` and `exp` of the login assertion.
    pub(crate) clock: Clock,
    /// Resolves names in place of the operating system.
    pub(crate) resolver: Option<Arc<dyn Resolve>>,
}

impl ClientOptions {
    /// Options with a request timeout of one minute, and at most 5 attempts within 90 s for each call.
    pub fn new(user_agent: impl Into<String>, clock: Clock) -> Self {
        Self {
            user_agent: user_agent.into(),
            request_timeout: Duration::from_mins(1),
            retry: RetryPolicy::default(),
            jitter_seed: None,
            clock,
            resolver: None,
        }
    }

    /// Connects only to the addresses that this resolver returns for a name.
    #[must_use]
    pub fn resolved_by(self, resolver: Arc<dyn Resolve>) -> Self {
        Self { resolver: Some(resolver), ..self }
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ClientOptions")
            .field("user_agent", &self.user_agent)
            .field("request_timeout", &self.request_timeout)
            .field("retry", &self.retry)
            .field("jitter_seed", &self.jitter_seed)
            .finish_non_exhaustive()
    }
}

/// What a login settles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionInfo {
    /// API version of all calls.
    pub api_version: String,
    /// The org's id, as the answer to the login tells it (18 characters); `None` if it does not.
    pub organization_id: Option<String>,
}

/// A Salesforce org, seen by one user. Calls may run concurrently; they share one session.
pub struct Client {
    http: reqwest::Client,
    auth: Authenticator,
    options: ClientOptions,
    random: Mutex<fastrand::Rng>,
    usage: Mutex<Option<ApiUsage>>,
    calls: AtomicU64,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("credentials", self.auth.credentials())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct VersionEntry {
    version: String,
}

impl Client {
    /// Makes a client. Nothing is sent until the first call.
    pub fn new(credentials: Credentials, options: ClientOptions) -> Result<Self, SalesforceError> {
        let https_only = !is_loopback(&credentials.login_url);
        let http = http::client(&options.user_agent, https_only, options.resolver.clone())?;
        let auth = Authenticator::new(http.clone(), credentials, Arc::clone(&options.clock));
        let random = options.jitter_seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        let (random, usage) = (Mutex::new(random), Mutex::new(None));
        Ok(Self { http, auth, options, random, usage, calls: AtomicU64::new(0) })
    }

    /// Signs in, unless a session exists. Every other call does this by itself.
    pub async fn login(&self) -> Result<SessionInfo, SalesforceError> {
        let session = self
            .with_retries(Replay::Always, |deadline| async move {
                self.auth.session(self.time_left(LOGIN, deadline)?, deadline).await
            })
            .await?;
        Ok(SessionInfo {
            api_version: self.auth.credentials().api_version().to_owned(),
            organization_id: session.organization_id.clone(),
        })
    }

    /// API versions the org serves, oldest first, for example `66.0`.
    pub async fn versions(&self) -> Result<Vec<String>, SalesforceError> {
        let request = ApiRequest::get("list API versions", "/services/data".to_owned());
        let entries: Vec<VersionEntry> = self.json(request, "a list of API versions").await?;
        Ok(entries.into_iter().map(|entry| entry.version).collect())
    }

    /// API calls used and allowed in 24 hours, as of the last answer that told.
    pub fn usage(&self) -> Option<ApiUsage> {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests to the data API that this client has sent, each attempt counted. The org counts those that reached it.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Path of a resource of the pinned API version.
    pub(crate) fn data_path(&self, resource: &str) -> String {
        format!("/services/data/v{}/{resource}", self.auth.credentials().api_version())
    }

    /// Sends a request and parses the JSON answer.
    pub(crate) async fn json<Parsed: DeserializeOwned>(
        &self,
        request: ApiRequest,
        expected: &'static str,
    ) -> Result<Parsed, SalesforceError> {
        let operation = request.operation;
        self.send(request).await?.json(operation, expected)
    }

    /// Sends a request until it succeeds or may not be repeated any more.
    pub(crate) async fn send(&self, request: ApiRequest) -> Result<Incoming, SalesforceError> {
        let request = &request;
        self.with_retries(request.replay, |deadline| self.with_session(request, deadline)).await
    }

    async fn with_retries<Value, Attempt, Running>(
        &self,
        replay: Replay,
        attempt: Attempt,
    ) -> Result<Value, SalesforceError>
    where
        Attempt: FnMut(Instant) -> Running,
        Running: Future<Output = Result<Value, SalesforceError>>,
    {
        let random = self.random.lock().unwrap_or_else(PoisonError::into_inner).fork();
        retry::run(self.options.retry, random, replay, attempt).await
    }

    /// One attempt, plus a second one with a new session if the first finds the session expired.
    async fn with_session(
        &self,
        request: &ApiRequest,
        deadline: Instant,
    ) -> Result<Incoming, SalesforceError> {
        let timeout = self.time_left(request.operation, deadline)?;
        let session = self.auth.session(timeout, deadline).await?;
        match self.attempt(request, &session, deadline).await {
            Err(SalesforceError::SessionExpired(_)) => {
                let timeout = self.time_left(request.operation, deadline)?;
                let session = self.auth.renew(&session, timeout, deadline).await?;
                self.attempt(request, &session, deadline).await
            }
            outcome => outcome,
        }
    }

    async fn attempt(
        &self,
        request: &ApiRequest,
        session: &Session,
        deadline: Instant,
    ) -> Result<Incoming, SalesforceError> {
        let timeout = self.time_left(request.operation, deadline)?;
        let mut url = session.instance_url.clone();
        url.set_path(&request.path);
        let mut outgoing = self
            .http
            .request(request.method.clone(), url)
            .query(&request.query)
            .header(AUTHORIZATION, session.authorization.clone());
        for (name, value) in &request.headers {
            outgoing = outgoing.header(*name, value);
        }
        outgoing = match &request.body {
            None => outgoing,
            Some(Body::Json(body)) => outgoing.json(body),
            Some(Body::Csv(body)) => {
                outgoing.header(CONTENT_TYPE, "text/csv; charset=UTF-8").body(body.clone())
            }
        };
        self.calls.fetch_add(1, Ordering::Relaxed);
        meter::called();
        let answer =
            http::exchange(request.operation, outgoing, timeout, request.body_bytes_max).await?;
        self.note_usage(&answer.incoming);
        tracing::debug!(
            operation = request.operation,
            status = answer.status.as_u16(),
            body_bytes = answer.incoming.body.len(),
            "Salesforce answered"
        );
        if answer.status.is_success() {
            return Ok(answer.incoming);
        }
        let Incoming { headers, body } = &answer.incoming;
        let token = session.authorization.to_str().unwrap_or_default();
        let token = token.strip_prefix("Bearer ").unwrap_or(token);
        let body = http::without(body, &[token]);
        let error = classify(request.operation, answer.status, headers, &body);
        meter::failed(&error);
        Err(error)
    }

    /// Timeout of the next attempt: never beyond the deadline of the whole call.
    fn time_left(
        &self,
        operation: &'static str,
        deadline: Instant,
    ) -> Result<Duration, SalesforceError> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(SalesforceError::Timeout {
                operation,
                after: self.options.retry.elapsed_max,
            });
        }
        Ok(left.min(self.options.request_timeout))
    }

    fn note_usage(&self, incoming: &Incoming) {
        if let Some(usage) = incoming.header(LIMIT_INFO_HEADER).and_then(ApiUsage::parse) {
            meter::told(usage);
            *self.usage.lock().unwrap_or_else(PoisonError::into_inner) = Some(usage);
        }
    }
}
