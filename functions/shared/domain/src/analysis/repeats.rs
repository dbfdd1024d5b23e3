//! How many texts come more than once, in bounded memory.
//!
//! Every text is kept as a hash until there are [`KEPT_MAX`] different ones: so far the answer is exact. Then only hashes whose
//! lowest bit is 0 are kept, then those whose two lowest are, and so on: what is kept is a random half, quarter, ... of the
//! different texts with all their occurrences, whatever their order, and the answer is the kept ones' times two, four, ...
//! (distinct sampling, Gibbons, VLDB 2001).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::random::hash;

/// Different texts kept: about 3 MB of memory.
pub const KEPT_MAX: usize = 50_000;

/// Texts by hash, with how often each came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Repeats {
    /// How many low bits of a kept hash are 0.
    level: u32,
    seen: BTreeMap<u64, u32>,
}

/// What came more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeated {
    /// Different texts.
    pub different: u64,
    /// Of them, those that came more than once.
    pub shared: u64,
    /// Occurrences of those.
    pub occurrences: u64,
    /// Whether the numbers are exact, or estimated from a part.
    pub exact: bool,
}

impl Repeats {
    /// Counts a text.
    pub fn add(&mut self, text: &str) {
        self.add_up_to(text, KEPT_MAX);
    }

    fn add_up_to(&mut self, text: &str, kept_max: usize) {
        let hash = hash(&[text.as_bytes()]);
        if !kept(hash, self.level) {
            return;
        }
        let count = self.seen.entry(hash).or_default();
        *count = count.saturating_add(1);
        while self.seen.len() > kept_max {
            self.level += 1;
            let level = self.level;
            self.seen.retain(|hash, _| kept(*hash, level));
        }
    }

    /// What came more than once so far.
    pub fn repeated(&self) -> Repeated {
        let scale = 1_u64.checked_shl(self.level).unwrap_or(u64::MAX);
        let scaled = |number: u64| number.saturating_mul(scale);
        let shared = self.seen.values().filter(|count| **count > 1);
        let (number, occurrences) = shared
            .fold((0_u64, 0_u64), |(number, sum), count| (number + 1, sum + u64::from(*count)));
        Repeated {
            different: scaled(u64::try_from(self.seen.len()).unwrap_or(u64::MAX)),
            shared: scaled(number),
            occurrences: scaled(occurrences),
            exact: self.level == 0,
        }
    }
}

fn kept(hash: u64, level: u32) -> bool {
    hash.trailing_zeros() >= level
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_texts_are_counted_exactly() {
        let mut repeats = Repeats::default();
        for text in ["a", "b", "a", "c", "a", "b"] {
            repeats.add(text);
        }
        let expected = Repeated { different: 3, shared: 2, occurrences: 5, exact: true };
        assert_eq!(repeats.repeated(), expected);
    }

    #[test]
    fn many_texts_are_estimated_within_a_few_percent_in_bounded_memory() {
        let mut repeats = Repeats::default();
        // 20,000 different ones, every tenth three times.
        for number in 0..20_000 {
            let times = if number % 10 == 0 { 3 } else { 1 };
            for _ in 0..times {
                repeats.add_up_to(&format!("https://files.example.com/{number}"), 2_000);
            }
        }
        assert!(repeats.seen.len() <= 2_000);
        let found = repeats.repeated();
        assert!(!found.exact);
        assert!(found.different.abs_diff(20_000) < 1_600, "{found:?}");
        assert!(found.shared.abs_diff(2_000) < 500, "{found:?}");
        assert_eq!(found.occurrences, found.shared * 3);
    }
}
