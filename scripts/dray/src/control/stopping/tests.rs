//! Stopping, against services that a mock server plays.

use serde_json::Value;
use wiremock::matchers::{body_partial_json, header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::connection::test_support::{answer, connection, sent};

const STOP: &str = "AWSStepFunctions.StopExecution";
const PUT: &str = "DynamoDB_20120810.PutItem";

fn run(id: &str, status: RunStatus) -> RunView {
    let started = crate::execution::Started { arn: format!("arn:{id}"), run_id: id.to_owned() };
    RunView { status, ..crate::watch::begun(crate::kind::Kind::Migrate, &started) }
}

async fn json_call(server: &MockServer, target: &str, part: Value, body: Value, times: u64) {
    Mock::given(method("POST"))
        .and(header("x-amz-target", target))
        .and(body_partial_json(part))
        .respond_with(
            ResponseTemplate::new(200).set_body_raw(body.to_string(), "application/x-amz-json-1.0"),
        )
        .up_to_n_times(times)
        .mount(server)
        .await;
}

/// A stack in which `m` goes on with a nested backup, until both are stopped.
async fn stack() -> MockServer {
    let server = MockServer::start().await;
    answer(&server, STOP, 200, &json!({"stopDate": 1.0})).await;
    let list = "AWSStepFunctions.ListExecutions";
    let backup = json!({"executions": [{
        "executionArn": "arn:nested", "stateMachineArn": "arn:backup", "name": "m-backup",
        "status": "RUNNING", "startDate": 1.0,
    }]});
    json_call(&server, list, json!({"stateMachineArn": "arn:backup"}), backup, 1).await;
    answer(&server, list, 200, &json!({"executions": []})).await;
    let ended = json!({
        "executionArn": "arn:m", "stateMachineArn": "arn", "status": "ABORTED", "startDate": 1.0,
        "input": "{}",
    });
    answer(&server, "AWSStepFunctions.DescribeExecution", 200, &ended).await;
    mount_run(&server).await;
    answer(&server, PUT, 200, &json!({})).await;
    server
}

/// The ledger holds `m` for running.
async fn mount_run(server: &MockServer) {
    let stored = json!({
        "runId": "m", "kind": "migrate", "executionArn": "arn:m", "state": "Running",
        "startedAt": "2026-01-01T00:00:00Z", "endedAt": null, "work": {"over": "comparison"},
        "recordsExpected": 0, "summary": null,
    });
    let item = json!({"Item": {"body": {"S": stored.to_string()}, "state": {"S": "Running"}}});
    let key = json!({"Key": {"run_id": {"S": "m"}}});
    json_call(server, "DynamoDB_20120810.GetItem", key, item, 9).await;
    answer(server, "DynamoDB_20120810.GetItem", 200, &json!({})).await;
}

#[tokio::test]
async fn a_run_is_stopped_with_its_steps_and_marked_as_failed() {
    let server = stack().await;
    assert_eq!(stop(&connection(&server), &run("m", RunStatus::Running)).await, Ok(()));
    let stopped: Vec<Value> =
        sent(&server, STOP).await.iter().map(|call| call["executionArn"].clone()).collect();
    assert_eq!(stopped, [json!("arn:m"), json!("arn:nested")]);
    let written = sent(&server, PUT).await;
    assert_eq!(written.len(), 1);
    assert_eq!(written[0]["Item"]["state"]["S"], "Failed");
    // What has ended meanwhile keeps its end.
    let condition = written[0]["ConditionExpression"].as_str().unwrap();
    assert!(condition.ends_with("#state = :running"), "{condition}");
    assert_eq!(written[0]["ExpressionAttributeValues"][":running"]["S"], "Running");
}

#[tokio::test]
async fn a_run_that_ends_by_itself_meanwhile_is_no_failure_of_the_stop() {
    let server = MockServer::start().await;
    let refused =
        json!({"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"});
    answer(&server, PUT, 400, &refused).await;
    mount_run(&server).await;
    assert_eq!(close(&connection(&server), "m", BTreeSet::from(["m".to_owned()])).await, Ok(()));
    assert_eq!(sent(&server, PUT).await.len(), 1);
}

#[test]
fn the_only_run_that_goes_on_is_meant() {
    let ended = || run("a", RunStatus::Succeeded);
    let step = RunView { parent_run: Some("b".to_owned()), ..run("b-backup", RunStatus::Running) };
    let found = only(vec![ended(), step, run("b", RunStatus::Paused)]).unwrap();
    assert_eq!(found.run_id, "b");
    let failure = only(vec![ended()]).unwrap_err();
    assert_eq!(failure.message, "nothing goes on");
    let several = only(vec![run("b", RunStatus::Running), run("c", RunStatus::Running)]);
    assert_eq!(several.unwrap_err().hint, "name the one to stop: b, c");
}

#[tokio::test]
async fn what_has_ended_or_is_a_step_is_not_stopped() {
    let server = MockServer::start().await;
    answer(&server, "DynamoDB_20120810.GetItem", 200, &json!({})).await;
    let connection = connection(&server);
    let ended = check(&connection, &run("a", RunStatus::Failed)).await.unwrap_err();
    assert!(ended.message.contains("has ended already"));
    let step = RunView { parent_run: Some("b".to_owned()), ..run("b-backup", RunStatus::Running) };
    assert_eq!(
        check(&connection, &step).await.unwrap_err().hint,
        "stop the whole run: dray stop b"
    );
    assert_eq!(check(&connection, &run("a", RunStatus::WaitingForApproval)).await, Ok(()));
}

#[tokio::test]
async fn a_stop_that_was_interrupted_is_finished_by_another_one() {
    let server = stack().await;
    let connection = connection(&server);
    for status in [RunStatus::Stopped, RunStatus::TimedOut, RunStatus::Failed] {
        assert_eq!(check(&connection, &run("m", status)).await, Ok(()));
    }
    assert!(check(&connection, &run("m", RunStatus::Succeeded)).await.is_err());
    let runs = [run("other", RunStatus::Failed), run("m", RunStatus::Stopped)];
    let found = left_open(&connection, &runs).await.unwrap();
    assert_eq!(found.map(|run| run.run_id).as_deref(), Some("m"));
    let busy = [run("b", RunStatus::Running), run("m", RunStatus::Stopped)];
    assert_eq!(left_open(&connection, &busy).await, Ok(None));
}

#[test]
fn the_question_names_run_kind_and_how_far_it_is() {
    let run = RunView { total: Some(5000), done: 1234, ..run("m", RunStatus::Running) };
    assert_eq!(
        question(&run, "switch"),
        "This stops the migrate m: 1,234 of 5,000 files done, in switch."
    );
}
