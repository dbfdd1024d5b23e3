//! The verdict in plain language. It never claims more than was compared.

use drayage_domain::reconcile::{Partial, Report};

use super::findings::Findings;
use super::shown::Shown;
use crate::text::{bytes, counted, dollars, number};

/// The one of three colours that carries the meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Ok,
    Attention,
    Unknown,
}

impl Tone {
    /// The class in the style sheet.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Attention => "attention",
            Self::Unknown => "unknown",
        }
    }

    /// The meaning in words, for who does not see the colour.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Ok => "In order",
            Self::Attention => "Needs attention",
            Self::Unknown => "Not certain",
        }
    }
}

/// What stands at the top.
#[derive(Debug, Clone)]
pub(super) struct Headline {
    pub(super) tone: Tone,
    pub(super) text: String,
    pub(super) lead: String,
}

impl Headline {
    pub(super) fn of(report: &Report, findings: &Findings) -> Self {
        let found = Self::of_comparison(report, findings);
        let Some(estimate) = &report.estimate else { return found };
        let plan = format!(
            "A dry run: {}, {}, would be copied, for about {} in requests.",
            counted(report.planned.objects, "object", "objects"),
            bytes(report.planned.bytes),
            dollars(estimate.cost_usd)
        );
        let lead = [plan, found.lead].into_iter().filter(|text| !text.is_empty());
        Self { lead: lead.collect::<Vec<_>>().join(" "), ..found }
    }

    fn of_comparison(report: &Report, findings: &Findings) -> Self {
        if !report.complete {
            return incomplete(findings);
        }
        if findings.keys == 0 {
            return Self::new(
                Tone::Unknown,
                "There was nothing to compare.",
                "Neither place holds an object. If that is unexpected, look at the buckets and prefixes below.",
            );
        }
        if report.clean && findings.only_matches_and_extra() {
            return clean(findings);
        }
        let only_doubts = findings.copies_needed() == 0 && findings.extra == 0;
        let tone = if only_doubts { Tone::Unknown } else { Tone::Attention };
        let found = found(findings);
        if found.is_empty() {
            return Self::new(
                Tone::Unknown,
                "The places are not shown to agree.",
                "No difference was found, but the run did not call the result clean.",
            );
        }
        Self::new(tone, &format!("{found}."), &in_order(findings))
    }

    pub(super) fn new(tone: Tone, text: &str, lead: &str) -> Self {
        Self { tone, text: text.to_owned(), lead: lead.to_owned() }
    }
}

fn incomplete(findings: &Findings) -> Headline {
    let found = found(findings);
    let lead = if findings.keys == 0 {
        "Nothing could be compared.".to_owned()
    } else if found.is_empty() {
        format!(
            "What was read agrees: {}. About the rest nothing is known.",
            counted(findings.matches, "object", "objects")
        )
    } else {
        format!(
            "Of what was read: {found}. {} About the rest nothing is known.",
            in_order(findings)
        )
    };
    let tone = if findings.copies_needed() > 0 { Tone::Attention } else { Tone::Unknown };
    Headline::new(tone, "The comparison is incomplete.", &lead)
}

fn clean(findings: &Findings) -> Headline {
    if findings.matches == 0 {
        return Headline::new(
            Tone::Unknown,
            "The source is empty.",
            &format!("The destination holds {}.", counted(findings.extra, "object", "objects")),
        );
    }
    let all = match findings.matches {
        1 => "The only object is".to_owned(),
        count => format!("All {} objects are", number(count)),
    };
    let (text, mut lead) = if findings.by_size_only == 0 {
        (format!("{all} in the destination and verified."), String::new())
    } else if findings.verified() == 0 {
        (
            format!("{all} in the destination with the same size."),
            "Contents were not compared: a comparison at a higher level tells more.".to_owned(),
        )
    } else {
        (
            format!("{all} in the destination."),
            format!(
                "{} verified; {} compared by size only.",
                counted(findings.verified(), "object is", "objects are"),
                counted(findings.by_size_only, "object was", "objects were")
            ),
        )
    };
    if findings.extra > 0 {
        let more = format!(
            "The destination holds {} besides, which this comparison allows.",
            counted(findings.extra, "object", "objects")
        );
        lead =
            [lead, more].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
    }
    Headline::new(Tone::Ok, &text, &lead)
}

/// Such as `3 objects are missing, 2 differ and 1 could not be verified`; empty if all is in order.
fn found(findings: &Findings) -> String {
    let phrases = [
        (findings.missing, "is missing", "are missing"),
        (findings.differing(), "differs", "differ"),
        (findings.not_verifiable, "could not be verified", "could not be verified"),
        (findings.extra, "is only in the destination", "are only in the destination"),
        (findings.unknown, "has an unknown verdict", "have unknown verdicts"),
    ];
    let mut parts: Vec<String> = Vec::new();
    for (count, one, many) in phrases {
        let noun = match (parts.is_empty(), count) {
            (_, 0) => continue,
            (true, 1) => " object",
            (true, _) => " objects",
            (false, _) => "",
        };
        let verb = if count == 1 { one } else { many };
        parts.push(format!("{}{noun} {verb}", number(count)));
    }
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

fn in_order(findings: &Findings) -> String {
    match (findings.matches, findings.by_size_only) {
        (0, _) => "No object is in order.".to_owned(),
        (matches, 0) => format!("{} verified.", counted(matches, "object is", "objects are")),
        (matches, by_size) if matches == by_size => {
            format!("{} the same size.", counted(matches, "object has", "objects have"))
        }
        (_, by_size) => format!(
            "{} verified, {} the same size.",
            counted(findings.verified(), "object is", "objects are"),
            counted(by_size, "has", "have")
        ),
    }
}

/// A part of a place that could not be read.
#[derive(Debug, Clone)]
pub(super) struct Unread {
    pub(super) side: &'static str,
    /// `None` for all of it.
    pub(super) prefix: Option<Shown>,
    pub(super) reason: Shown,
}

pub(super) fn unread(report: &Report) -> Vec<Unread> {
    report.incomplete_because.iter().map(Unread::of).collect()
}

impl Unread {
    fn of(partial: &Partial) -> Self {
        Self {
            side: partial.side.name(),
            prefix: (!partial.prefix.is_empty()).then(|| Shown::new(&partial.prefix)),
            reason: Shown::new(&partial.reason),
        }
    }
}
