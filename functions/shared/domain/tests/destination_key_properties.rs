//! What holds for every destination key, checked on random names.

#![expect(clippy::unwrap_used, reason = "helpers of tests, where a panic is the report")]

use std::collections::BTreeMap;

use drayage_domain::destination_key::{
    DestinationKey, KeyProposal, KeyRules, clean_account_name, clean_file_name, folded, propose,
};
use drayage_domain::id::RecordId;
use drayage_domain::source_url::{OwnBucket, Parsed, SourceRules, parse};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

const BASE: &str = "https://bucket.s3.eu-west-1.amazonaws.com/";

fn record_ids() -> impl Strategy<Value = RecordId> {
    "[A-Za-z0-9]{15}".prop_map(|text| RecordId::parse(&text).unwrap())
}

/// Names people and attackers give: anything, plus pieces that collide, compose, or look like a record id.
fn file_names() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("a".to_owned()),
        Just("A".to_owned()),
        Just("a0B000000000001EAA".to_owned()),
        Just("a0B000000000002EAA".to_owned()),
        Just("-2".to_owned()),
        Just("-".to_owned()),
        Just(".".to_owned()),
        Just(".pdf".to_owned()),
        Just("../".to_owned()),
        Just("%2e%2e%2f".to_owned()),
        Just("\u{ff0f}\u{2024}\u{2024}\u{ff0f}".to_owned()),
        Just("u\u{308}".to_owned()),
        Just("ß".to_owned()),
        "[ -~]{0,6}",
        "\\PC{0,4}",
    ];
    prop_oneof![
        any::<String>(),
        prop::collection::vec(piece, 0..12).prop_map(|p| p.concat()),
        "\\PC{100,400}"
    ]
}

/// Names that are the keys other records fall back to.
fn colliding_names() -> impl Strategy<Value = String> {
    let id = prop_oneof![Just(""), Just("-a0B000000000001EAA"), Just("-A0B000000000002eaa")];
    let number = prop_oneof![Just(""), Just("-2"), Just("-3")];
    (prop_oneof![Just("a"), Just("A")], id, number, prop_oneof![Just(""), Just(".pdf")])
        .prop_map(|(stem, id, number, extension)| format!("{stem}{id}{number}{extension}"))
}

fn any_proposal() -> impl Strategy<Value = (KeyRules, RecordId, KeyProposal)> {
    (record_ids(), any::<Option<String>>(), file_names(), record_ids(), 190_usize..400).prop_map(
        |(account, account_name, file_name, record, url_length_max)| {
            let rules = KeyRules::new("uploads", BASE, url_length_max).unwrap();
            let name = account_name.as_deref();
            let proposal = propose(&rules, Some(&account), name, &file_name, &record).unwrap();
            (rules, account, proposal)
        },
    )
}

/// Every way one key may be spelled that people and desktops take for the same.
fn spellings(key: &str) -> Vec<String> {
    vec![
        key.to_uppercase(),
        key.to_lowercase(),
        key.nfc().collect(),
        key.nfd().collect(),
        key.nfkc().collect(),
        key.nfkd().collect(),
        key.nfd().collect::<String>().to_uppercase(),
        key.nfkc().collect::<String>().to_lowercase().nfd().collect(),
    ]
}

