//! How a run ended, in about ten lines.

use super::{Event, Notice, estimate_line, failure_lines};
use crate::counts::Counts;
use crate::failure::Failure;
use crate::run::Summary;
use crate::switch::plan::CheckState;
use crate::switch::summary::SwitchSummary;
use crate::switch::verification::Verification;
use crate::words::{counted, number};

/// A run over files has ended.
///
/// * `failure`: what broke it off.
/// * `summary_at`: where the summary is.
pub fn records_ended(
    kind: &str,
    summary: &Summary,
    failure: Option<&Failure>,
    summary_at: &str,
) -> Notice {
    let told = Told {
        run_id: &summary.run_id,
        kind,
        dry_run: summary.dry_run,
        accounted_for: summary.accounted_for,
        needs_attention: summary.needs_attention,
        failure,
    };
    let mut lines = told.opening();
    lines.push(sums(
        ("Enumerated", summary.enumerated),
        summary.accounted,
        summary.batches_open.into(),
    ));
    lines.extend(outcomes(&summary.counts));
    lines.push(told.attention());
    if let Some(found) = &summary.reconciliation {
        let word = if found.clean { "holds" } else { "does not hold" };
        lines.push(format!("Destination: it {word} what the ledger says."));
        lines.push(format!("Page: {}", found.report));
    }
    if let Some(estimate) = &summary.estimate {
        let files = counted(estimate.files, "file", "files");
        lines.push(format!("Estimate: {files}, about ${:.2} of requests.", estimate.cost_usd));
    }
    lines.push(format!("Summary: {summary_at}"));
    told.notice(summary.clean, &lines)
}

/// A run that writes into Salesforce has ended.
///
/// * `failure`: what broke it off.
/// * `summary_at`: where the summary is.
pub fn urls_ended(summary: &SwitchSummary, failure: Option<&Failure>, summary_at: &str) -> Notice {
    let told = Told {
        run_id: &summary.run_id,
        kind: summary.direction.kind(),
        dry_run: summary.dry_run,
        accounted_for: summary.accounted_for,
        needs_attention: summary.needs_attention,
        failure,
    };
    let mut lines = told.opening();
    lines.push(sums(("Planned", summary.planned), summary.accounted, summary.batches_open));
    lines.extend(outcomes(&summary.counts));
    if !summary.dry_run {
        lines.push(told.attention());
        lines.push(second_look(summary.verification.as_ref()));
    }
    let failed: Vec<&str> = summary
        .readiness
        .iter()
        .filter(|check| check.state == CheckState::Failed)
        .map(|check| check.name.as_str())
        .collect();
    if !failed.is_empty() {
        lines.push(format!("Not ready: {}", failed.join(", ")));
    }
    lines.extend(summary.estimate.as_ref().map(estimate_line));
    let places = [
        ("Plan hash", summary.plan_hash.as_ref().filter(|_| summary.dry_run)),
        ("Every record", summary.list.as_ref().filter(|_| summary.dry_run)),
        ("Records to look at", summary.review.as_ref()),
        ("Undo without the ledger", summary.rollback_file.as_ref()),
        ("Page", summary.report.as_ref()),
    ];
    lines.extend(places.into_iter().filter_map(|(name, at)| at.map(|at| format!("{name}: {at}"))));
    lines.push(format!("Summary: {summary_at}"));
    told.notice(summary.clean, &lines)
}

struct Told<'a> {
    run_id: &'a str,
    kind: &'a str,
    dry_run: bool,
    accounted_for: bool,
    needs_attention: u64,
    failure: Option<&'a Failure>,
}

impl Told<'_> {
    fn opening(&self) -> Vec<String> {
        let manner = if self.dry_run { " (dry run)" } else { "" };
        let ended = if self.failure.is_some() {
            "was broken off"
        } else if self.accounted_for {
            "has ended: every record is accounted for"
        } else {
            "has ended, but its sums do not add up"
        };
        let mut lines = vec![format!("The {} run {}{manner} {ended}.", self.kind, self.run_id)];
        lines.extend(self.failure.map(failure_lines).unwrap_or_default());
        lines
    }

    fn attention(&self) -> String {
        format!("Needs attention: {}", number(self.needs_attention))
    }

    fn notice(&self, clean: bool, lines: &[String]) -> Notice {
        let kind = self.kind;
        let manner = if self.dry_run { "dry run " } else { "" };
        let (event, subject) = match (self.failure, self.accounted_for) {
            (Some(failure), _) => {
                (Event::Failed, format!("{kind} {manner}failed, {}", failure.name))
            }
            (None, false) => {
                (Event::Failed, format!("{kind} {manner}failed, its sums do not add up"))
            }
            (None, true) if self.needs_attention > 0 && !self.dry_run => {
                let need = if self.needs_attention == 1 { "needs" } else { "need" };
                let records = counted(self.needs_attention, "record", "records");
                (Event::Finished, format!("{kind} finished, {records} {need} attention"))
            }
            (None, true) if clean => (Event::Finished, format!("{kind} {manner}finished, clean")),
            (None, true) => (Event::Finished, format!("{kind} {manner}finished, not clean")),
        };
        Notice::new(event, subject, lines)
    }
}

fn sums((name, count): (&str, u64), accounted: u64, batches_open: u64) -> String {
    let open = if batches_open == 0 {
        String::new()
    } else {
        format!("; batches still open: {}", number(batches_open))
    };
    let (count, accounted) = (number(count), number(accounted));
    format!("{name}: {count}; with an outcome: {accounted}{open}")
}

fn outcomes(counts: &Counts) -> Option<String> {
    let told: Vec<String> = counts
        .outcomes
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(label, count)| format!("{} {label}", number(*count)))
        .collect();
    (!told.is_empty()).then(|| format!("Outcomes: {}", told.join(", ")))
}

fn second_look(verification: Option<&Verification>) -> String {
    let Some(found) = verification else { return "Second look: none".to_owned() };
    let surprises: Vec<String> = found
        .surprises
        .iter()
        .map(|(label, count)| format!("; {} {label}", number(*count)))
        .collect();
    format!(
        "Second look: {} read again, {} as told{}",
        number(found.records),
        number(found.as_told),
        surprises.concat()
    )
}
