//! Whole commands against a stack that a mock server plays.

use serde_json::json;
use wiremock::MockServer;

use super::*;
use crate::connection::test_support::{answer, connection, document, sent};
use crate::failure::Verdict;

const START: &str = "AWSStepFunctions.StartExecution";
const DESCRIBE: &str = "AWSStepFunctions.DescribeExecution";

/// A stack whose executions end so.
async fn stack(described: Value) -> MockServer {
    let server = MockServer::start().await;
    let started = json!({"executionArn": "arn:x:y", "startDate": 1.0});
    answer(&server, START, 200, &started).await;
    let mut body = json!({"executionArn": "arn", "stateMachineArn": "arn", "startDate": 1.0});
    body.as_object_mut().unwrap().extend(described.as_object().unwrap().clone());
    answer(&server, DESCRIBE, 200, &body).await;
    server
}

fn compared(extra: u64) -> Value {
    let output = json!({
        "runId": "r", "purpose": "transfer", "dryRun": true, "clean": true, "complete": true,
        "level": "etag", "compared": 3, "verdicts": {"extra": extra}, "rounds": 1, "repairs": 0,
        "report": "s3://b/r",
    });
    json!({"status": "SUCCEEDED", "output": output.to_string()})
}

fn backup(detach: bool) -> Launch {
    Launch { kind: Kind::Backup, input: json!({"mode": "full"}), detach, json: true }
}

#[tokio::test]
async fn a_wrong_input_starts_nothing() {
    let server = stack(compared(0)).await;
    let failure = start(&connection(&server), Kind::Backup, &json!({"x": 1})).await.unwrap_err();
    assert_eq!(failure.kind, crate::failure::Kind::Usage);
    assert!(sent(&server, START).await.is_empty());
}

#[tokio::test]
async fn the_input_reaches_the_state_machine_of_its_kind() {
    let server = stack(compared(0)).await;
    let started = start(&connection(&server), Kind::Backup, &json!({"mode": "full"})).await;
    assert_eq!(started.unwrap().arn, "arn:x:y");
    let call = sent(&server, START).await.remove(0);
    assert_eq!(
        (&call["stateMachineArn"], &call["input"]),
        (&json!("arn:backup"), &json!("{\"mode\":\"full\"}"))
    );
    assert!(call["name"].as_str().unwrap().starts_with("backup-"));
}

#[tokio::test]
async fn detached_nothing_is_waited_for() {
    let server = stack(compared(0)).await;
    assert_eq!(launch(&connection(&server), &backup(true)).await, Ok(Verdict::Clean));
    assert!(sent(&server, DESCRIBE).await.is_empty());
}

#[tokio::test]
async fn what_a_failed_run_has_counted_is_told_beside_its_error() {
    let failed = json!({"status": "FAILED", "error": "SumsDoNotAddUp", "cause": "why; hint: how"});
    let server = stack(failed).await;
    document(&server, "/runs/backup-[0-9TZ-]+/summary.json", r#"{"clean": false}"#).await;
    let failure = launch(&connection(&server), &backup(false)).await.unwrap_err();
    assert!(failure.message.ends_with("has failed with SumsDoNotAddUp: why"), "{failure}");
    assert_eq!(failure.hint, "how");
}

#[tokio::test]
async fn before_anything_is_deleted_a_dry_run_tells_how_much() {
    let input = json!({"source": {"bucket": "theirs"}, "deleteExtra": true, "execute": true});
    let wanted = Launch { kind: Kind::Transfer, input, detach: false, json: true };
    let comparison = Comparison::new(wanted, true).unwrap();
    let server = stack(compared(3)).await;
    assert_eq!(run_comparison(&connection(&server), &comparison).await, Ok(Verdict::Clean));
    let inputs: Vec<Value> = sent(&server, START)
        .await
        .iter()
        .map(|call| serde_json::from_str(call["input"].as_str().unwrap()).unwrap())
        .collect();
    assert_eq!(inputs.len(), 2);
    assert_eq!((&inputs[0]["dryRun"], inputs[1].get("dryRun")), (&json!(true), None));
    assert_eq!(inputs[1]["deleteExtra"], true);
}

#[tokio::test]
async fn what_turns_up_after_a_dry_run_without_extras_is_not_deleted() {
    let input = json!({"source": {"bucket": "theirs"}, "deleteExtra": true, "execute": true});
    let wanted = Launch { kind: Kind::Transfer, input, detach: false, json: true };
    let comparison = Comparison::new(wanted, true).unwrap();
    let server = stack(compared(0)).await;
    assert_eq!(run_comparison(&connection(&server), &comparison).await, Ok(Verdict::Clean));
    let started = sent(&server, START).await;
    let input: Value = serde_json::from_str(started[1]["input"].as_str().unwrap()).unwrap();
    assert_eq!(input, json!({"source": {"bucket": "theirs"}}));
}
