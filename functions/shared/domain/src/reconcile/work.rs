//! What a reconciliation keeps in the state bucket while it goes on: shards, how far each is, and what was found.
//!
//! ```text
//! work/<run>/reconcile/run.json                       what was asked for
//! work/<run>/reconcile/<round>/shards/<shard>.json    one range of keys, the unit of work
//! work/<run>/reconcile/<round>/states/<shard>.json    how far it is
//! work/<run>/reconcile/<round>/findings/<shard>/<part>.ndjson
//! work/<run>/reconcile/<round>/round.json             what it found
//! runs/<run>/report/…                                 the report
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::input::ReconcileInput;
use super::ranges::KeyRange;
use super::report::{Partial, Place, Round};
use super::tally::{Tally, Volume};
use crate::counts::Counts;
use crate::outcome::Outcome;
use crate::run_files::{kept, temporary};

/// A reconciliation, frozen when it starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reconciliation {
    /// The execution's name.
    pub run_id: String,
    /// What was asked for.
    pub input: ReconcileInput,
    /// Where the objects come from.
    pub source: Place,
    /// Where they should be.
    pub destination: Place,
    /// When it started, RFC 3339.
    pub started_at: String,
    /// What was found at the start not to be readable. No shard is about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<Partial>,
}

/// A range of keys that is compared by one invocation after another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shard {
    /// Counts from 1.
    pub number: u32,
    /// What all its keys begin with, relative to the places: listings ask for nothing else, because a role may be allowed to
    /// list some folders only. Empty for no such limit.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub folder: String,
    /// The keys, relative to the places.
    pub range: KeyRange,
}

/// How far a shard is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShardState {
    /// The shard.
    pub number: u32,
    /// Whether every key of it is decided, or cannot be.
    pub done: bool,
    /// The last key that is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// What was decided so far.
    pub tally: Tally,
    /// Parts of findings that belong to what was decided; later ones are left over from an invocation that died.
    pub findings_parts: u32,
    /// What cannot be read.
    #[serde(default)]
    pub incomplete_because: Vec<Partial>,
    /// When it was begun, RFC 3339.
    pub started_at: String,
    /// When this was written, RFC 3339.
    pub updated_at: String,
}

impl ShardState {
    /// Nothing is decided yet.
    pub fn start(number: u32, at: String) -> Self {
        Self {
            number,
            done: false,
            position: None,
            tally: Tally::default(),
            findings_parts: 0,
            incomplete_because: Vec::new(),
            started_at: at.clone(),
            updated_at: at,
        }
    }
}

/// The key of what was asked for.
pub fn run_key(run_id: &str) -> String {
    temporary(run_id, "reconcile/run.json")
}

/// The prefix that the Distributed Map lists: one object per shard and nothing else.
pub fn shards_prefix(run_id: &str, round: u32) -> String {
    temporary(run_id, &format!("reconcile/{round:02}/shards/"))
}

/// The key of a shard.
pub fn shard_key(run_id: &str, round: u32, shard: u32) -> String {
    format!("{}{shard:06}.json", shards_prefix(run_id, round))
}

/// The key of a shard's state.
pub fn state_key(run_id: &str, round: u32, shard: u32) -> String {
    temporary(run_id, &format!("reconcile/{round:02}/states/{shard:06}.json"))
}

/// The key of a part of a shard's findings. Parts count from 1.
pub fn findings_key(run_id: &str, round: u32, shard: u32, part: u32) -> String {
    temporary(run_id, &format!("reconcile/{round:02}/findings/{shard:06}/{part:06}.ndjson"))
}

/// The run under whose name files are copied again after a round: a run of its own in the ledger, so that its batches are
/// claimed, counted and settled like those of any other.
pub fn repair_run(run_id: &str, round: u32) -> String {
    format!("{run_id}.repair-{round}")
}

/// The key of a file of the report.
pub fn report_key(run_id: &str, file: &str) -> String {
    kept(run_id, &format!("report/{file}"))
}

/// How a round went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoundState {
    /// What was found.
    pub round: Round,
    /// What is done after it.
    pub queued: Queued,
}

/// What a round leaves to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Queued {
    /// Files to copy.
    pub copies: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Objects to delete.
    pub deletes: u64,
    /// Batches that these are in.
    pub batches: u32,
}

/// What was done between the comparisons of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// Whether everything that was queued has exactly one outcome.
    pub accounted_for: bool,
    /// What was copied, also by the run that the comparison is a step of.
    pub copied: Volume,
    /// Queued entries by [`Outcome::label`].
    pub outcomes: BTreeMap<String, u64>,
    /// Requests that they took.
    pub requests: u64,
}

impl Done {
    /// Adds what was queued after a round, as its batches have counted it.
    ///
    /// * `open`: batches that have not come to their end.
    pub fn add(&mut self, queued: Queued, counts: &Counts, open: u64) {
        self.accounted_for &= open == 0 && counts.records() == queued.copies + queued.deletes;
        self.copied.objects += counts.outcomes.get(&Outcome::Verified.label()).unwrap_or(&0);
        self.copied.bytes += counts.bytes_copied;
        self.requests += counts.requests;
        for (label, count) in &counts.outcomes {
            *self.outcomes.entry(label.clone()).or_default() += count;
        }
    }
}

/// The key of a round's state.
pub fn round_key(run_id: &str, round: u32) -> String {
    temporary(run_id, &format!("reconcile/{round:02}/round.json"))
}
