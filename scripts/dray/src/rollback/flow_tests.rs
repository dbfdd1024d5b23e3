//! The whole command against a stack that a mock server plays.

use drayage_domain::switch::plan::SwitchPlan;
use serde_json::{Value, json};
use wiremock::MockServer;

use super::*;
use crate::cli::tests::rollback_of;
use crate::connection::test_support::{answer, connection, document, sent};
use crate::plan::samples;

const START: &str = "AWSStepFunctions.StartExecution";
const DESCRIBE: &str = "AWSStepFunctions.DescribeExecution";

fn request(line: &[&str]) -> Request {
    let (common, arguments) = rollback_of(line).unwrap();
    arguments.check(&common).unwrap()
}

/// A stack whose dry runs end with `plan` and whose other runs end as `described`.
async fn stack(plan: &SwitchPlan, described: Value) -> MockServer {
    let server = MockServer::start().await;
    let started =
        json!({"executionArn": "arn:aws:states:x:1:execution:rollback:r", "startDate": 1.0});
    answer(&server, START, 200, &started).await;
    let mut body = json!({"executionArn": "arn", "stateMachineArn": "arn", "startDate": 1.0});
    body.as_object_mut().unwrap().extend(described.as_object().unwrap().clone());
    answer(&server, DESCRIBE, 200, &body).await;
    answer(&server, "DynamoDB_20120810.Query", 200, &json!({"Items": [], "Count": 0})).await;
    let key = "/runs/rollback-plan-[0-9TZ-]+/plan.json";
    document(&server, key, &serde_json::to_string(plan).unwrap()).await;
    let review = "record_id,outcome\r\na0B000000000001AAX,conflict\r\n";
    document(&server, "/runs/[^/]+/review.csv", review).await;
    server
}

fn succeeded() -> Value {
    let output = serde_json::to_string(&samples::summary()).unwrap();
    json!({"status": "SUCCEEDED", "output": output})
}

async fn inputs(server: &MockServer) -> Vec<Value> {
    let calls = sent(server, START).await;
    let parsed = calls.iter().map(|call| serde_json::from_str(call["input"].as_str().unwrap()));
    parsed.map(Result::unwrap).collect()
}

#[tokio::test]
async fn without_execute_only_a_plan_is_made() {
    let server = stack(&samples::plan(), succeeded()).await;
    let verdict = run(&connection(&server), &request(&["--from-ledger", "--run", "r"])).await;
    assert_eq!(verdict, Ok(Verdict::Clean));
    let expected = json!({"execute": false, "all": false, "run": "r", "mode": "auto"});
    assert_eq!(inputs(&server).await, [expected]);
    let server = stack(&samples::unready(), succeeded()).await;
    let verdict = run(&connection(&server), &request(&["--from-ledger", "--all"])).await;
    assert_eq!(verdict, Ok(Verdict::Left));
}

#[tokio::test]
async fn execution_is_bound_to_the_plan_that_was_shown() {
    let plan = samples::plan();
    let server = stack(&plan, succeeded()).await;
    let line =
        ["--from-ledger", "--all", "--execute", "--yes", "--plan-hash", &plan.hash, "--json"];
    // The sample has records for a person.
    assert_eq!(run(&connection(&server), &request(&line)).await, Ok(Verdict::Left));
    let inputs = inputs(&server).await;
    assert_eq!(inputs.len(), 2);
    assert_eq!(inputs[0]["execute"], false);
    assert_eq!((&inputs[1]["execute"], &inputs[1]["planHash"]), (&json!(true), &json!(plan.hash)));
    let machines = sent(&server, START).await;
    assert!(machines.iter().all(|call| call["stateMachineArn"] == "arn:rollback"));
}

#[tokio::test]
async fn another_plan_than_the_reviewed_one_is_not_carried_out() {
    let server = stack(&samples::plan(), succeeded()).await;
    let other = "0".repeat(64);
    let line = ["--from-ledger", "--all", "--execute", "--yes", "--plan-hash", &other];
    let failure = run(&connection(&server), &request(&line)).await.unwrap_err();
    assert!(failure.message.starts_with("the plan is not the one that was reviewed"), "{failure}");
    assert_eq!(inputs(&server).await.len(), 1);
}

#[tokio::test]
async fn a_plan_that_is_not_ready_or_empty_is_not_carried_out() {
    let line = ["--from-ledger", "--all", "--execute", "--yes"];
    let server = stack(&samples::unready(), succeeded()).await;
    assert!(run(&connection(&server), &request(&line)).await.is_err());
    assert_eq!(inputs(&server).await.len(), 1);
    let server = stack(&SwitchPlan { records: 0, ..samples::plan() }, succeeded()).await;
    assert_eq!(run(&connection(&server), &request(&line)).await, Ok(Verdict::Clean));
    assert_eq!(inputs(&server).await.len(), 1);
}

#[tokio::test]
async fn a_failed_execution_is_told_by_name() {
    let failed = json!({"status": "FAILED", "error": "RunLocked", "cause": "another run"});
    let server = stack(&samples::plan(), failed).await;
    let failure = run(&connection(&server), &request(&["--from-ledger", "--all"])).await;
    let failure = failure.unwrap_err();
    assert!(failure.message.ends_with("has failed with RunLocked: another run"), "{failure}");
    assert!(failure.hint.starts_with("Another run is under way"), "{failure}");
}

#[tokio::test]
async fn detached_nothing_is_waited_for() {
    let server = stack(&samples::plan(), succeeded()).await;
    let line = ["--from-ledger", "--all", "--detach"];
    assert_eq!(run(&connection(&server), &request(&line)).await, Ok(Verdict::Clean));
    assert!(sent(&server, DESCRIBE).await.is_empty());
}

#[tokio::test]
async fn a_file_that_is_not_in_the_state_bucket_starts_nothing() {
    let server = stack(&samples::plan(), succeeded()).await;
    let elsewhere = request(&["--from-file", "s3://elsewhere/runs/r/rollback.jsonl"]);
    let failure = run(&connection(&server), &elsewhere).await.unwrap_err();
    assert!(failure.message.contains("is not in the stack's state bucket"), "{failure}");
    let missing = request(&["--from-file", "s3://drayage-state/runs/r/rollback.jsonl"]);
    let failure = run(&connection(&server), &missing).await.unwrap_err();
    assert!(failure.message.starts_with("there is no s3://drayage-state/"), "{failure}");
    assert!(inputs(&server).await.is_empty());
}
