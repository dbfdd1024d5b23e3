//! Fixed models for the tests of what is shown.

use drayage_domain::switch::plan::SwitchPlan;
use drayage_domain::switch::summary::SwitchSummary;
use serde_json::json;

use super::review::Review;
use crate::stack::Stack;

const HASH: &str = "5d41402abc4b2a76b9719d911017c592ae8b14860a79988808a3f1c2d9e0b7f1";

/// A plan that can be carried out.
pub(super) fn plan() -> SwitchPlan {
    serde_json::from_value(json!({
        "runId": "rollback-plan-20261121T070809Z-012",
        "direction": "restore",
        "execute": false,
        "object": "Document_Entry__c",
        "field": "URL__c",
        "orgId": "00Dxx0000001gPLEAY",
        "hash": HASH,
        "records": 1234,
        "accounts": 12,
        "batches": 13,
        "lanes": 12,
        "notPlanned": {"verified": 266, "failed.access_denied": 3},
        "mode": {
            "mode": "guarded",
            "why": "the org's budget of API calls bears the safest way",
            "raceWindow": "none: Salesforce itself refuses a record that was edited since it was read",
            "guardWorks": true,
        },
        "readiness": [
            {"name": "salesforce_writable", "state": "passed", "found": "URL__c of Document_Entry__c can be written"},
            {
                "name": "api_budget",
                "state": "warning",
                "found": "the run takes 1,420 of the 9,000 API calls that the org has left today; other users share them",
            },
        ],
        "estimate": {
            "apiCalls": 1420, "apiCallsLeft": 9000, "ledgerWrites": 2468, "costUsd": 0.0123, "seconds": 95.0,
        },
        "list": "runs/rollback-plan-20261121T070809Z-012/plan.csv",
        "plannedAt": "2026-11-21T07:08:12Z",
    }))
    .unwrap()
}

/// The same with a check that does not hold.
pub(super) fn unready() -> SwitchPlan {
    let mut plan = plan();
    plan.readiness.push(
        serde_json::from_value(json!({
            "name": "one_org",
            "state": "failed",
            "found": "the ledger is of the org 00Dxx0000009aBcEAI; hint: check the Salesforce secret of the stack",
        }))
        .unwrap(),
    );
    plan
}

/// A run that has left records for a person.
pub(super) fn summary() -> SwitchSummary {
    serde_json::from_value(json!({
        "runId": "rollback-20261121T071000Z-345",
        "direction": "restore",
        "dryRun": false,
        "accountedFor": true,
        "clean": false,
        "planned": 1234,
        "accounted": 1234,
        "needsAttention": 3,
        "counts": {
            "outcomes": {
                "restored": 1229, "already_original": 2, "conflict": 2, "not_written.refused": 1,
            },
            "bytesCopied": 0, "serverSideCopies": 0, "requests": 0, "apiCalls": 1423,
        },
        "notPlanned": {"verified": 266},
        "planHash": HASH,
        "verification": {
            "records": 1234, "asTold": 1233, "surprises": {"edited_since": 1}, "apiCalls": 7,
        },
        "batchesOpen": 0,
        "list": "s3://drayage-state/runs/rollback-20261121T071000Z-345/plan.csv",
        "rollbackFile": "s3://drayage-state/runs/rollback-20261121T071000Z-345/rollback.jsonl",
        "review": "s3://drayage-state/runs/rollback-20261121T071000Z-345/review.csv",
        "startedAt": "2026-11-21T07:10:00Z",
        "endedAt": "2026-11-21T07:11:40Z",
    }))
    .unwrap()
}

/// What that run lists for a person.
pub(super) fn review() -> Review {
    Review::parse(
        b"record_id,account,outcome,message,surprise\n\
          a0B000000000001AAX,001000000000001AAX,conflict,the record was edited after it was switched; the edit is kept,\n\
          a0B000000000002AAX,001000000000001AAX,conflict,the record was edited after it was switched; the edit is kept,\n\
          a0B000000000003AAX,001000000000002AAX,not_written.refused,FIELD_CUSTOM_VALIDATION_EXCEPTION on URL__c,\n",
    )
}

/// A stack.
pub(crate) fn stack() -> Stack {
    Stack {
        name: "drayage".to_owned(),
        rollback_machine: "arn:rollback".to_owned(),
        migrate_machine: "arn:migrate".to_owned(),
        state_bucket: "drayage-state".to_owned(),
        destination_bucket: "documents".to_owned(),
        runs_table: "drayage-runs".to_owned(),
        files_table: "drayage-files".to_owned(),
    }
}

/// Compares with a text that was looked at. With `UPDATE_GOLDEN` in the environment it is written instead, to be looked at.
pub(super) fn assert_golden(name: &str, actual: &str) {
    let path = format!("{}/src/rollback/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, format!("{actual}\n")).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(actual, golden.trim_end(), "\n--- actual ---\n{actual}\n--------------");
}

/// No line is longer, but for those that are meant to be copied whole.
pub(super) fn assert_fits(text: &str, width: usize) {
    let lines = text.lines().filter(|line| !line.contains("s3://"));
    for line in lines {
        assert!(line.chars().count() <= width, "{line}");
    }
}
