//! Walks two inventories in the order of their keys, without I/O and in memory that does not grow with them.
//!
//! Both must be sorted by key in UTF-8 binary order, as `ListObjectsV2` of a general purpose bucket is
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>). A side that is not would make objects look
//! missing or extra, so every key is checked against the one before it, and after an error nothing more is paired.
//!
//! ```
//! use drayage_domain::reconcile::merge::{Merge, Next};
//! use drayage_domain::reconcile::{Object, Side};
//!
//! let object = |key: &str| Object { key: key.to_owned(), ..Object::default() };
//! let mut merge = Merge::new();
//! assert_eq!(merge.advance(), Ok(Next::Need(Side::Source)));
//! merge.push(Side::Source, vec![object("a"), object("b")])?;
//! merge.push(Side::Destination, vec![object("b")])?;
//! assert_eq!(merge.advance(), Ok(Next::Pair { source: Some(object("a")), destination: None }));
//! # Ok::<(), drayage_domain::reconcile::merge::MergeError>(())
//! ```

use std::collections::VecDeque;

use super::object::{Object, Side};

/// What the merge has, or wants.
#[expect(clippy::large_enum_variant, reason = "handed out one at a time and taken apart at once")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Another page of that side, by [`Merge::push`], or its end, by [`Merge::end`].
    Need(Side),
    /// A key, and what each side has of it: one of them at least.
    Pair {
        /// What the source has.
        source: Option<Object>,
        /// What the destination has.
        destination: Option<Object>,
    },
    /// Both sides have ended.
    Done,
}

/// Why an inventory cannot be merged. Keys are escaped as in Rust source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// A key is smaller than the one before it.
    #[error(
        "the {} listing is not sorted: after {previous:?} comes {current:?}; hint: keys must come in UTF-8 binary order, each once; directory buckets and some S3-compatible services list otherwise, and a listing that is repeated from an earlier place does too",
        side.name()
    )]
    OutOfOrder {
        /// Whose.
        side: Side,
        /// The key before it.
        previous: String,
        /// The key at fault.
        current: String,
    },
    /// A key comes twice.
    #[error(
        "the {} listing has the key {key:?} twice; hint: a page was read twice, or the listing shows versions; list current objects only, and go on with the token of the last page",
        side.name()
    )]
    Duplicate {
        /// Whose.
        side: Side,
        /// The key.
        key: String,
    },
    /// A listing that should go on after a position begins at or before it.
    #[error(
        "the {} listing should start after {position:?} but begins with {current:?}; hint: pass the position as start-after, or begin the comparison anew",
        side.name()
    )]
    BeforePosition {
        /// Whose.
        side: Side,
        /// Where the merge goes on.
        position: String,
        /// The key at fault.
        current: String,
    },
    /// Objects arrive for a side that has ended.
    #[error(
        "the {} listing goes on with {current:?} after its end; hint: tell the end only after the last page",
        side.name()
    )]
    AfterEnd {
        /// Whose.
        side: Side,
        /// The key at fault.
        current: String,
    },
}

/// One side: what has arrived and is not yet paired.
#[derive(Debug, Clone, Default)]
struct Inventory {
    waiting: VecDeque<Object>,
    last: Option<String>,
    ended: bool,
}

impl Inventory {
    fn next_key(&self) -> Option<&str> {
        self.waiting.front().map(|object| object.key.as_str())
    }
}

/// The merge. Holds no more than the pages that were handed in.
#[derive(Debug, Clone, Default)]
pub struct Merge {
    source: Inventory,
    destination: Inventory,
    resumed_after: Option<String>,
    position: Option<String>,
    failed: Option<MergeError>,
}

impl Merge {
    /// A merge of two whole inventories.
    pub fn new() -> Self {
        Self::default()
    }

    /// A merge that goes on after `position`, the last key whose verdict is safely recorded. Both listings must start
    /// after it.
    pub fn after(position: String) -> Self {
        Self { resumed_after: Some(position.clone()), position: Some(position), ..Self::default() }
    }

    /// The last key that was handed out: whoever goes on after it neither repeats nor skips a key. A caller that judges
    /// pairs later than it takes them records the last key that is judged instead.
    pub fn position(&self) -> Option<&str> {
        self.position.as_deref()
    }

