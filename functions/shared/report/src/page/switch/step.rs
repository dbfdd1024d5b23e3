//! What to do next: few steps, in the order in which they make sense.

use drayage_domain::switch::Direction;
use drayage_domain::switch::plan::CheckState;

use super::super::step::Step;
use crate::switch::SwitchReport;
use crate::text::counted;
use crate::visible::plain;

pub(super) fn steps(report: &SwitchReport<'_>) -> Vec<Step> {
    let summary = report.summary;
    let mut steps = Vec::new();
    if summary.error.is_some() {
        steps.push(Step::new(
            "Mend what broke the run off; the error says what. Then start it again: it takes up only what is left.",
        ));
    } else if !summary.accounted_for {
        steps.push(Step::new(
            "Start the run again: records without an outcome are read again and end in one.",
        ));
    }
    if summary.dry_run {
        steps.extend(of_plan(report));
        return steps;
    }
    if report.review_total > 0 {
        steps.push(Step::new(format!(
            "See under “To look at” what became of {}, and what to do about each.",
            counted(report.review_total, "record", "records")
        )));
    }
    if summary.direction == Direction::Switch && summary.accounted > 0 {
        steps.push(match &report.command {
            Some(command) => Step::with(
                "To put the original URLs back, should it ever be needed; edits by others since then are kept:",
                // Names of runs are foreign text, and nobody should paste what they cannot see.
                plain(command),
            ),
            None => Step::new(
                "To put the original URLs back, should it ever be needed, start a rollback of this run.",
            ),
        });
    }
    if steps.is_empty() {
        steps.push(Step::new(
            "Nothing. Keep this page as evidence; it needs no network to be read.",
        ));
    }
    steps
}

fn of_plan(report: &SwitchReport<'_>) -> Vec<Step> {
    let summary = report.summary;
    if summary.error.is_some() {
        return Vec::new();
    }
    let failed = summary.readiness.iter().any(|check| check.state == CheckState::Failed);
    let mut steps = Vec::new();
    if failed {
        steps.push(Step::new(
            "Mend what the failed checks under “Readiness” name, then make a dry run again.",
        ));
    }
    if summary.planned == 0 {
        steps.push(Step::new(
            "Look below at why no record is planned: records need a proven copy first.",
        ));
        return steps;
    }
    steps.push(Step::new(
        "Review the list of every record, plan.csv: what is in it is what would run.",
    ));
    if !failed {
        steps.push(match &report.command {
            Some(command) => {
                Step::with("Carry out exactly this plan; any other is refused:", plain(command))
            }
            None => Step::new(
                "Start the run with the same input, \"execute\": true and this planHash; any other plan is refused.",
            ),
        });
    }
    steps
}
