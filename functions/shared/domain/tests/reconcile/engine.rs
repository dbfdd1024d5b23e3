//! Merge, judge and tally together, over random buckets, against a naive comparison of two maps.

use std::collections::BTreeMap;

use drayage_domain::reconcile::judge::Terms;
use drayage_domain::reconcile::merge::{Merge, Next};
use drayage_domain::reconcile::ranges::KeyRange;
use drayage_domain::reconcile::{
    Category, Difference, GROUPS_MAX, Level, Object, Requests, Side, Tally, Verdict, group_of,
};
use proptest::prelude::*;

use super::world::{Stored, Upload, buckets, judge};

type Bucket = BTreeMap<String, Stored>;

/// What a comparison wrote down.
#[derive(Debug, Clone, Default, PartialEq)]
struct Written {
    verdicts: Vec<(String, Verdict)>,
    differences: Vec<Difference>,
    tally: Tally,
}

impl Written {
    fn followed_by(mut self, other: Self) -> Self {
        self.verdicts.extend(other.verdicts);
        self.differences.extend(other.differences);
        self.tally.add(&other.tally);
        self
    }
}

/// The pages of a listing of one range.
fn pages(bucket: &Bucket, range: &KeyRange, page: usize) -> std::vec::IntoIter<Vec<Object>> {
    let listed: Vec<_> = bucket
        .iter()
        .filter(|(key, _)| range.contains(key))
        .map(|(key, stored)| stored.listed(key))
        .collect();
    listed.chunks(page).map(<[Object]>::to_vec).collect::<Vec<_>>().into_iter()
}

/// Compares one range, and dies after `keys_max` keys.
fn compare(
    (source, destination): (&Bucket, &Bucket),
    range: &KeyRange,
    page: usize,
    terms: Terms,
    keys_max: usize,
) -> Written {
    let mut merge = range.after.clone().map_or_else(Merge::new, Merge::after);
    let mut listings = [pages(source, range, page), pages(destination, range, page)];
    let mut written = Written::default();
    while written.verdicts.len() < keys_max {
        match merge.advance().unwrap() {
            Next::Done => break,
            Next::Need(side) => {
                let listing = match side {
                    Side::Source => &mut listings[0],
                    Side::Destination => &mut listings[1],
                };
                match listing.next() {
                    Some(page) => merge.push(side, page).unwrap(),
                    None => merge.end(side),
                }
            }
            Next::Pair { source: one, destination: other } => {
                let shown = one.as_ref().or(other.as_ref()).unwrap();
                let key = shown.key.clone();
                let verdict = match (&one, &other) {
                    (Some(_), None) => Verdict::Missing,
                    (None, Some(_)) => Verdict::Extra,
                    (Some(_), Some(_)) => judge(&key, &source[&key], &destination[&key], terms).0,
                    (None, None) => panic!("a pair of nothing"),
                };
                written.tally.count(group_of(shown, 1), verdict, one.as_ref(), other.as_ref());
                written.differences.extend(Difference::of(verdict, one.as_ref(), other.as_ref()));
                written.verdicts.push((key, verdict));
            }
        }
    }
    written
}

/// The verdict of somebody who sees everything at once.
fn naive(source: Option<&Stored>, destination: Option<&Stored>) -> Category {
    match (source, destination) {
        (Some(one), Some(other)) if one.bytes == other.bytes => Category::Match,
        (Some(one), Some(other)) if one.bytes.len() == other.bytes.len() => {
            Category::ContentDiffers
        }
        (Some(_), Some(_)) => Category::SizeDiffers,
        (Some(_), None) => Category::Missing,
        (None, Some(_) | None) => Category::Extra,
    }
}

fn keys() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]/[a-e]{1,3}", "[a-c]{1,2}/?", "[\\n\\x01 ä😀]{1,3}", Just("k".repeat(1024)),]
}

/// What stands in the two buckets under one key: mostly the same, sometimes with a planted difference.
fn planted() -> impl Strategy<Value = (Option<Stored>, Option<Stored>)> {
    let upload = || prop_oneof![Just(Upload::Single), Just(Upload::Parts(vec![2; 9]))];
    let bytes = prop::collection::vec(any::<u8>(), 1..8);
    (bytes, upload(), upload(), 0..9).prop_map(|(bytes, upload, other_upload, plant)| {
        let source = Stored::new(bytes, upload);
        let copy = Stored { upload: other_upload, ..source.clone() };
        match plant {
            0 => (Some(source), None),
            1 => (None, Some(copy)),
            2 => (Some(source), Some(Stored { bytes: vec![0; 9], ..copy })),
            3 => {
                let bytes = copy.bytes.iter().map(|byte| byte ^ 1).collect();
                (Some(source), Some(Stored { bytes, ..copy }))
            }
            _ => (Some(source), Some(copy)),
        }
    })
}

fn bucket_pairs() -> impl Strategy<Value = (Bucket, Bucket)> {
    prop::collection::btree_map(keys(), planted(), 0..40).prop_map(|both| {
        let mut pair = (Bucket::new(), Bucket::new());
        for (key, (source, destination)) in both {
            pair.0.extend(source.map(|stored| (key.clone(), stored)));
            pair.1.extend(destination.map(|stored| (key, stored)));
        }
        pair
    })
}