    /// Takes in a page; an empty one is fine.
    pub fn push(&mut self, side: Side, page: Vec<Object>) -> Result<(), MergeError> {
        self.check_failed()?;
        if let Err(error) = self.check(side, &page) {
            self.failed = Some(error.clone());
            return Err(error);
        }
        let inventory = self.inventory(side);
        if let Some(object) = page.last() {
            inventory.last = Some(object.key.clone());
        }
        if inventory.waiting.is_empty() {
            // As ever, if pages are pushed when they are needed: the page is taken over as it is.
            inventory.waiting = page.into();
        } else {
            inventory.waiting.extend(page);
        }
        Ok(())
    }

    /// Tells that a side has no more pages.
    pub const fn end(&mut self, side: Side) {
        self.inventory(side).ended = true;
    }

    /// The next pair, or what is needed to tell it.
    pub fn advance(&mut self) -> Result<Next, MergeError> {
        self.check_failed()?;
        for side in [Side::Source, Side::Destination] {
            let inventory = self.inventory(side);
            if inventory.waiting.is_empty() && !inventory.ended {
                return Ok(Next::Need(side));
            }
        }
        let (in_source, in_destination) =
            match (self.source.next_key(), self.destination.next_key()) {
                (None, None) => return Ok(Next::Done),
                (Some(_), None) => (true, false),
                (None, Some(_)) => (false, true),
                (Some(source), Some(destination)) => (source <= destination, destination <= source),
            };
        let source = in_source.then(|| self.source.waiting.pop_front()).flatten();
        let destination = in_destination.then(|| self.destination.waiting.pop_front()).flatten();
        if let Some(object) = source.as_ref().or(destination.as_ref()) {
            // Into the same memory, key after key.
            self.position.get_or_insert_default().clone_from(&object.key);
        }
        Ok(Next::Pair { source, destination })
    }

    fn check_failed(&self) -> Result<(), MergeError> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    const fn inventory(&mut self, side: Side) -> &mut Inventory {
        match side {
            Side::Source => &mut self.source,
            Side::Destination => &mut self.destination,
        }
    }

    fn check(&self, side: Side, page: &[Object]) -> Result<(), MergeError> {
        let inventory = match side {
            Side::Source => &self.source,
            Side::Destination => &self.destination,
        };
        if let (true, Some(object)) = (inventory.ended, page.first()) {
            return Err(MergeError::AfterEnd { side, current: object.key.clone() });
        }
        let mut previous = inventory.last.as_deref();
        for object in page {
            let current = object.key.as_str();
            match previous {
                Some(previous) if previous == current => {
                    return Err(MergeError::Duplicate { side, key: current.to_owned() });
                }
                Some(previous) if previous > current => {
                    return Err(MergeError::OutOfOrder {
                        side,
                        previous: previous.to_owned(),
                        current: current.to_owned(),
                    });
                }
                Some(_) => {}
                None => self.check_start(side, current)?,
            }
            previous = Some(current);
        }
        Ok(())
    }

