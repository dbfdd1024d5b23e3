//! `index.html`: one page for people, readable without a network, on a phone, in the dark, on paper and by ear.
//!
//! The page loads nothing and runs nothing: its policy forbids everything but its own style sheet, which is named by its
//! hash. Foreign text is escaped by the template engine, and invisible characters in it are shown
//! ([`crate::visible`]).

mod bar;
mod cost;
mod difference;
mod findings;
mod found;
mod group;
mod headline;
mod method;
mod shown;
mod size;
mod step;
mod switch;
mod timeline;

use std::io::Write;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use drayage_domain::reconcile::Report;
use sha2::{Digest as _, Sha256};

use crate::error::ReportError;
use crate::files;
use crate::text::{duration, time};
use crate::visible::plain;

pub use switch::{SwitchPage, render_switch_page};

use findings::Findings;
use shown::Shown;

const STYLE: &str = include_str!("../templates/style.css");

/// The page of a report.
#[derive(Debug, Template)]
#[template(path = "page.html")]
pub struct Page {
    policy: String,
    style: &'static str,
    title: String,
    kicker: String,
    run: Shown,
    headline: headline::Headline,
    source: Shown,
    destination: Shown,
    ended: String,
    took: String,
    unread: Vec<headline::Unread>,
    steps: Vec<step::Step>,
    found: found::Found,
    groups: group::Groups,
    sizes: size::Sizes,
    timeline: timeline::Timeline,
    top: difference::Top,
    cost: cost::CostView,
    reviews: Vec<method::ReviewView>,
    method: method::Method,
}

impl Page {
    /// The page of that report.
    pub fn new(report: &Report) -> Self {
        let findings = Findings::of(report);
        let headline = headline::Headline::of(report, &findings);
        Self {
            policy: policy(),
            style: STYLE,
            title: plain(&format!("{} – {} {}", headline.text, report.kind, report.run_id)),
            kicker: method::kicker(&report.kind),
            run: Shown::new(&report.run_id),
            source: Shown::new(&report.source.description),
            destination: Shown::new(&report.destination.description),
            ended: time(&report.ended_at),
            took: duration(&report.started_at, &report.ended_at),
            unread: headline::unread(report),
            steps: step::steps(report, &findings),
            found: found::Found::of(report, &findings),
            groups: group::Groups::of(&report.tally),
            sizes: size::Sizes::of(&report.tally),
            timeline: timeline::Timeline::of(report),
            top: difference::Top::of(report),
            cost: cost::CostView::of(report),
            reviews: method::reviews(report),
            method: method::Method::of(report),
            headline,
        }
    }
}

/// Writes `index.html`.
///
/// # Errors
///
/// [`ReportError::Write`] if the writer fails, [`ReportError::Page`] if the template does.
pub fn render_page(report: &Report, mut out: impl Write) -> Result<(), ReportError> {
    let text = Page::new(report).render()?;
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(ReportError::write(files::INDEX_HTML))
}

/// Nothing may be loaded, run, sent or framed; of styles, only the page's own.
fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
}
