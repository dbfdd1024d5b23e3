//! A random sample of the files of a plan, without replacement and with equal chances: the files with the smallest hashes of run
//! and position. It depends on nothing else, neither on the order of reading nor on what was read twice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::random::hash;
use crate::outcome::{FailureClass, Outcome};
use crate::source_url::SourceLocation;

/// Files whose size is asked for, unless the input says otherwise: the mean of sizes that differ as those of office documents do is
/// then known to about 15 %.
pub const SAMPLE_DEFAULT: u32 = 400;
/// Each is a request, and a line of what is remembered between two invocations.
pub const SAMPLE_MAX: u32 = 5_000;

/// The sample.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sample {
    /// By hash, smallest first.
    pub files: BTreeMap<u64, Sampled>,
}

/// A file of the sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sampled {
    /// The file name's extension, lower case; empty for none.
    pub extension: String,
    /// Where it is.
    pub source: SourceLocation,
    /// What the source has said, once it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Seen>,
}

/// What a source says about a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "seen", rename_all = "camelCase")]
pub enum Seen {
    /// It is there.
    There {
        /// Its size, where the source tells it.
        bytes: Option<u64>,
    },
    /// It is not there, or may not be read.
    Not {
        /// As a run would count it, such as `failed.access_denied`.
        outcome: String,
    },
}

impl Sample {
    /// Offers the file at `sequence` of the run's enumeration.
    pub fn offer(
        &mut self,
        run_id: &str,
        sequence: u64,
        size: u32,
        file: impl FnOnce() -> Sampled,
    ) {
        let hash = hash(&[run_id.as_bytes(), &sequence.to_be_bytes()]);
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if self.files.len() >= size
            && self.files.last_key_value().is_none_or(|(largest, _)| hash >= *largest)
        {
            return;
        }
        self.files.insert(hash, file());
        if self.files.len() > size {
            self.files.pop_last();
        }
    }

    /// Files that nobody has asked for yet, at most `number`.
    pub fn open(&self, number: usize) -> Vec<(u64, SourceLocation)> {
        self.files
            .iter()
            .filter(|(_, file)| file.seen.is_none())
            .take(number)
            .map(|(hash, file)| (*hash, file.source.clone()))
            .collect()
    }

    /// Keeps what the source has said.
    pub fn learn(&mut self, hash: u64, seen: Seen) {
        if let Some(file) = self.files.get_mut(&hash) {
            file.seen = Some(seen);
        }
    }
}

impl Seen {
    /// Whether the answer may be another one in a minute: such a file says nothing about the others.
    pub fn is_passing(&self) -> bool {
        let Self::Not { outcome } = self else { return false };
        match Outcome::from_label(outcome) {
            Some(Outcome::Failed(class)) => matches!(
                class,
                FailureClass::Throttled
                    | FailureClass::SourceUnavailable
                    | FailureClass::SourceTimeout
            ),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source_url::S3Location;

    fn file(number: u64) -> Sampled {
        Sampled {
            extension: "pdf".to_owned(),
            source: SourceLocation::S3(S3Location {
                bucket: "b".to_owned(),
                key_candidates: vec![number.to_string()],
                region: None,
                version_id: None,
            }),
            seen: None,
        }
    }

    fn sample(numbers: impl IntoIterator<Item = u64>) -> Sample {
        let mut sample = Sample::default();
        for number in numbers {
            sample.offer("run-1", number, 50, || file(number));
        }
        sample
    }

    #[test]
    fn neither_order_nor_repetition_changes_the_sample() {
        let forward = sample(0..1000);
        assert_eq!(forward.files.len(), 50);
        assert_eq!(forward, sample((0..1000).rev()));
        assert_eq!(forward, sample((0..1000).chain(200..400)));
    }

    #[test]
    fn a_small_plan_is_sampled_whole_and_asked_for_once() {
        let mut all = sample(0..7);
        assert_eq!(all.open(100).len(), 7);
        let (hash, _) = all.open(1).remove(0);
        all.learn(hash, Seen::There { bytes: Some(3) });
        assert_eq!(all.open(100).len(), 6);
    }

    #[test]
    fn every_part_of_the_plan_has_its_chance() {
        let keys = |sample: &Sample| -> Vec<u64> {
            let locations = sample.files.values().map(|file| match &file.source {
                SourceLocation::S3(location) => location.preferred_key().parse().unwrap(),
                SourceLocation::Http(_) => panic!("no such file"),
            });
            locations.collect()
        };
        let early = keys(&sample(0..10_000)).into_iter().filter(|key| *key < 5_000).count();
        assert!((13..=37).contains(&early), "{early} of 50 from the first half");
    }
}
