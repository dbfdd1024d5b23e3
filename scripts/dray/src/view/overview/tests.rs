//! What is said of a backup that does not account for every file.

use serde_json::{Value, json};

use super::super::backups::tests::backup;
use super::*;
use crate::execution::Started;
use crate::watch::begun;

fn told(fields: &Value) -> Vec<String> {
    let mut summary = json!({
        "runId": "backup-1", "mode": "full", "dryRun": false, "accountedFor": false, "clean": false,
        "enumerated": 1000, "accounted": 1000, "needsAttention": 0, "batches": 10, "batchesOpen": 0,
        "counts": {"outcomes": {}, "bytesCopied": 0, "serverSideCopies": 0, "requests": 0},
        "startedAt": "2026-11-21T07:00:00Z", "endedAt": "2026-11-21T07:10:00Z",
    });
    let given = fields.as_object().unwrap().clone();
    summary.as_object_mut().unwrap().extend(given);
    missing(&serde_json::from_value(summary).unwrap())
}

#[test]
fn what_is_missing_is_said() {
    assert_eq!(told(&json!({"accountedFor": true})), [""; 0]);
    assert_eq!(
        told(&json!({"accounted": 999, "batchesOpen": 1})),
        ["1 record has no outcome", "1 batch is not done"]
    );
    assert_eq!(
        told(&json!({"accounted": 500, "batchesOpen": 5, "error": "RunLocked"})),
        ["500 records have no outcome", "5 batches are not done", "it was broken off: RunLocked"]
    );
    assert_eq!(told(&json!({})), ["its sums do not add up"]);
}

#[test]
fn a_comparison_that_does_not_account_for_everything_is_named() {
    let compared = |complete: bool| {
        json!({"reconciliation": {
            "runId": "backup-1", "purpose": "reconcile", "dryRun": false, "accountedFor": false,
            "clean": false, "complete": complete, "level": "etag", "compared": 3,
            "verdicts": {}, "rounds": 1, "repairs": 0, "copied": {"objects": 0, "bytes": 0},
            "report": "s3://state/r",
        }})
    };
    let incomplete = ["the comparison with the destination has not read everything"];
    assert_eq!(told(&compared(false)), incomplete);
    assert_eq!(told(&compared(true)), ["the comparison with the destination does not add up"]);
}

#[test]
fn a_newer_backup_that_was_broken_off_hides_the_older_one() {
    let broken = [backup("new", RunState::Failed, |_| {})];
    assert_eq!(newest_backup(&broken, &[]).map(accounted_for), Some(false));
    let stopped = [backup("new", RunState::Running, |_| {})];
    let started = Started { arn: "arn:new".to_owned(), run_id: "new".to_owned() };
    let view = |status| RunView { status, ..begun(Kind::Backup, &started) };
    let found = |status| newest_backup(&stopped, &[view(status)]).map(accounted_for);
    assert_eq!(found(RunStatus::Stopped), Some(false));
    assert_eq!(found(RunStatus::Running), None);
}

#[test]
fn a_limited_backup_is_named() {
    let some = backup("b", RunState::Succeeded, |work| work.max_files = Some(1));
    assert!(limited(&[some]).is_some_and(|note| note.contains("b was limited to 1 file,")));
    assert_eq!(limited(&[backup("b", RunState::Succeeded, |_| {})]), None);
}
