//! `summary.json`: the whole report, for programs.
//!
//! The shape is that of [`Report`] with [`SCHEMA_VERSION`] in front. Fields are added without a new version, and readers
//! skip what they do not know; a field that changes its meaning or goes away makes a new version.

use std::io::Write;

use drayage_domain::reconcile::Report;
use serde::{Deserialize, Serialize};

use crate::error::ReportError;
use crate::files::SUMMARY_JSON;

/// The version of the shape of `summary.json` that is written here.
pub const SCHEMA_VERSION: u32 = 1;

/// The content of `summary.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The version of the shape.
    pub schema_version: u32,
    /// Everything else.
    #[serde(flatten)]
    pub report: Report,
}

/// [`Summary`] without a copy of the report.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    schema_version: u32,
    #[serde(flatten)]
    report: &'a Report,
}

/// Only the version, which is looked at before anything else.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    schema_version: u32,
}

/// Writes `summary.json`, with a line break at its end.
///
/// # Errors
///
/// [`ReportError::Write`] if the writer fails.
pub fn write_summary(report: &Report, mut out: impl Write) -> Result<(), ReportError> {
    let summary = Written { schema_version: SCHEMA_VERSION, report };
    serde_json::to_writer_pretty(&mut out, &summary).map_err(ReportError::json(SUMMARY_JSON))?;
    out.write_all(b"\n").and_then(|()| out.flush()).map_err(ReportError::write(SUMMARY_JSON))
}

/// Reads `summary.json`.
///
/// # Errors
///
/// [`ReportError::NewerSchema`] for a file of a newer version, [`ReportError::Json`] for one that does not fit.
pub fn read_summary(text: &[u8]) -> Result<Summary, ReportError> {
    let version: Version = serde_json::from_slice(text).map_err(ReportError::json(SUMMARY_JSON))?;
    if version.schema_version > SCHEMA_VERSION {
        return Err(ReportError::NewerSchema {
            found: version.schema_version,
            known: SCHEMA_VERSION,
        });
    }
    serde_json::from_slice(text).map_err(ReportError::json(SUMMARY_JSON))
}
