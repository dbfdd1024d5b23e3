//! Runs of a stack that a mock server plays.

use serde_json::json;
use wiremock::matchers::{body_string_contains, header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::connection::test_support::{answer, connection};
use crate::view::{RunStatus, find_run, runs};

fn execution(kind: Kind, name: &str, status: &str, started: f64) -> Value {
    json!({
        "executionArn": format!("arn:{}:{name}", kind.name()), "name": name, "status": status,
        "stateMachineArn": format!("arn:{}", kind.name()), "startDate": started,
        "input": if name == "uuid" { "{\"parentRun\": \"backup-1\"}" } else { "{}" },
    })
}

async fn when(server: &MockServer, target: &str, contains: String, body: Value) {
    Mock::given(method("POST"))
        .and(header("x-amz-target", target))
        .and(body_string_contains(contains))
        .respond_with(
            ResponseTemplate::new(200).set_body_raw(body.to_string(), "application/x-amz-json-1.0"),
        )
        .mount(server)
        .await;
}

fn record(run_id: &str, kind: &str, state: &str) -> Value {
    json!({
        "runId": run_id, "kind": kind, "executionArn": format!("arn:{kind}:{run_id}"),
        "startedAt": "2026-01-01T00:00:00Z", "endedAt": null, "state": state,
        "work": {"over": "comparison"}, "recordsExpected": 0, "summary": null,
    })
}

async fn server(executions: &[(Kind, Value)], records: &[Value]) -> MockServer {
    let server = MockServer::start().await;
    for kind in Kind::ALL {
        let of_kind = executions.iter().filter(|(of, _)| *of == kind).map(|(_, one)| one);
        let of_kind: Vec<&Value> = of_kind.collect();
        let machine = format!("\"arn:{}\"", kind.name());
        when(&server, "AWSStepFunctions.ListExecutions", machine, json!({"executions": of_kind}))
            .await;
    }
    for (_, execution) in executions {
        let arn = format!("{}", execution["executionArn"]);
        when(&server, "AWSStepFunctions.DescribeExecution", arn, execution.clone()).await;
    }
    let unknown = json!({"__type": "ExecutionDoesNotExist"});
    answer(&server, "AWSStepFunctions.DescribeExecution", 400, &unknown).await;
    for record in records {
        let item = json!({"body": {"S": record.to_string()}});
        let kind = format!("\":kind\":{{\"S\":{}}}", record["kind"]);
        when(&server, "DynamoDB_20120810.Query", kind, json!({"Items": [item]})).await;
        let run = format!("{{\"S\":{}}}", record["runId"]);
        let one = json!({"Item": item});
        Mock::given(method("POST"))
            .and(header("x-amz-target", "DynamoDB_20120810.GetItem"))
            .and(body_string_contains(run))
            .and(body_string_contains("{\"S\":\"RUN\"}"))
            .respond_with(
                ResponseTemplate::new(200)
                    .set_body_raw(one.to_string(), "application/x-amz-json-1.0"),
            )
            .mount(&server)
            .await;
    }
    answer(&server, "DynamoDB_20120810.Query", 200, &json!({"Items": []})).await;
    answer(&server, "DynamoDB_20120810.GetItem", 200, &json!({})).await;
    server
}

fn ids(runs: &Runs) -> Vec<(&str, &str, RunStatus)> {
    runs.runs.iter().map(|run| (run.run_id.as_str(), run.kind.as_str(), run.status)).collect()
}

#[tokio::test]
async fn what_belongs_together_is_one_run() {
    let executions = [
        (Kind::SinglePhase, execution(Kind::SinglePhase, "single-1", "RUNNING", 400.0)),
        (Kind::Migrate, execution(Kind::Migrate, "single-1", "RUNNING", 410.0)),
        (Kind::Backup, execution(Kind::Backup, "single-1-backup", "SUCCEEDED", 401.0)),
        (Kind::Backup, execution(Kind::Backup, "backup-1", "ABORTED", 300.0)),
        (Kind::Reconcile, execution(Kind::Reconcile, "uuid", "SUCCEEDED", 310.0)),
        (Kind::Transfer, execution(Kind::Transfer, "transfer-1", "TIMED_OUT", 200.0)),
        (Kind::Reconcile, execution(Kind::Reconcile, "transfer-1", "ABORTED", 200.5)),
    ];
    let server = server(&executions, &[record("old-1", "rollback", "Running")]).await;
    let connection = connection(&server);
    let found = runs(&connection, 10, false).await.unwrap();
    assert_eq!(
        ids(&found),
        [
            ("old-1", "rollback", RunStatus::Lost),
            ("single-1", "single-phase", RunStatus::Running),
            ("backup-1", "backup", RunStatus::Stopped),
            ("transfer-1", "transfer", RunStatus::TimedOut),
        ]
    );
    assert!(!found.more);
    let steps = runs(&connection, 10, true).await.unwrap();
    let parent = |id: &str| {
        let run = steps.runs.iter().find(|run| run.run_id == id).unwrap();
        run.parent_run.clone().unwrap()
    };
    assert_eq!([parent("uuid"), parent("single-1-backup")], ["backup-1", "single-1"]);
    assert!(runs(&connection, 2, false).await.unwrap().more);
}

#[tokio::test]
async fn a_run_is_found_by_what_people_type() {
    let executions = [
        (Kind::Backup, execution(Kind::Backup, "backup-2", "RUNNING", 400.0)),
        (Kind::Backup, execution(Kind::Backup, "backup-1", "SUCCEEDED", 300.0)),
        (Kind::Rollback, execution(Kind::Rollback, "rollback-1", "SUCCEEDED", 500.0)),
    ];
    let server = server(&executions, &[]).await;
    let connection = connection(&server);
    for (typed, expected) in [
        ("last", "rollback-1"),
        ("last-backup", "backup-2"),
        ("backup-1", "backup-1"),
        ("arn:backup:backup-1", "backup-1"),
        ("roll", "rollback-1"),
    ] {
        let found = find_run(&connection, typed).await.unwrap();
        assert_eq!(found.run_id, expected, "{typed}");
    }
    for (typed, told) in [
        ("backup", "2 runs begin with backup: backup-2, backup-1"),
        ("backup-9", "there is no run backup-9; near are backup-2, backup-1, rollback-1"),
        ("last-transfer", "the stack drayage has no run of the kind transfer yet"),
    ] {
        let failure = find_run(&connection, typed).await.unwrap_err();
        assert_eq!((failure.kind, failure.message.as_str()), (crate::failure::Kind::Usage, told));
    }
}

#[tokio::test]
async fn a_run_is_seen_anew() {
    let executions = [(Kind::Backup, execution(Kind::Backup, "backup-2", "RUNNING", 400.0))];
    let server = server(&executions, &[]).await;
    let connection = connection(&server);
    let found = find_run(&connection, "backup-2").await.unwrap();
    assert_eq!(again(&connection, &found).await, Ok(found));
}

#[test]
fn names_follow_from_names() {
    let machine = "arn:aws:states:eu-west-1:1:stateMachine:drayage-backup";
    let arn = "arn:aws:states:eu-west-1:1:execution:drayage-backup:r-1";
    assert_eq!(execution_arn(machine, "r-1"), arn);
    assert_eq!(step_of("r-1"), "r-1-backup");
    assert_eq!(step_of(&"r".repeat(80)).len(), 80);
}
