//! A client with a fixed clock and short waits, against a mock server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::retry::RetryPolicy;
use crate::{Client, ClientOptions, Credentials};

pub(super) const NOW: &str = "2026-11-21T05:22:59Z";
pub(super) const TOKEN_PATH: &str = "/services/oauth2/token";
pub(super) const LIMITS_PATH: &str = "/services/data/v66.0/limits";
pub(super) const QUERY_PATH: &str = "/services/data/v66.0/query";

pub(super) fn options() -> ClientOptions {
    let now: Timestamp = NOW.parse().unwrap();
    ClientOptions {
        request_timeout: Duration::from_secs(10),
        retry: RetryPolicy {
            attempts_max: 4,
            elapsed_max: Duration::from_secs(20),
            delay_first: Duration::from_millis(1),
            delay_max: Duration::from_millis(2),
        },
        jitter_seed: Some(1),
        ..ClientOptions::new("drayage-test/1.0", Arc::new(move || now))
    }
}

pub(super) fn secret(server: &MockServer) -> Value {
    json!({
        "auth": "client_credentials",
        "login_url": server.uri(),
        "client_id": "consumer-key",
        "client_secret": "consumer-secret",
    })
}

pub(super) fn client(server: &MockServer) -> Client {
    let credentials = Credentials::from_secret_json(&secret(server).to_string()).unwrap();
    Client::new(credentials, options()).unwrap()
}

/// Gives the tokens `00Dx!token1`, `00Dx!token2`, ...
pub(super) struct Tokens {
    issued: AtomicUsize,
    instance_url: String,
}

impl Respond for Tokens {
    fn respond(&self, _request: &Request) -> ResponseTemplate {
        let number = self.issued.fetch_add(1, Ordering::SeqCst) + 1;
        ResponseTemplate::new(200).set_body_json(json!({
            "access_token": format!("00Dx!token{number}"),
            "instance_url": self.instance_url,
            "id": "https://login.salesforce.com/id/00D000000000062EAA/005000000000001AAA",
            "token_type": "Bearer",
        }))
    }
}

pub(super) async fn server_with_login() -> MockServer {
    let server = MockServer::start().await;
    let tokens = Tokens { issued: AtomicUsize::new(0), instance_url: server.uri() };
    Mock::given(method("POST")).and(path(TOKEN_PATH)).respond_with(tokens).mount(&server).await;
    server
}

pub(super) async fn requests_to(server: &MockServer, wanted: &str) -> Vec<Request> {
    let mut requests = server.received_requests().await.unwrap();
    requests.retain(|request| request.url.path() == wanted);
    requests
}

pub(super) fn error_body(code: &str, message: &str) -> Value {
    json!([{"errorCode": code, "message": message}])
}

pub(super) fn expired() -> ResponseTemplate {
    ResponseTemplate::new(401)
        .set_body_json(error_body("INVALID_SESSION_ID", "Session expired or invalid"))
}
