//! Fixed views for the tests of what is shown.

use std::collections::BTreeMap;

use drayage_domain::switch::plan::{Check, CheckState};
use jiff::tz::TimeZone;

use crate::human::Moment;
use crate::view::{
    Attention, AttentionRow, LedgerTotals, OrgView, Overview, PauseView, PhaseState, PhaseView,
    Progress, Rates, Readiness, RunError, RunStatus, RunView, Runs, ScheduleView, StackView,
};

pub(super) fn moment() -> Moment {
    Moment {
        now: "2026-11-21T07:10:00Z".parse().unwrap(),
        zone: TimeZone::get("Europe/Berlin").unwrap(),
    }
}

pub(super) fn run(run_id: &str, kind: &str, status: RunStatus) -> RunView {
    RunView {
        run_id: run_id.to_owned(),
        kind: kind.to_owned(),
        parent_run: None,
        status,
        dry_run: false,
        mode: None,
        execution_arn: format!("arn:{kind}:{run_id}"),
        started_at: "2026-11-21T07:00:00Z".to_owned(),
        ended_at: None,
        accounted_for: None,
        clean: None,
        total: Some(1234),
        done: 567,
        needs_attention: 2,
        bytes_copied: 1_234_567_890,
        outcomes: BTreeMap::new(),
        error: None,
        report: None,
    }
}

fn ended(run_id: &str, kind: &str, status: RunStatus) -> RunView {
    RunView {
        ended_at: Some("2026-11-20T22:15:00Z".to_owned()),
        started_at: "2026-11-20T22:00:00Z".to_owned(),
        done: 1234,
        needs_attention: 0,
        ..run(run_id, kind, status)
    }
}

fn failed() -> RunView {
    RunView {
        total: None,
        done: 0,
        dry_run: true,
        error: Some(RunError {
            name: "NotReady".to_owned(),
            cause:
                "backup_accounted_for: backup b, the newest one, did not account for every record"
                    .to_owned(),
            hint: "start a backup and let it finish".to_owned(),
        }),
        ..ended("migrate-20261120T220000Z-001", "migrate", RunStatus::Failed)
    }
}

pub(super) fn progress() -> Progress {
    let phases = [
        ("preflight", PhaseState::Done),
        ("enumerate", PhaseState::Done),
        ("copy", PhaseState::Active),
        ("reconcile", PhaseState::Pending),
        ("finalize", PhaseState::Pending),
    ];
    let mut run = run("backup-20261121T070000Z-012", "backup", RunStatus::Running);
    run.mode = Some("incremental".to_owned());
    Progress {
        run,
        phases: phases.map(|(name, state)| PhaseView { name, state }).into(),
        waiting_for: None,
        elapsed_seconds: 600,
        phase_done: Some(567),
        phase_total: Some(1234),
        unit: Some("records"),
        rates: Some(Rates {
            items_per_second: 12.3,
            bytes_per_second: 4_700_000.0,
            eta_seconds: Some(54),
        }),
    }
}

/// A stack on which nothing has run.
pub(super) fn fresh() -> Overview {
    Overview {
        stack: StackView {
            name: "drayage".to_owned(),
            region: "eu-west-1".to_owned(),
            version: "0.1.0".to_owned(),
            destination_bucket: "documents".to_owned(),
            destination_prefix: "uploads".to_owned(),
        },
        org: None,
        paused: None,
        current: Vec::new(),
        latest: Vec::new(),
        accounted_for: None,
        missing: Vec::new(),
        ledger: LedgerTotals::default(),
        schedule: None,
        runs: Vec::new(),
        last_backup: None,
        notes: vec!["the schedule cannot be read: AccessDenied".to_owned()],
    }
}

/// One on which a backup goes on, and with something left for a person.
pub(super) fn busy() -> Overview {
    let backup = ended("backup-20261120T220000Z-345", "backup", RunStatus::Succeeded);
    let progress = progress();
    Overview {
        org: Some(OrgView {
            id: "00Dxx0000001gPLEAY".to_owned(),
            name: Some("Acme\u{1b}[2J".to_owned()),
            is_sandbox: Some(false),
        }),
        runs: vec![progress.run.clone(), backup.clone(), failed()],
        current: vec![progress],
        latest: vec![backup.clone(), failed()],
        accounted_for: Some(true),
        last_backup: Some(backup),
        ledger: LedgerTotals { needs_attention: counts(), dead_letters: 1 },
        schedule: Some(ScheduleView {
            name: "drayage-backup".to_owned(),
            enabled: true,
            expression: "cron(0 3 * * ? *)".to_owned(),
            timezone: "UTC".to_owned(),
            input: "{}".to_owned(),
            next_at: Some("2026-11-22T03:00:00Z".to_owned()),
            undelivered: 0,
        }),
        notes: Vec::new(),
        ..fresh()
    }
}

/// One that is paused, after a backup that did not account for everything.
pub(super) fn paused() -> Overview {
    let mut overview = busy();
    overview.paused = Some(PauseView {
        since: "2026-11-21T07:05:00Z".to_owned(),
        by: "arn:aws:sts::123456789012:assumed-role/operator/someone".to_owned(),
    });
    overview.accounted_for = Some(false);
    overview.missing = vec!["2 batches are not done".to_owned()];
    for progress in &mut overview.current {
        progress.run.status = RunStatus::Paused;
        progress.waiting_for = Some("resume: dray resume".to_owned());
        progress.rates = None;
    }
    overview
}

fn counts() -> BTreeMap<String, u64> {
    [("failed.access_denied", 1200), ("drifted", 1)]
        .map(|(label, count)| (label.to_owned(), count))
        .into()
}

pub(super) fn attention() -> Attention {
    let row = |id: &str, outcome: &str| AttentionRow {
        record_id: id.to_owned(),
        account_id: Some("001000000000001AAX".to_owned()),
        account_name: Some("Acme \u{202e}Ltd".to_owned()),
        outcome: outcome.to_owned(),
        meaning: "the source refuses access".to_owned(),
        message: Some("the source answers 403 AccessDenied".to_owned()),
        hint: "grant s3:GetObject".to_owned(),
        url: Some(format!("https://files.example.com/{}/contract.pdf", "long/".repeat(30))),
        run_id: "backup-20261121T070000Z-012".to_owned(),
        at: "2026-11-21T07:05:00Z".to_owned(),
        attempts: 3,
    };
    let rows = vec![
        row("a0B000000000001AAX", "failed.access_denied"),
        row("a0B000000000002AAX", "drifted"),
    ];
    Attention { counts: counts(), rows }
}

pub(super) fn runs() -> Runs {
    Runs { runs: busy().runs, more: true }
}

pub(super) fn readiness() -> Readiness {
    let check = |name: &str, state, found: &str| Check {
        name: name.to_owned(),
        state,
        found: found.to_owned(),
    };
    Readiness {
        ready: false,
        checks: vec![
            check(
                "backup_accounted_for",
                CheckState::Failed,
                "nothing was backed up yet; hint: dray backup",
            ),
            check(
                "something_to_do",
                CheckState::Warning,
                "no backup tells how many records there are",
            ),
            check("attention", CheckState::Passed, "no record needs attention"),
        ],
    }
}
