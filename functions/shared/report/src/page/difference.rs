//! The worst differences, as rows of a table.

use drayage_domain::reconcile::{Category, Difference, Level, Report, Seen, Verdict};

use super::shown::{Shown, Size};
use crate::text::{number, time};

/// Rows that are shown before the reader asks for all.
const FIRST: usize = 20;

/// What a side showed.
#[derive(Debug, Clone)]
pub(super) struct SideView {
    pub(super) size: Size,
    pub(super) etag: Option<Shown>,
    pub(super) modified: Option<String>,
    pub(super) class: Option<Shown>,
}

/// One difference.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) key: Shown,
    pub(super) tone: &'static str,
    pub(super) verdict: String,
    pub(super) source: Option<SideView>,
    pub(super) destination: Option<SideView>,
    pub(super) account: Option<Shown>,
    pub(super) record: Option<Shown>,
    pub(super) problem: Option<Shown>,
}

#[derive(Debug, Clone)]
pub(super) struct Top {
    pub(super) shown: String,
    pub(super) total: String,
    /// Whether the report carries all of them.
    pub(super) all: bool,
    pub(super) first: Vec<Row>,
    pub(super) rest: Vec<Row>,
}

impl Top {
    pub(super) fn of(report: &Report) -> Self {
        let count = u64::try_from(report.top.len()).unwrap_or(u64::MAX);
        let mut rows: Vec<Row> = report.top.iter().map(Row::of).collect();
        let first = if rows.len() <= FIRST + 5 { rows.len() } else { FIRST };
        let rest = rows.split_off(first);
        Self {
            shown: number(count),
            total: number(report.differences_total),
            all: count >= report.differences_total,
            first: rows,
            rest,
        }
    }
}

impl Row {
    fn of(difference: &Difference) -> Self {
        Self {
            key: Shown::new(&difference.key),
            tone: match difference.verdict.category() {
                Category::Match => "ok",
                Category::NotVerifiable => "unknown",
                Category::Extra => "extra",
                Category::Missing | Category::SizeDiffers | Category::ContentDiffers => "attention",
            },
            verdict: verdict(difference.verdict),
            source: difference.source.as_ref().map(SideView::of),
            destination: difference.destination.as_ref().map(SideView::of),
            account: Shown::optional(difference.account_id.as_ref()),
            record: Shown::optional(difference.record_id.as_ref()),
            problem: Shown::optional(difference.problem.as_ref()),
        }
    }
}

impl SideView {
    fn of(seen: &Seen) -> Self {
        Self {
            size: Size::new(seen.size_bytes),
            etag: Shown::optional(seen.etag.as_ref()),
            modified: seen.last_modified.as_deref().map(time),
            class: Shown::optional(seen.storage_class.as_ref()),
        }
    }
}

fn verdict(verdict: Verdict) -> String {
    match verdict {
        Verdict::Match { level } => format!("Equal ({})", level.name()),
        Verdict::Missing => "Missing".to_owned(),
        Verdict::Extra => "Only in the destination".to_owned(),
        Verdict::SizeDiffers => "Other size".to_owned(),
        Verdict::ContentDiffers { level } => format!("Other contents ({})", level.name()),
        Verdict::NotVerifiable { level, reason } => doubt(level, reason.label()),
    }
}

fn doubt(level: Level, reason: &str) -> String {
    format!("Not verifiable: {}, reached level {}", reason.replace('_', " "), level.name())
}
