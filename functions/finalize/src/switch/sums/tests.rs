//! Every way in which the sums may not add up.

use drayage_domain::switch::plan::CheckState;
use serde_json::{from_value, json};

use super::*;

fn run(execute: bool) -> RunRecord {
    from_value(json!({
        "runId": "r", "kind": "migrate", "executionArn": "arn", "startedAt": "2026-01-01T00:00:00Z",
        "endedAt": null, "state": "Running", "recordsExpected": 3, "summary": null,
        "work": {
            "over": "urls", "direction": "switch", "execute": execute, "probe": true, "mode": "auto",
            "scope": {}, "urlLengthMax": 255, "destinationBucket": "files",
            "fields": drayage_domain::record::ObjectFields::new(
                "A__c".to_owned(), "B__c".to_owned(), "C__c".to_owned()
            ),
            "newUrlBase": "https://files.example.com/", "trigger": "manual"
        }
    }))
    .unwrap()
}

fn plan(execute: bool) -> SwitchPlan {
    from_value(json!({
        "runId": "r", "direction": "switch", "execute": execute, "object": "A__c", "field": "B__c",
        "hash": "ab12", "records": 3, "accounts": 1, "batches": 1, "lanes": 1,
        "notPlanned": {"switched": 4},
        "mode": {"mode": "guarded", "why": "it fits", "raceWindow": "none"},
        "readiness": [{"name": "backup_accounted_for", "state": "passed", "found": "it is"}],
        "estimate": {"apiCalls": 9, "ledgerWrites": 6, "costUsd": 0.1, "seconds": 1.0},
        "rollbackFile": "runs/r/rollback.jsonl",
        "list": "runs/r/plan.csv", "plannedAt": "2026-01-01T00:00:00Z"
    }))
    .unwrap()
}

fn counted(outcomes: &[(Outcome, u64)]) -> Counts {
    let mut counts = Counts::default();
    for (outcome, count) in outcomes {
        counts.outcomes.insert(outcome.label(), *count);
    }
    counts
}

fn facts<'a>(run: &'a RunRecord, plan: Option<&'a SwitchPlan>) -> Facts<'a> {
    Facts {
        run,
        options: run.work.urls().unwrap(),
        plan,
        counted: counted(&[(Outcome::Switched, 2), (Outcome::AlreadySwitched, 1)]),
        batches_open: 0,
        verification: Verification { records: 3, as_told: 3, ..Verification::default() },
        ended_at: "2026-01-01T00:01:00Z".to_owned(),
        error: None,
    }
}

#[test]
fn a_run_is_clean_when_every_record_is_where_it_belongs() {
    let (run, plan) = (run(true), plan(true));
    let summary = summary(facts(&run, Some(&plan)));
    assert!(summary.accounted_for && summary.clean);
    assert_eq!((summary.planned, summary.accounted, summary.needs_attention), (3, 3, 0));
    assert_eq!(summary.rollback_file.as_deref(), Some("runs/r/rollback.jsonl"));
    assert_eq!(summary.estimate, None);
    assert_eq!(summary.not_planned.get("switched"), Some(&4));
}

#[test]
fn a_record_that_needs_a_person_or_was_edited_since_is_accounted_for_and_not_clean() {
    let (run, plan) = (run(true), plan(true));
    let drifted = Facts {
        counted: counted(&[(Outcome::Switched, 2), (Outcome::Drifted, 1)]),
        ..facts(&run, Some(&plan))
    };
    let edited = Facts {
        verification: Verification { records: 3, as_told: 2, ..Verification::default() },
        ..facts(&run, Some(&plan))
    };
    for (facts, attention) in [(drifted, 1), (edited, 0)] {
        let summary = summary(facts);
        assert!(summary.accounted_for && !summary.clean);
        assert_eq!(summary.needs_attention, attention);
    }
}

#[test]
fn what_is_missing_is_never_accounted_for() {
    let (run, plan) = (run(true), plan(true));
    let base = || facts(&run, Some(&plan));
    let wrong = [
        Facts { counted: counted(&[(Outcome::Switched, 2)]), ..base() },
        Facts { counted: counted(&[(Outcome::Switched, 4)]), ..base() },
        Facts { batches_open: 1, ..base() },
        Facts {
            verification: Verification { records: 2, as_told: 2, ..Verification::default() },
            ..base()
        },
        Facts { error: Some("Timeout".to_owned()), ..base() },
        Facts {
            plan: None,
            counted: Counts::default(),
            verification: Verification::default(),
            ..base()
        },
    ];
    for facts in wrong {
        let told = format!("{facts:?}");
        let summary = summary(facts);
        assert!(!summary.accounted_for && !summary.clean, "{told}");
    }
}

#[test]
fn a_run_without_a_plan_says_why() {
    let run = run(true);
    let facts = Facts {
        counted: Counts::default(),
        verification: Verification::default(),
        error: Some("NotReady: no backup".to_owned()),
        ..facts(&run, None)
    };
    let summary = summary(facts);
    assert_eq!((summary.planned, summary.accounted), (0, 0));
    assert_eq!(summary.error.as_deref(), Some("NotReady: no backup"));
    assert_eq!((summary.mode, summary.verification, summary.list), (None, None, None));
}

#[test]
fn a_dry_run_accounts_for_its_plan_and_tells_what_it_would_take() {
    let (run, mut plan) = (run(false), plan(false));
    let dry = |plan: &SwitchPlan| {
        summary(Facts {
            counted: Counts::default(),
            verification: Verification::default(),
            ..facts(&run, Some(plan))
        })
    };
    let ready = dry(&plan);
    assert!(ready.accounted_for && ready.clean);
    assert_eq!(ready.counts.outcomes.get("planned"), Some(&3));
    assert_eq!(ready.estimate.map(|estimate| estimate.api_calls), Some(9));
    assert_eq!((ready.verification, ready.rollback_file), (None, None));
    plan.readiness[0].state = CheckState::Failed;
    let unready = dry(&plan);
    assert!(unready.accounted_for && !unready.clean, "a failed check is no failed run");
}
