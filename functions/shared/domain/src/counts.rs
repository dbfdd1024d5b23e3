//! Counters of a batch and of a run: how many records ended how, and what it took.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::outcome::Outcome;

/// Additive counts. A batch's counts are added to a counter shard of its run in the same transaction that marks the
/// batch as done, so a message delivered twice counts once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Records by [`Outcome::label`].
    pub outcomes: BTreeMap<String, u64>,
    /// Bytes written to the destination by files that ended as verified.
    pub bytes_copied: u64,
    /// Files copied by the storage service itself, without passing through a Lambda.
    pub server_side_copies: u64,
    /// Requests sent to source and destination for files.
    pub requests: u64,
    /// API calls to Salesforce for writing records.
    #[serde(default)]
    pub api_calls: u64,
}

impl Counts {
    /// Counts one record.
    pub fn add(&mut self, outcome: Outcome) {
        *self.outcomes.entry(outcome.label()).or_default() += 1;
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (label, count) in &other.outcomes {
            *self.outcomes.entry(label.clone()).or_default() += count;
        }
        self.bytes_copied += other.bytes_copied;
        self.server_side_copies += other.server_side_copies;
        self.requests += other.requests;
        self.api_calls += other.api_calls;
    }

    /// How many records were counted.
    pub fn records(&self) -> u64 {
        self.outcomes.values().sum()
    }

    /// How many records need a person to look at them.
    pub fn needs_attention(&self) -> u64 {
        self.outcomes
            .iter()
            .filter(|(label, _)| {
                // An unknown label comes from a newer version: better looked at than lost.
                Outcome::from_label(label).is_none_or(Outcome::needs_attention)
            })
            .map(|(_, count)| count)
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{FailureClass, SkipReason};

    #[test]
    fn merged_counts_are_the_sum() {
        let mut left = Counts { bytes_copied: 3, ..Counts::default() };
        left.add(Outcome::Verified);
        let mut right = Counts { bytes_copied: 4, requests: 2, ..Counts::default() };
        right.add(Outcome::Verified);
        right.add(Outcome::Skipped(SkipReason::NoUrl));
        right.add(Outcome::Failed(FailureClass::AccessDenied));
        left.merge(&right);
        assert_eq!(left.records(), 4);
        assert_eq!(left.outcomes.get("verified"), Some(&2));
        assert_eq!((left.bytes_copied, left.requests), (7, 2));
        assert_eq!(left.needs_attention(), 1);
    }
}
