//! Where the files of the run are.

use super::super::shown::Shown;
use crate::files::REVIEW_CSV;
use crate::switch::SwitchReport;

/// A file beside the page's folder.
#[derive(Debug, Clone)]
pub(super) struct FileView {
    pub(super) what: &'static str,
    pub(super) name: &'static str,
    pub(super) href: String,
    pub(super) at: Shown,
}

pub(super) fn files(report: &SwitchReport<'_>) -> Vec<FileView> {
    let summary = report.summary;
    let at_summary = Some(&report.summary_at);
    [
        ("Every record, from and to", "plan.csv", summary.list.as_ref()),
        ("Records to look at", REVIEW_CSV, summary.review.as_ref()),
        ("Undoes the run without the ledger", "rollback.jsonl", summary.rollback_file.as_ref()),
        ("All numbers, for programs", "summary.json", at_summary),
    ]
    .into_iter()
    .filter_map(|(what, name, at)| {
        let href = format!("../{name}");
        at.map(|at| FileView { what, name, href, at: Shown::new(at) })
    })
    .collect()
}
