//! What a comparison counts, in bounded memory however many keys there are.
//!
//! Tallies are additive: a shard returns one, and shards are summed in any order and grouping with the same result. That
//! is why the groups that are kept are the first ones by name, and not the largest: which are largest is known only
//! at the end, and a group that a shard has dropped could not be brought back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::object::Object;
use super::verdict::{Category, Verdict};

/// Groups that are kept apart. A page with more rows is not read, and a tally has to fit a ledger item of 400 KB
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>).
pub const GROUPS_MAX: usize = 200;

/// Longest name of a group, in bytes; groups whose names agree that far are counted as one.
pub const GROUP_NAME_BYTES_MAX: usize = 200;

/// The largest size of each class of [`SizeHistogram`] but the last, in bytes, with its name.
const SIZE_CLASSES: [(u64, &str); 9] = [
    (0, "empty"),
    (1 << 10, "up to 1 KiB"),
    (16 << 10, "up to 16 KiB"),
    (128 << 10, "up to 128 KiB"),
    (1 << 20, "up to 1 MiB"),
    (8 << 20, "up to 8 MiB"),
    (64 << 20, "up to 64 MiB"),
    (512 << 20, "up to 512 MiB"),
    (5 << 30, "up to 5 GiB"),
];

/// Objects and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    /// How many.
    pub objects: u64,
    /// Their sizes together, in bytes.
    pub bytes: u64,
}

impl Volume {
    /// Counts one object.
    pub const fn count(&mut self, size_bytes: u64) {
        self.add(&Self { objects: 1, bytes: size_bytes });
    }

    /// Adds all of `other`.
    pub const fn add(&mut self, other: &Self) {
        self.objects = self.objects.saturating_add(other.objects);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// The share of a group: an account, or everything below one folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupTally {
    /// What the source has.
    pub source: Volume,
    /// What the destination has.
    pub destination: Volume,
    /// Keys that are missing, extra or different.
    pub differences: u64,
    /// Keys that could not be verified.
    pub not_verifiable: u64,
}

impl GroupTally {
    /// Adds all of `other`.
    pub const fn add(&mut self, other: &Self) {
        self.source.add(&other.source);
        self.destination.add(&other.destination);
        self.differences = self.differences.saturating_add(other.differences);
        self.not_verifiable = self.not_verifiable.saturating_add(other.not_verifiable);
    }
}

/// How many keys have an object of which size. A key is counted once, by the source's size where there is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SizeHistogram([u64; SIZE_CLASSES.len() + 1]);

impl SizeHistogram {
    /// Counts one object.
    pub fn count(&mut self, size_bytes: u64) {
        let class = SIZE_CLASSES.iter().position(|(largest, _)| size_bytes <= *largest);
        if let Some(count) = self.0.get_mut(class.unwrap_or(SIZE_CLASSES.len())) {
            *count = count.saturating_add(1);
        }
    }

    /// Adds all of `other`.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count = count.saturating_add(more);
        }
    }

    /// Every class from small to large, with its name and count.
    pub fn classes(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let names = SIZE_CLASSES.iter().map(|(_, name)| *name).chain(["over 5 GiB"]);
        names.zip(self.0)
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

/// Requests to both places, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Requests {
    /// Pages of listings.
    pub list: u64,
    /// `HEAD` of objects.
    pub head: u64,
    /// `GET` of objects or of ranges.
    pub get: u64,
    /// `PUT` of objects or of parts.
    pub put: u64,
    /// Copies by the storage service, whole or in parts.
    pub copy: u64,
    /// Deletes.
    pub delete: u64,
}

impl Requests {
    /// Adds all of `other`.
    pub const fn add(&mut self, other: &Self) {
        self.list = self.list.saturating_add(other.list);
        self.head = self.head.saturating_add(other.head);
        self.get = self.get.saturating_add(other.get);
        self.put = self.put.saturating_add(other.put);
        self.copy = self.copy.saturating_add(other.copy);
        self.delete = self.delete.saturating_add(other.delete);
    }

