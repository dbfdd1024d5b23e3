//! Phases, counts and rates, without AWS.

use std::collections::BTreeMap;

use drayage_domain::run::{Checkpoint, Position};
use rstest::rstest;

use super::*;
use crate::view::RunError;

fn run(kind: Kind, status: RunStatus) -> RunView {
    RunView {
        run_id: "r-1".to_owned(),
        kind: kind.name().to_owned(),
        parent_run: None,
        status,
        dry_run: false,
        mode: None,
        execution_arn: String::new(),
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        ended_at: None,
        accounted_for: None,
        clean: None,
        total: None,
        done: 0,
        needs_attention: 0,
        bytes_copied: 0,
        outcomes: BTreeMap::new(),
        error: None::<RunError>,
        report: None,
    }
}

fn at(states: &[&str]) -> Place {
    Place { entered: states.iter().map(|state| (*state).to_owned()).collect(), inner: None }
}

fn stands(kind: Kind, status: RunStatus, place: &Place) -> String {
    let run = run(kind, status);
    let names = phases::of(Some(kind), &run, place);
    let current = if status == RunStatus::Failed {
        place.broken_off_in(Some(kind))
    } else {
        place.phase(Some(kind))
    };
    let words = phases::stand(&names, current, &run).into_iter().map(|phase| {
        let mark = match phase.state {
            PhaseState::Done => "+",
            PhaseState::Active => ">",
            PhaseState::Failed => "!",
            PhaseState::Pending => "",
        };
        format!("{mark}{}", phase.name)
    });
    words.collect::<Vec<_>>().join(" ")
}

#[rstest]
#[case(Kind::Backup, &[], ">preflight enumerate copy reconcile finalize")]
#[case(Kind::Backup, &["CopyBatches", "Enumerated"], "+preflight +enumerate >copy reconcile finalize")]
#[case(Kind::Backup, &["WaitForApiBudget"], "+preflight >enumerate copy reconcile finalize")]
#[case(Kind::Migrate, &["Backup"], "+preflight >backup plan switch verify finalize")]
#[case(Kind::Migrate, &["Approve"], "+preflight +backup +plan >approval switch verify finalize")]
#[case(Kind::Rollback, &["Switch"], "+preflight +plan >switch verify finalize")]
#[case(Kind::Reconcile, &["CompareShards", "Plan"], "+plan >compare copy report")]
#[case(Kind::Analyze, &["Preflight"], ">preflight analyze report")]
fn the_state_machine_tells_the_phase(
    #[case] kind: Kind,
    #[case] states: &[&str],
    #[case] expected: &str,
) {
    assert_eq!(stands(kind, RunStatus::Running, &at(states)), expected);
}

#[test]
fn an_inner_state_machine_tells_more() {
    let inside = |kind: Kind, states: &[&str]| Place {
        inner: Some((kind, at(states).entered)),
        ..at(&["Backup"])
    };
    let copying = inside(Kind::Backup, &["CopyBatches"]);
    assert_eq!(
        stands(Kind::SinglePhase, RunStatus::Running, &copying),
        "+preflight +enumerate >copy reconcile plan switch verify finalize"
    );
    let ending = inside(Kind::Backup, &["Finalize"]);
    assert_eq!(ending.phase(Some(Kind::SinglePhase)), Some("reconcile"));
    let beginning = inside(Kind::Migrate, &["Preflight"]);
    assert_eq!(beginning.phase(Some(Kind::SinglePhase)), Some("plan"));
    let waiting = inside(Kind::Backup, &["WaitForApiBudget"]);
    assert!(waiting.waits_for_calls());
}

#[test]
fn a_run_that_ended_stands_where_it_ended() {
    let place = at(&["Finalize", "CopyBatches", "Enumerate"]);
    assert_eq!(
        stands(Kind::Backup, RunStatus::Failed, &place),
        "+preflight +enumerate !copy reconcile finalize"
    );
    assert_eq!(
        stands(Kind::Backup, RunStatus::Succeeded, &Place::default()),
        "+preflight +enumerate +copy +reconcile +finalize"
    );
}

#[test]
fn the_enumeration_is_measured_by_what_was_expected_and_the_copying_by_what_was_found() {
    let counted = counts::enumerated_and_copied(None, 10, 0);
    assert_eq!(
        (counted.phase, counted.done, counted.total),
        (Some("enumerate"), Some(0), Some(10))
    );
    let mut checkpoint = Checkpoint { enumerated: 4, ..Checkpoint::start() };
    let counted = counts::enumerated_and_copied(Some(&checkpoint), 10, 0);
    assert_eq!((counted.done, counted.total), (Some(4), Some(10)));
    checkpoint =
        Checkpoint { enumerated: 12, unchanged: 2, position: Position::Done, ..checkpoint };
    let counted = counts::enumerated_and_copied(Some(&checkpoint), 10, 7);
    assert_eq!((counted.phase, counted.done, counted.total), (None, Some(7), Some(10)));
}

#[test]
fn what_is_written_is_verified_next() {
    assert_eq!(counts::switched(Some(5), 4).phase, Some("switch"));
    assert_eq!(counts::switched(Some(5), 5).phase, Some("verify"));
    assert_eq!(counts::switched(None, 5).phase, Some("switch"));
}

fn look(done: u64, total: Option<u64>, rates: Option<Rates>) -> Progress {
    let mut run = run(Kind::Backup, RunStatus::Running);
    run.bytes_copied = done * 10;
    Progress {
        run,
        phases: vec![PhaseView { name: "copy", state: PhaseState::Active }],
        waiting_for: None,
        elapsed_seconds: 1,
        phase_done: Some(done),
        phase_total: total,
        unit: Some("records"),
        rates,
    }
}

#[test]
fn rates_are_smoothed_and_tell_when_it_ends() {
    let first = look(10, Some(100), None);
    let found = rates(&first, &look(20, Some(100), None), 2.0).unwrap();
    let is = |rate: f64, expected: f64| (rate - expected).abs() < 1e-9;
    assert!(is(found.items_per_second, 5.0) && is(found.bytes_per_second, 50.0), "{found:?}");
    assert_eq!(found.eta_seconds, Some(16));
    let second = look(20, Some(100), Some(found));
    let found = rates(&second, &look(20, Some(100), None), 2.0).unwrap();
    assert!(is(found.items_per_second, 3.5), "{found:?}");
    assert_eq!(found.eta_seconds, Some(23));
}

#[test]
fn an_end_that_nobody_can_know_is_not_told() {
    let first = look(10, None, None);
    assert_eq!(rates(&first, &look(20, None, None), 2.0).unwrap().eta_seconds, None);
    let still = look(10, Some(100), None);
    assert_eq!(rates(&still, &still, 2.0).unwrap().eta_seconds, None);
    assert_eq!(rates(&still, &look(11, Some(100), None), 0.0), None);
    let mut waiting = look(20, Some(100), None);
    waiting.waiting_for = Some("approval".to_owned());
    assert_eq!(rates(&still, &waiting, 2.0), None);
}

#[test]
fn the_time_that_a_run_took_ends_with_it() {
    let mut run = run(Kind::Backup, RunStatus::Running);
    let now = "2026-01-01T01:00:00Z".parse().unwrap();
    assert_eq!(elapsed(&run, now), 3600);
    run.ended_at = Some("2026-01-01T00:01:00Z".to_owned());
    assert_eq!(elapsed(&run, now), 60);
}
