//! How many keys ended with which verdict, and what the verdicts rest on.

use drayage_domain::reconcile::{Category, Doubt, Level, Report};

use super::bar::{BAR, Stretch};
use super::findings::Findings;
use super::shown::{Shown, Size, length};
use crate::text::{number, share};

/// One verdict, with what it rests on.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The class in the style sheet that colours the mark.
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    pub(super) count: String,
    pub(super) share: String,
    pub(super) details: Vec<Detail>,
}

/// A part of a verdict.
#[derive(Debug, Clone)]
pub(super) struct Detail {
    pub(super) name: Shown,
    pub(super) count: String,
    pub(super) share: String,
}

#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) keys: String,
    pub(super) bar: Vec<Stretch>,
    pub(super) rows: Vec<Row>,
    pub(super) source: (String, Size),
    pub(super) destination: (String, Size),
}

impl Found {
    pub(super) fn of(report: &Report, findings: &Findings) -> Self {
        let tally = &report.tally;
        let mut rows: Vec<Row> =
            Category::ALL.iter().map(|category| row(report, findings, *category)).collect();
        if findings.unknown > 0 {
            rows.push(unknown(report, findings));
        }
        Self {
            keys: number(findings.keys),
            bar: bar(findings),
            rows,
            source: (number(tally.source.objects), Size::new(tally.source.bytes)),
            destination: (number(tally.destination.objects), Size::new(tally.destination.bytes)),
        }
    }
}

const fn class(category: Category) -> &'static str {
    match category {
        Category::Match => "ok",
        Category::NotVerifiable => "unknown",
        Category::Extra => "extra",
        Category::Missing | Category::SizeDiffers | Category::ContentDiffers => "attention",
    }
}

const fn name(category: Category) -> &'static str {
    match category {
        Category::Match => "Equal",
        Category::Missing => "Missing from the destination",
        Category::Extra => "Only in the destination",
        Category::SizeDiffers => "Other size",
        Category::ContentDiffers => "Same size, other contents",
        Category::NotVerifiable => "Could not be verified",
    }
}

fn row(report: &Report, findings: &Findings, category: Category) -> Row {
    let count = report.tally.of(category);
    let details = report
        .tally
        .verdicts
        .iter()
        .filter(|(label, count)| **count > 0 && Category::of_label(label) == Some(category))
        .filter_map(|(label, count)| Some((rests_on(category, label.split_once('.')?.1)?, *count)))
        .map(|(text, count)| Detail {
            name: Shown::new(&text),
            count: number(count),
            share: share(count, findings.keys),
        })
        .collect();
    Row {
        class: class(category),
        name: name(category),
        count: number(count),
        share: share(count, findings.keys),
        details,
    }
}

fn rests_on(category: Category, detail: &str) -> Option<String> {
    match category {
        Category::Match => Some(format!("by {}", Level::from_label(detail)?.meaning())),
        Category::ContentDiffers => {
            Some(format!("shown by {}", Level::from_label(detail)?.meaning()))
        }
        Category::NotVerifiable => Some(Doubt::from_label(detail)?.meaning().to_owned()),
        Category::Missing | Category::Extra | Category::SizeDiffers => None,
    }
}

fn unknown(report: &Report, findings: &Findings) -> Row {
    let verdicts = report.tally.verdicts.iter();
    let details = verdicts
        .filter(|(label, _)| Category::of_label(label).is_none())
        .map(|(label, count)| Detail {
            name: Shown::new(label),
            count: number(*count),
            share: share(*count, findings.keys),
        })
        .collect();
    Row {
        class: "unknown",
        name: "Verdicts of a newer version",
        count: number(findings.unknown),
        share: share(findings.unknown, findings.keys),
        details,
    }
}

fn bar(findings: &Findings) -> Vec<Stretch> {
    let parts = [
        ("ok", "verified", findings.verified()),
        ("weak", "equal by size only", findings.by_size_only),
        ("unknown", "not verifiable", findings.not_verifiable.saturating_add(findings.unknown)),
        ("attention", "missing or different", findings.copies_needed()),
        ("extra", "only in the destination", findings.extra),
    ];
    // Small parts are drawn longer than they are, at the cost of the largest: a few missing objects among millions are
    // what the bar is looked at for.
    let mut lengths = parts
        .map(|(_, _, count)| if count == 0 { 0 } else { length(count, findings.keys, BAR).max(6) });
    let sum: u64 = lengths.iter().sum();
    if let Some(longest) = lengths.iter_mut().max() {
        *longest = (*longest + BAR).saturating_sub(sum.max(1));
    }
    let mut start = 0;
    let mut stretches = Vec::new();
    for ((class, name, count), length) in parts.into_iter().zip(lengths) {
        if count > 0 {
            stretches.push(Stretch { class, name, count: number(count), start, length });
            start += length;
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_full_and_shows_every_part() {
        let findings = Findings {
            keys: 1_000_006,
            matches: 1_000_000,
            by_size_only: 1,
            missing: 3,
            size_differs: 0,
            content_differs: 0,
            not_verifiable: 2,
            extra: 1,
            unknown: 0,
        };
        let bar = bar(&findings);
        assert_eq!(bar.len(), 5);
        assert!(bar.iter().all(|stretch| stretch.length >= 6));
        assert_eq!(bar.last().map(|last| last.start + last.length), Some(BAR));
    }
}
