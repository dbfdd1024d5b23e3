//! What the ledger knows of one file.

use serde::{Deserialize, Serialize};

use crate::record::SourceRecord;
use crate::state::FileState;

/// What identifies a version of a source object: when any of it changes, the object has to be copied again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceIdentity {
    /// Size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// `ETag` as sent, with its quotes removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// `Last-Modified` as sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

impl SourceIdentity {
    /// Whether there is no evidence to tell one version from another.
    pub fn tells_nothing(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    /// Whether `self` (recorded earlier) and `other` (seen now) are the same version. Two sides without any common
    /// evidence are not the same: copying once too often is safe, once too few is not.
    pub fn same_version(&self, other: &Self) -> bool {
        if self.size_bytes.is_some()
            && other.size_bytes.is_some()
            && self.size_bytes != other.size_bytes
        {
            return false;
        }
        match (&self.etag, &other.etag) {
            (Some(mine), Some(theirs)) => mine == theirs,
            (None, _) | (Some(_), None) => {
                self.last_modified.is_some()
                    && self.last_modified == other.last_modified
                    && self.size_bytes.is_some()
                    && self.size_bytes == other.size_bytes
            }
        }
    }
}

/// How far the equality of source and destination was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProofLevel {
    /// Only the sizes agree. The storage service copied the bytes and vouches for them.
    Size,
    /// Both sides report the same single-part `ETag` (an MD5).
    Etag,
    /// The multipart `ETag` computed in the stream is the one that the destination reports.
    MultipartEtag,
    /// The full-object checksum agrees with the one that the destination reports.
    Checksum,
}

/// A checksum with its algorithm, such as `CRC64NVME` and its base64 value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksum {
    /// The name that S3 uses, such as `CRC64NVME`.
    pub algorithm: String,
    /// Base64 of the big-endian value, as S3 reports it.
    pub value: String,
}

/// The object in the destination and what proves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// Size in bytes.
    pub size_bytes: u64,
    /// The destination's `ETag`, without quotes.
    pub etag: String,
    /// Checksum computed in the stream or reported by the destination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
    /// How far equality was proven.
    pub level: ProofLevel,
}

/// One row of the `files` table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileRow {
    /// The record's 18-character id; for a record whose id is unusable, a name made from run and position.
    pub record_id: String,
    /// The account's 18-character id.
    pub account_id: Option<String>,
    /// The account's name when last seen.
    pub account_name: Option<String>,
    /// The URL field exactly as Salesforce returned it; `None` for null. What a switch has written never takes its place.
    pub original_url: Option<String>,
    /// The key in the destination bucket, frozen at first assignment.
    pub destination_key: Option<String>,
    /// The source version that was copied last.
    pub source: Option<SourceIdentity>,
    /// The copy and its proof.
    pub proof: Option<Proof>,
    /// Where the file stands.
    pub state: FileState,
    /// Label of the skip reason, gone reason or failure class.
    pub reason: Option<String>,
    /// A sentence for people; never carries a secret or a query string.
    pub message: Option<String>,
    /// The run that wrote the state.
    pub run_id: String,
    /// When, as an RFC 3339 time.
    pub at: String,
    /// The record's `SystemModstamp` when last seen.
    pub system_modstamp: Option<String>,
    /// The URL that a switch has written, or is about to write; kept when the original is put back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_url: Option<String>,
    /// The run that wrote it, or is about to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switched_by: Option<String>,
    /// How often the file was tried since its last success.
    pub attempts: u32,
    /// Counts the writes of this row; every write is conditional on the one it has read.
    pub version: u64,
}

impl FileRow {
    /// Whether a person has to look at the file: because of its state, or because its record could not be switched.
    pub const fn needs_attention(&self) -> bool {
        self.state.needs_attention()
            || (matches!(self.state, FileState::Verified) && self.reason.is_some())
    }

    /// Whether a record holds what a switch has written into it, or was about to write.
    pub fn new_url_is_held_by(&self, record: &SourceRecord) -> bool {
        self.new_url.is_some() && self.new_url == record.url
    }

    /// The record as the ledger remembers it.
    pub fn record(&self) -> SourceRecord {
        SourceRecord {
            id: self.record_id.clone(),
            url: self.original_url.clone(),
            account_id: self.account_id.clone(),
            account_name: self.account_name.clone(),
            system_modstamp: self.system_modstamp.clone(),
            ..SourceRecord::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(size: u64, etag: Option<&str>, modified: Option<&str>) -> SourceIdentity {
        SourceIdentity {
            size_bytes: Some(size),
            etag: etag.map(str::to_owned),
            last_modified: modified.map(str::to_owned),
        }
    }

    #[test]
    fn an_equal_etag_is_the_same_version() {
        assert!(identity(1, Some("a"), Some("x")).same_version(&identity(1, Some("a"), Some("y"))));
        assert!(!identity(1, Some("a"), Some("x")).same_version(&identity(
            1,
            Some("b"),
            Some("x")
        )));
    }

    #[test]
    fn without_common_evidence_nothing_is_the_same() {
        assert!(!SourceIdentity::default().same_version(&SourceIdentity::default()));
        assert!(!identity(1, None, None).same_version(&identity(1, Some("a"), None)));
    }

    #[test]
    fn size_and_time_agree_where_no_etag_exists() {
        assert!(identity(1, None, Some("x")).same_version(&identity(1, None, Some("x"))));
        assert!(!identity(1, None, Some("x")).same_version(&identity(2, None, Some("x"))));
    }
}
