//! Buckets that we write to: small objects such as manifests and reports, what objects say about themselves, deleting one
//! of them, and whether the bucket can be used at all.

mod delete;
mod file;
mod probe;
mod versioned;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumMode, ChecksumType};
use drayage_domain::row::Checksum;
use thiserror::Error;

pub use delete::Deleted;
pub use versioned::Versioned;

use super::digest::{BodyDigest, crc64_nvme_checksum};
use super::place::place;
use super::s3_failure::{Meaning, S3Failure};

/// What S3 says of keys that are not, or no longer, valid
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>).
const KEY_CODES: [&str; 4] =
    ["InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken"];

/// Reads, writes and deletes single objects.
#[derive(Debug, Clone)]
pub struct Storage {
    client: Client,
}

/// What an object says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Size in bytes.
    pub size_bytes: u64,
    /// `ETag` without quotes.
    pub etag: String,
    /// Full-object CRC-64/NVME, if S3 has one.
    pub checksum: Option<Checksum>,
    /// `Content-Type`.
    pub content_type: Option<String>,
}

/// Why one of our own buckets could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StorageError {
    /// The bucket does not exist, or is in another region.
    #[error("bucket `{bucket}` does not exist here ({code}); hint: check its name and region")]
    NoSuchBucket {
        /// The bucket.
        bucket: String,
        /// S3's error code.
        code: String,
    },
    /// The role may not do this.
    #[error(
        "`{place}` is refused ({code}); hint: check the role, the bucket policy and the KMS key"
    )]
    Denied {
        /// `s3://bucket/key`.
        place: String,
        /// S3's error code.
        code: String,
    },
    /// The role lacks one permission.
    #[error(
        "`{place}`: {permission} is refused ({code}); hint: grant it in the role, the bucket policy and, for kms: \
         actions, the key policy"
    )]
    Lacking {
        /// `s3://bucket/key`.
        place: String,
        /// What is missing, as IAM names it.
        permission: &'static str,
        /// S3's error code.
        code: String,
    },
    /// The service does not know the access key, or its secret.
    #[error(
        "`{place}`: the access key is not accepted ({code}); hint: check keys and endpoint in the secret"
    )]
    UnknownKey {
        /// `s3://bucket`.
        place: String,
        /// S3's error code.
        code: String,
    },
    /// The object is larger than the reader accepts.
    #[error("`{place}` is larger than {max_bytes} bytes")]
    TooLarge {
        /// `s3://bucket/key`.
        place: String,
        /// The bound, in bytes.
        max_bytes: u64,
    },
    /// S3 does not answer, is too busy, or the connection broke.
    #[error("`{place}` cannot be reached ({code})")]
    Unavailable {
        /// `s3://bucket/key`.
        place: String,
        /// S3's error code, or what happened.
        code: String,
    },
    /// S3 refuses the request for another reason.
    #[error("the request for `{place}` is refused ({code})")]
    Refused {
        /// `s3://bucket/key`.
        place: String,
        /// S3's error code.
        code: String,
    },
}

impl StorageError {
    /// Whether the same request may succeed later without anybody changing anything.
    pub const fn retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// The name under which state machines match the error.
    pub const fn error_type(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "StorageUnavailable",
            Self::NoSuchBucket { .. }
            | Self::Denied { .. }
            | Self::Lacking { .. }
            | Self::UnknownKey { .. }
            | Self::Refused { .. } => "StorageDenied",
            Self::TooLarge { .. } => "StorageObjectTooLarge",
        }
    }
}

impl Storage {
    /// Uses `client`, whose identity may use the buckets.
    pub const fn new(client: Client) -> Self {
        Self { client }
    }

    /// The whole object, or `None` when there is no such key. Reading stops after `max_bytes`.
    pub async fn get_bounded(
        &self,
        bucket: &str,
        key: &str,
        max_bytes: u64,
    ) -> Result<Option<Vec<u8>>, StorageError> {
        let found = self.get_versioned(bucket, key, max_bytes).await?;
        Ok(found.map(|found| found.bytes))
    }

    /// Writes an object, replacing an earlier one. S3 checks the bytes against their checksum.
    pub async fn put(
        &self,
        bucket: &str,
        key: &str,
        bytes: Vec<u8>,
        content_type: &str,
    ) -> Result<(), StorageError> {
        let checksum = BodyDigest::of(&bytes).crc64_nvme();
        self.client
            .put_object()
            .bucket(bucket)
            .key(key)
            .content_type(content_type)
            .checksum_crc64_nvme(checksum)
            .body(ByteStream::from(bytes))
            .send()
            .await
            .map_err(|error| failed(&error, bucket, &place(bucket, key)))?;
        Ok(())
    }

