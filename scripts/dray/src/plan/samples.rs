//! Fixed models for the tests of what is shown.

use drayage_domain::switch::plan::SwitchPlan;
use drayage_domain::switch::summary::SwitchSummary;
use serde_json::json;

use super::review::Review;

const HASH: &str = "5d41402abc4b2a76b9719d911017c592ae8b14860a79988808a3f1c2d9e0b7f1";

/// A plan that can be carried out.
pub(crate) fn plan() -> SwitchPlan {
    serde_json::from_value(json!({
        "runId": "rollback-plan-20261121T070809Z-012",
        "direction": "restore",
        "execute": false,
        "object": "Document_Entry__c",
        "field": "URL__c",
        "orgId": "00Dxx0000001gPLEAY",
        "org": {"id": "00Dxx0000001gPLEAY", "name": "Acme", "isSandbox": false},
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
pub(crate) fn unready() -> SwitchPlan {
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
pub(crate) fn summary() -> SwitchSummary {
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
pub(crate) fn review() -> Review {
    Review::parse(
        b"record_id,account,outcome,message,surprise\n\
          a0B000000000001AAX,001000000000001AAX,conflict,the record was edited after it was switched; the edit is kept,\n\
          a0B000000000002AAX,001000000000001AAX,conflict,the record was edited after it was switched; the edit is kept,\n\
          a0B000000000003AAX,001000000000002AAX,not_written.refused,FIELD_CUSTOM_VALIDATION_EXCEPTION on URL__c,\n",
    )
}
