//! One line of `differences.ndjson`: a key that is not in order.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::object::Object;
use super::verdict::Verdict;

/// What a side showed of the object when the verdict was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// Size in bytes.
    pub size_bytes: u64,
    /// `ETag` without quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// When it was last written, as an RFC 3339 time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// Storage class as the service names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
}

impl From<&Object> for Seen {
    fn from(object: &Object) -> Self {
        Self {
            size_bytes: object.size_bytes,
            etag: object.etag.clone(),
            last_modified: object.last_modified.clone(),
            storage_class: object.storage_class.clone(),
        }
    }
}

/// A key whose verdict is not a match. What to do about it is not stored: [`Difference::recommendation`] tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The key, relative to the places that are compared.
    pub key: String,
    /// What was found.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What the source showed; `None` if it has no such key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Seen>,
    /// What the destination showed; `None` if it has no such key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<Seen>,
    /// The account that the file belongs to, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The record that the file belongs to, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_id: Option<String>,
    /// Why an attempt to mend it did not succeed, a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl Difference {
    /// The line for a pair, or `None` for a match and for a pair without any object.
    pub fn of(
        verdict: Verdict,
        source: Option<&Object>,
        destination: Option<&Object>,
    ) -> Option<Self> {
        if verdict.is_match() {
            return None;
        }
        let objects = || [source, destination].into_iter().flatten();
        Some(Self {
            key: objects().next()?.key.clone(),
            verdict,
            source: source.map(Seen::from),
            destination: destination.map(Seen::from),
            account_id: objects().find_map(|object| object.account_id.clone()),
            record_id: objects().find_map(|object| object.record_id.clone()),
            problem: None,
        })
    }

    /// What to do about it, a sentence.
    pub const fn recommendation(&self) -> &'static str {
        self.verdict.recommendation()
    }

    /// Size of the larger side, in bytes.
    pub fn size_bytes(&self) -> u64 {
        [&self.source, &self.destination]
            .into_iter()
            .flatten()
            .map(|s| s.size_bytes)
            .max()
            .unwrap_or(0)
    }

    /// Sorts what is worst first: by category, then by size, then by key.
    fn rank(&self) -> (u8, u64) {
        let category = self.verdict.category();
        (u8::MAX - category.severity(), u64::MAX - self.size_bytes())
    }
}

/// The worst differences of a run, in bounded memory. Which are kept depends only on which were offered, not on their
/// order.
#[derive(Debug, Clone)]
pub struct Worst {
    limit: usize,
    kept: BTreeSet<((u8, u64), Difference)>,
}

impl Worst {
    /// Keeps at most `limit`.
    pub const fn new(limit: usize) -> Self {
        Self { limit, kept: BTreeSet::new() }
    }

    /// Takes one in, and drops the least bad one if that makes too many.
    pub fn offer(&mut self, difference: Difference) {
        self.kept.insert((difference.rank(), difference));
        if self.kept.len() > self.limit {
            self.kept.pop_last();
        }
    }

    /// What was kept, worst first.
    pub fn into_vec(self) -> Vec<Difference> {
        self.kept.into_iter().map(|(_, difference)| difference).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::level::Level;
    use super::super::verdict::Doubt;
    use super::*;

    fn object(key: &str, size_bytes: u64) -> Object {
        Object { key: key.to_owned(), size_bytes, ..Object::default() }
    }

    fn difference(key: &str, size_bytes: u64, verdict: Verdict) -> Difference {
        Difference::of(verdict, Some(&object(key, size_bytes)), None).unwrap()
    }

    #[test]
    fn a_match_is_no_difference() {
        let verdict = Verdict::Match { level: Level::Etag };
        assert_eq!(Difference::of(verdict, Some(&object("a", 1)), Some(&object("a", 1))), None);
    }

    #[test]
    fn a_line_reads_back_as_it_was_written() {
        let verdict = Verdict::NotVerifiable { level: Level::Etag, reason: Doubt::Archived };
        let known = Object { record_id: Some("r".to_owned()), ..object("k\n", 2) };
        let line = Difference::of(verdict, Some(&known), Some(&object("k\n", 2))).unwrap();
        let text = serde_json::to_string(&line).unwrap();
        assert!(!text.contains('\n'));
        assert_eq!(serde_json::from_str::<Difference>(&text).unwrap(), line);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value.get("verdict"), Some(&json!("not_verifiable")));
        assert_eq!(value.get("recordId"), Some(&json!("r")));
    }

    #[test]
    fn the_worst_are_kept_whatever_the_order() {
        let offered = [
            difference("small", 1, Verdict::Missing),
            difference("extra", 99, Verdict::Extra),
            difference("large", 9, Verdict::Missing),
            difference("bytes", 1, Verdict::ContentDiffers { level: Level::Bytes }),
        ];
        for turn in 0..offered.len() {
            let mut worst = Worst::new(3);
            offered
                .iter()
                .cycle()
                .skip(turn)
                .take(offered.len())
                .cloned()
                .for_each(|d| worst.offer(d));
            let keys: Vec<_> = worst.into_vec().into_iter().map(|d| d.key).collect();
            assert_eq!(keys, ["bytes", "large", "small"]);
        }
    }
}
