//! Where a run stands, from what the ledger and Step Functions say together.

use drayage_aws::executions::ListedExecution;
use rstest::rstest;
use serde_json::json;

use super::*;

fn record(state: RunState) -> RunRecord {
    RunRecord {
        run_id: "r-1".to_owned(),
        kind: "reconcile".to_owned(),
        execution_arn: "arn:ledger".to_owned(),
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        ended_at: None,
        state,
        work: Work::Comparison,
        records_expected: 0,
        summary: None,
    }
}

fn execution(standing: Standing) -> Execution {
    Execution {
        arn: "arn:execution".to_owned(),
        standing,
        started_at: "2026-01-01T00:00:01Z".to_owned(),
        ended_at: None,
    }
}

fn detail(output: Option<Value>, error: Option<(&str, &str)>) -> Detail {
    Detail {
        listed: ListedExecution {
            arn: "arn:execution".to_owned(),
            name: "r-1".to_owned(),
            standing: Standing::Succeeded,
            started_at: "2026-01-01T00:00:01Z".parse().unwrap(),
            ended_at: None,
        },
        input: "{}".to_owned(),
        output: output.map(|output| output.to_string()),
        error: error.map(|(name, _)| name.to_owned()),
        cause: error.map(|(_, cause)| cause.to_owned()),
    }
}

#[rstest]
#[case(Some(RunState::Running), Some(Standing::Running), RunStatus::Running)]
#[case(Some(RunState::Running), Some(Standing::Aborted), RunStatus::Stopped)]
#[case(Some(RunState::Failed), Some(Standing::TimedOut), RunStatus::TimedOut)]
#[case(Some(RunState::Succeeded), Some(Standing::Succeeded), RunStatus::Succeeded)]
#[case(Some(RunState::Failed), Some(Standing::Succeeded), RunStatus::Failed)]
#[case(None, Some(Standing::Failed), RunStatus::Failed)]
#[case(Some(RunState::Running), None, RunStatus::Lost)]
#[case(Some(RunState::Succeeded), None, RunStatus::Succeeded)]
#[case(Some(RunState::Failed), None, RunStatus::Failed)]
fn both_together_tell_where_a_run_stands(
    #[case] state: Option<RunState>,
    #[case] standing: Option<Standing>,
    #[case] expected: RunStatus,
) {
    let mut known = Known::new("r-1", "reconcile");
    known.record = state.map(record);
    known.execution = standing.map(execution);
    known.is_forgotten = standing.is_none();
    assert_eq!(known.view().status, expected);
}

#[test]
fn one_that_goes_on_may_wait() {
    let mut known = Known::new("r-1", "migrate");
    known.execution = Some(execution(Standing::Running));
    known.is_paused = true;
    assert_eq!(known.view().status, RunStatus::Paused);
    known.waits_for_approval = true;
    assert_eq!(known.view().status, RunStatus::WaitingForApproval);
    assert_eq!(known.view().execution_arn, "arn:execution");
}

#[test]
fn a_schedule_that_met_a_running_run_was_skipped() {
    let mut known = Known::new("r-1", "backup");
    known.execution = Some(execution(Standing::Succeeded));
    known.detail = Some(detail(Some(json!({"outcome": "skipped", "runId": "r-1"})), None));
    assert_eq!(known.view().status, RunStatus::Skipped);
}

#[test]
fn why_a_run_failed_is_told_with_what_to_do() {
    let mut known = Known::new("r-1", "migrate");
    known.execution = Some(execution(Standing::Failed));
    let cause = json!({"errorMessage": "the check x fails; hint: do y"}).to_string();
    known.detail = Some(detail(None, Some(("NotReady", &cause))));
    let error = known.view().error.unwrap();
    assert_eq!((error.name.as_str(), error.cause.as_str()), ("NotReady", "the check x fails"));
    assert_eq!(error.hint, "do y");
    known.detail = Some(detail(None, Some(("LedgerCorrupt", "bare words"))));
    let error = known.view().error.unwrap();
    assert_eq!((error.cause.as_str(), error.hint.is_empty()), ("bare words", false));
}

#[test]
fn the_output_of_a_comparison_is_its_summary() {
    let output = json!({
        "runId": "r-1", "purpose": "reconcile", "accountedFor": true, "clean": false, "complete": true,
        "level": "etag", "compared": 12, "verdicts": {"match.etag": 9, "missing": 2, "extra": 1},
        "rounds": 1, "repairs": 0, "copied": {"objects": 3, "bytes": 70}, "report": "s3://state/x",
    });
    let mut known = Known::new("r-1", "reconcile");
    known.record = Some(record(RunState::Succeeded));
    known.execution = Some(execution(Standing::Succeeded));
    assert!(known.wants_detail());
    known.detail = Some(detail(Some(output), None));
    let view = known.view();
    assert_eq!((view.total, view.done, view.needs_attention), (Some(12), 12, 3));
    assert_eq!((view.accounted_for, view.clean, view.bytes_copied), (Some(true), Some(false), 70));
    assert_eq!(view.report.as_deref(), Some("s3://state/x"));
    assert!(view.dry_run, "nothing was to be fixed");
}

#[test]
fn what_is_under_way_is_counted_as_far_as_it_is() {
    let mut known = Known::new("r-1", "backup");
    known.record = Some(RunRecord { records_expected: 100, ..record(RunState::Running) });
    known.execution = Some(execution(Standing::Running));
    known.checkpoint = Some(Checkpoint { enumerated: 40, unchanged: 10, ..Checkpoint::start() });
    let mut counts = Counts { bytes_copied: 5, ..Counts::default() };
    counts.add(Outcome::Verified);
    counts.add(Outcome::Drifted);
    known.counts = Some(counts);
    let view = known.view();
    assert_eq!((view.total, view.done, view.needs_attention), (Some(100), 12, 1));
    assert_eq!(view.outcomes.get("unchanged"), Some(&10));
}
