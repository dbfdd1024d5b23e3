//! The result of a reconciliation or a transfer in a few numbers: the output of its execution, and a part of the summary of the
//! run that it is a step of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::input::{Purpose, ReconcileInput};
use super::level::Level;
use super::report::Report;
use super::tally::Volume;
use super::work::Done;
use crate::estimate::Estimate;

/// A result in a few numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "answers to four questions that people ask")]
pub struct ReconcileSummary {
    /// The run.
    pub run_id: String,
    /// What it was for.
    #[serde(default)]
    pub purpose: Purpose,
    /// Whether it only told what it would do.
    #[serde(default)]
    pub dry_run: bool,
    /// Whether both places were read to their ends, and everything that was queued has exactly one outcome.
    #[serde(default)]
    pub accounted_for: bool,
    /// Whether both places were read to their ends, and everything that should be there is.
    pub clean: bool,
    /// Whether both places were read to their ends.
    pub complete: bool,
    /// How far comparisons were allowed to go.
    pub level: Level,
    /// What the source has.
    #[serde(default)]
    pub source: Volume,
    /// Keys that either place knows.
    pub compared: u64,
    /// Keys by verdict.
    pub verdicts: BTreeMap<String, u64>,
    /// Rounds of comparing.
    pub rounds: u32,
    /// Files that were queued to be copied.
    pub repairs: u64,
    /// What was copied.
    #[serde(default)]
    pub copied: Volume,
    /// What was queued, by outcome.
    #[serde(default)]
    pub outcomes: BTreeMap<String, u64>,
    /// What a fix would copy.
    #[serde(default)]
    pub planned: Volume,
    /// What that would take; only in a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// Where the report is.
    pub report: String,
}

impl ReconcileSummary {
    /// * `report_address`: of the report's page.
    pub fn of(
        report: &Report,
        input: &ReconcileInput,
        done: &Done,
        report_address: String,
    ) -> Self {
        Self {
            run_id: report.run_id.clone(),
            purpose: input.purpose,
            dry_run: input.dry_run,
            accounted_for: report.complete && done.accounted_for,
            clean: report.clean,
            complete: report.complete,
            level: report.level,
            source: report.tally.source,
            compared: report.tally.verdicts.values().sum(),
            verdicts: report.tally.verdicts.clone(),
            rounds: report.rounds.iter().map(|round| round.number).max().unwrap_or(0),
            repairs: report.rounds.iter().map(|round| round.requeued).sum(),
            copied: report.copied,
            outcomes: done.outcomes.clone(),
            planned: report.planned,
            estimate: report.estimate.clone(),
            report: report_address,
        }
    }

    /// Whether the execution succeeds. A comparison does whatever it finds; a transfer has to account for every object.
    pub const fn succeeded(&self) -> bool {
        match self.purpose {
            Purpose::Reconcile => true,
            Purpose::Transfer => self.accounted_for,
        }
    }
}