proptest! {
    #[test]
    fn a_key_never_leaves_its_account((rules, account, proposal) in any_proposal(), n in any::<u16>()) {
        for key in [&proposal.preferred, &proposal.if_taken, &proposal.nth_if_taken(n)] {
            let rest = key.as_str().strip_prefix(&format!("uploads/{account}/"));
            let segments: Vec<&str> = rest.unwrap_or("").split('/').collect();
            prop_assert_eq!(segments.len(), 2, "{}", key);
            prop_assert!(DestinationKey::new(key.as_str()).is_ok());
            prop_assert!(rules.url_of(key).len() <= rules.url_length_max());
            prop_assert!(key.as_str().len() <= 1024);
        }
    }

    #[test]
    fn the_new_url_reads_back_as_the_same_key((rules, _, proposal) in any_proposal()) {
        let allow = drayage_domain::allow_list::AllowList::default();
        let own = OwnBucket { bucket: "bucket", prefix: "uploads", url_base: "" };
        let source = SourceRules {
            allow: &allow, s3_access: true, own_bucket: Some(own), custom_hosts: &[],
        };
        for key in [proposal.preferred, proposal.if_taken] {
            let url = rules.url_of(&key);
            prop_assert!(url.is_ascii());
            prop_assert_eq!(parse(Some(&url), &source), Ok(Parsed::AlreadyMigrated { key }));
        }
    }

    #[test]
    fn keys_with_different_record_ids_never_share_a_claim(
        one in record_ids(), other in record_ids(), names in (file_names(), file_names()),
        numbers in (any::<u16>(), any::<u16>()), url_length_max in 150_usize..400,
    ) {
        prop_assume!(one != other);
        let rules = KeyRules::new("uploads", BASE, url_length_max).unwrap();
        let one = propose(&rules, None, None, &names.0, &one).unwrap();
        let other = propose(&rules, None, None, &names.1, &other).unwrap();
        prop_assert_ne!(folded(&one.if_taken), folded(&other.if_taken));
        prop_assert_ne!(folded(&one.nth_if_taken(numbers.0)), folded(&other.nth_if_taken(numbers.1)));
    }

    #[test]
    fn every_record_gets_a_key_of_its_own_after_as_many_tries_as_there_are_records(
        records in prop::collection::vec((1..=4_u8, colliding_names()), 1..12),
    ) {
        let rules = KeyRules::new("uploads", BASE, 255).unwrap();
        let mut claims: BTreeMap<String, usize> = BTreeMap::new();
        for (index, (number, name)) in records.iter().enumerate() {
            let record = RecordId::parse(&format!("a0B00000000000{number}")).unwrap();
            let proposal = propose(&rules, None, None, name, &record).unwrap();
            let later = (2..u16::MAX).map(|number| proposal.nth_if_taken(number));
            let wanted = [proposal.preferred.clone(), proposal.if_taken.clone()].into_iter().chain(later);
            // One more try than records, because a name may hold the hash of itself.
            let mut wanted = wanted.take(index + 2).map(|key| folded(&key));
            let free = wanted.find(|claim| !claims.contains_key(claim));
            prop_assert!(free.is_some(), "no key for {name:?}");
            claims.extend(free.map(|claim| (claim, index)));
        }
        prop_assert_eq!(claims.len(), records.len());
    }

    #[test]
    fn a_claim_is_the_same_in_every_case_and_unicode_form(name in "[\\p{L}\\p{M}\\p{N} ._-]{1,30}") {
        // Upper-casing turns the Greek iota subscript from a mark into a letter, and so moves the marks after
        // it to another letter: not a change of case only. The table test has the subscript alone.
        prop_assume!(!name.nfd().any(|c| c == '\u{345}'));
        let claim = |key: &str| DestinationKey::new(key).map(|key| folded(&key));
        prop_assume!(claim(&name).is_ok());
        for spelling in spellings(&name) {
            prop_assert_eq!(claim(&spelling), claim(&name), "{:?} and {:?}", spelling, name);
        }
        prop_assert_eq!(claim(&claim(&name).unwrap()), claim(&name));
    }

    #[test]
    fn cleaning_an_account_name_twice_changes_nothing(name in any::<String>()) {
        let cleaned = clean_account_name(&name);
        prop_assert_eq!(clean_account_name(&cleaned), cleaned.clone());
        prop_assert!((1..=60).contains(&cleaned.len()));
        prop_assert!(cleaned.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)));
    }

    #[test]
    fn cleaning_a_file_name_twice_changes_nothing(name in file_names()) {
        let cleaned = clean_file_name(&name);
        prop_assert_eq!(clean_file_name(&cleaned), cleaned.clone());
        prop_assert!(DestinationKey::new(cleaned.clone()).is_ok() || cleaned.len() > 1024);
    }
}
