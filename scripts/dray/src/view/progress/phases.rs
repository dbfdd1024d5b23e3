//! The phases of each kind of run, and which one the state of a state machine belongs to.

use super::super::runs::{RunStatus, RunView};
use super::{PhaseState, PhaseView};
use crate::kind::Kind;

const FINALIZE: &str = "finalize";

/// Where a state machine is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The newest states that it has entered, the newest first.
    pub(super) entered: Vec<String>,
    /// The same of the one that it has started and waits for.
    pub(super) inner: Option<(Kind, Vec<String>)>,
}

impl Place {
    /// The phase that goes on, or in which it has ended: the newest, but the finalization that follows on everything.
    pub(super) fn phase(&self, kind: Option<Kind>) -> Option<&'static str> {
        match &self.inner {
            Some((inner, entered)) => {
                let phase = newest(*inner, entered);
                match (kind, phase) {
                    // The end of the backup inside is not the end of the run.
                    (Some(Kind::SinglePhase), Some(FINALIZE)) if *inner == Kind::Backup => {
                        Some("reconcile")
                    }
                    (Some(Kind::SinglePhase), Some("preflight") | None)
                        if *inner == Kind::Migrate =>
                    {
                        Some("plan")
                    }
                    (_, phase) => phase,
                }
            }
            None => newest(kind?, &self.entered),
        }
    }

    /// The phase before the finalization: where a run that was broken off was.
    pub(super) fn broken_off_in(&self, kind: Option<Kind>) -> Option<&'static str> {
        let (kind, entered) = match (&self.inner, kind) {
            (Some((inner, entered)), _) => (*inner, entered),
            (None, Some(kind)) => (kind, &self.entered),
            (None, None) => return None,
        };
        entered.iter().filter_map(|state| phase_of(kind, state)).find(|phase| *phase != FINALIZE)
    }

    /// Whether it waits until the org has API calls again.
    pub(super) fn waits_for_calls(&self) -> bool {
        let of_inner = self.inner.as_ref().map_or(&[][..], |(_, entered)| entered.as_slice());
        [of_inner.first(), self.entered.first()]
            .into_iter()
            .flatten()
            .any(|state| state.starts_with("WaitForApiBudget"))
    }

    fn has_been_in(&self, state: &str) -> bool {
        self.entered.iter().any(|entered| entered == state)
    }
}

fn newest(kind: Kind, entered: &[String]) -> Option<&'static str> {
    entered.iter().find_map(|state| phase_of(kind, state))
}

/// The phase that a state belongs to; none for states that say nothing.
fn phase_of(kind: Kind, state: &str) -> Option<&'static str> {
    Some(match (kind, state) {
        (_, "Preflight" | "Started" | "SkippedBecauseRunning") => "preflight",
        (_, "Finalize" | "Finalized" | "SumsDoNotAddUp" | "RunSucceeded") => FINALIZE,
        (Kind::Backup, state) if state.contains("Enumerat") || state == "WaitForApiBudget" => {
            "enumerate"
        }
        (Kind::Backup, "CopyBatches") | (Kind::Reconcile, "RepairFiles") => "copy",
        (Kind::Backup, "Reconcile") => "reconcile",
        (Kind::Migrate, "Backup") => "backup",
        (Kind::Migrate | Kind::Rollback, "WaitForApiBudget" | "Planned")
        | (Kind::Reconcile, "Plan") => "plan",
        (Kind::Migrate | Kind::Rollback, state) if state.contains("SwitchPlan") => "plan",
        (Kind::Migrate | Kind::Rollback, "Approve" | "Answered" | "NotApproved") => "approval",
        (Kind::Migrate | Kind::Rollback, "Switch") => "switch",
        (Kind::Reconcile, "CompareShards" | "CompareShard" | "Compared" | "NextRound") => "compare",
        (Kind::Reconcile, "CloseRound" | "RoundClosed" | "Reconciled") => "report",
        (Kind::Analyze, state) if state.contains("Preflight") => "preflight",
        (Kind::Analyze, state) if state.contains("Report") => "report",
        (Kind::Analyze, state) if state.contains("Analy") || state.contains("Scan") => "analyze",
        (_, _) => return None,
    })
}

/// The phases of a run, in their order.
pub(super) fn of(kind: Option<Kind>, run: &RunView, place: &Place) -> Vec<&'static str> {
    let Some(kind) = kind else { return vec!["copy"] };
    let asks = run.status == RunStatus::WaitingForApproval
        || place.has_been_in("Approve")
        || place
            .inner
            .as_ref()
            .is_some_and(|(_, entered)| entered.iter().any(|state| state == "Approve"));
    let writing = |mut phases: Vec<&'static str>| {
        if asks {
            phases.push("approval");
        }
        if !run.dry_run {
            phases.extend(["switch", "verify"]);
        }
        phases.push(FINALIZE);
        phases
    };
    match kind {
        Kind::Backup if run.dry_run => vec!["preflight", "enumerate", FINALIZE],
        Kind::Backup => vec!["preflight", "enumerate", "copy", "reconcile", FINALIZE],
        Kind::Migrate => writing(vec!["preflight", "backup", "plan"]),
        Kind::Rollback => writing(vec!["preflight", "plan"]),
        Kind::SinglePhase => writing(vec!["preflight", "enumerate", "copy", "reconcile", "plan"]),
        Kind::Reconcile if run.dry_run => vec!["plan", "compare", "report"],
        Kind::Reconcile | Kind::Transfer => vec!["plan", "compare", "copy", "report"],
        Kind::Analyze => vec!["preflight", "analyze", "report"],
    }
}

/// How each of the phases stands.
///
/// * `current`: the one that goes on, or in which the run has ended; none where nothing is known.
pub(super) fn stand(
    names: &[&'static str],
    current: Option<&'static str>,
    run: &RunView,
) -> Vec<PhaseView> {
    let at = current.and_then(|current| names.iter().position(|name| *name == current));
    let at = at.unwrap_or(0);
    let here = match run.status {
        RunStatus::Running | RunStatus::WaitingForApproval | RunStatus::Paused => {
            PhaseState::Active
        }
        RunStatus::Failed | RunStatus::Stopped | RunStatus::TimedOut | RunStatus::Lost => {
            PhaseState::Failed
        }
        RunStatus::Succeeded | RunStatus::Skipped => PhaseState::Done,
    };
    let state = |index: usize| match index.cmp(&at) {
        _ if here == PhaseState::Done => PhaseState::Done,
        std::cmp::Ordering::Less => PhaseState::Done,
        std::cmp::Ordering::Equal => here,
        std::cmp::Ordering::Greater => PhaseState::Pending,
    };
    names.iter().enumerate().map(|(index, name)| PhaseView { name, state: state(index) }).collect()
}
