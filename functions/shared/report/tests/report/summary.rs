//! `summary.json` reads back as it was written, and a newer one is refused.

use drayage_report::{ReportError, SCHEMA_VERSION, read_summary, write_summary};

use crate::sample;

#[test]
fn a_summary_reads_back_as_it_was_written() {
    for (name, report) in sample::all() {
        let mut text = Vec::new();
        write_summary(&report, &mut text).unwrap();
        let summary = read_summary(&text).unwrap();
        assert_eq!(summary.schema_version, SCHEMA_VERSION, "{name}");
        assert_eq!(summary.report, report, "{name}");
    }
}

#[test]
fn the_version_comes_first_and_the_fields_stand_beside_it() {
    let mut text = Vec::new();
    write_summary(&sample::clean(), &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("{\n  \"schemaVersion\": 1,\n  \"runId\": "), "{text}");
    assert!(text.ends_with("}\n"));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["tally"]["verdicts"]["match.etag"], 1_198_112);
}

#[test]
fn a_newer_summary_is_refused_whatever_is_in_it() {
    let error = read_summary(br#"{"schemaVersion": 99, "x": []}"#).unwrap_err();
    assert!(matches!(error, ReportError::NewerSchema { found: 99, known: SCHEMA_VERSION }));
    assert!(matches!(read_summary(b"{}").unwrap_err(), ReportError::Json { .. }));
}
