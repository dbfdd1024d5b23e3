//! The messages, as people get them.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::run::RunState;
use crate::switch::summary::SwitchSummary;

const ARN: &str = "arn:aws:states:eu-west-1:111122223333:execution:stack-migrate:run-1";

fn run(execute: bool) -> RunRecord {
    let work = json!({
        "over": "urls", "direction": "switch", "execute": execute, "probe": true, "mode": "auto", "scope": {},
        "fields": crate::record::ObjectFields::new("A__c".to_owned(), "B__c".to_owned(), "C__c".to_owned()),
        "urlLengthMax": 255, "destinationBucket": "files", "newUrlBase": "https://files.example.com/",
        "trigger": "manual"
    });
    RunRecord {
        run_id: "run-1".to_owned(),
        kind: "migrate".to_owned(),
        execution_arn: ARN.to_owned(),
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        ended_at: None,
        state: RunState::Running,
        work: serde_json::from_value(work).unwrap(),
        records_expected: 12_345,
        summary: None,
    }
}

fn summary() -> SwitchSummary {
    serde_json::from_value(json!({
        "runId": "run-1", "direction": "switch", "dryRun": false, "accountedFor": true, "clean": false,
        "planned": 12_345, "accounted": 12_345, "needsAttention": 26,
        "counts": {
            "outcomes": {"switched": 12_319, "drifted": 25, "not_written.locked": 1},
            "bytesCopied": 0, "serverSideCopies": 0, "requests": 0, "apiCalls": 700
        },
        "notPlanned": {}, "planHash": "ab12", "batchesOpen": 0,
        "verification": {"records": 12_345, "asTold": 12_344, "surprises": {"edited_since": 1}, "apiCalls": 7},
        "list": "s3://state/runs/run-1/plan.csv",
        "review": "s3://state/runs/run-1/review.csv", "report": "s3://state/runs/run-1/report/index.html",
        "rollbackFile": "s3://state/runs/run-1/rollback.jsonl",
        "startedAt": "2026-01-01T00:00:00Z", "endedAt": "2026-01-01T01:00:00Z"
    }))
    .unwrap()
}

const SUMMARY_AT: &str = "s3://state/runs/run-1/summary.json";

#[test]
fn a_start_says_whether_anything_is_written() {
    let notice = started(&run(true));
    assert_eq!(notice.subject, "Drayage: migrate started");
    assert_eq!(
        notice.text,
        "The migrate run run-1 has started.\n\
         It writes the new URLs into Salesforce records.\n\
         Records expected: 12,345\n\
         Started: 2026-01-01T00:00:00Z\n\
         Execution: arn:aws:states:eu-west-1:111122223333:execution:stack-migrate:run-1"
    );
    let dry = started(&run(false));
    assert_eq!(dry.subject, "Drayage: migrate started (dry run)");
    assert!(dry.text.contains("nothing is written into Salesforce"));
}

#[test]
fn an_end_is_told_in_ten_lines() {
    let notice = urls_ended(&summary(), None, SUMMARY_AT);
    assert_eq!(notice.event, Event::Finished);
    assert_eq!(notice.subject, "Drayage: migrate finished, 26 records need attention");
    assert_eq!(
        notice.text,
        "The migrate run run-1 has ended: every record is accounted for.\n\
         Planned: 12,345; with an outcome: 12,345\n\
         Outcomes: 25 drifted, 1 not_written.locked, 12,319 switched\n\
         Needs attention: 26\n\
         Second look: 12,345 read again, 12,344 as told; 1 edited_since\n\
         Records to look at: s3://state/runs/run-1/review.csv\n\
         Undo without the ledger: s3://state/runs/run-1/rollback.jsonl\n\
         Page: s3://state/runs/run-1/report/index.html\n\
         Summary: s3://state/runs/run-1/summary.json"
    );
}

#[test]
fn a_dry_run_tells_the_hash_that_carries_it_out() {
    let mut summary = summary();
    summary.dry_run = true;
    summary.clean = true;
    summary.needs_attention = 0;
    summary.counts.outcomes = BTreeMap::from([("planned".to_owned(), 12_345)]);
    (summary.verification, summary.review, summary.rollback_file) = (None, None, None);
    summary.estimate = Some(SwitchEstimate {
        api_calls: 140,
        api_calls_left: Some(15_000),
        ledger_writes: 24_690,
        cost_usd: 0.031,
        seconds: 61.0,
    });
    let notice = urls_ended(&summary, None, SUMMARY_AT);
    assert_eq!(notice.subject, "Drayage: migrate dry run finished, clean");
    assert_eq!(
        notice.text,
        "The migrate run run-1 (dry run) has ended: every record is accounted for.\n\
         Planned: 12,345; with an outcome: 12,345\n\
         Outcomes: 12,345 planned\n\
         Estimate: 140 API calls (15,000 are left today), 2 minutes, about $0.03.\n\
         Plan hash: ab12\n\
         Every record: s3://state/runs/run-1/plan.csv\n\
         Page: s3://state/runs/run-1/report/index.html\n\
         Summary: s3://state/runs/run-1/summary.json"
    );
}

