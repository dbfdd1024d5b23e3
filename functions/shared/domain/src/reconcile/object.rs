//! One object as an inventory tells of it.

use serde::{Deserialize, Serialize};

use crate::row::Checksum;

/// One of the two places that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Where the objects come from.
    Source,
    /// Where they should be.
    Destination,
}

impl Side {
    /// The name, as it is serialised.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Destination => "destination",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Source => Self::Destination,
            Self::Destination => Self::Source,
        }
    }
}

/// One object as a listing, an S3 Inventory or the ledger tells of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    /// The key relative to the place that is compared, so that both sides name one file alike.
    pub key: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// `ETag` without quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// When it was last written, as an RFC 3339 time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// Storage class as the service names it, such as `STANDARD` or `GLACIER`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<String>,
    /// The account that the file belongs to, where the inventory is the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The record that the file belongs to, where the inventory is the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_id: Option<String>,
    /// A full-object checksum, where the inventory knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
}
