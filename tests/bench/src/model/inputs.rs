//! What the model starts from: `model.json`, each figure with its unit and where it comes from. Prices, the batches' requests
//! and transitions, and the rate of writes are those of the product's own estimate.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// A figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    pub(super) value: f64,
    unit: String,
    /// Measured, documented or assumed, and where.
    source: String,
}

/// All figures. A field without a figure, and a figure without a field, are errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Inputs {
    pub(super) object_bytes: Input,
    pub(super) partitions: Input,
    pub(super) compare_cpu_us_per_key: Input,
    pub(super) compare_other_lists: Input,
    pub(super) copy_cpu_ms_per_object: Input,
    pub(super) backup_cpu_ms_per_file: Input,
    pub(super) backup_table_writes_per_file: Input,
    pub(super) cpu_factor: Input,
    pub(super) list_keys_per_page: Input,
    pub(super) list_page_seconds: Input,
    pub(super) head_seconds: Input,
    pub(super) copy_seconds: Input,
    pub(super) table_write_seconds: Input,
    pub(super) table_bytes_per_file: Input,
    pub(super) scan_page_bytes: Input,
    pub(super) scan_page_seconds: Input,
    pub(super) scan_segments: Input,
    pub(super) query_page_records: Input,
    pub(super) query_page_seconds: Input,
    pub(super) lambda_mb_per_vcpu: Input,
    pub(super) lambda_seconds_max: Input,
    pub(super) reconcile_mb: Input,
    pub(super) enumerate_mb: Input,
    pub(super) copy_mb: Input,
    pub(super) copy_invocations: Input,
    pub(super) copy_files_at_once: Input,
    pub(super) copy_batch: Input,
    pub(super) backup_batch: Input,
    pub(super) s3_reads_per_second: Input,
    pub(super) table_writes_per_second: Input,
    pub(super) datasync_usd_per_gb: Input,
    pub(super) datasync_usd_per_task: Input,
    pub(super) batch_operations_usd_per_job: Input,
    pub(super) batch_operations_usd_per_million: Input,
}

impl Inputs {
    /// The ones of the repository.
    pub(super) fn load() -> Result<Self> {
        Self::parse(include_str!("../../model.json"))
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).context("tests/bench/model.json")
    }
}