#[test]
fn a_run_that_was_broken_off_says_why_and_what_to_do() {
    let failure =
        Failure::caught("SalesforceAuthFailed", "the login is refused; hint: look at the secret");
    let broken = SwitchSummary { accounted_for: false, accounted: 9, batches_open: 3, ..summary() };
    let notice = urls_ended(&broken, Some(&failure), SUMMARY_AT);
    assert_eq!(notice.event, Event::Failed);
    assert_eq!(notice.subject, "Drayage: migrate failed, SalesforceAuthFailed");
    assert!(
        notice.text.starts_with(
            "The migrate run run-1 was broken off.\n\
             Error: SalesforceAuthFailed\n\
             Cause: the login is refused\n\
             Hint: look at the secret\n\
             Planned: 12,345; with an outcome: 9; batches still open: 3\n"
        ),
        "{}",
        notice.text
    );
    let lost = urls_ended(&SwitchSummary { accounted_for: false, ..summary() }, None, SUMMARY_AT);
    assert_eq!(
        (lost.event, lost.subject.as_str()),
        (Event::Failed, "Drayage: migrate failed, its sums do not add up")
    );
    let refused = refused(None, "run-1", &failure);
    assert_eq!(refused.subject, "Drayage: run refused, SalesforceAuthFailed");
}

#[test]
fn a_backup_is_told_too() {
    let summary = serde_json::from_value(json!({
        "runId": "run-2", "mode": "full", "dryRun": false, "accountedFor": true, "clean": true,
        "enumerated": 4, "accounted": 4, "needsAttention": 0,
        "counts": {
            "outcomes": {"verified": 3, "skipped.no_url": 1}, "bytesCopied": 9, "serverSideCopies": 3,
            "requests": 9, "apiCalls": 0
        },
        "batches": 1, "batchesOpen": 0, "startedAt": "2026-01-01T00:00:00Z", "endedAt": "2026-01-01T01:00:00Z",
        "reconciliation": {
            "runId": "run-2", "clean": true, "complete": true, "level": "etag", "compared": 3, "verdicts": {},
            "rounds": 1, "repairs": 0, "report": "s3://state/runs/run-2/report/index.html"
        }
    }))
    .unwrap();
    let notice = records_ended("backup", &summary, None, "s3://state/runs/run-2/summary.json");
    assert_eq!(
        (notice.event, notice.subject.as_str()),
        (Event::Finished, "Drayage: backup finished, clean")
    );
    assert_eq!(
        notice.text,
        "The backup run run-2 has ended: every record is accounted for.\n\
         Enumerated: 4; with an outcome: 4\n\
         Outcomes: 1 skipped.no_url, 3 verified\n\
         Needs attention: 0\n\
         Destination: it holds what the ledger says.\n\
         Page: s3://state/runs/run-2/report/index.html\n\
         Summary: s3://state/runs/run-2/summary.json"
    );
}

#[test]
fn a_pause_and_a_skipped_run_need_nobody() {
    let limit = limit("migrate", "run-1", Some(1200), "lane 3 of the switch");
    assert_eq!(limit.subject, "Drayage: migrate pauses, API calls are nearly used up");
    assert!(limit.text.contains("API calls left today: 1,200\nWhat waits: lane 3 of the switch\n"));
    let skipped = skipped("backup", "run-2", "run-1");
    assert_eq!(
        skipped.text,
        "The backup run run-2 was skipped: the run run-1 is under way in the same destination.\n\
         Nothing was done, and nothing is lost: the next run takes up what has changed."
    );
}

#[test]
fn an_approval_has_both_answers_and_is_not_shown_by_debug() {
    let plan: SwitchPlan = serde_json::from_value(json!({
        "runId": "run-1", "direction": "switch", "execute": true, "object": "A__c", "field": "B__c",
        "hash": "ab12", "records": 12_345, "accounts": 1, "batches": 7, "lanes": 2, "notPlanned": {},
        "mode": {"mode": "guarded", "why": "it fits", "raceWindow": "none"}, "readiness": [],
        "estimate": {"apiCalls": 140, "ledgerWrites": 9, "costUsd": 0.5, "seconds": 3.0},
        "list": "runs/run-1/plan.csv", "plannedAt": "2026-01-01T00:00:00Z"
    }))
    .unwrap();
    let notice = approval(&plan, "s3://state/runs/run-1/plan.csv", "TOKEN");
    assert_eq!(notice.subject, "Drayage: migrate waits for an approval, 12,345 records");
    assert_eq!(
        notice.text,
        "The migrate run run-1 waits for an approval.\n\
         Plan: 12,345 records of 1 account (A__c.B__c).\n\
         Estimate: 140 API calls, 1 minute, about $0.50.\n\
         Plan hash: ab12\n\
         Every record, from and to: s3://state/runs/run-1/plan.csv\n\
         \n\
         Approve:\n\
         aws stepfunctions send-task-success --task-token 'TOKEN' --task-output '{\"approved\":true}'\n\
         \n\
         Reject (nothing is written then):\n\
         aws stepfunctions send-task-failure --task-token 'TOKEN' --error ApprovalRejected --cause 'rejected by a person'\n\
         \n\
         Whoever has these commands and may call states:SendTaskSuccess can answer."
    );
    assert!(!format!("{notice:?}").contains("TOKEN"));
}
