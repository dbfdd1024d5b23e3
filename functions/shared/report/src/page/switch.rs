//! `index.html` of a run that writes into Salesforce.

mod files;
mod headline;
mod how;
mod outcomes;
mod review;
mod step;

use std::io::Write;

use askama::Template;
use drayage_domain::switch::Direction;

use super::headline::Headline;
use super::shown::Shown;
use super::step::Step;
use super::{STYLE, policy};
use crate::error::ReportError;
use crate::files::INDEX_HTML;
use crate::switch::SwitchReport;
use crate::text::{duration, time};
use crate::visible::plain;

/// The page of a run that writes into Salesforce.
#[derive(Debug, Template)]
#[template(path = "switch.html")]
pub struct SwitchPage {
    policy: String,
    style: &'static str,
    title: String,
    kicker: String,
    run: Shown,
    headline: Headline,
    direction: &'static str,
    field: Shown,
    started: String,
    ended: String,
    took: String,
    dry_run: bool,
    error: Option<Shown>,
    steps: Vec<Step>,
    outcomes: outcomes::Outcomes,
    verification: Option<how::SecondLook>,
    review: review::ReviewView,
    mode: Option<how::ModeView>,
    calls: Option<String>,
    estimate: Vec<(&'static str, String)>,
    readiness: Vec<how::CheckView>,
    probe: Option<how::CheckView>,
    files: Vec<files::FileView>,
    plan_hash: Option<Shown>,
}

impl SwitchPage {
    /// The page of that report.
    pub fn new(report: &SwitchReport<'_>) -> Self {
        let summary = report.summary;
        let headline = headline::headline(report);
        let kind = summary.direction.kind();
        Self {
            policy: policy(),
            style: STYLE,
            title: plain(&format!("{} – {kind} {}", headline.text, summary.run_id)),
            kicker: match summary.direction {
                Direction::Switch => "Migrate report".to_owned(),
                Direction::Restore => "Rollback report".to_owned(),
            },
            run: Shown::new(&summary.run_id),
            direction: match summary.direction {
                Direction::Switch => "Original URL → new URL",
                Direction::Restore => "New URL → original URL",
            },
            field: Shown::new(&report.field),
            started: time(&summary.started_at),
            ended: time(&summary.ended_at),
            took: duration(&summary.started_at, &summary.ended_at),
            dry_run: summary.dry_run,
            error: Shown::optional(summary.error.as_ref()),
            steps: step::steps(report),
            outcomes: outcomes::Outcomes::of(summary),
            verification: summary.verification.as_ref().map(how::SecondLook::of),
            review: review::ReviewView::of(report),
            mode: summary.mode.as_ref().map(how::ModeView::of),
            calls: how::calls(summary),
            estimate: summary.estimate.as_ref().map(how::estimate).unwrap_or_default(),
            readiness: summary.readiness.iter().map(how::CheckView::of).collect(),
            probe: summary.probe.as_ref().map(how::CheckView::of_probe),
            files: files::files(report),
            plan_hash: Shown::optional(summary.plan_hash.as_ref()),
            headline,
        }
    }
}

/// Writes `index.html` of a run that writes into Salesforce.
///
/// # Errors
///
/// [`ReportError::Write`] if the writer fails, [`ReportError::Page`] if the template does.
pub fn render_switch_page(
    report: &SwitchReport<'_>,
    mut out: impl Write,
) -> Result<(), ReportError> {
    let text = SwitchPage::new(report).render()?;
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(ReportError::write(INDEX_HTML))
}
