//! How the lines of a batch ended: written as the batch goes on, so that a later invocation goes on where this one stopped.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::counts::Counts;
use crate::outcome::Outcome;
use crate::run_files::kept;

/// The results of one batch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SwitchResults {
    /// Endings by record id.
    pub endings: BTreeMap<String, LineEnding>,
    /// API calls that were spent on the batch.
    pub api_calls: u64,
    /// The Bulk API 2.0 job that may be under way for lines without an ending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
}

/// How one line ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LineEnding {
    /// The outcome's label.
    pub outcome: String,
    /// A sentence for people where the record needs attention; never carries a URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl LineEnding {
    /// An ending that needs no words.
    pub fn plain(outcome: Outcome) -> Self {
        Self { outcome: outcome.label(), message: None }
    }

    /// Whether a person has to look at the record.
    pub fn needs_attention(&self) -> bool {
        Outcome::from_label(&self.outcome).is_none_or(Outcome::needs_attention)
    }
}

impl SwitchResults {
    /// What the batch adds to its run's counts.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { api_calls: self.api_calls, ..Counts::default() };
        for ending in self.endings.values() {
            *counts.outcomes.entry(ending.outcome.clone()).or_default() += 1;
        }
        counts
    }
}

/// The key of a batch's results.
pub fn results_key(run_id: &str, number: u32) -> String {
    kept(run_id, &format!("results/{number:06}.json"))
}
