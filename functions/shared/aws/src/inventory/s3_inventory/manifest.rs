//! The manifest: which files a report has, and which columns they have.

use drayage_domain::parser_words::without_values;
use serde::Deserialize;

use super::error::S3InventoryError;

/// What is used of a manifest.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) source_bucket: String,
    pub(super) created_at_ms: Option<i64>,
    pub(super) columns: Columns,
    pub(super) files: Vec<DataFile>,
}

/// A data file.
#[derive(Debug, Deserialize)]
pub(super) struct DataFile {
    pub(super) key: String,
    #[serde(rename = "MD5checksum")]
    pub(super) md5: String,
}

/// Positions of the columns that are used, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) key: usize,
    pub(super) size: usize,
    pub(super) etag: usize,
    pub(super) last_modified: Option<usize>,
    pub(super) storage_class: Option<usize>,
    /// In reports of all versions only.
    pub(super) is_latest: Option<usize>,
    pub(super) is_delete_marker: Option<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    source_bucket: String,
    #[serde(default)]
    creation_timestamp: String,
    file_format: String,
    file_schema: String,
    files: Vec<DataFile>,
}

impl Manifest {
    /// `place` is for messages.
    pub(super) fn parse(bytes: &[u8], place: &str) -> Result<Self, S3InventoryError> {
        let document: Document =
            serde_json::from_slice(bytes).map_err(|error| S3InventoryError::InvalidManifest {
                place: place.to_owned(),
                message: without_values(&error),
            })?;
        if !document.file_format.eq_ignore_ascii_case("csv") {
            return Err(S3InventoryError::UnsupportedFormat {
                place: place.to_owned(),
                format: document.file_format,
            });
        }
        Ok(Self {
            columns: Columns::parse(&document.file_schema, place)?,
            source_bucket: document.source_bucket,
            created_at_ms: document.creation_timestamp.parse().ok(),
            files: document.files,
        })
    }
}

impl Columns {
    fn parse(schema: &str, place: &str) -> Result<Self, S3InventoryError> {
        let position = |name: &str| schema.split(',').position(|column| column.trim() == name);
        let required = |column| {
            position(column)
                .ok_or_else(|| S3InventoryError::MissingColumn { place: place.to_owned(), column })
        };
        Ok(Self {
            key: required("Key")?,
            size: required("Size")?,
            etag: required("ETag")?,
            last_modified: position("LastModifiedDate"),
            storage_class: position("StorageClass"),
            is_latest: position("IsLatest"),
            is_delete_marker: position("IsDeleteMarker"),
        })
    }
}
