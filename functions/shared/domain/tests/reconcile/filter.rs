//! Which objects a filter selects, and what it says about a bad input.

use drayage_domain::reconcile::filter::{Filter, FilterInput, LeftOut, Overwrite};
use drayage_domain::reconcile::{Doubt, Level, Object, Verdict};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

fn filter(input: &Value) -> Filter {
    FilterInput::parse(input).unwrap().1
}

fn object(key: &str) -> Object {
    Object {
        key: key.to_owned(),
        size_bytes: 10,
        last_modified: Some("2026-05-01T00:00:00Z".to_owned()),
        ..Object::default()
    }
}

#[test]
fn an_empty_input_selects_everything() {
    for input in [json!({}), Value::Null] {
        let (_, filter) = FilterInput::parse(&input).unwrap();
        for key in ["a", "", "a/\n", "😀//"] {
            assert_eq!(filter.select(&object(key)), Ok(()));
        }
    }
}

#[rstest]
#[case("uploads/a.pdf", Ok(()))]
#[case("uploads/deep/a.PDF", Err(LeftOut::NotIncluded))]
#[case("uploads/deep/a\n.pdf", Ok(()))]
#[case("uploads/tmp/a.pdf", Err(LeftOut::Excluded))]
#[case("uploads/a.docx", Ok(()))]
#[case("uploads/a.pdf/", Err(LeftOut::NotIncluded))]
fn patterns_look_at_the_whole_key(#[case] key: &str, #[case] expected: Result<(), LeftOut>) {
    let filter = filter(&json!({
        "include": ["*.pdf", "*.docx"], "exclude": ["*/tmp/*"]
    }));
    assert_eq!(filter.select_key(key), expected);
}

#[rstest]
#[case(json!({"minSizeBytes": 10, "maxSizeBytes": 10}), Ok(()))]
#[case(json!({"minSizeBytes": 11}), Err(LeftOut::TooSmall))]
#[case(json!({"maxSizeBytes": 9}), Err(LeftOut::TooLarge))]
#[case(json!({"modifiedFrom": "2026-05-01T00:00:00Z"}), Ok(()))]
#[case(json!({"modifiedFrom": "2026-05-01T02:00:01+02:00"}), Err(LeftOut::TooOld))]
#[case(json!({"modifiedBefore": "2026-05-01T00:00:00Z"}), Err(LeftOut::TooNew))]
fn bounds_are_those_of_the_source(#[case] input: Value, #[case] expected: Result<(), LeftOut>) {
    let filter = filter(&input);
    let source = object("k");
    let other = Object { size_bytes: 10_000, last_modified: None, ..source.clone() };
    assert_eq!(filter.select(&source), expected);
    assert_eq!(filter.select_pair(Some(&source), Some(&other)), expected);
    assert_eq!(filter.select_pair(None, Some(&other)), Ok(()), "extra is told by its key alone");
}

#[test]
fn an_object_without_a_time_is_in_no_period() {
    let filter = filter(&json!({"modifiedFrom": "2026-05-01T00:00:00Z"}));
    let timeless = Object { last_modified: None, ..object("k") };
    assert_eq!(filter.select(&timeless), Err(LeftOut::NoTime));
}

#[test]
fn a_pattern_of_many_stars_is_no_trap() {
    let filter = filter(&json!({ "include": [format!("{}b", "*a".repeat(40))] }));
    assert_eq!(filter.select_key(&"a".repeat(1024)), Err(LeftOut::NotIncluded));
}

fn places(input: &Value) -> Vec<String> {
    let problems = FilterInput::parse(input).unwrap_err();
    assert!(problems.iter().all(|problem| !problem.hint.is_empty()));
    problems.into_iter().map(|problem| problem.place).collect()
}

#[test]
fn all_problems_are_told_at_once() {
    let wrong_types = json!({
        "exclude": "*.pdf", "max_size_bytes": 3, "minSizeBytes": -1, "modifiedFrom": "today"
    });
    let mut found = places(&wrong_types);
    found.sort_unstable();
    assert_eq!(found, ["exclude", "max_size_bytes", "minSizeBytes", "modifiedFrom"]);
    let wrong_values = json!({
        "include": [], "exclude": ["", "[a"],
        "minSizeBytes": 2, "maxSizeBytes": 1,
        "modifiedFrom": "2026-05-01T00:00:00Z", "modifiedBefore": "2026-05-01T00:00:00Z"
    });
    assert_eq!(
        places(&wrong_values),
        ["include", "minSizeBytes", "modifiedFrom", "exclude", "exclude"]
    );
    assert_eq!(places(&json!([])), ["input"]);
    assert_eq!(places(&json!({"include": vec!["*"; 101]})), ["include"]);
}

#[test]
fn a_misspelt_field_is_corrected() {
    let problems = FilterInput::parse(&json!({"max_size_bytes": 1})).unwrap_err();
    assert_eq!(problems[0].hint, "did you mean `maxSizeBytes`?");
}

#[rstest]
#[case(Verdict::Missing, [true, true, true])]
#[case(Verdict::Extra, [false, false, false])]
#[case(Verdict::Match { level: Level::Etag }, [false, false, false])]
#[case(Verdict::SizeDiffers, [false, true, true])]
#[case(Verdict::ContentDiffers { level: Level::Bytes }, [false, true, true])]
#[case(Verdict::NotVerifiable { level: Level::Etag, reason: Doubt::NoEtag }, [false, false, false])]
fn the_policy_decides_what_is_overwritten(#[case] verdict: Verdict, #[case] copies: [bool; 3]) {
    let policies = [Overwrite::Never, Overwrite::IfDifferent, Overwrite::Always];
    assert_eq!(policies.map(|policy| policy.copies(verdict)), copies);
}

/// What a pattern of `*`, `?` and plain characters matches, told naively.
fn matches(pattern: &[char], key: &[char]) -> bool {
    match (pattern, key) {
        ([], rest) => rest.is_empty(),
        (['*', then @ ..], rest) => {
            matches(then, rest)
                || rest.split_first().is_some_and(|(_, rest)| matches(pattern, rest))
        }
        (['?', then @ ..], [_, rest @ ..]) => matches(then, rest),
        ([char, then @ ..], [first, rest @ ..]) => char == first && matches(then, rest),
        (_, []) => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_star_stands_for_any_characters(pattern in "([?a./ä]{0,2}[*]?[?a./ä]){1,3}[*]?", key in "[a./\nä]{0,7}") {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        let expected = matches(&chars(&pattern), &chars(&key));
        let selected = filter(&json!({ "include": [pattern] })).select_key(&key).is_ok();
        prop_assert_eq!(selected, expected, "{:?} {:?}", pattern, key);
    }
}
