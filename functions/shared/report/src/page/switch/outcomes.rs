//! How many records ended how.

use drayage_domain::outcome::Outcome;
use drayage_domain::switch::summary::SwitchSummary;
use drayage_domain::switch::words;

use super::super::bar::{BAR, Stretch};
use super::super::shown::{Shown, length};
use crate::text::{counted, number, share};

#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The class in the style sheet that colours the mark.
    pub(super) class: &'static str,
    pub(super) name: Shown,
    pub(super) meaning: Option<&'static str>,
    pub(super) count: String,
    pub(super) share: String,
}

#[derive(Debug, Clone)]
pub(super) struct Outcomes {
    pub(super) bar: Vec<Stretch>,
    pub(super) rows: Vec<Row>,
    pub(super) accounted: String,
    pub(super) planned: String,
    pub(super) open: Option<String>,
    pub(super) not_planned: Vec<(Shown, String)>,
}

/// The parts of the bar, in their order: class, and what it stands for.
const PARTS: [(&str, &str); 6] = [
    ("ok", "written"),
    ("weak", "as wanted before"),
    ("plain", "planned"),
    ("extra", "deleted"),
    ("attention", "edited by somebody, or not written"),
    ("unknown", "without an outcome"),
];

impl Outcomes {
    pub(super) fn of(summary: &SwitchSummary) -> Self {
        let outcomes = &summary.counts.outcomes;
        let whole = summary.planned.max(summary.accounted);
        let mut rows: Vec<(u64, &'static str, Row)> = outcomes
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(label, count)| (*count, class(label), row(label, *count, whole)))
            .collect();
        let place = |class: &str| PARTS.iter().position(|part| part.0 == class);
        rows.sort_by_key(|(count, class, _)| (place(class), std::cmp::Reverse(*count)));
        let without = summary.planned.saturating_sub(summary.accounted);
        let mut bar: Vec<Stretch> = Vec::new();
        let mut start = 0;
        for (class, name) in PARTS {
            let counted: u64 =
                rows.iter().filter(|row| row.1 == class).map(|row| row.0).sum::<u64>()
                    + if class == "unknown" { without } else { 0 };
            let length = length(counted, whole, BAR).min(BAR.saturating_sub(start));
            if length > 0 {
                bar.push(Stretch { class, name, count: number(counted), start, length });
                start += length;
            }
        }
        // Rounding never leaves a gap at the end.
        if let Some(last) = bar.last_mut() {
            last.length = BAR.saturating_sub(last.start);
        }
        Self {
            bar,
            rows: rows.into_iter().map(|(_, _, row)| row).collect(),
            accounted: number(summary.accounted),
            planned: number(summary.planned),
            open: open(without, summary.batches_open),
            not_planned: summary
                .not_planned
                .iter()
                .map(|(reason, count)| (Shown::new(reason), number(*count)))
                .collect(),
        }
    }
}

fn open(without: u64, batches: u64) -> Option<String> {
    if without == 0 && batches == 0 {
        return None;
    }
    let records = counted(without, "record has no outcome", "records have no outcome");
    Some(format!("{records}; {} not done.", counted(batches, "batch is", "batches are")))
}

fn row(label: &str, count: u64, whole: u64) -> Row {
    Row {
        class: class(label),
        name: Shown::new(label),
        meaning: Outcome::from_label(label).and_then(words::meaning),
        count: number(count),
        share: share(count, whole),
    }
}

/// The class in the style sheet of an outcome.
pub(super) fn class(label: &str) -> &'static str {
    let Some(outcome) = Outcome::from_label(label) else { return "unknown" };
    match outcome {
        Outcome::Switched | Outcome::Restored => "ok",
        Outcome::AlreadySwitched | Outcome::AlreadyOriginal => "weak",
        Outcome::Planned => "plain",
        Outcome::SourceGone(_) => "extra",
        Outcome::Drifted | Outcome::Conflict | Outcome::NotWritten(_) | Outcome::Failed(_) => {
            "attention"
        }
        Outcome::Verified
        | Outcome::Unchanged
        | Outcome::AccountRenamed
        | Outcome::Deleted
        | Outcome::Kept
        | Outcome::Skipped(_) => "unknown",
    }
}
