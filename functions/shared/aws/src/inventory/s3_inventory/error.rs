//! Why an S3 Inventory report cannot be used.

use crate::objects::s3_failure::{Meaning, S3Failure};

/// A report that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum S3InventoryError {
    /// A part of the report is not there.
    #[error(
        "{place} does not exist or is no manifest; hint: give the key of a `manifest.json`, such as \
         `<prefix>/<source bucket>/<configuration>/2026-01-02T01-00Z/manifest.json`; the first report comes within 48 hours"
    )]
    NoManifest {
        /// `s3://bucket/key`.
        place: String,
    },
    /// The bytes are not those that the MD5 was made of.
    #[error(
        "{place} is damaged: its MD5 is {found} and should be {told}; hint: was it edited, or cut off when it was copied? \
         use the report where S3 has written it"
    )]
    Damaged {
        /// `s3://bucket/key`.
        place: String,
        /// What the report says.
        told: String,
        /// What was read.
        found: String,
    },
    /// The manifest is not one.
    #[error(
        "{place} is not the manifest of an S3 Inventory: {message}; hint: give the key of its `manifest.json`"
    )]
    InvalidManifest {
        /// `s3://bucket/key`.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// The report has another format than CSV.
    #[error(
        "{place} describes a report in the format {format}, which is not read; hint: set the output format of the inventory \
         configuration to CSV, and wait for the next report"
    )]
    UnsupportedFormat {
        /// `s3://bucket/key`.
        place: String,
        /// The format, such as `ORC` or `Parquet`.
        format: String,
    },
    /// The report leaves out something that is needed.
    #[error(
        "{place} describes a report without the column {column}; hint: tick Size, Last modified and ETag under additional \
         metadata fields of the inventory configuration, and wait for the next report"
    )]
    MissingColumn {
        /// `s3://bucket/key`.
        place: String,
        /// The column, by S3's name.
        column: &'static str,
    },
    /// The report is about another bucket.
    #[error(
        "{place} is about the bucket {found}, not {wanted}; hint: give the manifest of a report on {wanted}, which has that name \
         in its key"
    )]
    OtherBucket {
        /// `s3://bucket/key`.
        place: String,
        /// The bucket that the report is about.
        found: String,
        /// The bucket that is compared.
        wanted: String,
    },
    /// A data file is cut off, or no compressed CSV.
    #[error("row {row} of {place} cannot be read: {message}; hint: wait for the next report")]
    BadRow {
        /// `s3://bucket/key`.
        place: String,
        /// From 1.
        row: u64,
        /// What is wrong.
        message: String,
    },
    /// S3 does not answer, or the connection broke.
    #[error("{place} cannot be reached ({code})")]
    Unreachable {
        /// `s3://bucket/key`.
        place: String,
        /// S3's error code, or what happened.
        code: String,
    },
    /// The report may not be read.
    #[error(
        "{message}; hint: grant s3:GetObject on the bucket that reports are written to, and kms:Decrypt if they are encrypted"
    )]
    Refused {
        /// What S3 says.
        message: String,
    },
}

impl S3InventoryError {
    pub(super) fn from_failure(failure: S3Failure, place: &str) -> Self {
        let (place, code) = (place.to_owned(), failure.code);
        match failure.meaning {
            Meaning::Missing => Self::NoManifest { place },
            Meaning::Throttled | Meaning::TimedOut | Meaning::Unavailable => {
                Self::Unreachable { place, code }
            }
            Meaning::Denied
            | Meaning::KmsDenied
            | Meaning::Archived
            | Meaning::Changed
            | Meaning::BadDigest
            | Meaning::OtherRegion(_)
            | Meaning::Refused => Self::Refused { message: format!("{place} is refused ({code})") },
        }
    }

    /// Whether the same request may succeed later without anybody changing anything.
    pub const fn retryable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }

    /// The name that a state machine matches on.
    pub const fn error_type(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "InventoryUnavailable",
            Self::Refused { .. } => "InventoryDenied",
            Self::NoManifest { .. }
            | Self::Damaged { .. }
            | Self::InvalidManifest { .. }
            | Self::UnsupportedFormat { .. }
            | Self::MissingColumn { .. }
            | Self::OtherBucket { .. }
            | Self::BadRow { .. } => "InventoryInvalid",
        }
    }
}
