//! `index.html`: well formed, complete, harmless and honest.

use std::collections::BTreeSet;

use askama::Template as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use drayage_domain::estimate::Estimate;
use drayage_domain::estimate::prices::Quote;
use drayage_domain::reconcile::{GroupTally, Report, Tally, Volume};
use drayage_report::{ALL_FILES, INDEX_HTML, Page, render_page};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::any_difference::{any_difference, text};
use crate::html::Parsed;
use crate::sample::{self, HOSTILE};

fn parsed(report: &Report) -> Parsed {
    Parsed::of(&Page::new(report).render().unwrap())
}

fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let groups: Vec<&[u8]> = digits.as_bytes().rchunks(3).rev().collect();
    groups.into_iter().map(|group| str::from_utf8(group).unwrap()).collect::<Vec<_>>().join(",")
}

fn numbers(value: &Value, found: &mut BTreeSet<u64>) {
    match value {
        Value::Number(number) => found.extend(number.as_u64()),
        Value::Array(values) => values.iter().for_each(|value| numbers(value, found)),
        Value::Object(values) => values.values().for_each(|value| numbers(value, found)),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[test]
fn every_page_is_well_formed_and_loads_and_runs_nothing() {
    let allowed: BTreeSet<&str> = ALL_FILES.into_iter().collect();
    for (name, report) in sample::all() {
        let page = parsed(&report);
        assert_eq!(page.errors, Vec::<String>::new(), "{name}");
        assert_eq!(page.comments, Vec::<String>::new(), "{name}");
        for element in &page.elements {
            let forbidden = [
                "script",
                "link",
                "img",
                "iframe",
                "object",
                "form",
                "base",
                "image",
                "use",
                "foreignobject",
            ];
            assert!(!forbidden.contains(&element.name.as_str()), "{name}: {element:?}");
            for (attribute, value) in &element.attributes {
                assert!(!attribute.starts_with("on"), "{name}: {element:?}");
                assert!(
                    !["src", "style", "srcset"].contains(&attribute.as_str()),
                    "{name}: {element:?}"
                );
                assert!(
                    attribute != "href" || allowed.contains(value.as_str()),
                    "{name}: {element:?}"
                );
            }
        }
    }
}

#[test]
fn the_policy_names_the_style_sheet_by_its_hash() {
    let page = parsed(&sample::clean());
    let policy = page
        .named("meta")
        .find(|meta| meta.attribute("http-equiv") == Some("Content-Security-Policy"))
        .and_then(|meta| meta.attribute("content"))
        .unwrap();
    let hash = STANDARD.encode(Sha256::digest(page.texts("style")[0]));
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(policy.contains(&format!("style-src 'sha256-{hash}'")), "{policy}");
    assert!(!page.texts("style")[0].contains("url("));
    assert!(!page.texts("style")[0].contains("@import"));
}

#[test]
fn every_number_of_the_model_is_on_the_page() {
    for (name, report) in sample::all() {
        let page = parsed(&report);
        let mut expected = BTreeSet::new();
        numbers(&serde_json::to_value(&report).unwrap(), &mut expected);
        let exact: BTreeSet<&str> =
            page.named("data").filter_map(|data| data.attribute("value")).collect();
        let words: BTreeSet<&str> = page
            .text
            .split(|c: char| !c.is_ascii_digit() && c != ',')
            .map(|word| word.trim_matches(','))
            .collect();
        for number in expected {
            assert!(
                words.contains(thousands(number).as_str())
                    || exact.contains(number.to_string().as_str()),
                "{name}: {number} is not on the page"
            );
        }
    }
}

#[test]
fn costs_are_on_the_page() {
    let text = parsed(&sample::clean()).text;
    for cost in ["$0.02", "$0.01", "$0.004975"] {
        assert!(text.contains(cost), "{cost}");
    }
    assert!(parsed(&sample::huge()).text.contains("$123,456,789.12"));
}

#[test]
fn hostile_keys_are_shown_as_they_are() {
    let page = parsed(&sample::differing());
    let shown = page.texts("bdi");
    for key in HOSTILE {
        let expected = key
            .replace('\n', "LF")
            .replace('\r', "CR")
            .replace('\t', "TAB")
            .replace('\u{202e}', "U+202E")
            .replace('\u{1}', "U+0001")
            .replace('\u{7f}', "DEL")
            .replace('\u{85}', "U+0085")
            .replace('\u{2028}', "U+2028");
        let expected = match expected.strip_prefix(' ').and_then(|key| key.strip_suffix(' ')) {
            Some(key) => format!("SPACE{key}SPACE"),
            None => expected,
        };
        assert!(shown.contains(&expected.as_str()), "{key:?}");
    }
    assert!(!page.text.contains(['\u{202e}', '\u{2028}', '\u{1}']));
}

#[test]
fn a_reader_without_eyes_finds_their_way() {
    for (name, report) in sample::all() {
        let page = parsed(&report);
        let count = |tag: &str| page.named(tag).count();
        assert_eq!(
            (count("h1"), count("main"), count("header"), count("footer")),
            (1, 1, 1, 1),
            "{name}"
        );
        assert_eq!(page.named("html").next().unwrap().attribute("lang"), Some("en"));
        assert_eq!(count("table"), count("caption"), "{name}");
        assert!(page.named("th").all(|th| th.attribute("scope").is_some()), "{name}");
        let ids: Vec<&str> = page.elements.iter().filter_map(|e| e.attribute("id")).collect();
        let distinct: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), distinct.len(), "{name}: an id is used twice");
        for element in &page.elements {
            for id in element.attribute("aria-labelledby").unwrap_or_default().split_whitespace() {
                assert!(distinct.contains(id), "{name}: nothing has the id {id}");
            }
            if element.name == "svg" {
                let told = element.attribute("aria-labelledby").is_some();
                assert!(told || element.attribute("aria-hidden") == Some("true"), "{name}");
            }
            if element.name == "section" {
                assert_eq!(element.inside.last().map(String::as_str), Some("main"), "{name}");
            }
        }
    }
}

