//! Checks, and the errors that follow from them.

use drayage_domain::switch::mode::choose;
use drayage_domain::switch::{Direction, SwitchLine};
use tempfile::TempDir;

use super::*;
use crate::draft::Draft;
use crate::draft::tests::of_lines;
use crate::org::Tried;
use crate::test_support::{line, options, plan};

struct Case {
    options: SwitchOptions,
    lines: Vec<SwitchLine>,
    tally: Tally,
    probe: Option<(bool, &'static str)>,
    earlier_jobs: Found,
    org: org::Facts,
}

fn case() -> Case {
    Case {
        options: options(Direction::Switch),
        lines: vec![line(1, None), line(2, None)],
        tally: Tally::default(),
        probe: Some((true, "status 200")),
        earlier_jobs: Found::default(),
        org: org::Facts { api_calls_left: Some(10_000), reserve: 50, guard: Some(Tried::Works) },
    }
}

impl Case {
    fn with<T>(&self, then: impl FnOnce(&Facts<'_>) -> T) -> T {
        let directory = TempDir::new().unwrap();
        let draft: Draft = of_lines(directory.path(), self.options.direction, &self.lines);
        let probe = self.probe.map(|(reachable, found)| Probe {
            url: "https://new.example/1".to_owned(),
            reachable,
            found: found.to_owned(),
        });
        let (earlier_jobs, org) = (self.earlier_jobs.clone(), self.org.clone());
        let Self { options, tally, .. } = self;
        then(&Facts { options, draft: &draft, tally, probe, earlier_jobs, org })
    }

    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method itself is of one lifetime, and does not compile"
    )]
    fn allows_canary(&self) -> bool {
        self.with(|facts| facts.allows_canary())
    }

    fn checks(&self) -> Vec<Check> {
        self.with(|facts| {
            let of_mode = self.org.for_mode(&self.options, facts.draft.records);
            let mode = choose(self.options.mode, &of_mode);
            facts.readiness(&mode)
        })
    }

    fn states(&self) -> Vec<(String, CheckState)> {
        self.checks().into_iter().map(|check| (check.name, check.state)).collect()
    }

    fn state(&self, name: &str) -> Option<CheckState> {
        self.states().into_iter().find(|(found, _)| found == name).map(|(_, state)| state)
    }

    fn error(&self) -> Option<FunctionError> {
        refusal(&plan(self.checks()))
    }
}

#[test]
fn a_run_that_may_start_passes_every_check() {
    let case = case();
    let expected = [
        "something_to_do",
        "backup_complete",
        "attention",
        "new_url_reachable",
        "api_budget",
        "guard",
    ];
    let expected: Vec<(String, CheckState)> =
        expected.iter().map(|name| ((*name).to_owned(), CheckState::Passed)).collect();
    assert_eq!(case.states(), expected);
    assert!(case.allows_canary());
    assert_eq!(case.error(), None);
}

#[test]
fn all_failed_checks_are_told_at_once_and_no_url() {
    let mut case = case();
    case.tally.interrupted = 3;
    case.probe = Some((false, "status 403"));
    assert!(!case.allows_canary());
    let error = case.error().unwrap();
    assert_eq!(error.name, NOT_READY);
    assert_eq!(error.message.lines().count(), 2, "{error}");
    assert!(error.message.contains("backup_complete: ") && error.message.contains("3 records"));
    assert!(error.message.contains("new_url_reachable: status 403; hint: "), "{error}");
    assert!(!error.message.contains("://"), "{error}");
}

#[test]
fn another_plan_than_the_reviewed_one_is_told_with_both_hashes() {
    let mut case = case();
    case.options.plan_hash = Some("0".repeat(64));
    case.probe = Some((false, "status 403"));
    assert!(!case.allows_canary());
    let error = case.error().unwrap();
    assert_eq!(error.name, PLAN_CHANGED);
    let hash = case.with(|facts| facts.draft.hash.clone());
    assert!(error.message.contains(&"0".repeat(64)) && error.message.contains(&hash));
    assert!(error.message.contains("2 records"), "{error}");
    case.options.plan_hash = Some(hash);
    assert_eq!(case.state("plan_hash"), Some(CheckState::Passed));
}

