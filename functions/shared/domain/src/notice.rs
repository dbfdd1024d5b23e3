//! What people are told while they are elsewhere, through a topic that may end in any mailbox: numbers, names of errors, and
//! where to read on. No personal data, no URL of a file, no secret but the token of an approval, which is what it is sent for.

mod ended;

use crate::failure::Failure;
use crate::run::{RunRecord, Work};
use crate::switch::commands;
use crate::switch::line::Direction;
use crate::switch::mode::SwitchEstimate;
use crate::switch::plan::SwitchPlan;
use crate::words::{counted, number};

pub use ended::{records_ended, urls_ended};

/// What a notice is about: the message attribute that subscriptions filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A run has started.
    Started,
    /// A run has ended, and every record is accounted for.
    Finished,
    /// A run was broken off, or its sums do not add up.
    Failed,
    /// A run waits for the budget of API calls.
    Limit,
    /// A run waits for a person.
    Approval,
    /// A run was not started, because another one is under way.
    Skipped,
}

impl Event {
    /// The fixed name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Limit => "limit",
            Self::Approval => "approval",
            Self::Skipped => "skipped",
        }
    }
}

/// One message.
#[derive(Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it is about.
    pub event: Event,
    /// One line.
    pub subject: String,
    /// The lines.
    pub text: String,
}

impl std::fmt::Debug for Notice {
    /// Without the text: that of an approval has the token.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Notice").field("event", &self.event).finish_non_exhaustive()
    }
}

impl Notice {
    fn new(event: Event, subject: impl Into<String>, lines: &[String]) -> Self {
        Self { event, subject: format!("Drayage: {}", subject.into()), text: lines.join("\n") }
    }
}

/// A run has started.
pub fn started(run: &RunRecord) -> Notice {
    let kind = &run.kind;
    let (what, dry) = match &run.work {
        Work::Records(options) if options.dry_run => ("It is a dry run: no file is copied.", true),
        Work::Records(_) => ("It copies files into the destination bucket.", false),
        Work::Urls(options) if !options.execute => {
            ("It is a dry run: nothing is written into Salesforce.", true)
        }
        Work::Urls(options) => match options.direction {
            Direction::Switch => ("It writes the new URLs into Salesforce records.", false),
            Direction::Restore => {
                ("It puts the original URLs back into Salesforce records.", false)
            }
        },
        Work::Objects(_) => ("It copies objects.", false),
        Work::Comparison => ("It compares two places.", false),
    };
    let manner = if dry { " (dry run)" } else { "" };
    let mut lines = vec![format!("The {kind} run {} has started.", run.run_id), what.to_owned()];
    if run.records_expected > 0 {
        lines.push(format!("Records expected: {}", number(run.records_expected)));
    }
    lines.push(format!("Started: {}", run.started_at));
    lines.push(format!("Execution: {}", run.execution_arn));
    Notice::new(Event::Started, format!("{kind} started{manner}"), &lines)
}

/// A run was not started, because another one is under way.
///
/// * `holder`: the run that is under way.
pub fn skipped(kind: &str, run_id: &str, holder: &str) -> Notice {
    let lines = [
        format!(
            "The {kind} run {run_id} was skipped: the run {holder} is under way in the same destination."
        ),
        "Nothing was done, and nothing is lost: the next run takes up what has changed.".to_owned(),
    ];
    Notice::new(Event::Skipped, format!("{kind} skipped, another run is under way"), &lines)
}

/// A run was broken off before it had anything to add up.
///
/// * `kind`: the state machine, where the run was recorded.
pub fn refused(kind: Option<&str>, run_id: &str, failure: &Failure) -> Notice {
    let run = kind.map_or_else(|| "run".to_owned(), |kind| format!("{kind} run"));
    let mut lines =
        vec![format!("The {run} {run_id} was refused before it began: nothing was done.")];
    lines.extend(failure_lines(failure));
    Notice::new(Event::Failed, format!("{run} refused, {}", failure.name), &lines)
}

/// A run waits, because the org's API calls of the day have come near the share that is left to others.
///
/// * `calls_left`: API calls that the org has left, where it tells.
/// * `waits`: what waits, such as `lane 3 of the switch`.
pub fn limit(kind: &str, run_id: &str, calls_left: Option<u64>, waits: &str) -> Notice {
    let left = calls_left.map_or_else(
        || "The org does not tell how many API calls are left.".to_owned(),
        |left| format!("API calls left today: {}", number(left)),
    );
    let lines = [
        format!("The {kind} run {run_id} pauses: the org's API calls are nearly used up."),
        left,
        format!("What waits: {waits}"),
        "It goes on by itself when calls are free again; nothing is lost and nothing has to be done.".to_owned(),
        "The share that is left to others is the stack's parameter ApiReservePercent.".to_owned(),
    ];
    Notice::new(Event::Limit, format!("{kind} pauses, API calls are nearly used up"), &lines)
}

/// A run waits for a person to approve its plan.
///
/// * `list`: where the list of every record is.
/// * `task_token`: whoever has it may answer.
pub fn approval(plan: &SwitchPlan, list: &str, task_token: &str) -> Notice {
    let kind = plan.direction.kind();
    let records = counted(plan.records, "record", "records");
    let lines = [
        format!("The {kind} run {} waits for an approval.", plan.run_id),
        format!(
            "Plan: {records} of {} ({}.{}).",
            counted(plan.accounts, "account", "accounts"),
            plan.object,
            plan.field
        ),
        estimate_line(&plan.estimate),
        format!("Plan hash: {}", plan.hash),
        format!("Every record, from and to: {list}"),
        String::new(),
        "Approve:".to_owned(),
        commands::approve(task_token),
        String::new(),
        "Reject (nothing is written then):".to_owned(),
        commands::reject(task_token),
        String::new(),
        "Whoever has these commands and may call states:SendTaskSuccess can answer.".to_owned(),
    ];
    Notice::new(Event::Approval, format!("{kind} waits for an approval, {records}"), &lines)
}

pub(super) fn failure_lines(failure: &Failure) -> Vec<String> {
    let mut lines = vec![format!("Error: {}", failure.name)];
    if !failure.message.is_empty() {
        lines.push(format!("Cause: {}", failure.message));
    }
    let hint = failure.hint.as_deref().unwrap_or("look at the execution and at the function's log");
    lines.push(format!("Hint: {hint}"));
    lines
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate")]
fn estimate_line(estimate: &SwitchEstimate) -> String {
    let left = estimate
        .api_calls_left
        .map_or_else(String::new, |left| format!(" ({} are left today)", number(left)));
    let minutes = (estimate.seconds / 60.0).ceil().max(1.0) as u64;
    format!(
        "Estimate: {}{left}, {}, about ${:.2}.",
        counted(estimate.api_calls, "API call", "API calls"),
        counted(minutes, "minute", "minutes"),
        estimate.cost_usd
    )
}

#[cfg(test)]
mod tests;
