//! What holds for key ranges, whatever the keys and wherever they are cut.

use drayage_domain::reconcile::ranges::{Ask, KEY_BYTES_MAX, KeyRange, Peek, Splitter, midpoint};
use proptest::prelude::*;

/// Keys that agree in long beginnings, differ in characters of every length, and come close to the limit.
fn keys() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("folder/".to_owned()),
        Just("a".to_owned()),
        Just("b".to_owned()),
        Just("\u{0}".to_owned()),
        Just("\n".to_owned()),
        Just("\u{d7ff}".to_owned()),
        Just("\u{e000}".to_owned()),
        Just("\u{10ffff}".to_owned()),
        Just("😀".to_owned()),
        Just("ä".to_owned()),
        Just("x".repeat(500)),
        "[ -~]{0,4}",
        "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| {
        let mut key = pieces.concat();
        key.truncate(key.floor_char_boundary(KEY_BYTES_MAX));
        key
    })
}

fn pages_of(keys: &[String], after: &str, page: usize) -> Peek {
    let rest: Vec<_> = keys.iter().filter(|key| key.as_str() > after).cloned().collect();
    Peek::of(rest.get(..page).unwrap_or(&rest), rest.len() > page)
}

proptest! {
    #[test]
    fn a_midpoint_lies_strictly_between(one in keys(), other in keys()) {
        let (low, high) = if one < other { (one, other) } else { (other, one) };
        match midpoint(&low, &high) {
            Some(middle) => {
                prop_assert!(low < middle && middle < high, "{low:?} {middle:?} {high:?}");
                prop_assert!(middle.len() <= KEY_BYTES_MAX);
            }
            // Nothing lies between a text and the next one, and what does may be longer than a key can be.
            None => prop_assert!(
                low == high || high == format!("{low}\0") || low.len() + 4 > KEY_BYTES_MAX,
                "{low:?} {high:?}"
            ),
        }
    }

    #[test]
    fn ordinary_keys_have_an_ordinary_midpoint(one in "[ -~]{1,40}", other in "[ -~]{1,40}") {
        let (low, high) = if one < other { (one, other) } else { (other, one) };
        if let Some(middle) = midpoint(&low, &high) {
            let longer = middle.len() > 60;
            prop_assert!(!longer, "{low:?} {middle:?} {high:?}");
        }
    }

    #[test]
    fn a_cut_neither_loses_nor_repeats_a_key(key in keys(), at in keys(), ends in (keys(), keys())) {
        let range = KeyRange { after: Some(ends.0), until: Some(ends.1) };
        for range in [range, KeyRange::ALL] {
            if let Some((low, high)) = range.cut(&at) {
                let found = u8::from(low.contains(&key)) + u8::from(high.contains(&key));
                prop_assert_eq!(found, u8::from(range.contains(&key)));
            }
            if let Some((low, high)) = range.cut_rest(&at) {
                let found = u8::from(low.contains(&key)) + u8::from(high.contains(&key));
                prop_assert_eq!(found, u8::from(range.contains(&key)));
                prop_assert!(high.after.is_some_and(|after| after > at));
            }
        }
    }

    #[test]
    fn a_splitter_covers_every_key_once(
        keys in prop::collection::btree_set(keys(), 0..60),
        page in 1_usize..5,
        wanted in 0_usize..12,
        peeks in 0_usize..60,
        strangers in prop::collection::vec(keys(), 0..5),
    ) {
        let keys: Vec<_> = keys.into_iter().collect();
        let mut splitter = Splitter::new(KeyRange::ALL, wanted, peeks);
        let mut asked = 0;
        let ranges = loop {
            match splitter.next_ask() {
                Ask::Done(ranges) => break ranges,
                Ask::Peek { after } => {
                    asked += 1;
                    splitter.answer(pages_of(&keys, &after, page));
                }
            }
        };
        prop_assert!(asked <= peeks);
        prop_assert!(ranges.len() <= wanted.max(1));
        for key in keys.iter().chain(&strangers) {
            prop_assert_eq!(ranges.iter().filter(|range| range.contains(key)).count(), 1);
        }
    }
}
