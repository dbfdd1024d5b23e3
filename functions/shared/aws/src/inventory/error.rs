//! Why a place could not be listed or read, by what somebody can do about it.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use super::s3_inventory::S3InventoryError;
use crate::ledger::LedgerError;
use crate::objects::s3_failure::{Meaning, S3Failure};

/// A failed inventory. Keys are escaped as in Rust source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InventoryError {
    /// The bucket, or this prefix of it, may not be listed.
    #[error(
        "s3://{bucket}/{prefix} may not be listed ({code}); hint: grant s3:ListBucket on the bucket, and look for a \
         condition on s3:prefix that leaves this prefix out"
    )]
    AccessDenied {
        /// The bucket.
        bucket: String,
        /// The prefix.
        prefix: String,
        /// S3's error code.
        code: String,
    },
    /// There is no such bucket.
    #[error("bucket `{bucket}` does not exist ({code}); hint: check its name and the endpoint")]
    NoSuchBucket {
        /// The bucket.
        bucket: String,
        /// S3's error code.
        code: String,
    },
    /// The bucket is in another region than the client.
    #[error("bucket `{bucket}` is in another region{}; hint: set the region of this side", told(region.as_deref()))]
    OtherRegion {
        /// The bucket.
        bucket: String,
        /// The region, if S3 says which.
        region: Option<String>,
    },
    /// The service asked to slow down, and went on asking.
    #[error(
        "s3://{bucket}/{prefix}: the service asks to slow down ({code}), after retries too; hint: list fewer ranges at \
         once, or come back later"
    )]
    Throttled {
        /// The bucket.
        bucket: String,
        /// The prefix.
        prefix: String,
        /// S3's error code.
        code: String,
    },
    /// No answer, or a 5xx, after retries.
    #[error(
        "s3://{bucket}/{prefix} cannot be reached ({code}); hint: check the endpoint and the network"
    )]
    Unreachable {
        /// The bucket.
        bucket: String,
        /// The prefix.
        prefix: String,
        /// S3's error code, or what happened.
        code: String,
    },
    /// The service refuses the request for another reason.
    #[error(
        "listing s3://{bucket}/{prefix} is refused ({code}); hint: does the service know ListObjectsV2 with start-after \
         and encoding-type?"
    )]
    Refused {
        /// The bucket.
        bucket: String,
        /// The prefix.
        prefix: String,
        /// S3's error code.
        code: String,
    },
    /// The pages do not go on where the last one ended: listing on would give wrong results, or never end.
    #[error(
        "the listing of s3://{bucket}/{prefix} does not advance: {what}; hint: directory buckets list in no order, and \
         some S3-compatible services ignore start-after or continuation-token"
    )]
    NotAdvancing {
        /// The bucket.
        bucket: String,
        /// The prefix.
        prefix: String,
        /// What is wrong.
        what: String,
    },
    /// A listed object makes no sense.
    #[error(
        "s3://{bucket}/{prefix} lists {key:?}, which {what}; hint: is the service S3-compatible?"
    )]
    BadEntry {
        /// The bucket.
        bucket: String,
        /// The prefix.
        prefix: String,
        /// The key as it was sent.
        key: String,
        /// What is wrong.
        what: &'static str,
    },
    /// The ledger could not be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// An S3 Inventory report cannot be used.
    #[error(transparent)]
    Report(#[from] S3InventoryError),
    /// Sorting on the local disk failed.
    #[error(
        "sorting on the local disk failed: {message}; hint: give the function more ephemeral storage"
    )]
    Disk {
        /// What the system says.
        message: String,
    },
}

fn told(region: Option<&str>) -> String {
    region.map(|name| format!(", {name}")).unwrap_or_default()
}

impl InventoryError {
    /// The error of a request about a bucket and a prefix. The SDK has made its attempts when this is called.
    pub(super) fn from_sdk<E: ProvideErrorMetadata>(
        error: &SdkError<E>,
        bucket: &str,
        prefix: &str,
    ) -> Self {
        let S3Failure { meaning, code, .. } = S3Failure::of(error);
        let (bucket, prefix) = (bucket.to_owned(), prefix.to_owned());
        match meaning {
            Meaning::Denied | Meaning::KmsDenied => Self::AccessDenied { bucket, prefix, code },
            Meaning::Missing => Self::NoSuchBucket { bucket, code },
            Meaning::OtherRegion(region) => Self::OtherRegion { bucket, region },
            Meaning::Throttled => Self::Throttled { bucket, prefix, code },
            Meaning::TimedOut | Meaning::Unavailable => Self::Unreachable { bucket, prefix, code },
            Meaning::Archived | Meaning::Changed | Meaning::BadDigest | Meaning::Refused => {
                Self::Refused { bucket, prefix, code }
            }
        }
    }

    /// Whether the same request may succeed later without anybody changing anything.
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Throttled { .. } | Self::Unreachable { .. } => true,
            Self::Ledger(error) => error.retryable(),
            Self::Report(error) => error.retryable(),
            Self::AccessDenied { .. }
            | Self::NoSuchBucket { .. }
            | Self::OtherRegion { .. }
            | Self::Refused { .. }
            | Self::NotAdvancing { .. }
            | Self::BadEntry { .. }
            | Self::Disk { .. } => false,
        }
    }

    /// The name that a state machine matches on.
    pub const fn error_type(&self) -> &'static str {
        match self {
            Self::Throttled { .. } | Self::Unreachable { .. } => "InventoryUnavailable",
            Self::AccessDenied { .. } | Self::NoSuchBucket { .. } | Self::OtherRegion { .. } => {
                "InventoryDenied"
            }
            Self::Refused { .. } | Self::NotAdvancing { .. } | Self::BadEntry { .. } => {
                "InventoryInvalid"
            }
            Self::Ledger(error) => error.error_type(),
            Self::Report(error) => error.error_type(),
            Self::Disk { .. } => "InventoryDiskFull",
        }
    }
}
