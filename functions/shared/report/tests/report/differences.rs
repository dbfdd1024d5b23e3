//! The tables: nothing in them is lost, and no spreadsheet runs any of it.

use std::io::Read as _;

use drayage_domain::reconcile::Difference;
use drayage_report::{
    COLUMNS, CsvWriter, DifferencesWriter, NdjsonWriter, ReportError, guarded, unguarded,
};
use flate2::read::GzDecoder;
use proptest::prelude::*;

use crate::any_difference::{any_difference, text};
use crate::sample;

fn csv_of(differences: &[Difference]) -> Vec<u8> {
    let mut writer = CsvWriter::new(Vec::new()).unwrap();
    for difference in differences {
        writer.write(difference).unwrap();
    }
    writer.finish().unwrap()
}

fn rows(csv: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(csv);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn ndjson_of(differences: &[Difference]) -> Vec<u8> {
    let mut writer = NdjsonWriter::new(Vec::new());
    for difference in differences {
        writer.write(difference).unwrap();
    }
    writer.finish().unwrap()
}

proptest! {
    #[test]
    fn every_line_of_json_reads_back(differences in prop::collection::vec(any_difference(), 0..8)) {
        let mut text = String::new();
        GzDecoder::new(&ndjson_of(&differences)[..]).read_to_string(&mut text).unwrap();
        let read: Vec<Difference> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        prop_assert_eq!(read, differences);
    }

    #[test]
    fn every_cell_is_harmless_and_reads_back(differences in prop::collection::vec(any_difference(), 0..8)) {
        let rows = rows(&csv_of(&differences));
        prop_assert_eq!(&rows[0], &COLUMNS);
        prop_assert_eq!(rows.len(), differences.len() + 1);
        for (row, difference) in rows[1..].iter().zip(&differences) {
            prop_assert_eq!(unguarded(&row[0]), &difference.key);
            let id = difference.record_id.as_deref().unwrap_or_default();
            prop_assert_eq!(unguarded(&row[13]), id);
            let etag = difference.source.as_ref().and_then(|seen| seen.etag.as_deref());
            prop_assert_eq!(unguarded(&row[5]), etag.unwrap_or_default());
            for cell in row {
                prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cell:?}");
            }
        }
    }

    #[test]
    fn a_guard_is_taken_away_again(cell in text()) {
        let guarded = guarded(&cell);
        prop_assert_eq!(unguarded(&guarded), cell);
    }
}

#[test]
fn what_hides_a_formula_is_guarded_too() {
    for cell in ["=1", "+1", "-1", "@x", "\t=1", " =1", "\r", "\n", "＝1", "'x", "\u{feff}=1"] {
        assert_eq!(guarded(cell), format!("'{cell}"));
    }
    for cell in ["", "a=1", "a-b", "1", " x"] {
        assert_eq!(guarded(cell), cell);
    }
}

#[test]
fn a_row_tells_what_there_is() {
    let differences = sample::hostile_differences();
    let rows = rows(&csv_of(&differences));
    let row: Vec<&str> = rows[5].iter().map(String::as_str).collect();
    assert_eq!(
        row[..4],
        ["a & b &amp; 'c' {{ 7 * 7 }} {% raw %}", "not_verifiable", "etag", "multipart_etag"]
    );
    assert_eq!(row[4..6], ["16", "9e107d9d372bb6826bd81d3542a419d6"]);
    assert_eq!(row[8], "48");
    assert_eq!(row[15], differences[4].recommendation());
}

#[test]
fn equal_differences_make_equal_bytes() {
    let differences = sample::hostile_differences();
    assert_eq!(ndjson_of(&differences), ndjson_of(&differences));
}

#[test]
fn all_three_files_are_written_in_one_pass() {
    let report = sample::differing();
    let mut writer = DifferencesWriter::new(&report, Vec::new(), Vec::new(), Vec::new()).unwrap();
    for difference in &report.top {
        writer.write(difference).unwrap();
    }
    let (ndjson, csv, fix) = writer.finish().unwrap();
    assert_eq!(ndjson, ndjson_of(&report.top));
    assert_eq!(csv, csv_of(&report.top));
    assert!(fix.starts_with(b"#!/usr/bin/env bash\n"));
}

#[test]
fn a_writer_that_fails_is_told_with_the_file() {
    #[derive(Debug)]
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let told = |error: ReportError| matches!(error, ReportError::Write { source, .. } if source.kind() == std::io::ErrorKind::StorageFull);
    assert!(told(NdjsonWriter::new(Full).finish().unwrap_err()));
    let mut table = CsvWriter::new(Full).unwrap();
    let first = sample::hostile_differences().remove(0);
    let result = table.write(&first).and_then(|()| table.finish().map(drop));
    assert!(told(result.unwrap_err()));
    assert!(told(drayage_report::write_summary(&sample::clean(), Full).unwrap_err()));
    assert!(told(drayage_report::render_page(&sample::clean(), Full).unwrap_err()));
}
