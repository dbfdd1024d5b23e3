//! Record ids: checksum, refusals and their messages.

use drayage_domain::id::{IdError, RecordId};
use proptest::prelude::*;
use rstest::rstest;

#[rstest]
#[case::mixed_case("0018000000MwdKA", "0018000000MwdKAAAZ")]
#[case::no_upper_case("001000000000001", "001000000000001AAA")]
#[case::all_upper_case("ABCDEFGHIJKLMNO", "ABCDEFGHIJKLMNO555")]
#[case::first_of_each_chunk("A0000A0000A0000", "A0000A0000A0000BBB")]
#[case::last_of_each_chunk("0000A0000A0000A", "0000A0000A0000AQQQ")]
fn a_short_id_gets_its_checksum(#[case] short: &str, #[case] long: &str) {
    let id = RecordId::parse(short).unwrap();
    assert_eq!(id.as_str(), long);
    assert_eq!(RecordId::parse(long).unwrap(), id);
}

#[rstest]
#[case::empty("", "is empty")]
#[case::sixteen_characters("0013D00000AbcDef", "has 16 characters")]
#[case::blank_at_the_end("0018000000MwdKA ", "has 16 characters")]
#[case::fifteen_with_a_blank(" 018000000MwdKA", "has ' ' at position 1")]
#[case::fifteen_letters_not_ascii("001é000000MwdKA", "has 'é' at position 4")]
#[case::lower_cased_checksum("0018000000MwdKAaaz", "must be `AAZ`")]
#[case::lower_cased_id("0018000000mwdkaAAZ", "must be `AAA`")]
fn a_wrong_id_is_refused_with_a_hint(#[case] text: &str, #[case] message: &str) {
    let error = RecordId::parse(text).unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
    assert!(error.contains("hint: "), "{error}");
}

#[test]
fn a_wrong_checksum_names_the_right_one() {
    let error = RecordId::parse("0018000000MwdKAAAA").unwrap_err();
    let expected = "AAZ".to_owned();
    assert_eq!(error, IdError::WrongChecksum { given: "0018000000MwdKAAAA".to_owned(), expected });
}

#[test]
fn a_long_text_is_cut_in_the_message() {
    let message = RecordId::parse(&"x".repeat(10_000)).unwrap_err().to_string();
    assert!(message.len() < 400, "{} bytes", message.len());
}

#[test]
fn an_id_is_checked_when_it_is_deserialised() {
    let id: RecordId = serde_json::from_str(r#""0018000000MwdKA""#).unwrap();
    assert_eq!(serde_json::to_string(&id).unwrap(), r#""0018000000MwdKAAAZ""#);
    assert!(serde_json::from_str::<RecordId>(r#""0018000000MwdKAAAA""#).is_err());
}

proptest! {
    #[test]
    fn a_parsed_id_has_eighteen_characters_and_parses_to_itself(short in "[A-Za-z0-9]{15}") {
        let id = RecordId::parse(&short).unwrap();
        prop_assert_eq!(id.as_str().len(), 18);
        prop_assert!(id.as_str().starts_with(&short));
        prop_assert_eq!(RecordId::parse(id.as_str()).unwrap(), id);
    }

    #[test]
    fn ids_that_differ_in_case_only_differ_when_lower_cased(short in "[A-Za-z0-9]{15}") {
        let other: String = short
            .chars()
            .map(|c| if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() })
            .collect();
        prop_assume!(short != other);
        let lower = |text: &str| RecordId::parse(text).unwrap().as_str().to_ascii_lowercase();
        prop_assert_ne!(lower(&short), lower(&other));
    }

    #[test]
    fn parsing_never_panics(text in any::<String>()) {
        prop_assert!(RecordId::parse(&text).is_ok() || !text.is_ascii() || text.len() != 15
            || !text.bytes().all(|b| b.is_ascii_alphanumeric()));
    }
}
