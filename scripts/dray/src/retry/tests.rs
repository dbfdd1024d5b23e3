//! Every case of a retry, and that what was chosen is started.

use std::collections::BTreeMap;

use wiremock::MockServer;

use super::*;
use crate::connection::test_support::{answer, connection, document, sent};
use crate::execution::Started;
use crate::view::{Attention, AttentionRow, RunStatus};

fn run_of(kind: Kind, status: RunStatus) -> RunView {
    let started = Started { arn: "arn:r".to_owned(), run_id: "r".to_owned() };
    RunView {
        status,
        accounted_for: Some(true),
        clean: Some(false),
        ..crate::watch::begun(kind, &started)
    }
}

fn facts_of(input: Value) -> Facts {
    Facts { input: Some(input), not_written: Some(Vec::new()), ..Facts::default() }
}

fn step(run: &RunView, facts: &Facts) -> Step {
    match choose(run, facts).unwrap() {
        Next::Start(step) => step,
        Next::Nothing(why) => panic!("{why}"),
    }
}

fn files(number: usize) -> Facts {
    let ids: Vec<String> = (0..number).map(|number| format!("id{number}")).collect();
    Facts { failed: choose::Failed { total: number as u64, ids }, ..facts_of(json!({})) }
}

#[test]
fn only_what_failed_or_was_missing_is_tried_again() {
    let row = |id: &str, outcome: &str| AttentionRow {
        record_id: id.to_owned(),
        account_id: None,
        account_name: None,
        outcome: outcome.to_owned(),
        meaning: String::new(),
        message: None,
        hint: String::new(),
        url: None,
        run_id: "r".to_owned(),
        at: String::new(),
        attempts: 1,
    };
    let labels =
        ["failed.throttled", "drifted", "source_gone.object_missing", "source_gone.record_deleted"];
    let found = Attention {
        counts: labels.map(|label| (label.to_owned(), 1)).into_iter().collect::<BTreeMap<_, _>>(),
        rows: labels.iter().map(|label| row(label, label)).collect(),
    };
    let failed = choose::failed(&found);
    assert_eq!((failed.total, failed.ids), (2, vec![labels[0].to_owned(), labels[2].to_owned()]));
}

#[test]
fn a_backup_is_retried_by_its_failed_records() {
    let run = run_of(Kind::Backup, RunStatus::Succeeded);
    let chosen = step(&run, &files(2));
    assert_eq!(chosen.input, json!({"mode": "full", "records": ["id0", "id1"]}));
    assert_eq!(chosen.why, "Tries again 2 files that r could not copy.");
    assert!(!chosen.ask);
}

#[test]
fn too_many_files_are_tried_by_an_incremental_backup_after_asking() {
    let chosen = step(&run_of(Kind::Backup, RunStatus::Succeeded), &files(RECORDS_MAX + 1));
    assert_eq!(chosen.input, json!({"mode": "incremental"}));
    assert!(chosen.ask && chosen.why.contains("5,001 files"), "{}", chosen.why);
}

#[test]
fn a_run_that_has_left_nothing_is_told_as_such() {
    for kind in Kind::ALL {
        let run = RunView { clean: Some(true), ..run_of(kind, RunStatus::Succeeded) };
        assert!(matches!(choose(&run, &facts_of(json!({}))), Ok(Next::Nothing(_))), "{kind:?}");
    }
}

#[test]
fn a_run_that_goes_on_is_not_retried() {
    for status in [RunStatus::Running, RunStatus::Paused, RunStatus::WaitingForApproval] {
        let failure = choose(&run_of(Kind::Backup, status), &Facts::default()).unwrap_err();
        assert_eq!(failure.message, "r goes on");
    }
}