#[test]
fn a_budget_that_is_too_small_refuses_the_run() {
    let mut case = case();
    case.org.api_calls_left = Some(3);
    let error = case.error().unwrap();
    assert_eq!(error.name, NOT_READY);
    assert!(error.message.contains("has 3"), "{error}");
}

#[test]
fn a_guard_that_was_asked_for_and_does_not_work_stops_the_run() {
    let mut case = case();
    case.org.guard = Some(Tried::Ignored);
    assert_eq!(case.state("guard"), Some(CheckState::Warning));
    assert_eq!(case.error(), None);
    case.options.mode = ModeChoice::Guarded;
    assert_eq!(case.error().unwrap().name, NOT_READY);
    case.org.guard = Some(Tried::Impossible("no record".to_owned()));
    assert_eq!(case.error().unwrap().name, NOT_READY);
    case.options.mode = ModeChoice::Auto;
    assert_eq!(case.state("guard"), Some(CheckState::Warning));
}

#[test]
fn a_dry_run_tries_nothing_and_shows_what_would_stop_it() {
    let mut case = case();
    case.options.execute = false;
    case.org.guard = None;
    assert!(!case.allows_canary());
    assert_eq!(case.state("guard"), None);
    case.probe = Some((false, "status 403"));
    assert_eq!(case.state("new_url_reachable"), Some(CheckState::Failed));
}

#[test]
fn nothing_to_do_is_a_warning_and_asks_for_no_budget() {
    let mut case = case();
    case.lines.clear();
    case.probe = None;
    case.org = org::Facts::default();
    assert_eq!(case.state("something_to_do"), Some(CheckState::Warning));
    assert_eq!((case.state("api_budget"), case.state("guard")), (None, None));
    assert_eq!(case.error(), None);
}

#[test]
fn a_rollback_is_warned_of_what_it_leaves() {
    let mut case = case();
    case.options.direction = Direction::Restore;
    case.probe = None;
    case.tally.interrupted = 2;
    case.tally.attention = 1;
    assert_eq!((case.state("backup_complete"), case.error()), (None, None));
    assert_eq!(case.state("attention"), Some(CheckState::Warning));
    let found = case.checks().into_iter().find(|check| check.name == "attention").unwrap().found;
    assert!(found.contains("1 record in scope") && found.contains("in 2 records"), "{found}");
}

fn jobs_of_run_x(count: usize) -> Vec<Job> {
    (0..count).map(|job| Job { run_id: "x".to_owned(), id: format!("750-{job}") }).collect()
}

#[test]
fn a_job_that_does_not_stop_refuses_the_run() {
    let mut case = case();
    case.earlier_jobs.stopped = jobs_of_run_x(1);
    assert_eq!(case.state("earlier_jobs"), Some(CheckState::Passed));
    assert!(case.allows_canary());
    case.earlier_jobs.under_way = jobs_of_run_x(7);
    assert!(!case.allows_canary());
    let error = case.error().unwrap();
    assert_eq!(error.name, NOT_READY);
    assert!(error.message.starts_with("earlier_jobs: "), "{error}");
    for part in [
        "run x (750-0) was still under way, and aborted",
        "(750-4) and 2 more are still under way; hint: ",
    ] {
        assert!(error.message.contains(part), "{error}");
    }
}

#[test]
fn a_dry_run_is_only_warned_of_a_job() {
    let mut case = case();
    case.options.execute = false;
    case.earlier_jobs.under_way = jobs_of_run_x(1);
    assert_eq!((case.state("earlier_jobs"), case.error()), (Some(CheckState::Warning), None));
}

#[test]
fn too_many_interrupted_runs_are_a_warning_and_hide_no_failure() {
    let mut case = case();
    case.earlier_jobs.more_runs = true;
    assert_eq!((case.state("earlier_jobs"), case.error()), (Some(CheckState::Warning), None));
    case.earlier_jobs.under_way = jobs_of_run_x(1);
    assert_eq!(case.state("earlier_jobs"), Some(CheckState::Failed));
}
