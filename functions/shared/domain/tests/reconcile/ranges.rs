//! What holds for key ranges, whatever the keys and wherever they are cut.

use drayage_domain::reconcile::ranges::{KEY_BYTES_MAX, KeyRange, midpoint};
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
        }
    }

    #[test]
    fn below_a_folder_a_range_has_the_same_keys(
        key in keys(),
        folder in keys(),
        ends in (prop::option::of(keys()), prop::option::of(keys())),
        inside in (any::<bool>(), any::<bool>()),
    ) {
        // Ends that begin with the folder are the ones that matter, and rarely come about by themselves.
        let end = |end: Option<String>, inside| {
            end.map(|end| if inside { format!("{folder}{end}") } else { end })
        };
        let range = KeyRange { after: end(ends.0, inside.0), until: end(ends.1, inside.1) };
        let whole = format!("{folder}{key}");
        let below = range.below(&folder);
        prop_assert_eq!(below.contains(&key), range.contains(&whole));
        prop_assert_eq!(below.inside(&folder).contains(&whole), range.contains(&whole));
    }
}
