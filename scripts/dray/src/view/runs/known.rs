//! What is known of one run, from every place that knows something, and the view that follows from it.

use std::collections::BTreeMap;

use drayage_aws::executions::{Detail, Standing};
use drayage_domain::counts::Counts;
use drayage_domain::failure::Failure as Caught;
use drayage_domain::outcome::Outcome;
use drayage_domain::reconcile::input::ReconcileInput;
use drayage_domain::reconcile::{Category, ReconcileSummary};
use drayage_domain::remedy::remedy_of_error;
use drayage_domain::run::{Checkpoint, RunRecord, RunState, RunSummary, Work};
use drayage_domain::run_input::Mode;
use drayage_domain::switch::summary::SwitchSummary;
use serde_json::Value;

use super::{RunError, RunStatus, RunView};
use crate::kind::Kind;

/// What Step Functions lists of an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Execution {
    pub(super) arn: String,
    pub(super) standing: Standing,
    pub(super) started_at: String,
    pub(super) ended_at: Option<String>,
}

/// Everything that is known of a run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    pub(super) run_id: String,
    /// The state machine that a person has started, or `repair`.
    pub(super) kind: String,
    pub(super) parent_run: Option<String>,
    /// What the ledger has.
    pub(super) record: Option<RunRecord>,
    /// What Step Functions has; none where it was not looked up, or is forgotten.
    pub(super) execution: Option<Execution>,
    /// Whether Step Functions was asked about it by name and does not know it.
    pub(super) is_forgotten: bool,
    /// What it was asked and has put out, where that was looked up.
    pub(super) detail: Option<Detail>,
    /// What its batches have counted so far, while it is under way.
    pub(super) counts: Option<Counts>,
    /// How far it has enumerated, while it is under way.
    pub(super) checkpoint: Option<Checkpoint>,
    /// Whether a person is asked, and has not answered.
    pub(super) waits_for_approval: bool,
    /// Whether the work of the stack is paused.
    pub(super) is_paused: bool,
}

impl Known {
    pub(super) fn new(run_id: &str, kind: &str) -> Self {
        Self {
            run_id: run_id.to_owned(),
            kind: kind.to_owned(),
            parent_run: None,
            record: None,
            execution: None,
            is_forgotten: false,
            detail: None,
            counts: None,
            checkpoint: None,
            waits_for_approval: false,
            is_paused: false,
        }
    }

    pub(super) fn started_at(&self) -> String {
        let of_record = self.record.as_ref().map(|record| record.started_at.clone());
        let of_execution = self.execution.as_ref().map(|execution| execution.started_at.clone());
        of_execution.or(of_record).unwrap_or_default()
    }

    pub(super) fn arn(&self) -> String {
        let of_execution = self.execution.as_ref().map(|execution| execution.arn.clone());
        of_execution
            .or_else(|| self.record.as_ref().map(|record| record.execution_arn.clone()))
            .unwrap_or_default()
    }

    /// Whether it goes on, as far as is known.
    pub(super) fn goes_on(&self) -> bool {
        match &self.execution {
            Some(execution) => execution.standing == Standing::Running,
            None => {
                !self.is_forgotten
                    && self.record.as_ref().is_some_and(|run| run.state == RunState::Running)
            }
        }
    }

    /// Whether the output of the execution tells what the ledger does not.
    pub(super) fn wants_detail(&self) -> bool {
        if self.detail.is_some() || self.execution.is_none() || self.goes_on() {
            return false;
        }
        let summarised = self.record.as_ref().is_some_and(|run| run.summary.is_some());
        let succeeded = self
            .execution
            .as_ref()
            .is_some_and(|execution| execution.standing == Standing::Succeeded);
        !(summarised && succeeded)
    }

    /// What the execution was asked.
    pub(super) fn input(&self) -> Value {
        let text = self.detail.as_ref().map_or("", |detail| detail.input.as_str());
        serde_json::from_str(text).unwrap_or_default()
    }

    fn output(&self) -> Option<Value> {
        serde_json::from_str(self.detail.as_ref()?.output.as_deref()?).ok()
    }

