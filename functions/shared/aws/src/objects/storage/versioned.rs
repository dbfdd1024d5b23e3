//! Objects that several writers may write: each writes only over what it has read.

use aws_sdk_s3::primitives::ByteStream;

use super::{Storage, StorageError, absent_or, from_failure, place};
use crate::objects::body::{SourceBody, Wire};
use crate::objects::digest::BodyDigest;
use crate::objects::s3_failure::{Meaning, S3Failure};

/// An object and the version of it that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its `ETag`, as S3 sent it.
    pub version: String,
}

impl Storage {
    /// The whole object with its version, or `None` when there is no such key. Reading stops after `max_bytes`.
    pub async fn get_versioned(
        &self,
        bucket: &str,
        key: &str,
        max_bytes: u64,
    ) -> Result<Option<Versioned>, StorageError> {
        let place = place(bucket, key);
        let output = match self.client.get_object().bucket(bucket).key(key).send().await {
            Ok(output) => output,
            Err(error) => return absent_or(&error, bucket, &place),
        };
        let version = output.e_tag.unwrap_or_default();
        let announced = output.content_length.and_then(|length| u64::try_from(length).ok());
        let too_large = || StorageError::TooLarge { place: place.clone(), max_bytes };
        if announced.is_some_and(|length| length > max_bytes) {
            return Err(too_large());
        }
        let mut body = SourceBody::new(Wire::S3(output.body), announced, place.clone());
        let mut bytes = Vec::new();
        loop {
            match body.chunk().await {
                Ok(Some(chunk)) if (bytes.len() + chunk.len()) as u64 > max_bytes => {
                    return Err(too_large());
                }
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => return Ok(Some(Versioned { bytes, version })),
                Err(error) => return Err(StorageError::Unavailable { place, code: error.message }),
            }
        }
    }

    /// Writes an object over the version that was read, or where there was none. `None`: somebody else has written it since.
    /// The new version otherwise
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>).
    pub async fn put_over(
        &self,
        bucket: &str,
        key: &str,
        bytes: Vec<u8>,
        seen: Option<&str>,
    ) -> Result<Option<String>, StorageError> {
        let checksum = BodyDigest::of(&bytes).crc64_nvme();
        let sent = self
            .client
            .put_object()
            .bucket(bucket)
            .key(key)
            .content_type("application/json")
            .checksum_crc64_nvme(checksum)
            .set_if_match(seen.map(str::to_owned))
            .set_if_none_match(seen.is_none().then(|| "*".to_owned()))
            .body(ByteStream::from(bytes))
            .send()
            .await;
        match sent {
            Ok(output) => Ok(Some(output.e_tag.unwrap_or_default())),
            Err(error) => {
                let failure = S3Failure::of(&error);
                // Who has read a version that is gone is told that there is no such key.
                let gone = seen.is_some()
                    && failure.meaning == Meaning::Missing
                    && failure.code != "NoSuchBucket";
                if gone || failure.meaning == Meaning::Changed {
                    return Ok(None);
                }
                Err(from_failure(failure, bucket, &place(bucket, key)))
            }
        }
    }
}
