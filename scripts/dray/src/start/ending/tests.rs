//! What is told at the end, with summaries as executions put them out.

use super::*;
use crate::test_support::{assert_fits, assert_golden};

fn started() -> Started {
    Started { arn: "arn:backup-1".to_owned(), run_id: "backup-1".to_owned() }
}

fn backup() -> Value {
    json!({
        "runId": "backup-1", "mode": "full", "dryRun": false, "accountedFor": true, "clean": false,
        "enumerated": 1000, "accounted": 1000, "needsAttention": 4, "batches": 10, "batchesOpen": 0,
        "counts": {
            "outcomes": {
                "verified": 900, "unchanged": 80, "skipped.no_url": 16, "failed.access_denied": 3,
                "source_gone.object_missing": 1,
            },
            "bytesCopied": 123_456_789, "serverSideCopies": 0, "requests": 1800,
        },
        "startedAt": "2026-11-21T07:00:00Z", "endedAt": "2026-11-21T07:10:00Z",
    })
}

fn transfer() -> Value {
    json!({
        "runId": "t", "purpose": "transfer", "dryRun": false, "accountedFor": true, "clean": true,
        "complete": true, "level": "etag", "compared": 3, "verdicts": {"match.etag": 3},
        "rounds": 2, "repairs": 3, "copied": {"objects": 3, "bytes": 4096}, "report": "s3://state/r",
    })
}

fn shown(kind: Kind, summary: Value, look: Look) -> String {
    let started = started();
    let ending = Ending { kind, started: &started, summary: Some(summary), problem: None };
    text(&ending, &crate::stack::samples::stack(), look)
}

fn plain(width: u16) -> Look {
    Look { width, colour: false, lines: false }
}

#[test]
fn the_end_of_a_backup_fits_80_columns() {
    let text = shown(Kind::Backup, backup(), plain(80));
    assert_fits(&text, 80);
    assert_golden("start/ending", "backup-80", &text);
}

#[test]
fn the_end_of_a_backup_fits_140_columns() {
    let text = shown(Kind::Backup, backup(), plain(140));
    assert_fits(&text, 140);
    assert_golden("start/ending", "backup-140", &text);
}

#[test]
fn the_end_of_a_transfer_is_told_by_verdicts() {
    assert_golden("start/ending", "transfer-80", &shown(Kind::Transfer, transfer(), plain(80)));
}

#[test]
fn colours_mark_what_needs_a_person_and_narrow_terminals_do_no_harm() {
    let coloured = shown(Kind::Backup, backup(), Look { width: 140, colour: true, lines: true });
    assert!(coloured.contains("\u{1b}[") && coloured.contains("failed.access_denied"));
    for width in [1, 20, 40] {
        let text = shown(Kind::Backup, backup(), plain(width));
        assert!(text.lines().all(|line| line == line.trim_end()), "{text}");
    }
}

#[test]
fn the_exit_status_follows_from_what_is_left() {
    let started = started();
    let verdict = |kind, summary: Value, problem: Option<Problem>| {
        Ending { kind, started: &started, summary: Some(summary), problem }.verdict()
    };
    assert_eq!(verdict(Kind::Backup, backup(), None), Verdict::Left);
    let mut clean = backup();
    clean["clean"] = json!(true);
    assert_eq!(verdict(Kind::Backup, clean.clone(), None), Verdict::Clean);
    let problem = Problem { error: "X".to_owned(), cause: String::new() };
    assert_eq!(verdict(Kind::Backup, clean, Some(problem)), Verdict::Left);
    assert_eq!(verdict(Kind::Transfer, transfer(), None), Verdict::Clean);
    let mut dry = transfer();
    dry["clean"] = json!(false);
    dry["dryRun"] = json!(true);
    assert_eq!(verdict(Kind::Transfer, dry, None), Verdict::Clean);
    assert_eq!(verdict(Kind::Backup, json!({"outcome": "skipped"}), None), Verdict::Clean);
}

#[test]
fn single_phase_tells_both_steps() {
    let migrate = serde_json::to_value(crate::plan::samples::summary()).unwrap();
    let both = json!({"backup": backup(), "migrate": migrate.clone()});
    let text = shown(Kind::SinglePhase, both, plain(100));
    assert!(text.contains("skipped.no_url") && text.contains("not_written.refused"), "{text}");
    let text = shown(Kind::SinglePhase, migrate, plain(100));
    assert!(text.contains("not_written.refused"), "{text}");
}

#[test]
fn a_program_gets_one_document() {
    let started = started();
    let problem = Some(Problem { error: "NotReady".to_owned(), cause: "why".to_owned() });
    let ending = Ending { kind: Kind::Backup, started: &started, summary: None, problem };
    let expected = json!({
        "runId": "backup-1", "executionArn": "arn:backup-1", "status": "failed", "summary": null,
        "error": {"name": "NotReady", "cause": "why"},
    });
    assert_eq!(ending.json(), expected);
}

#[test]
fn a_run_that_was_skipped_or_is_of_another_version_is_told_all_the_same() {
    let text = shown(Kind::Backup, json!({"outcome": "skipped"}), plain(80));
    assert!(text.starts_with("backup backup-1: skipped\nanother run is under way"), "{text}");
    let text = shown(Kind::Analyze, json!({"anything": 1}), plain(80));
    assert!(text.contains("\"anything\": 1"), "{text}");
}