    /// What an object says about itself, or `None` when there is no such key.
    pub async fn head(&self, bucket: &str, key: &str) -> Result<Option<ObjectInfo>, StorageError> {
        let request =
            self.client.head_object().bucket(bucket).key(key).checksum_mode(ChecksumMode::Enabled);
        let head = match request.send().await {
            Ok(head) => head,
            Err(error) => return absent_or(&error, bucket, &place(bucket, key)),
        };
        let full = head.checksum_type != Some(ChecksumType::Composite);
        Ok(Some(ObjectInfo {
            size_bytes: head
                .content_length
                .and_then(|length| u64::try_from(length).ok())
                .unwrap_or(0),
            etag: head.e_tag.as_deref().unwrap_or_default().trim_matches('"').to_owned(),
            checksum: head
                .checksum_crc64_nvme
                .filter(|value| full && !value.contains('-'))
                .map(crc64_nvme_checksum),
            content_type: head.content_type,
        }))
    }

    /// Whether the key exists.
    pub async fn exists(&self, bucket: &str, key: &str) -> Result<bool, StorageError> {
        Ok(self.head(bucket, key).await?.is_some())
    }

    /// Checks that the bucket exists, is in the client's region, and may be used.
    pub async fn check_bucket(&self, bucket: &str) -> Result<(), StorageError> {
        match self.client.head_bucket().bucket(bucket).send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let failure = S3Failure::of(&error);
                if failure.meaning == Meaning::Missing {
                    return Err(StorageError::NoSuchBucket {
                        bucket: bucket.to_owned(),
                        code: failure.code,
                    });
                }
                if failure.meaning == Meaning::Denied {
                    self.check_key(bucket).await?;
                }
                Err(from_failure(failure, bucket, &format!("s3://{bucket}")))
            }
        }
    }

    /// An answer to HEAD has no body; a listing tells whether it is the access key that is refused.
    async fn check_key(&self, bucket: &str) -> Result<(), StorageError> {
        let listed = self.client.list_objects_v2().bucket(bucket).max_keys(1).send().await;
        let code = listed.err().map(|error| S3Failure::of(&error).code).unwrap_or_default();
        if KEY_CODES.contains(&code.as_str()) {
            return Err(StorageError::UnknownKey { place: format!("s3://{bucket}"), code });
        }
        Ok(())
    }
}

fn absent_or<T, E: ProvideErrorMetadata>(
    error: &SdkError<E>,
    bucket: &str,
    place: &str,
) -> Result<Option<T>, StorageError> {
    let failure = S3Failure::of(error);
    if failure.meaning == Meaning::Missing && failure.code != "NoSuchBucket" {
        return Ok(None);
    }
    Err(from_failure(failure, bucket, place))
}

fn failed<E: ProvideErrorMetadata>(error: &SdkError<E>, bucket: &str, place: &str) -> StorageError {
    from_failure(S3Failure::of(error), bucket, place)
}

fn from_failure(failure: S3Failure, bucket: &str, place: &str) -> StorageError {
    let place = place.to_owned();
    let code = failure.code;
    match failure.meaning {
        Meaning::Missing | Meaning::OtherRegion(_) => {
            StorageError::NoSuchBucket { bucket: bucket.to_owned(), code }
        }
        Meaning::Denied | Meaning::KmsDenied => StorageError::Denied { place, code },
        Meaning::Throttled | Meaning::TimedOut | Meaning::Unavailable | Meaning::BadDigest => {
            StorageError::Unavailable { place, code }
        }
        Meaning::Archived | Meaning::Changed | Meaning::Refused => {
            StorageError::Refused { place, code }
        }
    }
}

/// The same for a request that needs one permission, other than a KMS key's.
fn lacking(
    failure: S3Failure,
    bucket: &str,
    place: &str,
    permission: &'static str,
) -> StorageError {
    if failure.meaning == Meaning::Denied {
        return StorageError::Lacking { place: place.to_owned(), permission, code: failure.code };
    }
    from_failure(failure, bucket, place)
}

#[cfg(test)]
mod tests;