#[test]
fn records_that_were_not_written_are_planned_again_in_the_same_way() {
    let input = json!({
        "execute": true, "planHash": "h", "mode": "bulk", "accounts": ["A"], "maxRecords": 9,
        "probe": false, "file": "k",
    });
    let ids = Some(vec!["a".to_owned()]);
    let facts = Facts { not_written: ids, ..facts_of(input) };
    let chosen = step(&run_of(Kind::Rollback, RunStatus::Succeeded), &facts);
    let expected = json!({"mode": "bulk", "probe": false, "file": "k", "records": ["a"]});
    assert_eq!((chosen.kind, chosen.input), (Kind::Rollback, expected));
    let too_many = Facts { not_written: None, ..facts_of(json!({})) };
    let failure = choose(&run_of(Kind::Migrate, RunStatus::Succeeded), &too_many).unwrap_err();
    assert!(failure.hint.contains("dray migrate"), "{failure}");
    let more = (0..=RECORDS_MAX).map(|number| format!("id{number}")).collect();
    let too_many = Facts { not_written: Some(more), ..facts_of(json!({})) };
    let failure = choose(&run_of(Kind::Rollback, RunStatus::Succeeded), &too_many).unwrap_err();
    assert!(failure.hint.contains("dray rollback"), "{failure}");
}

/// How a backup ended: with this many failed files, and what its comparison has found.
fn backup_ended(failed: u64, clean: bool) -> Value {
    json!({
        "over": "records", "runId": "r", "mode": "full", "dryRun": false, "accountedFor": true,
        "clean": false, "enumerated": 9, "accounted": 9, "needsAttention": failed, "batches": 1,
        "batchesOpen": 0,
        "counts": {
            "outcomes": {"failed.throttled": failed}, "bytesCopied": 0, "serverSideCopies": 0, "requests": 0,
        },
        "startedAt": "2026-01-01T00:00:00Z", "endedAt": "2026-01-01T01:00:00Z",
        "reconciliation": {
            "runId": "r", "clean": clean, "complete": true, "level": "etag", "compared": 1,
            "verdicts": {}, "rounds": 1, "repairs": 0, "report": "s3://state/report",
        },
    })
}

fn ended(failed: u64, clean: bool, input: Value) -> Facts {
    let backup = serde_json::from_value(backup_ended(failed, clean)).unwrap();
    Facts { backup: Some(backup), ..facts_of(input) }
}

#[test]
fn a_backup_whose_copies_differ_is_compared_again_with_a_fix() {
    let run = run_of(Kind::Backup, RunStatus::Succeeded);
    let chosen = step(&run, &ended(0, false, json!({})));
    assert_eq!((chosen.kind, chosen.input), (Kind::Reconcile, json!({"fix": true})));
    let settled = choose(&run, &ended(3, true, json!({})));
    assert!(matches!(settled, Ok(Next::Nothing(_))), "{settled:?}");
}

#[test]
fn a_single_phase_has_two_steps_to_retry() {
    let run = run_of(Kind::SinglePhase, RunStatus::Succeeded);
    let first = step(&run, &files(1));
    assert_eq!((first.kind, first.is_first_half), (Kind::Backup, true));
    let input = json!({"accounts": ["A"], "maxFiles": 9, "execute": true, "approval": true});
    let second = step(&run, &ended(1, true, input));
    let expected = json!({"accounts": ["A"], "backup": false, "approval": true});
    assert_eq!((second.kind, second.input), (Kind::Migrate, expected));
    assert!(!second.is_first_half);
    let facts = Facts { not_written: Some(vec!["a".to_owned()]), ..facts_of(json!({})) };
    assert_eq!(step(&run, &facts).kind, Kind::Migrate);
}

#[test]
fn a_hash_is_refused_where_no_plan_is_made_first() {
    let reviewed = Retry { plan_hash: Some("h".to_owned()), execute: true, ..arguments() };
    for kind in Kind::ALL {
        let plans = matches!(kind, Kind::Migrate | Kind::Rollback);
        assert_eq!(takes_hash(&reviewed, kind).is_ok(), plans, "{kind:?}");
        assert_eq!(takes_hash(&arguments(), kind), Ok(()));
    }
}