    /// The view of it.
    pub(super) fn view(&self) -> RunView {
        let output = self.output();
        let status = self.status(output.as_ref());
        let mut view = RunView {
            run_id: self.run_id.clone(),
            kind: self.kind.clone(),
            parent_run: self.parent_run.clone(),
            status,
            dry_run: self.is_dry_run(),
            mode: self.mode(),
            execution_arn: self.arn(),
            started_at: self.started_at(),
            ended_at: self.ended_at(),
            accounted_for: None,
            clean: None,
            total: None,
            done: 0,
            needs_attention: 0,
            bytes_copied: 0,
            outcomes: BTreeMap::new(),
            error: None,
            report: None,
        };
        self.count(&mut view, output.as_ref());
        view.error = self.error(status);
        view
    }

    fn status(&self, output: Option<&Value>) -> RunStatus {
        let recorded = self.record.as_ref().map(|record| record.state);
        let Some(execution) = &self.execution else {
            return match recorded {
                Some(RunState::Succeeded) => RunStatus::Succeeded,
                Some(RunState::Failed) => RunStatus::Failed,
                Some(RunState::Running) if self.is_forgotten => RunStatus::Lost,
                Some(RunState::Running) | None => RunStatus::Running,
            };
        };
        match execution.standing {
            Standing::Running if self.waits_for_approval => RunStatus::WaitingForApproval,
            Standing::Running if self.is_paused => RunStatus::Paused,
            Standing::Running => RunStatus::Running,
            Standing::Aborted => RunStatus::Stopped,
            Standing::TimedOut => RunStatus::TimedOut,
            Standing::Failed => RunStatus::Failed,
            Standing::Succeeded if was_skipped(output) => RunStatus::Skipped,
            Standing::Succeeded if recorded == Some(RunState::Failed) => RunStatus::Failed,
            Standing::Succeeded => RunStatus::Succeeded,
        }
    }

    fn ended_at(&self) -> Option<String> {
        let of_execution = self.execution.as_ref().and_then(|execution| execution.ended_at.clone());
        of_execution.or_else(|| self.record.as_ref().and_then(|record| record.ended_at.clone()))
    }

    fn is_dry_run(&self) -> bool {
        let asked = |field: &str| self.input().get(field).and_then(Value::as_bool);
        match self.record.as_ref().map(|record| &record.work) {
            Some(Work::Records(options)) => options.dry_run,
            Some(Work::Urls(options)) => !options.execute,
            Some(Work::Comparison | Work::Objects(_)) | None => match Kind::from_name(&self.kind) {
                Some(Kind::Migrate | Kind::Rollback | Kind::SinglePhase) => {
                    self.detail.is_some() && asked("execute") != Some(true)
                }
                Some(Kind::Analyze) => true,
                Some(Kind::Reconcile) => self.detail.is_some() && !self.fixes(),
                Some(Kind::Backup | Kind::Transfer) | None => asked("dryRun") == Some(true),
            },
        }
    }

    fn fixes(&self) -> bool {
        ReconcileInput::parse(&self.input()).is_ok_and(|input| input.fixes())
    }

    fn mode(&self) -> Option<String> {
        let record = self.record.as_ref()?;
        if let Some(RunSummary::Urls(SwitchSummary { mode: Some(decision), .. })) = &record.summary
        {
            return Some(decision.mode.name().to_owned());
        }
        record.work.records().filter(|_| self.kind == Kind::Backup.name()).map(|options| {
            match options.mode {
                Mode::Full => "full".to_owned(),
                Mode::Incremental => "incremental".to_owned(),
            }
        })
    }

    fn count(&self, view: &mut RunView, output: Option<&Value>) {
        match self.record.as_ref().and_then(|record| record.summary.as_ref()) {
            Some(RunSummary::Records(summary)) => {
                view.accounted_for = Some(summary.accounted_for);
                view.clean = Some(summary.clean);
                view.total = Some(summary.enumerated);
                view.done = summary.accounted;
                view.needs_attention = summary.needs_attention;
                take(view, &summary.counts);
                view.report =
                    summary.reconciliation.as_ref().map(|compared| compared.report.clone());
            }
            Some(RunSummary::Urls(summary)) => {
                view.accounted_for = Some(summary.accounted_for);
                view.clean = Some(summary.clean);
                view.total = Some(summary.planned);
                view.done = summary.accounted;
                view.needs_attention = summary.needs_attention;
                take(view, &summary.counts);
                view.report.clone_from(&summary.report);
            }
            None => match output.and_then(compared) {
                Some(summary) => count_comparison(view, summary),
                None => self.count_so_far(view, output),
            },
        }
    }

