//! What is told of an execution's output, one section for each of its summaries.

use std::collections::BTreeMap;

use drayage_domain::reconcile::ReconcileSummary;
use drayage_domain::run::Summary;
use drayage_domain::switch::summary::SwitchSummary;
use serde_json::Value;

use crate::human::{dollars, roughly, size};
use crate::kind::Kind;
use crate::output::{counted, grouped, printable};

/// One summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// What is counted: outcomes or verdicts.
    pub(super) counted: &'static str,
    pub(super) counts: BTreeMap<String, u64>,
    pub(super) facts: Vec<(&'static str, String)>,
    /// Where to look, as keys of the state bucket or whole addresses.
    pub(super) places: Vec<(&'static str, String)>,
    /// Whether nothing is left.
    pub(super) clean: bool,
}

/// The sections of an output; none for one that this version does not know.
pub(super) fn sections(kind: Kind, summary: &Value) -> Vec<Section> {
    let of_records =
        |value: &Value| serde_json::from_value(value.clone()).ok().map(|it| records(&it));
    let of_urls = |value: &Value| serde_json::from_value(value.clone()).ok().map(|it| urls(&it));
    let found = match kind {
        Kind::Backup => vec![of_records(summary)],
        Kind::Migrate | Kind::Rollback => vec![of_urls(summary)],
        Kind::Reconcile | Kind::Transfer => {
            vec![serde_json::from_value(summary.clone()).ok().map(|it| places(&it))]
        }
        // Broken off, it has the summary of its second step only.
        Kind::SinglePhase => vec![
            summary.get("backup").and_then(of_records),
            summary.get("migrate").and_then(of_urls).or_else(|| of_urls(summary)),
        ],
        Kind::Analyze => Vec::new(),
    };
    found.into_iter().flatten().collect()
}

fn records(summary: &Summary) -> Section {
    let mut facts = vec![
        ("records", sums(summary.enumerated, summary.accounted, summary.accounted_for)),
        ("copied", size(summary.counts.bytes_copied)),
        ("for a person", counted(summary.needs_attention, "record")),
    ];
    if summary.batches_open > 0 {
        facts.push(("not done", batches(summary.batches_open)));
    }
    if let Some(left) = summary.not_yet_switched {
        facts.push(("to repoint", counted(left, "record")));
    }
    if let Some(estimate) = &summary.estimate {
        let words = format!(
            "{}; at least {}; about {}",
            counted(estimate.files, "file"),
            roughly(estimate.seconds_at_least),
            dollars(estimate.cost_usd)
        );
        facts.push(("would copy", words));
    }
    if let Some(recommendation) = &summary.recommendation {
        facts.push(("then", recommendation.why.clone()));
    }
    if let Some(error) = &summary.error {
        facts.push(("broken off", printable(error)));
    }
    let mut places = vec![("summary", format!("runs/{}/summary.json", summary.run_id))];
    if let Some(found) = &summary.reconciliation {
        let words =
            if found.clean { "holds what the ledger says" } else { "DIFFERS from the ledger" };
        facts.push(("destination", words.to_owned()));
        places.push(("report", found.report.clone()));
    }
    Section {
        counted: "outcome",
        counts: summary.counts.outcomes.clone(),
        facts,
        places,
        clean: summary.clean,
    }
}

fn urls(summary: &SwitchSummary) -> Section {
    let mut facts = vec![
        ("records", sums(summary.planned, summary.accounted, summary.accounted_for)),
        ("for a person", counted(summary.needs_attention, "record")),
    ];
    if let Some(hash) = &summary.plan_hash {
        facts.push(("plan hash", hash.clone()));
    }
    let failed = summary
        .readiness
        .iter()
        .filter(|check| check.state == drayage_domain::switch::plan::CheckState::Failed);
    facts.extend(failed.map(|check| ("NOT READY", printable(&check.found))));
    if let Some(error) = &summary.error {
        facts.push(("broken off", printable(error)));
    }
    let places =
        [("report", &summary.report), ("list", &summary.list), ("review", &summary.review)];
    Section {
        counted: "outcome",
        counts: summary.counts.outcomes.clone(),
        facts,
        places: places
            .into_iter()
            .filter_map(|(name, place)| Some((name, place.clone()?)))
            .collect(),
        clean: summary.clean && summary.accounted_for,
    }
}

fn places(summary: &ReconcileSummary) -> Section {
    let mut facts = vec![
        ("compared", counted(summary.compared, "key")),
        ("level", summary.level.label().to_owned()),
        ("rounds", grouped(u64::from(summary.rounds))),
    ];
    if !summary.complete {
        facts.push((
            "NOT read",
            "a place could not be read to its end; the report names the part".to_owned(),
        ));
    }
    if summary.copied.objects > 0 {
        let words = counted(summary.copied.objects, "object");
        facts.push(("copied", format!("{words}, {}", size(summary.copied.bytes))));
    }
    for (label, count) in &summary.outcomes {
        if super::attention(label) {
            facts.push(("not copied", format!("{} {label}", grouped(*count))));
        }
    }
    if summary.dry_run {
        let words = counted(summary.planned.objects, "object");
        facts.push(("would copy", format!("{words}, {}", size(summary.planned.bytes))));
        if let Some(estimate) = &summary.estimate {
            facts.push(("would cost", format!("about {}", dollars(estimate.cost_usd))));
        }
    }
    // A dry run is about what would be copied; that there is something is no failure.
    let clean = if summary.dry_run { summary.complete } else { summary.clean };
    Section {
        counted: "verdict",
        counts: summary.verdicts.clone(),
        facts,
        places: vec![("report", summary.report.clone())],
        clean,
    }
}

fn batches(open: u32) -> String {
    let plural = if open == 1 { "" } else { "es" };
    format!("{} batch{plural} of records", grouped(u64::from(open)))
}

fn sums(of: u64, accounted: u64, accounted_for: bool) -> String {
    let verdict = if accounted_for { "adds up" } else { "DOES NOT ADD UP" };
    format!("{}, {} with an outcome: {verdict}", grouped(of), grouped(accounted))
}
