//! What somebody who watches a run sees.

use super::*;
use crate::test_support::assert_golden;
use crate::view::{PhaseView, Rates};
use crate::watch::begun;
use crate::{execution::Started, kind::Kind};

fn sample(kind: Kind) -> Progress {
    let started = Started { arn: "arn".to_owned(), run_id: "backup-1".to_owned() };
    let mut run = begun(kind, &started);
    run.needs_attention = 2;
    run.bytes_copied = 12_345_678;
    let phase = |name, state| PhaseView { name, state };
    Progress {
        run,
        phases: vec![
            phase("preflight", PhaseState::Done),
            phase("enumerate", PhaseState::Done),
            phase("copy", PhaseState::Active),
            phase("reconcile", PhaseState::Pending),
            phase("finalize", PhaseState::Pending),
        ],
        phase_done: Some(1234),
        phase_total: Some(5000),
        unit: Some("records"),
        waiting_for: None,
        elapsed_seconds: 95,
        rates: Some(Rates {
            items_per_second: 120.4,
            bytes_per_second: 1_200_000.0,
            eta_seconds: Some(31),
        }),
    }
}

/// A migration, which copies nothing and counts records.
fn migration() -> Progress {
    let mut progress = sample(Kind::Migrate);
    progress.run.bytes_copied = 0;
    progress.rates =
        Some(Rates { items_per_second: 41.0, bytes_per_second: 0.0, eta_seconds: None });
    let phase = |name, state| PhaseView { name, state };
    progress.phases = vec![
        phase("plan", PhaseState::Done),
        phase("switch", PhaseState::Active),
        phase("verify", PhaseState::Pending),
        phase("finalize", PhaseState::Pending),
    ];
    progress
}

fn look(width: u16, lines: bool) -> Look {
    Look { width, colour: false, lines }
}

#[test]
fn a_terminal_of_80_columns_shows_everything() {
    for (name, progress) in [("block", sample(Kind::Backup)), ("migration", migration())] {
        let text = block(&progress, look(80, true));
        assert!(text.lines().all(|line| line.chars().count() <= 78), "{text}");
        assert_golden("watch", &format!("{name}-80"), &text);
    }
}

#[test]
fn a_narrow_terminal_breaks_lines_and_loses_no_number() {
    for width in [0, 1, 5, 20, 40] {
        let text = block(&sample(Kind::Backup), look(width, false));
        assert!(text.lines().all(|line| line == line.trim_end()));
    }
    let text = block(&sample(Kind::Backup), look(22, false));
    assert!(text.lines().all(|line| line.chars().count() <= 20), "{text}");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["1,234 of 5,000 records", "12 MiB", "120/s", "ETA 31 s", "2 records need"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_log_gets_one_line() {
    assert_golden("watch", "line", &line(&sample(Kind::Backup)));
    assert_golden("watch", "line-migration", &line(&migration()));
}

#[test]
fn who_waits_for_a_person_says_the_command_that_answers_once() {
    let mut progress = sample(Kind::Backup);
    progress.waiting_for = Some("approval: dray approve backup-1 --stack other".to_owned());
    let told = "waits for approval: dray approve backup-1 --stack other";
    assert!(block(&progress, look(80, true)).ends_with(told));
    assert!(line(&progress).ends_with(&format!("; {told}")));
}

#[test]
fn without_a_total_only_what_is_done_is_told() {
    let mut progress = sample(Kind::Reconcile);
    (progress.phase_total, progress.unit) = (None, Some("keys"));
    assert!(block(&progress, look(80, false)).contains("\n1,234 keys\n"));
    progress.phase_total = Some(0);
    assert!(block(&progress, look(80, false)).contains("\n1,234 of 0 keys\n"));
    progress.phase_done = None;
    assert_eq!(block(&progress, look(140, false)).lines().count(), 2);
}

#[test]
fn a_lost_connection_is_cut_to_the_terminal() {
    let text = lost("dispatch failure\u{1b}", Duration::from_secs(4));
    assert!(text.starts_with("connection lost, trying again in 4 s") && !text.contains('\u{1b}'));
    assert!(cut(&text, 20).chars().count() <= 18);
    assert!(!cut(&text, 0).is_empty());
}
