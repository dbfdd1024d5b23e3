//! Finds places to cut a key space at, by asking for the first page of keys after a text.
//!
//! Every answer either shows that keys lie on both sides, and the range is cut there, or that all keys lie below, and the
//! next guess is lower. Ranges of at most one page are not cut any more. Whatever the answers, the ranges cover the whole
//! space without overlap: a bucket that changes meanwhile makes bad cuts, never wrong ones.

use std::collections::VecDeque;

use super::{KeyRange, common_prefix, middle};

/// Guesses that may fail in a row before a range is left as it is: 64 halve any range often enough to find keys that
/// agree in a long beginning.
const MISSES_MAX: u32 = 64;

/// What the splitter wants next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// The first page of keys after this text (from the first key, if empty); answer by [`Splitter::answer`].
    Peek {
        /// To be passed as `start-after`.
        after: String,
    },
    /// Nothing: these are the ranges, in order of their keys.
    Done(Vec<KeyRange>),
}

/// The page that was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peek {
    /// Its first and last key; `None` if there is no key.
    pub keys: Option<(String, String)>,
    /// Whether there are keys after it.
    pub more: bool,
}

impl Peek {
    /// A page that shows these keys, in order, and whether the listing goes on after it.
    pub fn of(keys: &[String], more: bool) -> Self {
        let keys = keys.first().cloned().zip(keys.last().cloned());
        Self { keys, more }
    }
}

/// A range with what is known about its keys.
#[derive(Debug, Clone)]
struct Segment {
    range: KeyRange,
    /// The last key of its first page.
    page_end: String,
    /// Where its keys end at the latest, as far as is known. `None`: anywhere.
    bound: Option<String>,
    misses: u32,
}

/// Cuts a range into about as many pieces as are wanted.
#[derive(Debug, Clone)]
pub struct Splitter {
    whole: KeyRange,
    wanted: usize,
    peeks_left: usize,
    started: bool,
    /// Ranges that may be cut further.
    open: VecDeque<Segment>,
    /// Ranges that stay as they are.
    settled: Vec<KeyRange>,
    asked: Option<String>,
}

impl Splitter {
    /// Cuts `whole` into `wanted` ranges if that can be done with at most `peeks_max` pages.
    pub const fn new(whole: KeyRange, wanted: usize, peeks_max: usize) -> Self {
        Self {
            whole,
            wanted,
            peeks_left: peeks_max,
            started: false,
            open: VecDeque::new(),
            settled: Vec::new(),
            asked: None,
        }
    }

    /// What is wanted next. Asks the same again until it is answered.
    pub fn next_ask(&mut self) -> Ask {
        if let Some(after) = &self.asked {
            return Ask::Peek { after: after.clone() };
        }
        if !self.started && self.wanted > 1 && self.peeks_left > 0 {
            return self.ask(self.whole.after.clone().unwrap_or_default());
        }
        if !self.started {
            return Ask::Done(vec![self.whole.clone()]);
        }
        while let Some(segment) = self.open.front() {
            if self.open.len() + self.settled.len() >= self.wanted || self.peeks_left == 0 {
                break;
            }
            let guess = segment.guess().filter(|_| segment.misses < MISSES_MAX);
            if let Some(after) = guess {
                return self.ask(after);
            }
            self.settled.extend(self.open.pop_front().map(|segment| segment.range));
        }
        let open = self.open.iter().map(|segment| &segment.range);
        let mut ranges: Vec<_> = open.chain(&self.settled).cloned().collect();
        ranges.sort_unstable();
        Ask::Done(ranges)
    }

    /// The answer to what was asked last.
    pub fn answer(&mut self, peek: Peek) {
        let Some(asked) = self.asked.take() else { return };
        if !self.started {
            self.started = true;
            let whole = self.whole.clone();
            let bound = whole.until.clone();
            self.place(whole, bound, peek);
            return;
        }
        let Some(mut segment) = self.open.pop_front() else { return };
        let inside = peek.keys.as_ref().is_some_and(|(first, _)| !segment.range.is_behind(first));
        match segment.range.cut(&asked) {
            Some((low, high)) if inside => {
                self.place(high, segment.bound, peek);
                let low_peek =
                    Peek { keys: Some((segment.page_end.clone(), segment.page_end)), more: true };
                self.place(low, Some(asked), low_peek);
            }
            Some(_) | None => {
                segment.bound = Some(asked);
                segment.misses += 1;
                self.open.push_front(segment);
            }
        }
    }

    fn ask(&mut self, after: String) -> Ask {
        self.peeks_left = self.peeks_left.saturating_sub(1);
        self.asked = Some(after.clone());
        Ask::Peek { after }
    }