/// The headline, with what stands below it.
fn says(report: &Report) -> (String, String) {
    let page = parsed(report);
    let status = page.named("header").next().unwrap().attribute("class").unwrap().to_owned();
    (status, page.texts("h1")[0].to_owned())
}

fn of(verdicts: &[(&str, u64)], clean: bool) -> Report {
    let mut report = sample::clean();
    let verdicts = verdicts.iter().map(|(label, count)| ((*label).to_owned(), *count)).collect();
    report.tally = Tally { verdicts, ..Tally::default() };
    report.clean = clean;
    report
}

#[rstest]
#[case(&[("match.etag", 1_204_331)], "ok", "All 1,204,331 objects are in the destination and verified.")]
#[case(&[("match.bytes", 1)], "ok", "The only object is in the destination and verified.")]
#[case(&[("match.size", 5)], "ok", "All 5 objects are in the destination with the same size.")]
#[case(&[("match.size", 5), ("match.etag", 2)], "ok", "All 7 objects are in the destination.")]
#[case(&[("match.etag", 2), ("extra", 1)], "ok", "All 2 objects are in the destination and verified.")]
#[case(&[("missing", 3)], "attention", "3 objects are missing.")]
#[case(
    &[("missing", 1), ("size_differs", 1), ("content_differs.etag", 1), ("extra", 1)],
    "attention",
    "1 object is missing, 2 differ and 1 is only in the destination."
)]
#[case(&[("not_verifiable.no_etag", 2), ("match.etag", 1)], "unknown", "2 objects could not be verified.")]
#[case(&[("moved", 2)], "unknown", "2 objects have unknown verdicts.")]
#[case(&[], "unknown", "There was nothing to compare.")]
fn the_headline_says_what_was_found_and_no_more(
    #[case] verdicts: &[(&str, u64)],
    #[case] status: &str,
    #[case] headline: &str,
) {
    let report = of(verdicts, status == "ok");
    assert_eq!(says(&report), (status.to_owned(), headline.to_owned()));
}

