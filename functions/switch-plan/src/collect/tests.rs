//! What becomes a line, and what of a rollback file is refused.

use std::io::Write;

use drayage_domain::switch::options::{Scope, SwitchOptions};
use drayage_domain::switch::rollback_file::{RollbackHeader, RollbackWriter};
use drayage_lambda_kit::error::INPUT_INVALID;

use super::*;
use crate::test_support::{line, options, row};

/// A rollback file of these lines, open after its header.
fn reader(lines: &[SwitchLine], cut: usize) -> RollbackReader<BufReader<File>> {
    let header = RollbackHeader {
        run: "m".to_owned(),
        org: None,
        object: "O__c".to_owned(),
        field: "U__c".to_owned(),
        created_at: "2026-01-01T00:00:00Z".to_owned(),
    };
    let mut writer = RollbackWriter::new(Vec::new(), &header).unwrap();
    for line in lines {
        writer.write(line).unwrap();
    }
    let bytes = writer.finish().unwrap();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes[..bytes.len() - cut]).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    RollbackReader::open(BufReader::new(file)).unwrap()
}

fn picker(scope: Scope) -> Picker {
    Picker::new(&SwitchOptions { scope, ..options(Direction::Restore) }).unwrap()
}

fn all(lines: &mut FileLines<'_>) -> Result<Vec<SwitchLine>, FunctionError> {
    let mut all = Vec::new();
    while let Some(some) = lines.next_some()? {
        all.extend(some);
    }
    Ok(all)
}

#[test]
fn rows_are_lines_or_counted_by_reason() {
    let mut tally = Tally::default();
    let picker = Picker::new(&options(Direction::Switch)).unwrap();
    let mut failed = row(2, FileState::Failed);
    failed.reason = Some("access_denied".to_owned());
    let rows = [
        row(1, FileState::Verified),
        failed,
        row(3, FileState::Switched),
        row(4, FileState::RestoringUrl),
        row(5, FileState::Drifted),
    ];
    let lines: Vec<SwitchLine> =
        rows.iter().filter_map(|row| tally.take(&picker, Direction::Switch, row)).collect();
    assert_eq!(lines, [line(1, Some(1))]);
    let not_planned: Vec<(&str, u64)> =
        tally.not_planned.iter().map(|(label, count)| (label.as_str(), *count)).collect();
    let expected =
        [("drifted", 1), ("failed.access_denied", 1), ("restoring_url", 1), ("switched", 1)];
    assert_eq!(not_planned, expected);
    assert_eq!((tally.attention, tally.interrupted), (2, 1));
    let mut runs = Runs::default();
    runs.note("b");
    assert_eq!(tally.interrupted_runs, runs);
}

#[test]
fn runs_of_rows_out_of_scope_are_noted_too() {
    let mut tally = Tally::default();
    let records = Some(vec![row(2, FileState::Verified).record_id]);
    let picker = picker(Scope { records, ..Scope::default() });
    let left = FileRow { run_id: "x".to_owned(), ..row(1, FileState::Switching) };
    assert_eq!(tally.take(&picker, Direction::Restore, &left), None);
    let mut runs = Runs::default();
    runs.note("x");
    assert_eq!(tally, Tally { interrupted_runs: runs, ..Tally::default() });
}

#[test]
fn a_rollback_file_is_turned_around_and_narrowed() {
    let written: Vec<SwitchLine> =
        (0..2_500).map(|record| line(record, Some(record % 2))).collect();
    let whole = picker(Scope::default());
    let mut lines = FileLines::new(reader(&written, 0), &whole, None);
    let reversed: Vec<SwitchLine> = written.iter().cloned().map(SwitchLine::reversed).collect();
    assert_eq!(all(&mut lines).unwrap(), reversed);

    let scope = Scope { accounts: Some(vec!["=Account 1".to_owned()]), ..Scope::default() };
    let of_account = picker(scope);
    let mut lines = FileLines::new(reader(&written, 0), &of_account, None);
    assert_eq!(all(&mut lines).unwrap().len(), 1_250);
}

#[test]
fn records_that_the_file_does_not_have_are_named() {
    let ids = vec![line(1, None).record_id, line(9, None).record_id];
    let picker = picker(Scope { records: Some(ids.clone()), ..Scope::default() });
    let written = [line(1, None), line(2, None)];
    let mut lines = FileLines::new(reader(&written, 0), &picker, Some(&ids));
    assert_eq!(all(&mut lines).unwrap(), [line(1, None).reversed()]);
    assert_eq!(lines.not_met.iter().collect::<Vec<_>>(), [&ids[1]]);
}

#[test]
fn a_damaged_file_is_refused_by_name_and_without_its_texts() {
    let picker = picker(Scope::default());
    let mut cut = FileLines::new(reader(&[line(1, None)], 30), &picker, None);
    let error = all(&mut cut).unwrap_err();
    assert_eq!(error.name, ROLLBACK_FILE_INVALID);
    assert!(error.message.contains("ends early") && !error.message.contains("://"), "{error}");
    let short = SwitchLine { record_id: "a0B000000000001".to_owned(), ..line(1, None) };
    let mut short = FileLines::new(reader(&[short], 0), &picker, None);
    assert_eq!(all(&mut short).unwrap_err().name, ROLLBACK_FILE_INVALID);
}

#[test]
fn up_to_five_unknown_records_are_named() {
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    check_unknown(std::iter::empty(), "are not there", "look").unwrap();
    let error = check_unknown(names.into_iter(), "are not there", "look").unwrap_err();
    assert_eq!(error.name, INPUT_INVALID);
    assert_eq!(error.message, "records: a, b, c, d, e and 2 more are not there; hint: look");
}
