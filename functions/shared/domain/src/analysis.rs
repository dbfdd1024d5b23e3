//! What a migration would be about, told before anything is copied: scope, sizes, hazards, time, requests and cost.
//!
//! The plan of a dry run is added up line by line ([`tally`]); sizes are told from a random sample of its files ([`sample`],
//! [`sizes`]); [`conclude`] makes the [`Analysis`] of both. Its JSON keeps its shape: fields are added, never renamed or removed.

pub mod budget;
pub mod conclude;
pub mod hazards;
pub mod input;
pub mod model;
pub mod progress;
mod random;
pub mod repeats;
pub mod sample;
pub mod sizes;
pub mod tally;

pub use budget::{ModeBudget, SalesforceBudget};
pub use hazards::Hazard;
pub use model::{AccountCount, Analysis, FileType, HostCount, Places, Scope, Told};
pub use sizes::{Interval, Sizes};

use serde::{Deserialize, Serialize};

use crate::diagnosis::ApiCalls;
use crate::run_files::{kept, temporary};

/// What an analysis is asked for, frozen when its run starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnalysisOptions {
    /// Files whose size is asked for.
    pub sample: u32,
    /// The org's API calls when the run started, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_calls: Option<ApiCalls>,
}

/// The key of a run's analysis.
pub fn analysis_key(run_id: &str) -> String {
    kept(run_id, "analysis.json")
}

/// The key of the table of all accounts.
pub fn accounts_key(run_id: &str) -> String {
    kept(run_id, "accounts.csv")
}

/// The key of how far an analysis is.
pub fn progress_key(run_id: &str) -> String {
    temporary(run_id, "analysis/progress.json")
}
