//! The page and the list of a run that writes into Salesforce: well formed, complete, harmless and honest.

use std::collections::BTreeSet;

use askama::Template as _;
use drayage_report::{
    REVIEW_COLUMNS, ReviewRow, ReviewWriter, SwitchPage, render_switch_page, unguarded,
};
use rstest::rstest;

use crate::html::Parsed;
use crate::sample::HOSTILE;
use crate::switch_sample::{self, Sample};

fn parsed(sample: &Sample) -> Parsed {
    Parsed::of(&SwitchPage::new(&sample.report()).render().unwrap())
}

#[test]
fn every_page_is_well_formed_and_loads_and_runs_nothing() {
    let links = ["../plan.csv", "../review.csv", "../rollback.jsonl", "../summary.json"];
    let allowed: BTreeSet<&str> = links.into_iter().collect();
    let elements = [
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
    for (name, sample) in switch_sample::all() {
        let page = parsed(&sample);
        assert_eq!(page.errors, Vec::<String>::new(), "{name}");
        assert_eq!(page.comments, Vec::<String>::new(), "{name}");
        for element in &page.elements {
            assert!(!elements.contains(&element.name.as_str()), "{name}: {element:?}");
            for (attribute, value) in &element.attributes {
                assert!(!attribute.starts_with("on"), "{name}: {element:?}");
                let loads = ["src", "style", "srcset"].contains(&attribute.as_str());
                assert!(!loads, "{name}: {element:?}");
                let leads = attribute != "href" || allowed.contains(value.as_str());
                assert!(leads, "{name}: {element:?}");
            }
        }
    }
}

#[rstest]
#[case(switch_sample::clean(), "All 48,120 records point at their new URLs.")]
#[case(switch_sample::needing_people(), "336 records need a person.")]
#[case(switch_sample::dry(true), "48,120 records would get their new URLs.")]
#[case(switch_sample::dry(false), "Not ready: 1 check fails.")]
#[case(switch_sample::broken_off(), "The run was broken off.")]
#[case(
    switch_sample::without_plan(),
    "There was no plan yet: nothing was written into Salesforce."
)]
fn the_page_says_how_the_run_ended(#[case] sample: Sample, #[case] words: &str) {
    let page = parsed(&sample);
    assert!(page.text.contains(words), "{}", page.text);
}

#[test]
fn the_page_shows_the_first_records_and_names_the_list_of_all() {
    let page = parsed(&switch_sample::needing_people());
    assert!(page.text.contains("The first 200 of 336; all of them are in review.csv"));
    assert!(page.text.contains("a0B000000000200AAA") && !page.text.contains("a0B000000000201AAA"));
    assert!(
        page.text
            .contains("Second look: edited by somebody since it was written; the edit is kept")
    );
    assert!(page.text.contains("FIELD_CUSTOM_VALIDATION_EXCEPTION (Document__c)"));
}

#[test]
fn the_page_has_the_commands_that_undo_and_carry_out() {
    let clean = parsed(&switch_sample::clean());
    assert!(clean.text.contains("stateMachine:acme-drayage-rollback' --input '{\"execute\":true"));
    let dry = parsed(&switch_sample::dry(true));
    assert!(dry.text.contains("stateMachine:acme-drayage-migrate'"));
    let not_ready = parsed(&switch_sample::dry(false));
    assert!(!not_ready.text.contains("start-execution"), "what is not ready is not started");
}

#[test]
fn a_failing_writer_is_told() {
    let mut small = [0; 8];
    let sample = switch_sample::clean();
    let error = render_switch_page(&sample.report(), &mut small[..]).unwrap_err();
    assert!(error.to_string().starts_with("cannot write index.html"), "{error}");
}

#[test]
fn a_row_of_the_list_is_harmless_and_reads_back() {
    let mut writer = ReviewWriter::new(Vec::new()).unwrap();
    let plain = ReviewRow {
        record_id: "a0B000000000001AAA".to_owned(),
        account: None,
        outcome: "drifted".to_owned(),
        message: Some("=1+1".to_owned()),
        surprise: None,
    };
    let hostile = switch_sample::hostile().review;
    for row in std::iter::once(&plain).chain(&hostile) {
        writer.write(row).unwrap();
    }
    let csv = writer.finish().unwrap();
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&csv[..]);
    let rows: Vec<Vec<String>> =
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    assert_eq!(rows[0], REVIEW_COLUMNS);
    assert_eq!(rows[1], ["a0B000000000001AAA", "", "drifted", "'=1+1", ""]);
    for (row, text) in rows[2..].iter().zip(HOSTILE) {
        assert!(row.iter().all(|cell| unguarded(cell) == text), "{row:?}");
        assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])));
    }
}
