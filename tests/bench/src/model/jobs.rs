//! The jobs that the model knows, in steps.

use drayage_domain::estimate::S3_WRITES_PER_SECOND;
use drayage_domain::estimate::work::{self, BackupWork, TransferWork};
use drayage_domain::reconcile::input::ReconcileInput;
use serde::Serialize;

use super::inputs::Inputs;
use super::stage::{Functions, Stage};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Job {
    /// Two buckets are compared.
    Compare,
    /// Two buckets are compared, everything is copied by S3, and they are compared again.
    Copy,
    /// All files of an org, from S3; the ledger is compared with the bucket.
    Backup,
}

impl Job {
    pub(super) const ALL: [Self; 3] = [Self::Compare, Self::Copy, Self::Backup];

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Compare => "compare two buckets",
            Self::Copy => "compare, copy, compare",
            Self::Backup => "backup from Salesforce",
        }
    }

    pub(super) fn stages(self, inputs: &Inputs, objects: f64) -> Vec<Stage> {
        match self {
            Self::Compare => vec![compare(inputs, objects)],
            Self::Copy => {
                vec![compare(inputs, objects), copy(inputs, objects), compare(inputs, objects)]
            }
            Self::Backup => vec![
                enumerate(inputs, objects),
                back_up(inputs, objects),
                scan(inputs, objects),
                compare_with_ledger(inputs, objects),
            ],
        }
    }
}

/// Every shard lists both sides at the same time, page after page.
fn compare(inputs: &Inputs, objects: f64) -> Stage {
    let shards = f64::from(ReconcileInput::default().shards());
    let pages = objects / inputs.list_keys_per_page.value;
    let requests = 2.0 * pages + inputs.compare_other_lists.value;
    let functions = Functions {
        mb: inputs.reconcile_mb.value,
        at_once: shards,
        seconds_max: inputs.lambda_seconds_max.value,
        least: 0.0,
    };
    let cpu_us = objects * inputs.compare_cpu_us_per_key.value;
    let stage = Stage::new(
        "compare",
        [
            ("latency of list pages", pages * inputs.list_page_seconds.value / shards),
            ("CPU", cpu_us / 1e6 / vcpus(inputs, functions)),
            ("S3 reads", requests / (inputs.s3_reads_per_second.value * inputs.partitions.value)),
        ],
    );
    let places =
        TransferWork { source: objects, destination: objects, shards, ..TransferWork::default() };
    stage.uses(&work::reconcile_buckets(&places)).runs_on(functions)
}

/// One `CopyObject` per object, and nothing in the ledger.
fn copy(inputs: &Inputs, objects: f64) -> Stage {
    let batches = (objects / inputs.copy_batch.value).ceil();
    let functions = copy_functions(inputs, batches);
    let at_once = functions.at_once * inputs.copy_files_at_once.value;
    let cpu = objects * inputs.copy_cpu_ms_per_object.value / 1e3;
    let stage = Stage::new(
        "copy",
        [
            ("S3 writes", objects / (S3_WRITES_PER_SECOND * inputs.partitions.value)),
            ("latency of copies", objects * inputs.copy_seconds.value / at_once),
            ("CPU", cpu / vcpus(inputs, functions)),
        ],
    );
    let objects = TransferWork { copied_by_s3: objects, batches, ..TransferWork::default() };
    stage.uses(&work::objects_copied(&objects)).runs_on(functions)
}

/// Salesforce is read page by page.
fn enumerate(inputs: &Inputs, files: f64) -> Stage {
    let pages = files / inputs.query_page_records.value;
    let functions = Functions {
        mb: inputs.enumerate_mb.value,
        at_once: 1.0,
        seconds_max: inputs.lambda_seconds_max.value,
        least: 0.0,
    };
    Stage::new("enumerate", [("Salesforce queries", pages * inputs.query_page_seconds.value)])
        .uses(&work::enumerated(&backup_work(inputs, files)))
        .runs_on(functions)
}

/// A `HEAD` and a `CopyObject`, a claim and a row per file.
fn back_up(inputs: &Inputs, files: f64) -> Stage {
    let batches = (files / inputs.backup_batch.value).ceil();
    let functions = copy_functions(inputs, batches);
    let at_once = functions.at_once * inputs.copy_files_at_once.value;
    let table_writes = files * inputs.backup_table_writes_per_file.value;
    let waits = files * (inputs.head_seconds.value + inputs.copy_seconds.value)
        + table_writes * inputs.table_write_seconds.value;
    let cpu = files * inputs.backup_cpu_ms_per_file.value / 1e3;
    let partitions = inputs.partitions.value;
    let stage = Stage::new(
        "copy",
        [
            ("S3 writes", files / (S3_WRITES_PER_SECOND * partitions)),
            ("S3 reads", files / (inputs.s3_reads_per_second.value * partitions)),
            ("DynamoDB writes", table_writes / inputs.table_writes_per_second.value),
            ("latency of copies", waits / at_once),
            ("CPU", cpu / vcpus(inputs, functions)),
        ],
    );
    stage.uses(&work::copied(&backup_work(inputs, files))).runs_on(functions)
}

/// Every file is new, and S3 copies it by itself.
fn backup_work(inputs: &Inputs, files: f64) -> BackupWork {
    BackupWork {
        page: inputs.query_page_records.value,
        ..BackupWork::full(files, inputs.backup_batch.value)
    }
}

/// The ledger is read as a whole by one invocation.
fn scan(inputs: &Inputs, files: f64) -> Stage {
    let bytes = files * inputs.table_bytes_per_file.value;
    let pages = bytes / inputs.scan_page_bytes.value;
    let seconds = pages * inputs.scan_page_seconds.value / inputs.scan_segments.value;
    Stage::new(SCAN, [("DynamoDB scan", seconds)]).runs_on(one_reconcile(inputs))
}

/// The step that has to end within one invocation.
pub(super) const SCAN: &str = "scan of the ledger";

/// One shard, one side is listed.
fn compare_with_ledger(inputs: &Inputs, files: f64) -> Stage {
    let pages = files / inputs.list_keys_per_page.value;
    let functions = one_reconcile(inputs);
    let cpu = files * inputs.compare_cpu_us_per_key.value / 1e6;
    Stage::new(
        "compare",
        [
            ("latency of list pages", pages * inputs.list_page_seconds.value),
            ("CPU", cpu / vcpus(inputs, functions)),
        ],
    )
    .uses(&work::compared_with_ledger(files))
    .runs_on(functions)
}

const fn one_reconcile(inputs: &Inputs) -> Functions {
    Functions {
        mb: inputs.reconcile_mb.value,
        at_once: 1.0,
        seconds_max: inputs.lambda_seconds_max.value,
        least: 0.0,
    }
}

const fn copy_functions(inputs: &Inputs, batches: f64) -> Functions {
    Functions {
        mb: inputs.copy_mb.value,
        at_once: inputs.copy_invocations.value,
        seconds_max: inputs.lambda_seconds_max.value,
        least: batches,
    }
}

/// Processors of all invocations together, in those of the machine that was measured on.
fn vcpus(inputs: &Inputs, functions: Functions) -> f64 {
    functions.at_once * functions.mb / inputs.lambda_mb_per_vcpu.value / inputs.cpu_factor.value
}