#[test]
fn comparisons_are_repeated_with_a_fix_and_transfers_as_they_were() {
    let input = json!({
        "source": {"bucket": "b"}, "dryRun": true, "deleteExtra": true, "execute": true, "level": "bytes",
    });
    let chosen = step(&run_of(Kind::Reconcile, RunStatus::Succeeded), &facts_of(input.clone()));
    assert_eq!(chosen.input, json!({"source": {"bucket": "b"}, "level": "bytes", "fix": true}));
    let chosen = step(&run_of(Kind::Transfer, RunStatus::Succeeded), &facts_of(input.clone()));
    assert_eq!(chosen.input, input);
}

#[test]
fn what_was_broken_off_is_started_again_with_its_own_input() {
    let input =
        json!({"mode": "incremental", "parentRun": "p", "trigger": "schedule", "maxFiles": 3});
    let run = RunView { accounted_for: None, ..run_of(Kind::Backup, RunStatus::Stopped) };
    let chosen = step(&run, &facts_of(input));
    assert_eq!(chosen.input, json!({"mode": "incremental", "maxFiles": 3}));
    assert_eq!(chosen.why, "r was stopped: the same backup is started again.");
    let forgotten = choose(&run, &Facts::default()).unwrap_err();
    assert!(forgotten.message.contains("does not know the input"), "{forgotten}");
}

fn arguments() -> Retry {
    Retry { run: "r".to_owned(), execute: false, plan_hash: None, yes: true, detach: true }
}

fn common() -> Common {
    Common {
        stack: crate::stack::StackChoice::from("drayage"),
        json: true,
        colour: crate::output::ColourChoice::Never,
    }
}

async fn stack(input: &Value) -> MockServer {
    let server = MockServer::start().await;
    let described = json!({
        "executionArn": "arn:r", "stateMachineArn": "arn", "status": "SUCCEEDED", "startDate": 1.0,
        "input": input.to_string(),
    });
    answer(&server, "AWSStepFunctions.DescribeExecution", 200, &described).await;
    let started = json!({"executionArn": "arn:new", "startDate": 1.0});
    answer(&server, "AWSStepFunctions.StartExecution", 200, &started).await;
    server
}

#[tokio::test]
async fn a_retried_migrate_is_a_dry_run_of_what_was_not_written() {
    let server = stack(&json!({"execute": true, "mode": "guarded"})).await;
    let review = "record_id,outcome\r\na0B000000000001,not_written.locked\r\nx,drifted\r\n";
    document(&server, "/runs/r/review.csv", review).await;
    let run = run_of(Kind::Migrate, RunStatus::Succeeded);
    let verdict = again(&connection(&server), &arguments(), &common(), &run).await;
    let calls = sent(&server, "AWSStepFunctions.StartExecution").await;
    assert_eq!(verdict, Ok(Verdict::Clean));
    let input: Value = serde_json::from_str(calls[0]["input"].as_str().unwrap()).unwrap();
    let expected = json!({"execute": false, "mode": "guarded", "records": ["a0B000000000001"]});
    assert_eq!(input, expected);
}

#[tokio::test]
async fn a_stopped_transfer_is_started_again() {
    let server =
        stack(&json!({"source": {"bucket": "theirs"}, "purpose": "transfer", "fix": true})).await;
    let run = RunView { accounted_for: None, ..run_of(Kind::Transfer, RunStatus::Stopped) };
    let verdict = again(&connection(&server), &arguments(), &common(), &run).await;
    assert_eq!(verdict, Ok(Verdict::Clean));
    let calls = sent(&server, "AWSStepFunctions.StartExecution").await;
    assert_eq!(calls[0]["stateMachineArn"], "arn:transfer");
}

