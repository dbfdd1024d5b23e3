//! What is asked for, how it looks, and which exit status follows.

use clap::Parser;
use serde_json::json;

use super::sections::Found;
use super::*;
use crate::test_support::assert_looks;
use crate::view::{Attention, RunStatus, Runs};

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    status: Status,
    #[command(flatten)]
    common: Common,
}

fn asked(words: &[&str]) -> Result<Asked, Failure> {
    let line = Line::try_parse_from(["status"].iter().chain(words)).unwrap();
    line.status.check(&line.common)
}

#[test]
fn without_an_option_the_overview_is_asked_for() {
    let overview = asked(&[]).unwrap();
    assert!(overview.overview && overview.runs.is_none() && !overview.readiness);
    let runs = asked(&["--runs"]).unwrap();
    assert_eq!((runs.overview, runs.runs), (false, Some(20)));
    assert_eq!(asked(&["--errors", "7"]).unwrap().errors, Some(7));
    let all = asked(&["--all"]).unwrap();
    assert!(all.overview && all.accounts && all.readiness);
    assert_eq!((all.runs, all.errors), (Some(20), Some(20)));
}

#[test]
fn what_excludes_each_other_is_told_before_anything_is_asked() {
    let parse = |words: &[&str]| Line::try_parse_from(["status"].iter().chain(words)).map(drop);
    assert!(parse(&["--run", "last"]).is_err());
    assert!(parse(&["--watch", "--errors"]).is_err());
    assert!(parse(&["--runs", "0"]).is_err());
    for wrong in
        [&["--watch", "--json"][..], &["--export", "x.csv"], &["--all", "--export", "x.csv"]]
    {
        assert_eq!(asked(wrong).unwrap_err().kind, crate::failure::Kind::Usage, "{wrong:?}");
    }
    assert!(
        asked(&["--export", "x.json"]).is_ok() && asked(&["--runs", "--export", "x.csv"]).is_ok()
    );
}

#[test]
fn an_overview_looks_as_it_did() {
    let moment = samples::moment();
    for (name, overview) in
        [("fresh", samples::fresh()), ("busy", samples::busy()), ("paused", samples::paused())]
    {
        assert_looks("status", name, |look| overview_text::text(&overview, look, &moment));
    }
}

#[test]
fn lists_look_as_they_did() {
    let moment = samples::moment();
    assert_looks("status", "runs", |look| runs_text::text(&samples::runs(), look, &moment));
    assert_looks("status", "readiness", |look| readiness_text::text(&samples::readiness(), look));
    assert_looks("status", "errors", |look| {
        errors_text::text(&samples::attention(), Some("backup-20261121T070000Z-012"), look, &moment)
    });
}

#[test]
fn the_verdict_is_of_what_is_left() {
    let clean = Found { overview: Some(samples::fresh()), ..Found::default() };
    assert_eq!(clean.verdict(), Verdict::Clean);
    let left = Found { overview: Some(samples::busy()), ..Found::default() };
    assert_eq!(left.verdict(), Verdict::Left);
    let mut runs = vec![
        samples::run("a", "backup", RunStatus::Running),
        samples::run("b", "backup", RunStatus::Succeeded),
        samples::run("c", "backup", RunStatus::Failed),
    ];
    let verdict = |runs: &[crate::view::RunView]| {
        let runs = Runs { runs: runs.to_vec(), more: false };
        Found { runs: Some(runs), ..Found::default() }.verdict()
    };
    assert_eq!(verdict(&runs), Verdict::Clean);
    runs.remove(1);
    assert_eq!(verdict(&runs), Verdict::Left);
    let none = Found { errors: Some(Attention::default()), ..Found::default() };
    assert_eq!(none.verdict(), Verdict::Clean);
}

#[test]
fn one_part_is_its_own_document_and_several_have_a_field_each() {
    let one = Found { runs: Some(samples::runs()), ..Found::default() };
    assert_eq!(one.document()["more"], json!(true));
    let several = Found { readiness: Some(samples::readiness()), ..one };
    assert_eq!(several.document()["runs"]["more"], json!(true));
    assert_eq!(several.document()["readiness"]["ready"], json!(false));
    let run = &several.document()["runs"]["runs"][0];
    assert_eq!((&run["status"], &run["bytesCopied"]), (&json!("running"), &json!(1_234_567_890)));
}

#[test]
fn every_table_has_a_cell_for_each_column() {
    let found = [
        Found { runs: Some(samples::runs()), ..Found::default() },
        Found { errors: Some(samples::attention()), ..Found::default() },
    ];
    for table in found.iter().map(Found::table) {
        assert!(!table.rows.is_empty());
        assert!(table.rows.iter().all(|row| row.len() == table.header.len()));
    }
}
