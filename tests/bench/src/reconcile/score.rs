//! What a tool said of keys, held against what was planted.

use std::collections::BTreeMap;

use drayage_sim::s3::{S3Generated, S3Plant};
use serde::Serialize;

/// What a tool says of a key that it does not take for equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Missing,
    Extra,
    /// For tools that do not tell in what.
    Differs,
    /// Missing or different, for tools that tell what they would do about it.
    WouldCopy,
    SizeDiffers,
    ContentDiffers,
    NotVerifiable,
}

/// Found of planted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Found {
    pub(crate) found: u64,
    pub(crate) planted: u64,
}

/// How well a tool did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Score {
    pub(crate) missing: Found,
    pub(crate) extra: Found,
    pub(crate) size: Found,
    pub(crate) content: Found,
    /// Other bytes behind a multipart `ETag`, which listings cannot show: found is what is not taken for equal.
    pub(crate) content_in_parts: Found,
    /// The same bytes behind a multipart `ETag`: found is what is not called different.
    pub(crate) parts: Found,
    /// Equal keys, or keys that do not exist, that the tool says something about; and keys that it says something wrong of.
    pub(crate) false_alarms: u64,
    /// Keys that the tool says could be shown neither equal nor different.
    pub(crate) not_verifiable: u64,
}

impl Score {
    /// Holds what a tool said of keys against what was planted in the destination.
    pub(super) fn of(bucket: &S3Generated, said: impl IntoIterator<Item = (String, Said)>) -> Self {
        let mut open: BTreeMap<String, S3Plant> = BTreeMap::new();
        let mut score = Self {
            missing: Found::default(),
            extra: Found::default(),
            size: Found::default(),
            content: Found::default(),
            content_in_parts: Found::default(),
            parts: Found::default(),
            false_alarms: 0,
            not_verifiable: 0,
        };
        for (number, plant) in bucket.plants() {
            let extra = plant == S3Plant::Extra;
            open.insert(if extra { bucket.extra_key(number) } else { bucket.key(number) }, plant);
            score.of_kind(plant).planted += 1;
        }
        for (key, said) in said {
            score.not_verifiable += u64::from(said == Said::NotVerifiable);
            // Removed, so that a key that is told twice is a false alarm.
            match open.remove(&key) {
                Some(plant) if is_right(plant, said) => score.of_kind(plant).found += 1,
                Some(_) | None => score.false_alarms += 1,
            }
        }
        // What was not spoken of was taken for equal.
        let unspoken = open.values().filter(|plant| **plant == S3Plant::Parts).count();
        score.parts.found += unspoken as u64;
        score
    }

    /// Whether everything that listings can show was found, and nothing else.
    pub(super) fn is_exact(&self) -> bool {
        let all = [self.missing, self.extra, self.size, self.content, self.content_in_parts];
        all.iter().chain([&self.parts]).all(|found| found.found == found.planted)
            && self.false_alarms == 0
    }

    const fn of_kind(&mut self, plant: S3Plant) -> &mut Found {
        match plant {
            S3Plant::Missing => &mut self.missing,
            S3Plant::Extra => &mut self.extra,
            S3Plant::Size => &mut self.size,
            S3Plant::Content => &mut self.content,
            S3Plant::Parts => &mut self.parts,
            S3Plant::ContentInParts => &mut self.content_in_parts,
        }
    }
}

const fn is_right(plant: S3Plant, said: Said) -> bool {
    match plant {
        S3Plant::Missing => matches!(said, Said::Missing | Said::WouldCopy),
        S3Plant::Extra => matches!(said, Said::Extra),
        S3Plant::Size => matches!(said, Said::SizeDiffers | Said::Differs | Said::WouldCopy),
        S3Plant::Content => matches!(said, Said::ContentDiffers | Said::Differs | Said::WouldCopy),
        S3Plant::Parts => matches!(said, Said::NotVerifiable),
        S3Plant::ContentInParts => matches!(
            said,
            Said::NotVerifiable | Said::ContentDiffers | Said::Differs | Said::WouldCopy
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket() -> S3Generated {
        "dst:in/:12:6".parse().unwrap()
    }

    /// The right answer about every key that is planted.
    fn everything() -> Vec<(String, Said)> {
        let bucket = bucket();
        let of = |(number, plant)| match plant {
            S3Plant::Missing => (bucket.key(number), Said::Missing),
            S3Plant::Extra => (bucket.extra_key(number), Said::Extra),
            S3Plant::Size => (bucket.key(number), Said::SizeDiffers),
            S3Plant::Content => (bucket.key(number), Said::ContentDiffers),
            S3Plant::Parts | S3Plant::ContentInParts => (bucket.key(number), Said::NotVerifiable),
        };
        bucket.plants().map(of).collect()
    }

    #[test]
    fn the_right_answers_are_exact() {
        let score = Score::of(&bucket(), everything());
        assert!(score.is_exact(), "{score:?}");
        assert_eq!((score.missing, score.not_verifiable), (Found { found: 2, planted: 2 }, 4));
    }

    #[test]
    fn whatever_is_left_out_added_twice_or_wrong_is_noticed() {
        for index in 0..12 {
            let mut said = everything();
            let left_out = said.remove(index);
            let score = Score::of(&bucket(), said.clone());
            let parts = bucket().plants().nth(index).unwrap().1 == S3Plant::Parts;
            assert_eq!(score.is_exact(), parts, "{left_out:?}: nobody has to speak of equal bytes");
            let other = if left_out.1 == Said::Missing { Said::Extra } else { Said::Missing };
            said.push((left_out.0.clone(), other));
            assert!(!Score::of(&bucket(), said).is_exact(), "{left_out:?}");
            let twice = everything().into_iter().chain([left_out.clone()]);
            assert_eq!(Score::of(&bucket(), twice).false_alarms, 1, "{left_out:?}");
        }
        let unknown = everything().into_iter().chain([("x".to_owned(), Said::Missing)]);
        assert_eq!(Score::of(&bucket(), unknown).false_alarms, 1);
    }

    #[test]
    fn a_tool_that_calls_multipart_objects_different_raises_a_false_alarm() {
        let said = everything().into_iter().map(|(key, said)| {
            (key, if said == Said::NotVerifiable { Said::Differs } else { said })
        });
        let score = Score::of(&bucket(), said);
        assert_eq!(
            (score.false_alarms, score.parts.found, score.content_in_parts.found),
            (2, 0, 2)
        );
    }
}