    /// Queues a range whose first page is known, or settles it if that is all of it.
    fn place(&mut self, range: KeyRange, bound: Option<String>, peek: Peek) {
        match peek.keys {
            Some((_, page_end)) if peek.more && !range.is_behind(&page_end) => {
                self.open.push_back(Segment { range, page_end, bound, misses: 0 });
            }
            Some(_) | None => self.settled.push(range),
        }
    }
}

impl Segment {
    /// Where to cut next. After a miss, every other guess asks whether all keys begin alike: halving alone would take
    /// several guesses for each character that they share.
    fn guess(&self) -> Option<String> {
        let bound = self.bound.as_deref();
        let inside = |text: &String| {
            text.as_str() > self.page_end.as_str()
                && bound.is_none_or(|bound| text.as_str() < bound)
        };
        let half = || middle(&self.page_end, bound);
        if self.misses % 2 == 1 {
            let common = bound.map_or(0, |bound| common_prefix(&self.page_end, bound));
            let beginning = self
                .page_end
                .get(..self.page_end.ceil_char_boundary(common.midpoint(self.page_end.len()) + 1));
            return beginning.and_then(beyond).filter(inside).or_else(half);
        }
        half()
    }
}

/// A text greater than everything that begins with `prefix`; the smallest such text, but for control characters.
fn beyond(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        let next = u32::from(last) + 1;
        let next = if next == 0xD800 { 0xE000 } else { next };
        if let Some(char) = char::from_u32(next) {
            text.push(char);
            return Some(text);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// Splits a sorted list of keys as a bucket with pages of `page` keys would be; also tells how many pages it took.
    fn split(keys: &[String], page: usize, wanted: usize) -> (Vec<KeyRange>, usize) {
        let mut splitter = Splitter::new(KeyRange::ALL, wanted, 500);
        let mut peeks = 0;
        loop {
            match splitter.next_ask() {
                Ask::Done(ranges) => return (ranges, peeks),
                Ask::Peek { after } => {
                    peeks += 1;
                    let rest = &keys[keys.partition_point(|key| *key <= after)..];
                    let shown = &rest[..page.min(rest.len())];
                    splitter.answer(Peek::of(shown, shown.len() < rest.len()));
                }
            }
        }
    }

    fn sizes(keys: &[String], ranges: &[KeyRange]) -> Vec<usize> {
        ranges.iter().map(|range| keys.iter().filter(|key| range.contains(key)).count()).collect()
    }

    fn keys(make: impl Fn(u32) -> String) -> Vec<String> {
        let mut keys: Vec<_> = (0..4000).map(make).collect();
        keys.sort_unstable();
        keys
    }

    #[rstest]
    #[case::numbers(keys(|n| format!("{n:08}")))]
    #[case::long_shared_beginning(keys(|n| format!("{}{n:05}.pdf", "a very long folder name/".repeat(30))))]
    #[case::scattered(keys(|n| format!("{:08x}", n.wrapping_mul(2_654_435_761))))]
    #[case::four_bytes(keys(|n| format!("😀😀/{}", char::from_u32(0x1_F000 + n).unwrap())))]
    fn a_flat_key_space_is_cut_into_the_ranges_that_are_wanted(#[case] keys: Vec<String>) {
        let (ranges, peeks) = split(&keys, 100, 8);
        let sizes = sizes(&keys, &ranges);
        assert_eq!(sizes.iter().sum::<usize>(), keys.len(), "{ranges:?}");
        assert_eq!(sizes.len(), 8, "{ranges:?}");
        assert!(sizes.iter().all(|size| *size > 0), "{sizes:?}");
        assert!(peeks < 200, "{peeks} pages");
    }

    #[test]
    fn what_fits_a_page_is_not_cut() {
        let keys = keys(|n| format!("{n:08}"));
        assert_eq!(split(&keys[..100], 100, 8), (vec![KeyRange::ALL], 1));
        assert_eq!(split(&[], 100, 8), (vec![KeyRange::ALL], 1));
        assert_eq!(split(&keys, 100, 1), (vec![KeyRange::ALL], 0));
    }

    #[test]
    fn an_exhausted_budget_leaves_the_space_covered() {
        let keys = keys(|n| format!("{n:08}"));
        for budget in 0..30 {
            let mut splitter = Splitter::new(KeyRange::ALL, 16, budget);
            let ranges = loop {
                match splitter.next_ask() {
                    Ask::Done(ranges) => break ranges,
                    Ask::Peek { after } => {
                        let rest = &keys[keys.partition_point(|key| *key <= after)..];
                        splitter.answer(Peek::of(&rest[..10.min(rest.len())], rest.len() > 10));
                    }
                }
            };
            assert_eq!(sizes(&keys, &ranges).iter().sum::<usize>(), keys.len());
        }
    }
}
