//! The model of a report: what `summary.json` carries and what the page shows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::difference::Difference;
use super::level::Level;
use super::object::Side;
use super::tally::{Tally, Volume};
use super::verdict::{Category, Doubt};
use crate::estimate::Estimate;

/// Differences that a report shows itself; all of them are in `differences.ndjson`.
pub const TOP_MAX: usize = 200;

/// How a bucket is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BucketAccess {
    /// With the roles of the functions.
    #[default]
    Role,
    /// With keys, and perhaps an endpoint, from a secret: `SourceSecret` or `DestinationSecret` of the stack.
    Keys,
}

/// One of the compared places. Never carries credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// How people name it, such as `s3://bucket/prefix` or `ledger of <stack>`.
    pub description: String,
    /// The bucket; `None` for the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// What every key of the place begins with; empty for the whole bucket.
    #[serde(default)]
    pub prefix: String,
    /// The endpoint of a service other than AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// How it is reached.
    #[serde(default)]
    pub access: BucketAccess,
}

/// A part of an inventory that could not be read: nothing is known about its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Partial {
    /// Whose inventory.
    pub side: Side,
    /// What the unread keys begin with; empty for all of them.
    pub prefix: String,
    /// Why, a sentence.
    pub reason: String,
}

/// One comparison of a run that fixes and compares again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Round {
    /// Counts from 1, the comparison before anything is fixed.
    pub number: u32,
    /// Keys that were copied again before it.
    pub requeued: u64,
    /// Keys by verdict label after it.
    pub verdicts: BTreeMap<String, u64>,
    /// RFC 3339 time.
    pub started_at: String,
    /// RFC 3339 time.
    pub ended_at: String,
}

/// A stretch of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Phase {
    /// What was done, such as `list` or `compare`.
    pub name: String,
    /// RFC 3339 time.
    pub started_at: String,
    /// RFC 3339 time.
    pub ended_at: String,
}

/// What one kind of request or transfer costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CostItem {
    /// What it is, such as `LIST requests`.
    pub label: String,
    /// How many of it.
    pub count: u64,
    /// In US dollars.
    pub usd: f64,
}

/// An estimate of what a run costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// All items together, in US dollars.
    pub usd: f64,
    /// By kind.
    pub items: Vec<CostItem>,
}

/// Keys that a person has to look at, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// The verdict's label.
    pub label: String,
    /// How many keys.
    pub count: u64,
    /// What to do about them, a sentence.
    pub recommendation: String,
}

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The run.
    pub run_id: String,
    /// `backup`, `reconcile` or `transfer`.
    pub kind: String,
    /// How far comparisons were allowed to go.
    pub level: Level,
    /// Where the objects come from.
    pub source: Place,
    /// Where they should be.
    pub destination: Place,
    /// Whether both inventories were read to their ends and every key has a verdict.
    pub complete: bool,
    /// What is missing for that.
    pub incomplete_because: Vec<Partial>,
    /// Whether the places are shown to agree: [`Report::is_clean`].
    pub clean: bool,
    /// The counts of the last round.
    pub tally: Tally,
    /// Every round.
    pub rounds: Vec<Round>,
    /// The timeline.
    pub phases: Vec<Phase>,
    /// RFC 3339 time.
    pub started_at: String,
    /// RFC 3339 time.
    pub ended_at: String,
    /// What was copied.
    pub copied: Volume,
    /// What a fix would copy next.
    #[serde(default)]
    pub planned: Volume,
    /// What that would take; only in a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// What it costs, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// The worst differences, at most [`TOP_MAX`], worst first.
    pub top: Vec<Difference>,
    /// How many differences there are in all.
    pub differences_total: u64,
    /// What a person has to look at.
    pub manual_review: Vec<Review>,
}

impl Report {
    /// Whether a comparison shows that the places agree: it is `complete`, and every key is a match. Extra keys count
    /// only where the destination is meant to have nothing else (`extras_count`).
    pub fn is_clean(complete: bool, tally: &Tally, extras_count: bool) -> bool {
        let extra = if extras_count { 0 } else { tally.of(Category::Extra) };
        complete && tally.not_in_order() == extra
    }
}

/// What a person has to look at after the last round, worst first: every label of `verdicts` that is not a match, those of
/// a newer version too.
pub fn manual_review(verdicts: &BTreeMap<String, u64>) -> Vec<Review> {
    let mut found: Vec<_> = verdicts
        .iter()
        .filter(|(_, count)| **count > 0)
        .filter_map(|(label, count)| {
            let category = Category::of_label(label);
            (category != Some(Category::Match)).then(|| {
                let severity = category.map_or(u8::MAX, Category::severity);
                (
                    severity,
                    Review { label: label.clone(), count: *count, recommendation: advice(label) },
                )
            })
        })
        .collect();
    found.sort_by_key(|(severity, review)| (u8::MAX - severity, u64::MAX - review.count));
    found.into_iter().map(|(_, review)| review).collect()
}

fn advice(label: &str) -> String {
    let doubt = label.split_once('.').and_then(|(_, doubt)| Doubt::from_label(doubt));
    match (Category::of_label(label), doubt) {
        (Some(Category::NotVerifiable), Some(doubt)) => doubt.recommendation().to_owned(),
        (Some(category), _) => category.recommendation().to_owned(),
        (None, _) => {
            "Unknown to this version: read the report with the version that wrote it.".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(verdicts: &[(&str, u64)]) -> Tally {
        let verdicts =
            verdicts.iter().map(|(label, count)| ((*label).to_owned(), *count)).collect();
        Tally { verdicts, ..Tally::default() }
    }

    #[test]
    fn only_a_complete_comparison_without_findings_is_clean() {
        let matches = tally(&[("match.etag", 3)]);
        assert!(Report::is_clean(true, &matches, true));
        assert!(!Report::is_clean(false, &matches, true));
        for label in ["missing", "size_differs", "not_verifiable.access_denied", "moved"] {
            let found = tally(&[("match.etag", 3), (label, 1)]);
            assert!(!Report::is_clean(true, &found, false), "{label}");
        }
    }

    #[test]
    fn extra_keys_count_where_nothing_else_may_be_there() {
        let extra = tally(&[("match.etag", 3), ("extra", 1)]);
        assert!(Report::is_clean(true, &extra, false));
        assert!(!Report::is_clean(true, &extra, true));
    }

    #[test]
    fn everything_but_a_match_is_for_review_and_the_worst_comes_first() {
        let found = tally(&[
            ("extra", 9),
            ("match.etag", 3),
            ("missing", 0),
            ("moved", 1),
            ("content_differs.bytes", 1),
            ("not_verifiable.archived", 2),
        ]);
        let review = manual_review(&found.verdicts);
        let labels: Vec<_> = review.iter().map(|review| review.label.as_str()).collect();
        assert_eq!(labels, ["moved", "content_differs.bytes", "not_verifiable.archived", "extra"]);
        assert_eq!(review[2].recommendation, Doubt::Archived.recommendation());
    }
}