    fn count_so_far(&self, view: &mut RunView, output: Option<&Value>) {
        let unchanged = self.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.unchanged);
        if let Some(counts) = &self.counts {
            take(view, counts);
            view.done = counts.records() + unchanged;
            view.needs_attention = counts.needs_attention();
            if unchanged > 0 {
                *view.outcomes.entry(Outcome::Unchanged.label()).or_default() += unchanged;
            }
        }
        view.total = match (&self.checkpoint, &self.record) {
            (Some(checkpoint), Some(record)) if self.goes_on() => {
                Some(checkpoint.total().max(record.records_expected))
            }
            (Some(checkpoint), _) => Some(checkpoint.total()),
            (None, Some(record)) if record.records_expected > 0 => Some(record.records_expected),
            (None, _) => None,
        };
        // An analysis has looked at everything, or has failed.
        if let Some(records) = output.and_then(|output| output.get("records")?.as_u64()) {
            view.total = Some(records);
            view.done = records;
        }
        let address = |output: &Value| {
            let report = output.get("report").or_else(|| output.get("reportUri"))?;
            report.as_str().map(str::to_owned)
        };
        view.report = output.and_then(address);
    }

    fn error(&self, status: RunStatus) -> Option<RunError> {
        let told = |name: &str, cause: &str| {
            let Caught { name, message, hint } = Caught::caught(name, cause);
            let hint = hint.unwrap_or_else(|| remedy_of_error(&name).to_owned());
            RunError { name, cause: message, hint }
        };
        match status {
            RunStatus::Failed => {
                if let Some(Detail { error: Some(name), cause, .. }) = &self.detail {
                    return Some(told(name, cause.as_deref().unwrap_or_default()));
                }
                let summary = self.record.as_ref()?.summary.as_ref();
                let line = summary.and_then(|summary| match summary {
                    RunSummary::Records(summary) => summary.error.as_deref(),
                    RunSummary::Urls(summary) => summary.error.as_deref(),
                });
                let (name, cause) = match line {
                    Some(line) => line.split_once(": ").unwrap_or((line, "")),
                    None => ("SumsDoNotAddUp", ""),
                };
                Some(told(name, cause))
            }
            RunStatus::Stopped => Some(told(
                "ABORTED",
                self.detail.as_ref().and_then(|detail| detail.cause.as_deref()).unwrap_or_default(),
            )),
            RunStatus::TimedOut => Some(told("TIMED_OUT", "the execution took longer than it may")),
            RunStatus::Lost => Some(RunError {
                name: "Lost".to_owned(),
                cause: "the ledger says that the run is under way, and Step Functions does not know its execution"
                    .to_owned(),
                hint: "start the same again, which does what is left and takes the lock over".to_owned(),
            }),
            RunStatus::Running
            | RunStatus::WaitingForApproval
            | RunStatus::Paused
            | RunStatus::Succeeded
            | RunStatus::Skipped => None,
        }
    }
}

fn take(view: &mut RunView, counts: &Counts) {
    view.outcomes.clone_from(&counts.outcomes);
    view.bytes_copied = counts.bytes_copied;
}

/// Preflight's answer is the output of a scheduled run that met another one.
fn was_skipped(output: Option<&Value>) -> bool {
    output.and_then(|output| output.get("outcome")?.as_str()) == Some("skipped")
}

fn compared(output: &Value) -> Option<ReconcileSummary> {
    let summary = output.get("summary").unwrap_or(output);
    serde_json::from_value(summary.clone()).ok()
}

fn count_comparison(view: &mut RunView, summary: ReconcileSummary) {
    let ReconcileSummary { accounted_for, clean, compared, verdicts, copied, report, .. } = summary;
    view.accounted_for = Some(accounted_for);
    view.clean = Some(clean);
    view.total = Some(compared);
    view.done = compared;
    view.needs_attention = verdicts
        .iter()
        .filter(|(label, _)| Category::of_label(label) != Some(Category::Match))
        .map(|(_, count)| count)
        .sum();
    view.bytes_copied = copied.bytes;
    view.outcomes = verdicts;
    view.report = Some(report);
}

#[cfg(test)]
mod tests;