    /// What came after `earlier`, an earlier value of the same counters.
    #[must_use]
    pub const fn since(&self, earlier: &Self) -> Self {
        Self {
            list: self.list.saturating_sub(earlier.list),
            head: self.head.saturating_sub(earlier.head),
            get: self.get.saturating_sub(earlier.get),
            put: self.put.saturating_sub(earlier.put),
            copy: self.copy.saturating_sub(earlier.copy),
            delete: self.delete.saturating_sub(earlier.delete),
        }
    }

    /// All kinds together.
    pub fn total(&self) -> u64 {
        [self.list, self.head, self.get, self.put, self.copy, self.delete]
            .into_iter()
            .fold(0, u64::saturating_add)
    }
}

/// Everything that is counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Keys by [`Verdict::label`].
    pub verdicts: BTreeMap<String, u64>,
    /// What the source has.
    pub source: Volume,
    /// What the destination has.
    pub destination: Volume,
    /// The first [`GROUPS_MAX`] groups by name.
    pub groups: BTreeMap<String, GroupTally>,
    /// All other groups together.
    #[serde(default)]
    pub other_groups: GroupTally,
    /// Keys by size.
    pub sizes: SizeHistogram,
    /// What it took.
    pub requests: Requests,
    /// Bytes of objects that were read to compare them.
    pub bytes_read: u64,
}

