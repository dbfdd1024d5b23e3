//! How a run that writes into Salesforce ended: the output of its execution.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::line::Direction;
use super::mode::{ModeDecision, SwitchEstimate};
use super::plan::{Check, Probe};
use super::verification::Verification;
use crate::counts::Counts;
use crate::run_files::kept;

/// A sentence's worth of numbers for people, and the proof that they add up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SwitchSummary {
    /// The run.
    pub run_id: String,
    /// `switch` or `restore`.
    pub direction: Direction,
    /// Plan only: nothing was written.
    pub dry_run: bool,
    /// Whether every planned record is in exactly one named end state, and was looked at once more.
    pub accounted_for: bool,
    /// Whether, beyond that, no record needs a person's attention and every record holds what its outcome says.
    pub clean: bool,
    /// Records of the plan.
    pub planned: u64,
    /// Records of the plan with an outcome.
    pub accounted: u64,
    /// Records that need a person's attention.
    pub needs_attention: u64,
    /// Records of the plan by outcome. In a dry run, all are `planned`.
    pub counts: Counts,
    /// Ledger rows in scope that are not in the plan, by the reason.
    pub not_planned: BTreeMap<String, u64>,
    /// Names the content of the plan; give it to the execution that carries it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_hash: Option<String>,
    /// How Salesforce was told, why so, and how long an edit could go unseen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<ModeDecision>,
    /// What opening a new URL has shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
    /// What had to hold before anything was written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readiness: Vec<Check>,
    /// What the second look at every record has found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<Verification>,
    /// What it would take, in a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<SwitchEstimate>,
    /// Batches that are not done; 0 in a run that is accounted for.
    pub batches_open: u64,
    /// Where the list of every record is: from and to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// Where the file is that undoes the run without the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_file: Option<String>,
    /// Where the records that need attention are listed, with the reason of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<String>,
    /// Where the page for people is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
    /// When the run started, RFC 3339.
    pub started_at: String,
    /// When it ended, RFC 3339.
    pub ended_at: String,
    /// Why the run was broken off, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The key of the list of records that need attention.
pub fn review_key(run_id: &str) -> String {
    kept(run_id, "review.csv")
}

/// The key of the page for people.
pub fn report_key(run_id: &str) -> String {
    kept(run_id, "report/index.html")
}
