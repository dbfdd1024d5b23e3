//! Batches of objects: what a transfer, or a fix of two buckets, does with objects that a listing has named.
//!
//! There is no ledger row per object. A batch keeps its own state: which of its entries are settled, and what came of those
//! that are not in order. Which object arrived is told by the comparison that follows.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::counts::Counts;
use crate::outcome::Outcome;
use crate::reconcile::Place;
use crate::row::SourceIdentity;
use crate::run_files::kept;

/// Objects per batch. One message, one claim and one closing transaction serve them all.
pub const OBJECTS_PER_BATCH: usize = 1_000;
/// A batch is closed when its objects have this many bytes, so that large objects spread over several invocations.
pub const BYTES_PER_BATCH: u64 = 4 * 1024 * 1024 * 1024;

/// What a run over objects needs to know, frozen when it starts. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectOptions {
    /// Where objects come from; `None` in a run that only deletes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Place>,
    /// Where they should be.
    pub destination: Place,
    /// The storage class of the copies, as S3 names it; the bucket's default if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// Whether copies get the tags of their source.
    pub preserve_tags: bool,
}

/// One line of a batch's manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectEntry {
    /// Position in the run, from 1.
    pub sequence: u64,
    /// The key, relative to both places.
    pub key: String,
    /// What is done with it.
    #[serde(flatten)]
    pub action: ObjectAction,
}

/// What is done with an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum ObjectAction {
    /// Copy it.
    Copy {
        /// The version that was listed.
        source: SourceIdentity,
    },
    /// Delete it from the destination, which has it beyond the source.
    Delete {
        /// `ETag` of the version that was listed, without quotes. Another version stays.
        etag: String,
    },
}

/// An entry that is not in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectProblem {
    /// The key, relative to both places.
    pub key: String,
    /// [`Outcome::label`] of how it ended.
    pub outcome: String,
    /// A sentence for people.
    pub message: String,
}

/// How far a batch is. Written now and then while it is worked on, and at its end if there is anything to tell; an
/// invocation that follows on a dead one repeats what was settled since then, and counts it once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectResults {
    /// Sequence numbers of the settled entries.
    pub settled: BTreeSet<u64>,
    /// What they add to the run's counts.
    pub counts: Counts,
    /// Those that are not in order.
    pub problems: Vec<ObjectProblem>,
}

impl ObjectResults {
    /// Takes in how an entry ended, once.
    pub fn settle(
        &mut self,
        entry: &ObjectEntry,
        outcome: Outcome,
        message: Option<String>,
    ) -> bool {
        if !self.settled.insert(entry.sequence) {
            return false;
        }
        self.counts.add(outcome);
        if let Some(message) = message {
            let (key, outcome) = (entry.key.clone(), outcome.label());
            self.problems.push(ObjectProblem { key, outcome, message });
        }
        true
    }
}

/// Where the results of a batch are in the state bucket.
pub fn results_key(run_id: &str, number: u32) -> String {
    kept(run_id, &format!("results/{number:06}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::FailureClass;

    fn entry(sequence: u64, key: &str) -> ObjectEntry {
        let source = SourceIdentity { size_bytes: Some(5), ..SourceIdentity::default() };
        ObjectEntry { sequence, key: key.to_owned(), action: ObjectAction::Copy { source } }
    }

    #[test]
    fn a_line_holds_any_key_and_reads_back() {
        let entry = entry(7, "/a//\n\u{1}\u{1f600}\"/");
        let text = serde_json::to_string(&entry).unwrap();
        assert!(!text.contains('\n'));
        assert_eq!(serde_json::from_str::<ObjectEntry>(&text).unwrap(), entry);
    }

    #[test]
    fn an_entry_is_counted_once() {
        let mut results = ObjectResults::default();
        let denied = Outcome::Failed(FailureClass::AccessDenied);
        assert!(results.settle(&entry(1, "a"), denied, Some("refused".to_owned())));
        assert!(!results.settle(&entry(1, "a"), Outcome::Verified, None));
        assert!(results.settle(&entry(2, "b"), Outcome::Verified, None));
        assert_eq!(results.counts.records(), 2);
        assert_eq!(results.problems.len(), 1);
    }
}
