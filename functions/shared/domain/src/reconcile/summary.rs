//! The result of a reconciliation in a few numbers: the output of its execution, and a part of the summary of the run that it
//! is a step of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::level::Level;
use super::report::Report;

/// A result in a few numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReconcileSummary {
    /// The run.
    pub run_id: String,
    /// Whether both places were read to their ends, and everything that should be there is.
    pub clean: bool,
    /// Whether both places were read to their ends.
    pub complete: bool,
    /// How far comparisons were allowed to go.
    pub level: Level,
    /// Keys that either place knows.
    pub compared: u64,
    /// Keys by verdict.
    pub verdicts: BTreeMap<String, u64>,
    /// Rounds of comparing.
    pub rounds: u32,
    /// Files that were queued to be copied again.
    pub repairs: u64,
    /// Where the report is.
    pub report: String,
}

impl ReconcileSummary {
    /// * `report_address`: of the report's page.
    pub fn of(report: &Report, report_address: String) -> Self {
        Self {
            run_id: report.run_id.clone(),
            clean: report.clean,
            complete: report.complete,
            level: report.level,
            compared: report.tally.verdicts.values().sum(),
            verdicts: report.tally.verdicts.clone(),
            rounds: report.rounds.iter().map(|round| round.number).max().unwrap_or(0),
            repairs: report.rounds.iter().map(|round| round.requeued).sum(),
            report: report_address,
        }
    }
}
