//! The first records that a person has to look at.

use drayage_domain::outcome::Outcome;
use drayage_domain::switch::{Direction, words};

use super::super::shown::Shown;
use super::outcomes::class;
use crate::switch::{REVIEW_SHOWN_MAX, ReviewRow, SwitchReport};
use crate::text::number;

#[derive(Debug, Clone)]
pub(super) struct RowView {
    pub(super) record: Shown,
    pub(super) account: Option<Shown>,
    pub(super) outcome: Shown,
    pub(super) class: &'static str,
    pub(super) message: Option<Shown>,
    pub(super) surprise: Option<Shown>,
    pub(super) advice: Option<&'static str>,
}

#[derive(Debug, Clone)]
pub(super) struct ReviewView {
    pub(super) rows: Vec<RowView>,
    pub(super) shown: String,
    pub(super) total: String,
    pub(super) all: bool,
    /// Whether every record has an outcome.
    pub(super) complete: bool,
}

impl ReviewView {
    pub(super) fn of(report: &SwitchReport<'_>) -> Self {
        let direction = report.summary.direction;
        let rows: Vec<RowView> =
            report.review.iter().take(REVIEW_SHOWN_MAX).map(|row| view(row, direction)).collect();
        let shown = rows.len() as u64;
        Self {
            rows,
            shown: number(shown),
            total: number(report.review_total),
            all: shown >= report.review_total,
            complete: report.summary.accounted_for,
        }
    }
}

fn view(row: &ReviewRow, direction: Direction) -> RowView {
    let outcome = Outcome::from_label(&row.outcome);
    let needs = outcome.is_none_or(Outcome::needs_attention);
    RowView {
        record: Shown::new(&row.record_id),
        account: Shown::optional(row.account.as_ref()),
        outcome: Shown::new(&row.outcome),
        class: match class(&row.outcome) {
            "extra" => "attention",
            "weak" => "ok",
            other => other,
        },
        message: match (&row.message, outcome.and_then(words::meaning)) {
            (Some(message), _) => Some(Shown::new(message)),
            (None, Some(meaning)) if needs => Some(Shown::new(&format!("The record {meaning}."))),
            (None, _) => None,
        },
        surprise: row.surprise.as_deref().map(|label| Shown::new(words::surprise(label))),
        advice: outcome.and_then(|outcome| words::advice(outcome, direction)),
    }
}
