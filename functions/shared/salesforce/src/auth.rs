//! Signing in, and keeping one session for all calls of a process.
//!
//! Salesforce tells no lifetime with a token, so none is computed: a session is used until Salesforce answers 401, and
//! is then replaced once, however many calls saw the 401 together. Sessions are never logged out or revoked, because
//! other processes of the same user may share them.

mod instance;
pub(crate) mod jwt;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;
use url::Url;

use crate::client::Clock;
use crate::credentials::{Credentials, Grant};
use crate::error::{SalesforceError, classify_token_reply};
use crate::http::{self, Incoming};

/// Operation name of a login in errors and logs.
pub(crate) const LOGIN: &str = "login";

const JWT_GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A token reply is a few hundred bytes.
const TOKEN_REPLY_BYTES_MAX: usize = 64 * 1024;

/// A signed-in session.
pub(crate) struct Session {
    /// `Bearer` header, marked sensitive.
    pub(crate) authorization: HeaderValue,
    /// Scheme, host and port of the org.
    pub(crate) instance_url: Url,
    /// Tells which org answers.
    pub(crate) organization_id: Option<String>,
    /// Tells sessions apart without comparing tokens.
    generation: u64,
}

#[derive(Deserialize)]
struct TokenReply {
    access_token: SecretString,
    instance_url: String,
    /// `https://login.salesforce.com/id/<organization id>/<user id>`
    id: Option<String>,
}

struct State {
    session: Option<Arc<Session>>,
    /// The last login's failure, for callers who waited for that login.
    failure: Option<SalesforceError>,
}

/// Owner of the session.
pub(crate) struct Authenticator {
    http: reqwest::Client,
    credentials: Credentials,
    clock: Clock,
    /// Held during a login: that is what makes logins single-flight.
    state: Mutex<State>,
    /// Finished logins, good or bad.
    logins: AtomicU64,
}

impl Authenticator {
    pub(crate) fn new(http: reqwest::Client, credentials: Credentials, clock: Clock) -> Self {
        let state = Mutex::new(State { session: None, failure: None });
        Self { http, credentials, clock, state, logins: AtomicU64::new(0) }
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The current session, after a login if there is none.
    pub(crate) async fn session(
        &self,
        timeout: Duration,
        deadline: Instant,
    ) -> Result<Arc<Session>, SalesforceError> {
        self.obtain(None, timeout, deadline).await
    }

    /// A session other than `refused`: that of another caller who was quicker, or a new one.
    pub(crate) async fn renew(
        &self,
        refused: &Session,
        timeout: Duration,
        deadline: Instant,
    ) -> Result<Arc<Session>, SalesforceError> {
        self.obtain(Some(refused.generation), timeout, deadline).await
    }

    async fn obtain(
        &self,
        refused: Option<u64>,
        timeout: Duration,
        deadline: Instant,
    ) -> Result<Arc<Session>, SalesforceError> {
        let logins_seen = self.logins.load(Ordering::SeqCst);
        let mut state = self.lock(timeout, deadline).await?;
        if let Some(session) = &state.session
            && Some(session.generation) != refused
        {
            return Ok(Arc::clone(session));
        }
        let waited_for_a_login = self.logins.load(Ordering::SeqCst) != logins_seen;
        if let Some(failure) = &state.failure
            && waited_for_a_login
        {
            return Err(failure.clone());
        }
        let outcome = self.log_in(timeout).await;
        let generation = self.logins.fetch_add(1, Ordering::SeqCst) + 1;
        match outcome {
            Ok(mut session) => {
                session.generation = generation;
                let session = Arc::new(session);
                *state = State { session: Some(Arc::clone(&session)), failure: None };
                Ok(session)
            }
            Err(error) => {
                *state = State { session: None, failure: Some(error.clone()) };
                Err(error)
            }
        }
    }

    async fn lock(
        &self,
        timeout: Duration,
        deadline: Instant,
    ) -> Result<MutexGuard<'_, State>, SalesforceError> {
        tokio::time::timeout_at(deadline, self.state.lock())
            .await
            .map_err(|_elapsed| SalesforceError::Timeout { operation: LOGIN, after: timeout })
    }

    async fn log_in(&self, timeout: Duration) -> Result<Session, SalesforceError> {
        let mut endpoint = self.credentials.login_url.clone();
        endpoint.set_path("/services/oauth2/token");
        // What an answer must not bring into a message.
        let sent: SecretString;
        let request = match &self.credentials.grant {
            Grant::Jwt { username, audience, key } => {
                let client_id = &self.credentials.client_id;
                let assertion = jwt::Assertion { client_id, username, audience };
                // A key that cannot sign was refused when the secret was read.
                let assertion = assertion.sign(key, (self.clock)()).map_err(|_key_error| {
                    SalesforceError::InvalidArgument {
                        operation: LOGIN,
                        problem: "private_key cannot sign the login assertion".to_owned(),
                    }
                })?;
                let form = [("grant_type", JWT_GRANT), ("assertion", assertion.as_str())];
                let request = self.http.post(endpoint).form(&form);
                sent = assertion.into();
                request
            }
            Grant::ClientCredentials { client_secret } => {
                sent = client_secret.clone();
                self.http.post(endpoint).form(&[
                    ("grant_type", "client_credentials"),
                    ("client_id", self.credentials.client_id.as_str()),
                    ("client_secret", client_secret.expose_secret()),
                ])
            }
        };
        let request = request.header("Accept", "application/json");
        let answer = http::exchange(LOGIN, request, timeout, TOKEN_REPLY_BYTES_MAX).await?;
        if !answer.status.is_success() {
            let Incoming { headers, body } = answer.incoming;
            let body = http::without(&body, &[sent.expose_secret()]);
            return Err(classify_token_reply(LOGIN, answer.status, &headers, &body));
        }
        let session = self.read_reply(&answer.incoming)?;
        tracing::info!(
            instance = session.instance_url.host_str(),
            organization_id = session.organization_id,
            "signed in to Salesforce"
        );
        Ok(session)
    }

    fn read_reply(&self, incoming: &Incoming) -> Result<Session, SalesforceError> {
        let unfit = |found: &str| SalesforceError::Protocol {
            operation: LOGIN,
            expected: "access_token and instance_url",
            found: found.to_owned(),
        };
        let reply: TokenReply = incoming.json(LOGIN, "access_token and instance_url")?;
        let authorization = http::bearer(reply.access_token.expose_secret())
            .filter(|_| !reply.access_token.expose_secret().is_empty())
            .ok_or_else(|| unfit("an access_token that is no header value"))?;
        let instance_url = Url::parse(&reply.instance_url)
            .ok()
            .filter(|url| instance::may_receive_the_token(&self.credentials.login_url, url))
            .ok_or_else(|| unfit("an instance_url that is not an https origin of Salesforce"))?;
        let organization_id = reply.id.as_deref().and_then(organization_of).map(str::to_owned);
        Ok(Session { authorization, instance_url, organization_id, generation: 0 })
    }
}

/// The org's id in an identity URL.
fn organization_of(identity_url: &str) -> Option<&str> {
    identity_url.rsplit('/').nth(1).filter(|id| id.starts_with("00D"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "https://login.salesforce.com/id/00D000000000062EAA/005000000000001AAA",
        Some("00D000000000062EAA")
    )]
    #[case("https://login.salesforce.com/id/005000000000001AAA", None)]
    #[case("nonsense", None)]
    fn the_org_is_read_from_the_identity_url(#[case] url: &str, #[case] expected: Option<&str>) {
        assert_eq!(organization_of(url), expected);
    }
}
