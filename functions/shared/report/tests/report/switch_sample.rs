//! Reports of runs that write into Salesforce, as runs make them.

use drayage_domain::switch::summary::SwitchSummary;
use drayage_report::{ReviewRow, SwitchReport};
use serde_json::{Value, from_value, json};

use crate::sample::HOSTILE;

/// A report that owns its summary.
pub(crate) struct Sample {
    pub(crate) summary: SwitchSummary,
    pub(crate) review: Vec<ReviewRow>,
    pub(crate) review_total: u64,
    pub(crate) command: Option<String>,
}

impl Sample {
    pub(crate) fn report(&self) -> SwitchReport<'_> {
        SwitchReport {
            summary: &self.summary,
            field: "DocListEntry__c.Document__c".to_owned(),
            accounts: 812,
            review: self.review.clone(),
            review_total: self.review_total,
            command: self.command.clone(),
            summary_at: "s3://acme-drayage-state/runs/migrate-2026-11-21/summary.json".to_owned(),
        }
    }
}

fn base() -> Value {
    let at = |file: &str| format!("s3://acme-drayage-state/runs/migrate-2026-11-21/{file}");
    json!({
        "runId": "migrate-2026-11-21", "direction": "switch", "dryRun": false, "accountedFor": true, "clean": true,
        "planned": 48_120, "accounted": 48_120, "needsAttention": 0,
        "counts": {
            "outcomes": {"switched": 47_900, "already_switched": 220},
            "bytesCopied": 0, "serverSideCopies": 0, "requests": 0, "apiCalls": 2310
        },
        "notPlanned": {"failed.access_denied": 17, "skipped.no_url": 3021, "switched": 1200},
        "planHash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "mode": {
            "mode": "guarded",
            "why": "The org has 98,200 API calls left, and guarded updates need 2,310 of them.",
            "raceWindow": "None: Salesforce itself refuses a record that was edited since it was read.",
            "guardWorks": true
        },
        "probe": {
            "url": "https://files.acme.example/documents/001B000000Kx1aQIAR/a0Bxx0000001/contract.pdf",
            "reachable": true, "found": "200 OK, 182,044 bytes, application/pdf"
        },
        "readiness": [
            {"name": "backup_accounted_for", "state": "passed", "found": "The last full backup, backup-2026-11-20, is accounted for."},
            {"name": "field_updateable", "state": "passed", "found": "The user of the connection may edit Document__c."},
            {"name": "triggers", "state": "warning", "found": "The object has 2 active triggers; each update runs them."}
        ],
        "verification": {"records": 48_120, "asTold": 48_120, "surprises": {}, "apiCalls": 25},
        "batchesOpen": 0, "list": at("plan.csv"), "rollbackFile": at("rollback.jsonl"),
        "report": at("report/index.html"),
        "startedAt": "2026-11-21T10:00:00Z", "endedAt": "2026-11-21T10:41:12Z"
    })
}

fn summary(changes: &Value) -> SwitchSummary {
    let mut summary = base();
    for (name, value) in changes.as_object().unwrap() {
        summary[name] = value.clone();
    }
    from_value(summary).unwrap()
}

fn rollback_command() -> String {
    "aws stepfunctions start-execution --state-machine-arn 'arn:aws:states:eu-west-1:111122223333:stateMachine:acme-drayage-rollback' --input '{\"execute\":true,\"run\":\"migrate-2026-11-21\"}'".to_owned()
}

pub(crate) fn clean() -> Sample {
    Sample {
        summary: summary(&json!({})),
        review: Vec::new(),
        review_total: 0,
        command: Some(rollback_command()),
    }
}

pub(crate) fn row(number: usize, outcome: &str, message: Option<&str>) -> ReviewRow {
    ReviewRow {
        record_id: format!("a0B{number:012}AAA"),
        account: Some("001B000000Kx1aQIAR".to_owned()),
        outcome: outcome.to_owned(),
        message: message.map(str::to_owned),
        surprise: None,
    }
}

