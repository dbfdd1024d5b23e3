//! A stack that a mock server plays.

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudformation::config::{Credentials, SharedCredentialsProvider};
use drayage_aws::clients::Clients;
use drayage_aws::executions::Executions;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::Storage;
use serde_json::Value;
use wiremock::matchers::{header, method, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::Connection;
use crate::stack::samples;

/// A configuration for this endpoint, without retries.
pub(crate) fn config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

/// A connection to what the server plays.
pub(crate) fn connection(server: &MockServer) -> Connection {
    let stack = samples::stack();
    let config = config(&server.uri());
    let clients = Clients::from_config(config.clone());
    Connection {
        executions: Executions::new(clients.step_functions()),
        ledger: Ledger::new(clients.dynamodb(), &stack.files_table, &stack.runs_table),
        storage: Storage::new(clients.s3()),
        clients,
        config,
        stack,
    }
}

/// The server answers this call of a JSON service so.
pub(crate) async fn answer(server: &MockServer, target: &str, status: u16, body: &Value) {
    Mock::given(method("POST"))
        .and(header("x-amz-target", target))
        .respond_with(
            ResponseTemplate::new(status)
                .set_body_raw(body.to_string(), "application/x-amz-json-1.0"),
        )
        .mount(server)
        .await;
}

/// The server has this object in the state bucket.
///
/// * `key`: a regular expression.
pub(crate) async fn document(server: &MockServer, key: &str, body: &str) {
    Mock::given(method("GET"))
        .and(path_regex(format!("^/drayage-state{key}$")))
        .respond_with(ResponseTemplate::new(200).set_body_string(body))
        .mount(server)
        .await;
}

/// What was sent with this call, in its order.
pub(crate) async fn sent(server: &MockServer, target: &str) -> Vec<Value> {
    let requests = server.received_requests().await.unwrap_or_default();
    let calls = requests.iter().filter(|request| {
        request.headers.get("x-amz-target").is_some_and(|header| header == target)
    });
    calls.filter_map(|call| call.body_json().ok()).collect()
}
