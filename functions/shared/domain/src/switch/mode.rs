//! The ways to tell Salesforce, what each costs, and which one a run takes.
//!
//! The safest way that the org's budget bears is taken: guarded, else collections, else bulk. A run may use at most half of the API calls
//! that the org has left, because other integrations live from the same allocation.

mod choice;
mod estimate;

use serde::{Deserialize, Serialize};

pub use choice::{ModeFacts, ModeRefused, RefusedFor, choose};
pub use estimate::{batch_size, calls};

/// A way to write one field of many records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UpdateMode {
    /// Composite calls of 25 rows, each with `If-Unmodified-Since`: Salesforce itself refuses a row that was edited since it was read.
    Guarded,
    /// Collections of 200 rows, read and compared right before.
    Collections,
    /// Bulk API 2.0 jobs of up to 10,000 rows, read and compared before the job.
    Bulk,
}

impl UpdateMode {
    /// The name in inputs and plans.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Guarded => "guarded",
            Self::Collections => "collections",
            Self::Bulk => "bulk",
        }
    }
}

/// What the input asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModeChoice {
    /// The safest one that the org's budget bears.
    #[default]
    Auto,
    /// [`UpdateMode::Guarded`].
    Guarded,
    /// [`UpdateMode::Collections`].
    Collections,
    /// [`UpdateMode::Bulk`].
    Bulk,
}

/// Which way a run takes, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModeDecision {
    /// The way.
    pub mode: UpdateMode,
    /// Why this one, in a sentence.
    pub why: String,
    /// How long an edit by somebody else could go unseen, in a sentence.
    pub race_window: String,
    /// Whether the org was seen to guard updates; none where nobody has tried, as in a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guard_works: Option<bool>,
}

/// What a run will take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SwitchEstimate {
    /// API calls to Salesforce, the second look at every record included.
    pub api_calls: u64,
    /// API calls that the org has left today, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_calls_left: Option<u64>,
    /// Writes to the ledger.
    pub ledger_writes: u64,
    /// Requests, transitions and seconds of Lambda (at the price of arm64) on AWS together, in USD.
    pub cost_usd: f64,
    /// About how long the writing takes, in seconds.
    pub seconds: f64,
}

impl Eq for SwitchEstimate {}
