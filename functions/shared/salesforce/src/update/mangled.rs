//! Answers as they should not be, for property tests: in any order, cut short, repeated, with entries of others.

use proptest::prelude::*;
use proptest::strategy::Strategy;

/// Id of the row `number`.
pub(crate) fn id(number: usize) -> String {
    format!("a0B{number:012}AAA")
}

/// Which entries an answer for `rows` rows has, by row. Numbers from `rows` on are rows that nobody asked for.
pub(crate) fn entries(rows: usize) -> impl Strategy<Value = Vec<usize>> {
    let all: Vec<usize> = (0..rows).collect();
    let cut_short = (Just(all.clone()), 0..=rows).prop_map(|(mut all, left)| {
        all.truncate(left);
        all
    });
    prop_oneof![
        Just(all.clone()),
        Just(all).prop_shuffle(),
        cut_short,
        prop::collection::vec(0..rows + 2, 0..rows + 4),
    ]
}

/// What became of each row of an answer, and the entries of the answer.
pub(crate) fn fates_and_entries(fates: u8) -> impl Strategy<Value = (Vec<u8>, Vec<usize>)> {
    prop::collection::vec(0..fates, 1..9).prop_flat_map(|rows| {
        let entries = entries(rows.len());
        (Just(rows), entries)
    })
}

/// How often the entries name a row.
pub(crate) fn times(entries: &[usize], row: usize) -> usize {
    entries.iter().filter(|entry| **entry == row).count()
}