#[test]
fn a_report_that_calls_itself_clean_is_not_believed_against_its_counts() {
    let (status, headline) = says(&of(&[("match.etag", 5), ("missing", 1)], true));
    assert_eq!((status.as_str(), headline.as_str()), ("attention", "1 object is missing."));
}

#[test]
fn a_dry_run_says_what_it_would_copy() {
    let mut report = of(&[("match.etag", 5), ("missing", 3)], false);
    report.planned = Volume { objects: 3, bytes: 2048 };
    report.estimate = Some(Estimate::for_objects(&Quote::of("us-east-1"), 3, 1));
    let text = parsed(&report).text;
    assert!(text.contains("A dry run: 3 objects, 2.0 KiB, would be copied, for about $"), "{text}");
    assert!(text.contains("Start the run without dryRun."), "{text}");
}

#[test]
fn an_incomplete_comparison_never_looks_clean() {
    let mut report = of(&[("match.etag", 5)], false);
    report.complete = false;
    assert_eq!(says(&report), ("unknown".to_owned(), "The comparison is incomplete.".to_owned()));
    let page = parsed(&sample::partial());
    assert!(page.texts("h2").contains(&"Partial result"));
    for part in ["mail/20<i>19LF", "AccessDenied for s3:ListBucket", "503 SlowDown"] {
        assert!(page.text.contains(part), "{part}");
    }
}

#[test]
fn the_sections_come_in_the_order_in_which_they_are_needed() {
    let expected = [
        "What to do next",
        "What was found",
        "Where",
        "Sizes",
        "Time",
        "Differences",
        "Requests and cost",
        "Manual review",
        "How it was compared",
    ];
    assert_eq!(parsed(&sample::differing()).texts("h2"), expected);
}

#[test]
fn the_ledger_gets_no_commands_that_cannot_work() {
    assert!(!parsed(&sample::partial()).texts("code").contains(&"bash fix.sh"));
    assert!(parsed(&sample::differing()).texts("code").contains(&"bash fix.sh"));
}

#[test]
fn nobody_is_told_to_delete_after_an_incomplete_comparison() {
    let deletes =
        |report: Report| parsed(&report).texts("code").iter().any(|code| code.starts_with("grep "));
    assert!(!deletes(sample::partial()));
    assert!(deletes(sample::differing()));
}

#[test]
fn a_page_is_written_as_it_is_rendered() {
    let report = sample::differing();
    let mut text = Vec::new();
    render_page(&report, &mut text).unwrap();
    assert_eq!(text, Page::new(&report).render().unwrap().into_bytes());
    assert_eq!(drayage_report::content_type(INDEX_HTML), "text/html; charset=utf-8");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_changes_the_structure(
        differences in prop::collection::vec(any_difference(), 0..4),
        foreign in text(),
    ) {
        let build = |text: &str| {
            let mut report = sample::partial();
            report.top.clone_from(&differences);
            for place in [&mut report.source, &mut report.destination] {
                place.description = format!("x{text}");
                place.bucket = Some(format!("x{text}"));
                place.prefix = format!("x{text}");
                place.endpoint = Some(format!("x{text}"));
            }
            (report.run_id, report.kind) = (format!("x{text}"), format!("x{text}"));
            report.started_at = format!("x{text}");
            report.phases[0].name = format!("x{text}");
            report.incomplete_because[0].reason = format!("x{text}");
            report.manual_review[0].recommendation = format!("x{text}");
            report.tally.groups.clear();
            report.tally.groups.insert(format!("x{text}"), GroupTally::default());
            let page = parsed(&report);
            let names: Vec<String> = page
                .elements
                .into_iter()
                .filter(|element| element.attribute("class") != Some("symbol"))
                .map(|element| element.name)
                .collect();
            (names, page.errors, page.comments)
        };
        let (names, errors, comments) = build(&foreign);
        prop_assert_eq!(errors, Vec::<String>::new());
        prop_assert_eq!(comments, Vec::<String>::new());
        prop_assert_eq!(names, build("").0);
    }
}