#[tokio::test]
async fn an_approval_is_asked_for_again_by_what_writes_and_by_nothing_else() {
    let input = json!({"accounts": ["A"], "execute": true, "approval": true});
    let run = RunView { accounted_for: None, ..run_of(Kind::SinglePhase, RunStatus::Failed) };
    for (execute, expected) in [(true, input.clone()), (false, json!({"accounts": ["A"]}))] {
        let server = stack(&input).await;
        ledger(&server, None, None).await;
        let given = Retry { execute, ..arguments() };
        let verdict = again(&connection(&server), &given, &common(), &run).await;
        assert_eq!(verdict, Ok(Verdict::Clean));
        assert_eq!(started_with(&server).await, expected);
    }
}

#[tokio::test]
async fn the_failed_files_of_a_single_phase_are_its_first_half() {
    let server = stack(&json!({"execute": true})).await;
    let row = json!({
        "record_id": {"S": "a0B000000000001"}, "state": {"S": "Failed"},
        "reason": {"S": "throttled"}, "run_id": {"S": "r-backup.repair-1"},
        "at": {"S": "2026-01-01T00:30:00Z"}, "attempts": {"N": "2"}, "version": {"N": "1"},
        "original_url": {"S": "https://files.example/a.pdf"},
    });
    ledger(&server, Some(&row), Some(&backup_ended(1, true))).await;
    let run = run_of(Kind::SinglePhase, RunStatus::Succeeded);
    let verdict = again(&connection(&server), &arguments(), &common(), &run).await;
    assert_eq!(verdict, Ok(Verdict::Clean), "it was only started");
    let expected = json!({"mode": "full", "records": ["a0B000000000001"]});
    assert_eq!(started_with(&server).await, expected);
    let watched = Retry { detach: false, ..arguments() };
    let verdict = half_done(&connection(&server), &watched, Verdict::Clean);
    assert_eq!(verdict, Verdict::Left);
}

#[tokio::test]
async fn a_backup_whose_copies_differ_starts_a_reconcile() {
    let server = stack(&json!({})).await;
    ledger(&server, None, Some(&backup_ended(0, false))).await;
    let run = run_of(Kind::Backup, RunStatus::Succeeded);
    let verdict = again(&connection(&server), &arguments(), &common(), &run).await;
    assert_eq!(verdict, Ok(Verdict::Clean));
    let calls = sent(&server, "AWSStepFunctions.StartExecution").await;
    assert_eq!(calls[0]["stateMachineArn"], "arn:reconcile");
    assert_eq!(started_with(&server).await, json!({"fix": true}));
}

/// A ledger with this row that needs a person, and a backup that has ended so.
async fn ledger(server: &MockServer, row: Option<&Value>, summary: Option<&Value>) {
    let keys: Vec<Value> = row
        .iter()
        .map(|row| json!({"record_id": row["record_id"], "attention_at": row["at"]}))
        .collect();
    answer(server, "DynamoDB_20120810.Query", 200, &json!({"Items": keys})).await;
    let rows: Vec<&Value> = row.into_iter().collect();
    let found = json!({"Responses": {"drayage-files": rows}});
    answer(server, "DynamoDB_20120810.BatchGetItem", 200, &found).await;
    let record = summary.map(|summary| json!({
        "runId": "r", "kind": "backup", "executionArn": "arn", "startedAt": "2026-01-01T00:00:00Z",
        "endedAt": "2026-01-01T01:00:00Z", "state": "Succeeded", "work": {"over": "comparison"},
        "recordsExpected": 0, "summary": summary,
    }));
    let item = record.map(|record| json!({"body": {"S": record.to_string()}}));
    let answered = item.map_or_else(|| json!({}), |item| json!({"Item": item}));
    answer(server, "DynamoDB_20120810.GetItem", 200, &answered).await;
    document(server, "/runs/r/review.csv", "record_id,outcome\r\n").await;
}

async fn started_with(server: &MockServer) -> Value {
    let calls = sent(server, "AWSStepFunctions.StartExecution").await;
    serde_json::from_str(calls[0]["input"].as_str().unwrap()).unwrap()
}
