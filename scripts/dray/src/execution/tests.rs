//! Waiting for an execution that a mock server plays.

use wiremock::matchers::{header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::connection::test_support::{answer, connection, sent};
use crate::kind::Kind;

const DESCRIBE: &str = "AWSStepFunctions.DescribeExecution";

fn started() -> Started {
    Started { arn: "arn".to_owned(), run_id: "r".to_owned() }
}

fn described(status: &str) -> Value {
    json!({
        "executionArn": "arn", "stateMachineArn": "arn", "status": status, "startDate": 1.0,
        "output": "{\"a\":1}",
    })
}

fn quick(give_up_after: Duration) -> Patience {
    Patience::new(Duration::from_millis(1), Duration::from_millis(5), give_up_after)
}

/// The first answers of the server: this status, so many times.
async fn at_first(server: &MockServer, status: u16, body: &Value, times: u64) {
    let body = body.to_string();
    Mock::given(method("POST"))
        .and(header("x-amz-target", DESCRIBE))
        .respond_with(
            ResponseTemplate::new(status).set_body_raw(body, "application/x-amz-json-1.0"),
        )
        .up_to_n_times(times)
        .mount(server)
        .await;
}

#[tokio::test]
async fn a_lost_connection_is_waited_for() {
    let server = MockServer::start().await;
    at_first(&server, 503, &json!({"__type": "ServiceUnavailable"}), 3).await;
    answer(&server, DESCRIBE, 200, &described("SUCCEEDED")).await;
    let patience = quick(Duration::from_mins(1));
    let watch = Watch::of(Kind::Backup);
    let ended = follow_with(&connection(&server), &started(), watch, patience).await;
    assert_eq!(ended, Ok(Ended::Succeeded(json!({"a": 1}))));
    assert_eq!(sent(&server, DESCRIBE).await.len(), 4);
}

#[tokio::test]
async fn a_connection_that_stays_lost_is_an_error() {
    let server = MockServer::start().await;
    answer(&server, DESCRIBE, 503, &json!({"__type": "ServiceUnavailable"})).await;
    let patience = quick(Duration::from_millis(20));
    let watch = Watch::of(Kind::Backup);
    let ended = follow_with(&connection(&server), &started(), watch, patience).await;
    assert_eq!(ended.unwrap_err().kind, crate::failure::Kind::Unreachable);
}

#[tokio::test]
async fn numbers_that_cannot_be_read_do_not_end_the_watching() {
    let server = MockServer::start().await;
    at_first(&server, 200, &described("RUNNING"), 1).await;
    answer(&server, DESCRIBE, 200, &described("SUCCEEDED")).await;
    let watch = Watch::of(Kind::Backup);
    let ended = follow(&connection(&server), &started(), watch).await;
    assert_eq!(ended, Ok(Ended::Succeeded(json!({"a": 1}))));
}

#[tokio::test]
async fn an_execution_that_nobody_knows_is_told_as_such() {
    let server = MockServer::start().await;
    answer(&server, DESCRIBE, 400, &json!({"__type": "ExecutionDoesNotExist"})).await;
    let failure = follow(&connection(&server), &started(), Watch::of(Kind::Backup)).await;
    assert!(failure.unwrap_err().message.contains("does not know arn any more"));
}
