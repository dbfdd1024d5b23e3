//! Ten thousand combinations of hazards: every plan is the one that the combination was made for, and the keys hold what
//! the architecture promises about them.

use std::collections::{BTreeMap, BTreeSet};

use drayage_domain::destination_key::folded;
use drayage_domain::outcome::Outcome;
use drayage_domain::plan::{Plan, Planner};
use drayage_sim::dataset::{Dataset, DatasetOptions};

use crate::support::{options, planned, record};

const ENTRIES: usize = 10_000;
/// Longest key that S3 takes, in bytes.
const KEY_BYTES_MAX: usize = 1_024;
/// Longest URL that the field takes, in characters.
const URL_LENGTH_MAX: usize = 255;

fn dataset() -> Dataset {
    Dataset::combinations(DatasetOptions {
        seed: 1,
        entries: ENTRIES,
        source_bucket: "external-docs".to_owned(),
        destination_bucket: "drayage-destination".to_owned(),
        http_base: "http://127.0.0.1:49152".to_owned(),
    })
}

#[test]
fn combinations_are_different_and_fit_the_field() {
    let dataset = dataset();
    assert_eq!(dataset.entries.len(), ENTRIES);
    let urls: Vec<&String> = dataset.entries.iter().filter_map(|e| e.url.as_ref()).collect();
    let longest = urls.iter().map(|url| url.chars().count()).max().unwrap();
    assert!(longest <= URL_LENGTH_MAX, "{longest}");
    let cases: BTreeSet<&str> = dataset.entries.iter().map(|entry| entry.case).collect();
    assert!(cases.len() > 60, "{}", cases.len());
    let counts = dataset.expected_counts();
    assert!(counts["verified"] > ENTRIES as u64 / 3, "{counts:?}");
    assert!(counts.len() >= 10, "{counts:?}");
    // A small set has every case, too.
    let small = Dataset::combinations(DatasetOptions { entries: 600, ..dataset.options });
    let small: BTreeSet<&str> = small.entries.iter().map(|entry| entry.case).collect();
    assert_eq!(small, cases);
}

#[test]
fn every_plan_is_the_expected_one() {
    let dataset = dataset();
    let planner = Planner::new(&options(&dataset)).unwrap();
    let mut wrong = Vec::new();
    for entry in &dataset.entries {
        let expected = planned(entry.expected);
        let plan = planner.plan(&record(&dataset, entry));
        if plan.planned_outcome().label() != expected {
            wrong.push(format!("{} {:?}: expected {expected}, {plan:?}", entry.case, entry.url));
        }
    }
    let shown = wrong.get(..wrong.len().min(20)).unwrap_or_default().join("\n");
    assert!(wrong.is_empty(), "{} of {ENTRIES}:\n{shown}", wrong.len());
}

#[test]
fn every_key_is_short_apart_and_under_its_account() {
    let dataset = dataset();
    let options = options(&dataset);
    let planner = Planner::new(&options).unwrap();
    let mut claimed: BTreeMap<String, String> = BTreeMap::new();
    let mut copies = 0;
    for entry in &dataset.entries {
        let record = record(&dataset, entry);
        let Plan::Copy { destination_key, destination_key_if_taken, .. } = planner.plan(&record)
        else {
            continue;
        };
        copies += 1;
        let free = |key: &String| !claimed.contains_key(key);
        let key = [destination_key, destination_key_if_taken]
            .into_iter()
            .find(|key| free(&folded(key)))
            .unwrap_or_else(|| panic!("both keys are taken: {entry:?}"));
        claimed.insert(folded(&key), entry.id.clone());
        let text = key.as_str();
        assert!(text.len() <= KEY_BYTES_MAX, "{text}");
        let url = format!("{}{}", options.new_url_base, encoded(text));
        assert!(url.len() <= URL_LENGTH_MAX, "{url}");
        let owner = match entry.account.and_then(|index| dataset.accounts.get(index)) {
            Some(account) => format!("uploads/{}", account.id),
            None => "uploads/_no_account".to_owned(),
        };
        assert!(text.starts_with(&owner), "{text} is not under {owner}");
        let segments: Vec<&str> = text.split('/').collect();
        assert!(segments.iter().all(|s| !s.is_empty() && *s != "." && *s != ".."), "{text}");
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
    assert_eq!(claimed.len(), copies);
    let planned = |outcome: Outcome| outcome == Outcome::Planned;
    let expected = dataset
        .entries
        .iter()
        .filter(|entry| planned(planner.plan(&record(&dataset, entry)).planned_outcome()));
    assert_eq!(copies, expected.count());
}

/// A key in a URL: everything is escaped but what RFC 3986 calls unreserved, and the slash.
fn encoded(key: &str) -> String {
    key.bytes()
        .map(|byte| match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
