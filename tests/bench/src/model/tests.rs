//! The model's arithmetic, on figures that can be checked by hand, and its inputs.

use serde_json::{Value, json};

use super::*;

const FILE: &str = include_str!("../../model.json");

/// The repository's inputs with these values instead.
fn inputs(values: &[(&str, f64)]) -> Inputs {
    let mut inputs: Value = serde_json::from_str(FILE).unwrap();
    for (name, value) in values {
        *inputs.get_mut(*name).unwrap().get_mut("value").unwrap() = json!(value);
    }
    Inputs::parse(&inputs.to_string()).unwrap()
}

fn close(value: f64, expected: f64) {
    assert!((value - expected).abs() < expected.abs() * 1e-9 + 1e-12, "{value} is not {expected}");
}

/// Within the few requests that a run takes whatever its size.
fn near(value: f64, expected: f64) {
    assert!((value - expected).abs() < expected * 0.05, "{value} is not about {expected}");
}

/// Round figures: whatever takes time takes one second, or lies below other limits.
const ROUND: [(&str, f64); 12] = [
    ("partitions", 1.0),
    ("compare_cpu_us_per_key", 10.0),
    ("compare_other_lists", 0.0),
    ("cpu_factor", 1.0),
    ("list_keys_per_page", 1_000.0),
    ("list_page_seconds", 0.8),
    ("lambda_mb_per_vcpu", 1_024.0),
    ("lambda_seconds_max", 900.0),
    ("reconcile_mb", 1_024.0),
    ("copy_seconds", 0.1),
    ("copy_batch", 1_000.0),
    ("copy_mb", 1_024.0),
];

#[test]
fn a_comparison_of_a_million_keys() {
    let row = row(&inputs(&ROUND), 1_000_000, Job::Compare);
    // 1,000 pages a side, 8 shards, 0.8 s each; 10 CPU seconds on 8 processors are less.
    close(row.seconds, 100.0);
    assert_eq!(row.bottleneck, "latency of list pages");
    // 2,000 pages and what cuts the shards; state, lock and report.
    near(row.usd[&Service::S3], 0.010_3);
    near(row.usd[&Service::Lambda], 800.0 * 13.333_4e-6);
    close(row.usd_total, row.usd.values().sum());
    assert_eq!((row.datasync_usd, row.batch_operations_usd), (None, None));
    let slow = inputs(&[&ROUND[..], &[("compare_cpu_us_per_key", 8_000.0)]].concat());
    let row = super::row(&slow, 1_000_000, Job::Compare);
    close(row.seconds, 1_000.0);
    assert_eq!(row.bottleneck, "CPU");
}

#[test]
fn a_copy_of_a_million_objects() {
    let more = [("copy_invocations", 20.0), ("copy_files_at_once", 10.0)];
    let peers =
        [("object_bytes", 1e6), ("datasync_usd_per_gb", 0.015), ("datasync_usd_per_task", 0.5)];
    let inputs = inputs(&[&ROUND[..], &more, &peers].concat());
    let row = row(&inputs, 1_000_000, Job::Copy);
    // 200 copies at once, 0.1 s each: 2,000 a second. And two comparisons.
    close(row.seconds, 500.0 + 200.0);
    assert_eq!(row.bottleneck, "latency of copies");
    // Copies, 2 x 2,000 list requests, 1,000 parts of the manifest written and read.
    near(row.usd[&Service::S3], 5.0 + 0.02 + 0.010_4);
    close(row.usd[&Service::Sqs], 1_000.0 * 3.0 * 0.4e-6);
    near(row.usd[&Service::StepFunctions], 1_000.0 * 3.0 * 25e-6);
    assert!(row.usd[&Service::DynamoDb] < 0.01, "no object has an item");
    close(row.datasync_usd.unwrap(), 15.0 + 0.5 + 5.4);
}

#[test]
fn a_backup_that_the_ledger_is_too_large_for_is_not_promised() {
    let scan = [
        ("table_bytes_per_file", 1e3),
        ("scan_page_bytes", 1e6),
        ("scan_page_seconds", 0.8),
        ("scan_segments", 8.0),
    ];
    let inputs = inputs(&[&ROUND[..], &scan].concat());
    assert_eq!(row(&inputs, 1_000_000, Job::Backup).impossible, None);
    let large = row(&inputs, 10_000_000, Job::Backup);
    assert!(large.impossible.unwrap().contains("1000 s"));
    // The claim, the row and the index entry; and the scan, in units of 4 KiB.
    let ledger = row(&inputs, 1_000_000, Job::Backup).usd[&Service::DynamoDb];
    // 3 units are written for each file, its row is read once before and once after; 6 units for each batch.
    near(ledger, 3.0 * 0.625 + 0.125 + 0.022 + 10_000.0 * 6.0 * 0.625e-6);
}

#[test]
fn every_input_has_an_influence() {
    let fields: Value = serde_json::from_str(FILE).unwrap();
    let sizes = [1_000_000, 100_000_000];
    let result = |inputs| serde_json::to_value(Model::of(inputs, &sizes).rows).unwrap();
    let before = result(inputs(&[]));
    for (name, field) in fields.as_object().unwrap() {
        let value = field.get("value").unwrap().as_f64().unwrap();
        assert!(value > 0.0, "{name}");
        assert_ne!(result(inputs(&[(name, value * 2.0)])), before, "{name}");
    }
}

#[test]
fn an_input_that_nobody_knows_is_refused() {
    let mut fields: Value = serde_json::from_str(FILE).unwrap();
    let known = fields.get("partitions").unwrap().clone();
    fields.as_object_mut().unwrap().insert("partition".to_owned(), known);
    assert!(Inputs::parse(&fields.to_string()).is_err());
}

#[test]
fn times_are_told_in_the_unit_that_fits() {
    assert_eq!([59.0, 600.0, 36_000.0].map(duration), ["59 s", "10.0 min", "10.0 h"]);
}