    fn check_start(&self, side: Side, current: &str) -> Result<(), MergeError> {
        match &self.resumed_after {
            Some(position) if current <= position.as_str() => Err(MergeError::BeforePosition {
                side,
                position: position.clone(),
                current: current.to_owned(),
            }),
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(keys: &[&str]) -> Vec<Object> {
        keys.iter().map(|key| Object { key: (*key).to_owned(), ..Object::default() }).collect()
    }

    /// Pairs as `(source has it, key, destination has it)`.
    fn drain(merge: &mut Merge) -> Vec<(bool, String, bool)> {
        let mut pairs = Vec::new();
        while let Next::Pair { source, destination } = merge.advance().unwrap() {
            let sides = (source.is_some(), destination.is_some());
            pairs.push((sides.0, source.or(destination).unwrap().key, sides.1));
        }
        pairs
    }

    #[test]
    fn strange_keys_are_paired_in_binary_order() {
        let long = "k".repeat(1024);
        let mut keys =
            vec!["", "a", "a\n", "a\u{1}", "a/", "a//", "A", "ä", "\u{ffff}", "😀", &long];
        keys.sort_unstable();
        let mut merge = Merge::new();
        merge.push(Side::Source, page(&keys)).unwrap();
        merge.push(Side::Destination, page(&keys)).unwrap();
        merge.end(Side::Source);
        merge.end(Side::Destination);
        let pairs = drain(&mut merge);
        assert!(pairs.iter().map(|(_, key, _)| key).eq(&keys));
        assert!(pairs.iter().all(|(source, _, destination)| *source && *destination));
        assert_eq!(merge.advance(), Ok(Next::Done));
    }

    #[test]
    fn a_side_without_objects_makes_everything_missing_or_extra() {
        for side in [Side::Source, Side::Destination] {
            let mut merge = Merge::new();
            merge.end(side.other());
            merge.push(side, page(&["a", "b"])).unwrap();
            assert!(
                drain(&mut merge).iter().all(|(source, _, _)| *source == (side == Side::Source))
            );
            assert_eq!(merge.advance(), Ok(Next::Need(side)));
            merge.push(side, Vec::new()).unwrap();
            merge.end(side);
            assert_eq!(merge.advance(), Ok(Next::Done));
        }
    }

    #[test]
    fn a_pair_waits_until_both_sides_are_known_that_far() {
        let mut merge = Merge::new();
        merge.push(Side::Source, page(&["a"])).unwrap();
        assert_eq!(merge.advance(), Ok(Next::Need(Side::Destination)));
        merge.push(Side::Destination, Vec::new()).unwrap();
        assert_eq!(merge.advance(), Ok(Next::Need(Side::Destination)));
        merge.end(Side::Destination);
        assert_eq!(drain(&mut merge), [(true, "a".to_owned(), false)]);
    }

    #[test]
    fn an_unsorted_side_is_an_error_and_stays_one() {
        let mut merge = Merge::new();
        merge.push(Side::Source, page(&["a", "c"])).unwrap();
        let error = merge.push(Side::Source, page(&["b\n"])).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("source") && text.contains(r#"after "c" comes "b\n""#), "{text}");
        assert!(text.contains("hint: ") && !text.contains('\n'), "{text}");
        assert_eq!(merge.advance(), Err(error.clone()));
        assert_eq!(merge.push(Side::Destination, page(&["z"])), Err(error));
    }

    #[test]
    fn a_key_that_comes_twice_is_an_error() {
        let mut merge = Merge::new();
        let error = merge.push(Side::Destination, page(&["a", "a"])).unwrap_err();
        assert_eq!(error, MergeError::Duplicate { side: Side::Destination, key: "a".to_owned() });
        assert!(error.to_string().contains("destination"));
    }

    #[test]
    fn a_page_that_goes_backwards_is_an_error() {
        let mut merge = Merge::new();
        merge.push(Side::Source, page(&["a", "b"])).unwrap();
        let error = merge.push(Side::Source, page(&["a", "b"])).unwrap_err();
        assert!(matches!(error, MergeError::OutOfOrder { .. }), "{error}");
    }

    #[test]
    fn nothing_comes_after_the_end() {
        let mut merge = Merge::new();
        merge.end(Side::Source);
        merge.push(Side::Source, Vec::new()).unwrap();
        let error = merge.push(Side::Source, page(&["a"])).unwrap_err();
        assert!(matches!(error, MergeError::AfterEnd { .. }), "{error}");
    }

    #[test]
    fn a_resumed_merge_refuses_what_was_decided() {
        for begin in ["a", "b"] {
            let mut merge = Merge::after("b".to_owned());
            assert_eq!(merge.position(), Some("b"));
            let error = merge.push(Side::Source, page(&[begin, "c"])).unwrap_err();
            assert!(matches!(error, MergeError::BeforePosition { .. }), "{error}");
        }
        let mut merge = Merge::after("b".to_owned());
        merge.push(Side::Source, page(&["b\u{0}"])).unwrap();
        merge.end(Side::Destination);
        assert_eq!(drain(&mut merge).len(), 1);
        assert_eq!(merge.position(), Some("b\u{0}"));
    }
}