proptest! {
    #[test]
    fn every_key_gets_the_verdict_of_the_naive_comparison(
        (source, destination) in bucket_pairs(),
        page in 1_usize..7,
    ) {
        let written =
            compare((&source, &destination), &KeyRange::ALL, page, buckets(Level::Bytes), usize::MAX);
        let mut keys: Vec<_> = source.keys().chain(destination.keys()).cloned().collect();
        keys.sort_unstable();
        keys.dedup();
        prop_assert_eq!(written.verdicts.len(), keys.len());
        let mut counts = BTreeMap::<Category, u64>::new();
        for (key, (judged, verdict)) in keys.iter().zip(&written.verdicts) {
            let expected = naive(source.get(key), destination.get(key));
            prop_assert_eq!(judged, key);
            prop_assert_eq!(verdict.category(), expected, "{:?}", key);
            *counts.entry(expected).or_default() += 1;
        }
        for &category in Category::ALL {
            let expected = counts.get(&category).copied().unwrap_or_default();
            prop_assert_eq!(written.tally.of(category), expected);
        }
        let tally = &written.tally;
        prop_assert_eq!(tally.keys(), keys.len() as u64);
        prop_assert_eq!(tally.sizes.total(), keys.len() as u64);
        prop_assert_eq!(tally.not_in_order(), written.differences.len() as u64);
        let bytes = |bucket: &Bucket| bucket.values().map(|s| s.bytes.len() as u64).sum::<u64>();
        prop_assert_eq!(tally.source.objects, source.len() as u64);
        prop_assert_eq!(tally.source.bytes, bytes(&source));
        prop_assert_eq!(tally.destination.objects, destination.len() as u64);
        prop_assert_eq!(tally.destination.bytes, bytes(&destination));
        let in_groups: u64 = tally.groups.values().map(|g| g.differences + g.not_verifiable).sum();
        prop_assert_eq!(in_groups, tally.not_in_order());
    }
}

proptest! {
    // Each case compares once for every key.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_comparison_that_dies_anywhere_goes_on_after_its_last_key(
        (source, destination) in bucket_pairs(),
        page in 1_usize..7,
        page_then in 1_usize..7,
    ) {
        let both = (&source, &destination);
        let terms = buckets(Level::Etag);
        let whole = compare(both, &KeyRange::ALL, page, terms, usize::MAX);
        for dies_after in 0..=whole.verdicts.len() {
            let first = compare(both, &KeyRange::ALL, page, terms, dies_after);
            let after = first.verdicts.last().map(|(key, _)| key.clone());
            let rest = KeyRange { after, until: None };
            let second = compare(both, &rest, page_then, terms, usize::MAX);
            prop_assert_eq!(&first.followed_by(second), &whole);
        }
    }
}

proptest! {
    #[test]
    fn ranges_together_find_what_one_listing_finds(
        (source, destination) in bucket_pairs(),
        cuts in prop::collection::vec(keys(), 0..5),
    ) {
        let both = (&source, &destination);
        let terms = buckets(Level::MultipartEtag);
        let mut ranges = vec![KeyRange::ALL];
        for at in &cuts {
            ranges = ranges
                .into_iter()
                .flat_map(|range| match range.cut(at) {
                    Some((low, high)) => vec![low, high],
                    None => vec![range],
                })
                .collect();
        }
        let together = ranges
            .iter()
            .map(|range| compare(both, range, 3, terms, usize::MAX))
            .fold(Written::default(), Written::followed_by);
        prop_assert_eq!(together, compare(both, &KeyRange::ALL, 3, terms, usize::MAX));
    }
}

/// Tallies of more groups than are kept.
fn tallies() -> impl Strategy<Value = Vec<Tally>> {
    let key = (
        0_u32..400,
        0_u64..3000,
        prop::sample::select(&[Verdict::Missing, Verdict::SizeDiffers][..]),
    );
    let tally = (prop::collection::vec(key, 0..120), 0_u64..9).prop_map(|(keys, heads)| {
        let requests = Requests { head: heads, ..Requests::default() };
        let mut tally = Tally { requests, bytes_read: heads, ..Tally::default() };
        for (group, size_bytes, verdict) in keys {
            let object = Object { size_bytes, ..Object::default() };
            tally.count(&format!("{group}/"), verdict, Some(&object), None);
        }
        tally
    });
    prop::collection::vec(tally, 1..8)
}

fn sum<'a>(tallies: impl IntoIterator<Item = &'a Tally>) -> Tally {
    let mut sum = Tally::default();
    tallies.into_iter().for_each(|tally| sum.add(tally));
    sum
}

proptest! {
    #[test]
    fn tallies_are_summed_in_any_order_and_grouping(
        tallies in tallies(),
        shuffled in any::<prop::sample::Index>(),
        grouping in any::<prop::sample::Index>(),
    ) {
        let whole = sum(&tallies);
        let mut turned = tallies.clone();
        turned.rotate_left(shuffled.index(tallies.len()));
        turned.reverse();
        prop_assert_eq!(&sum(&turned), &whole);
        let (left, right) = tallies.split_at(grouping.index(tallies.len()));
        prop_assert_eq!(&sum([&sum(left), &sum(right)]), &whole);
        let mut names: Vec<_> = tallies.iter().flat_map(|tally| tally.groups.keys()).collect();
        names.sort_unstable();
        names.dedup();
        names.truncate(GROUPS_MAX);
        prop_assert!(whole.groups.keys().eq(names));
        prop_assert_eq!(whole.keys(), tallies.iter().map(Tally::keys).sum::<u64>());
        let in_groups: u64 = whole.groups.values().map(|group| group.source.objects).sum();
        prop_assert_eq!(in_groups + whole.other_groups.source.objects, whole.keys());
    }
}