impl Tally {
    /// Counts one key: its verdict, and what each side has of it.
    pub fn count(
        &mut self,
        group: &str,
        verdict: Verdict,
        source: Option<&Object>,
        destination: Option<&Object>,
    ) {
        // Called for every key, so it does not make a label that is there already; there are few.
        match self.verdicts.iter_mut().find(|(label, _)| verdict.has_label(label)) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => {
                self.verdicts.insert(verdict.label(), 1);
            }
        }
        let mut share = GroupTally::default();
        match verdict.category() {
            Category::Match => {}
            Category::NotVerifiable => share.not_verifiable = 1,
            Category::Missing
            | Category::Extra
            | Category::SizeDiffers
            | Category::ContentDiffers => share.differences = 1,
        }
        if let Some(object) = source {
            share.source.count(object.size_bytes);
        }
        if let Some(object) = destination {
            share.destination.count(object.size_bytes);
        }
        if let Some(object) = source.or(destination) {
            self.sizes.count(object.size_bytes);
        }
        self.source.add(&share.source);
        self.destination.add(&share.destination);
        self.add_group(cut(group), &share);
    }

    /// Adds all of `other`.
    pub fn add(&mut self, other: &Self) {
        for (label, more) in &other.verdicts {
            let count = self.verdicts.entry(label.clone()).or_default();
            *count = count.saturating_add(*more);
        }
        self.source.add(&other.source);
        self.destination.add(&other.destination);
        for (group, share) in &other.groups {
            self.add_group(group, share);
        }
        self.other_groups.add(&other.other_groups);
        self.sizes.add(&other.sizes);
        self.requests.add(&other.requests);
        self.bytes_read = self.bytes_read.saturating_add(other.bytes_read);
    }

    /// How many keys were counted.
    pub fn keys(&self) -> u64 {
        self.verdicts.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// How many keys are of that category.
    pub fn of(&self, category: Category) -> u64 {
        self.verdicts
            .iter()
            .filter(|(label, _)| Category::of_label(label) == Some(category))
            .fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// How many keys are not a match. A label of a newer version is none: better looked at than lost.
    pub fn not_in_order(&self) -> u64 {
        self.keys().saturating_sub(self.of(Category::Match))
    }

    /// Whoever is dropped here stays dropped in every sum, because the smaller names that pushed it out stay in.
    fn add_group(&mut self, group: &str, share: &GroupTally) {
        if let Some(known) = self.groups.get_mut(group) {
            known.add(share);
            return;
        }
        self.groups.insert(group.to_owned(), *share);
        if self.groups.len() > GROUPS_MAX
            && let Some((_, dropped)) = self.groups.pop_last()
        {
            self.other_groups.add(&dropped);
        }
    }
}

/// The group of an object: its account, or the first `segments` folders of its key with their slashes. Empty for an
/// object that lies in no folder.
pub fn group_of(object: &Object, segments: usize) -> &str {
    if let Some(account) = &object.account_id {
        return account;
    }
    let end = object.key.match_indices('/').take(segments).last().map_or(0, |(at, _)| at + 1);
    object.key.get(..end).unwrap_or_default()
}

fn cut(name: &str) -> &str {
    name.get(..name.floor_char_boundary(GROUP_NAME_BYTES_MAX)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::level::Level;
    use super::super::verdict::Doubt;
    use super::*;

    fn object(key: &str, size_bytes: u64) -> Object {
        Object { key: key.to_owned(), size_bytes, ..Object::default() }
    }

    #[test]
    fn a_key_is_counted_once_and_in_every_column_it_belongs_to() {
        let mut tally = Tally::default();
        let (small, large) = (object("a/x", 3), object("a/x", 5));
        tally.count("a/", Verdict::SizeDiffers, Some(&small), Some(&large));
        tally.count("a/", Verdict::Missing, Some(&small), None);
        tally.count("a/", Verdict::Extra, None, Some(&large));
        let doubt = Verdict::NotVerifiable { level: Level::Etag, reason: Doubt::NoEtag };
        tally.count("b/", doubt, Some(&small), Some(&small));
        tally.count("b/", Verdict::Match { level: Level::Etag }, Some(&small), Some(&small));
        assert_eq!(tally.keys(), 5);
        assert_eq!(tally.not_in_order(), 4);
        assert_eq!(tally.of(Category::NotVerifiable), 1);
        assert_eq!(tally.source, Volume { objects: 4, bytes: 12 });
        assert_eq!(tally.destination, Volume { objects: 4, bytes: 16 });
        assert_eq!(tally.groups["a/"].differences, 3);
        assert_eq!((tally.groups["b/"].differences, tally.groups["b/"].not_verifiable), (0, 1));
        assert_eq!(tally.sizes.total(), 5);
    }

    #[test]
    fn an_unknown_label_is_not_in_order() {
        let tally =
            Tally { verdicts: BTreeMap::from([("moved".to_owned(), 2)]), ..Tally::default() };
        assert_eq!((tally.keys(), tally.not_in_order()), (2, 2));
    }

    #[rstest]
    #[case(0, "empty")]
    #[case(1, "up to 1 KiB")]
    #[case(1024, "up to 1 KiB")]
    #[case(1025, "up to 16 KiB")]
    #[case(5 << 30, "up to 5 GiB")]
    #[case((5 << 30) + 1, "over 5 GiB")]
    #[case(u64::MAX, "over 5 GiB")]
    fn a_size_falls_into_its_class(#[case] size: u64, #[case] class: &str) {
        let mut sizes = SizeHistogram::default();
        sizes.count(size);
        let counted: Vec<_> = sizes.classes().filter(|(_, count)| *count > 0).collect();
        assert_eq!(counted, [(class, 1)]);
    }

    #[rstest]
    #[case("a/b/c", 1, "a/")]
    #[case("a/b/c", 2, "a/b/")]
    #[case("a/b/c", 9, "a/b/")]
    #[case("a", 1, "")]
    #[case("/a", 1, "/")]
    #[case("", 1, "")]
    #[case("ä/", 1, "ä/")]
    #[case("a/b", 0, "")]
    fn the_folders_of_a_key_are_its_group(
        #[case] key: &str,
        #[case] segments: usize,
        #[case] group: &str,
    ) {
        assert_eq!(group_of(&object(key, 0), segments), group);
    }

    #[test]
    fn a_long_group_name_is_cut_between_characters() {
        let mut tally = Tally::default();
        tally.count(&"€".repeat(400), Verdict::Missing, Some(&object("k", 1)), None);
        let names: Vec<_> = tally.groups.keys().map(String::len).collect();
        assert_eq!(names, [198]);
    }
}