pub(crate) fn needing_people() -> Sample {
    let mut review = vec![
        row(1, "drifted", None),
        row(2, "not_written.refused", Some("FIELD_CUSTOM_VALIDATION_EXCEPTION (Document__c)")),
        row(3, "not_written.locked", Some("UNABLE_TO_LOCK_ROW in 5 attempts")),
        ReviewRow { surprise: Some("edited_since".to_owned()), ..row(4, "switched", None) },
        row(5, "source_gone.record_deleted", None),
    ];
    review.extend((6..300).map(|number| row(number, "drifted", None)));
    Sample {
        summary: summary(&json!({
            "clean": false, "needsAttention": 335,
            "counts": {
                "outcomes": {
                    "switched": 47_565, "already_switched": 220, "drifted": 301, "not_written.refused": 12,
                    "not_written.locked": 2, "source_gone.record_deleted": 20
                },
                "bytesCopied": 0, "serverSideCopies": 0, "requests": 0, "apiCalls": 2310
            },
            "verification": {
                "records": 48_120, "asTold": 48_119, "surprises": {"edited_since": 1}, "apiCalls": 25
            },
            "review": "s3://acme-drayage-state/runs/migrate-2026-11-21/review.csv"
        })),
        review,
        review_total: 336,
        command: Some(rollback_command()),
    }
}

pub(crate) fn dry(ready: bool) -> Sample {
    let state = if ready { "passed" } else { "failed" };
    Sample {
        summary: summary(&json!({
            "dryRun": true, "verification": null, "rollbackFile": null, "clean": ready,
            "counts": {
                "outcomes": {"planned": 48_120},
                "bytesCopied": 0, "serverSideCopies": 0, "requests": 0, "apiCalls": 0
            },
            "readiness": [
                {"name": "backup_accounted_for", "state": state, "found": "The last full backup; hint: run a backup."}
            ],
            "estimate": {
                "apiCalls": 2335, "apiCallsLeft": 98_200, "ledgerWrites": 96_240, "costUsd": 0.21, "seconds": 2400.0
            }
        })),
        review: Vec::new(),
        review_total: 0,
        command: Some(rollback_command().replace("rollback", "migrate")),
    }
}

pub(crate) fn broken_off() -> Sample {
    Sample {
        summary: summary(&json!({
            "accountedFor": false, "clean": false, "accounted": 12_000, "batchesOpen": 61,
            "counts": {
                "outcomes": {"switched": 12_000},
                "bytesCopied": 0, "serverSideCopies": 0, "requests": 0, "apiCalls": 600
            },
            "verification": {"records": 0, "asTold": 0, "surprises": {}, "apiCalls": 0},
            "error": "SalesforceAuthFailed: the login is refused; hint: look at the secret"
        })),
        review: Vec::new(),
        review_total: 0,
        command: Some(rollback_command()),
    }
}

pub(crate) fn without_plan() -> Sample {
    Sample {
        summary: summary(&json!({
            "accountedFor": false, "clean": false, "planned": 0, "accounted": 0, "mode": null, "probe": null,
            "counts": {
                "outcomes": {}, "bytesCopied": 0, "serverSideCopies": 0, "requests": 0, "apiCalls": 0
            },
            "readiness": [], "verification": null, "list": null, "rollbackFile": null, "planHash": null,
            "notPlanned": {},
            "error": "NotReady: the last backup is not accounted for; hint: run a backup"
        })),
        review: Vec::new(),
        review_total: 0,
        command: None,
    }
}

pub(crate) fn hostile() -> Sample {
    let mut sample = needing_people();
    sample.review = HOSTILE
        .iter()
        .map(|text| ReviewRow {
            record_id: (*text).to_owned(),
            account: Some((*text).to_owned()),
            outcome: (*text).to_owned(),
            message: Some((*text).to_owned()),
            surprise: Some((*text).to_owned()),
        })
        .collect();
    let all = HOSTILE.concat();
    sample.summary.run_id.clone_from(&all);
    sample.summary.error = Some(all.clone());
    sample.summary.not_planned.insert(all.clone(), 1);
    sample.summary.counts.outcomes.insert(all.clone(), 1);
    sample.summary.plan_hash = Some(all.clone());
    sample.summary.list = Some(all.clone());
    sample.command = Some(all.clone());
    for check in &mut sample.summary.readiness {
        check.name.clone_from(&all);
        check.found.clone_from(&all);
    }
    if let Some(mode) = &mut sample.summary.mode {
        mode.why.clone_from(&all);
        mode.race_window.clone_from(&all);
    }
    if let Some(probe) = &mut sample.summary.probe {
        probe.url.clone_from(&all);
        probe.found = all;
    }
    sample
}

pub(crate) fn all() -> Vec<(&'static str, Sample)> {
    vec![
        ("switch-clean", clean()),
        ("switch-needing-people", needing_people()),
        ("switch-dry", dry(true)),
        ("switch-not-ready", dry(false)),
        ("switch-broken-off", broken_off()),
        ("switch-without-plan", without_plan()),
        ("switch-hostile", hostile()),
    ]
}
