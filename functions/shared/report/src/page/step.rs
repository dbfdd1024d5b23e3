//! What to do next: few steps, in the order in which they make sense.

use drayage_domain::reconcile::Report;

use super::findings::Findings;
use crate::files::{DIFFERENCES_CSV, FIX_SH};
use crate::text::counted;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) text: String,
    /// What to type.
    pub(super) command: Option<String>,
}

impl Step {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), command: None }
    }

    pub(super) fn with(text: impl Into<String>, command: impl Into<String>) -> Self {
        Self { text: text.into(), command: Some(command.into()) }
    }
}

pub(super) fn steps(report: &Report, findings: &Findings) -> Vec<Step> {
    let mut steps = Vec::new();
    if !report.complete {
        steps.push(Step::new(
            "Mend what kept the comparison from reading everything; the parts are named above. Then compare again: a comparison of a part proves nothing about the rest.",
        ));
    }
    if findings.copies_needed() > 0 {
        let count = findings.copies_needed();
        let what = counted(count, "object that is", "objects that are");
        steps.push(Step::new(if report.estimate.is_some() {
            format!("Start the run without dryRun. It copies the {what} missing or different.")
        } else if report.kind == "transfer" {
            format!(
                "See under “Differences” why {} not in place, mend it, and start the transfer again: it copies only what is missing or different.",
                counted(count, "object is", "objects are")
            )
        } else {
            format!("Start a fix of this run. It copies the {what} missing or different, and compares again.")
        }));
        if report.source.bucket.is_some() {
            steps.push(Step::with(
                format!(
                    "Or do it by hand: {FIX_SH} has one command for each. Read it, then run it."
                ),
                "bash fix.sh",
            ));
        }
    }
    if findings.not_verifiable > 0 {
        let what = counted(findings.not_verifiable, "object", "objects");
        steps.push(Step::new(format!(
            "See under “Manual review” why {what} could not be verified, and what to do about each reason."
        )));
    }
    if findings.extra > 0 {
        steps.push(about_extra(report, findings));
    }
    if findings.unknown > 0 {
        steps.push(Step::new("Read this report with the version that wrote it: it has verdicts that this version does not know."));
    }
    if report.complete && findings.keys == 0 {
        steps.push(Step::new("Check that the buckets and prefixes under “How it was compared” are the ones that were meant."));
    } else if report.complete && findings.by_size_only > 0 {
        steps.push(Step::new(
            "Compare again at level etag or higher where equal sizes are not proof enough.",
        ));
    }
    if steps.is_empty() {
        steps.push(Step::new(
            "Nothing. Keep this page as evidence; it needs no network to be read.",
        ));
    } else if findings.copies_needed() > 0 {
        steps.push(Step::new("Compare again, until nothing is left here."));
    }
    steps
}

/// What an unread part of the source may hold is not extra.
fn about_extra(report: &Report, findings: &Findings) -> Step {
    let what = counted(findings.extra, "object", "objects");
    if !report.complete {
        return Step::new(format!(
            "Leave alone the {what} that only the destination seems to have, until a comparison is complete: an unread part of the source may have them too."
        ));
    }
    Step::with(
        format!(
            "Decide about {what} that only the destination has. {FIX_SH} lists the commands that delete them, commented out; {DIFFERENCES_CSV} lists their keys."
        ),
        "grep -n '^#delete' fix.sh",
    )
}
