//! What a person has to look at, and how the comparison was made.

use drayage_domain::reconcile::{Category, Doubt, Place, Report, Review};

use super::shown::Shown;
use crate::text::{counted, time};

/// The line above the headline.
pub(super) fn kicker(kind: &str) -> String {
    match kind {
        "backup" => "Backup report".to_owned(),
        "reconcile" => "Reconciliation report".to_owned(),
        "transfer" => "Transfer report".to_owned(),
        _ => "Report".to_owned(),
    }
}

/// One reason for a person to look.
#[derive(Debug, Clone)]
pub(super) struct ReviewView {
    pub(super) label: Shown,
    pub(super) count: String,
    pub(super) meaning: Option<&'static str>,
    pub(super) recommendation: Shown,
}

pub(super) fn reviews(report: &Report) -> Vec<ReviewView> {
    report.manual_review.iter().map(ReviewView::of).collect()
}

impl ReviewView {
    fn of(review: &Review) -> Self {
        let doubt = match Category::of_label(&review.label) {
            Some(Category::NotVerifiable) => review.label.split_once('.').map(|(_, doubt)| doubt),
            Some(
                Category::Match
                | Category::Missing
                | Category::Extra
                | Category::SizeDiffers
                | Category::ContentDiffers,
            )
            | None => None,
        };
        Self {
            label: Shown::new(&review.label),
            count: counted(review.count, "object", "objects"),
            meaning: doubt.and_then(Doubt::from_label).map(Doubt::meaning),
            recommendation: Shown::new(&review.recommendation),
        }
    }
}

/// One of the places.
#[derive(Debug, Clone)]
pub(super) struct PlaceView {
    pub(super) description: Shown,
    pub(super) bucket: Option<Shown>,
    pub(super) prefix: Option<Shown>,
    pub(super) endpoint: Option<Shown>,
}

impl PlaceView {
    fn of(place: &Place) -> Self {
        Self {
            description: Shown::new(&place.description),
            bucket: Shown::optional(place.bucket.as_ref()),
            prefix: (!place.prefix.is_empty()).then(|| Shown::new(&place.prefix)),
            endpoint: Shown::optional(place.endpoint.as_ref()),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Method {
    pub(super) source: PlaceView,
    pub(super) destination: PlaceView,
    pub(super) level: &'static str,
    pub(super) level_meaning: &'static str,
    pub(super) complete: bool,
    pub(super) clean: bool,
    pub(super) started: String,
    pub(super) ended: String,
    pub(super) kind: Shown,
}

impl Method {
    pub(super) fn of(report: &Report) -> Self {
        Self {
            source: PlaceView::of(&report.source),
            destination: PlaceView::of(&report.destination),
            level: report.level.name(),
            level_meaning: report.level.meaning(),
            complete: report.complete,
            clean: report.clean,
            started: time(&report.started_at),
            ended: time(&report.ended_at),
            kind: Shown::new(&report.kind),
        }
    }
}
