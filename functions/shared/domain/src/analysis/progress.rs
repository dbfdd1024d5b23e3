//! How far an analysis is. It is written after every stretch of work, on the condition that nobody else has written it since it was
//! read; so a stretch counts once, however often it is begun.

use serde::{Deserialize, Serialize};

use super::tally::Tally;
use crate::manifest::ManifestEntry;

/// What is remembered between two stretches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Batches that are added up; the next one has this number plus one.
    pub batches: u32,
    /// The sums of those batches.
    pub tally: Tally,
}

impl Progress {
    /// Adds the next batch.
    pub fn add(&mut self, run_id: &str, sample: u32, entries: &[ManifestEntry]) {
        for entry in entries {
            self.tally.add(run_id, sample, entry);
        }
        self.batches += 1;
    }

    /// Whether every batch is added up and every sampled file was asked for.
    pub fn is_complete(&self, batches: u32) -> bool {
        self.batches >= batches && self.tally.sample.open(1).is_empty()
    }
}
