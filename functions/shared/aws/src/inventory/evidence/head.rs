//! What a `HEAD` tells of an object and of its parts.

use std::sync::atomic::Ordering;

use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::head_object::{HeadObjectError, HeadObjectOutput};
use aws_sdk_s3::primitives::DateTimeFormat;
use aws_sdk_s3::types::{ChecksumMode, ChecksumType};
use drayage_domain::reconcile::judge::{Checksums, Encryption, Head, PartSizes};
use drayage_domain::reconcile::{Doubt, Object};
use drayage_domain::row::Checksum;
use futures::StreamExt;

use super::{Examiner, Target};
use crate::inventory::{InventoryError, S3Place};
use crate::objects::s3_failure::{Meaning, S3Failure};
use crate::objects::s3_source::{is_archived, is_kms};

/// Parts of one object that are asked for at the same time.
const PARTS_AT_ONCE: usize = 8;

impl Examiner {
    pub(super) async fn head(&self, target: &Target<'_>) -> Result<Head, Doubt> {
        let mut failure = match self.send_head(target, true, None).await {
            Ok(head) => return Ok(told(&head)),
            Err(error) => S3Failure::of(&error),
        };
        if matches!(failure.meaning, Meaning::Denied | Meaning::KmsDenied) {
            // With checksums, a HEAD of a KMS-encrypted object needs the KMS key; without, it does not.
            match self.send_head(target, false, None).await {
                Ok(head) => return Ok(told(&head)),
                Err(error) => failure = S3Failure::of(&error),
            }
        }
        Err(target.doubt(&failure))
    }

    /// Sizes of the first and of the last part. A service that does not tell how many parts there are has not understood
    /// the question.
    pub(super) async fn part_sizes(
        &self,
        target: &Target<'_>,
        parts: u64,
    ) -> Result<PartSizes, Doubt> {
        let last = i32::try_from(parts).map_err(|_too_many| Doubt::ReadFailed)?;
        let (first_bytes, last_bytes) =
            tokio::try_join!(self.part_size(target, 1, last), self.part_size(target, last, last))?;
        Ok(PartSizes { first_bytes, last_bytes })
    }

    /// Whether all parts but the last have that size. Asks for them until one has not.
    pub(super) async fn confirm_parts(
        &self,
        target: &Target<'_>,
        parts: u64,
        part_size_bytes: u64,
    ) -> Result<bool, Doubt> {
        let last = i32::try_from(parts).map_err(|_too_many| Doubt::ReadFailed)?;
        let mut sizes = futures::stream::iter(1..last)
            .map(|part| self.part_size(target, part, last))
            .buffer_unordered(PARTS_AT_ONCE);
        while let Some(size) = sizes.next().await {
            if size? != part_size_bytes {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn part_size(&self, target: &Target<'_>, part: i32, parts: i32) -> Result<u64, Doubt> {
        let head = self
            .send_head(target, false, Some(part))
            .await
            .map_err(|error| target.doubt(&S3Failure::of(&error)))?;
        if head.parts_count != Some(parts) {
            target.warn(Doubt::ReadFailed, "no sizes of parts");
            return Err(Doubt::ReadFailed);
        }
        Ok(size_of_head(&head))
    }

    async fn send_head(
        &self,
        target: &Target<'_>,
        checksums: bool,
        part: Option<i32>,
    ) -> Result<HeadObjectOutput, SdkError<HeadObjectError>> {
        self.spent.heads.fetch_add(1, Ordering::Relaxed);
        target
            .place
            .client
            .head_object()
            .bucket(&target.place.bucket)
            .key(&target.key)
            .set_checksum_mode(checksums.then_some(ChecksumMode::Enabled))
            .set_part_number(part)
            // Whoever looks at parts means those of the version that was listed. Without, a HEAD tells of the change.
            .set_if_match(part.and_then(|_| target.if_match()))
            .send()
            .await
    }
}

impl S3Place {
    /// The object of this key as it is now, or `None` if there is none: settles what an inventory that is not fresh says.
    pub(in crate::inventory) async fn head_object(
        &self,
        key: &str,
    ) -> Result<Option<Object>, InventoryError> {
        let request = self.client.head_object().bucket(&self.bucket).key(self.whole_key(key));
        let head = match request.send().await {
            Ok(head) => head,
            Err(error) if S3Failure::of(&error).meaning == Meaning::Missing => return Ok(None),
            Err(error) => {
                return Err(InventoryError::from_sdk(&error, &self.bucket, &self.prefix));
            }
        };
        Ok(Some(Object {
            key: key.to_owned(),
            size_bytes: size_of_head(&head),
            etag: head.e_tag.as_deref().map(unquoted),
            last_modified: head.last_modified.and_then(|at| at.fmt(DateTimeFormat::DateTime).ok()),
            storage_class: head.storage_class.map(|class| class.as_str().to_owned()),
            ..Object::default()
        }))
    }
}

fn size_of_head(head: &HeadObjectOutput) -> u64 {
    head.content_length.and_then(|length| u64::try_from(length).ok()).unwrap_or(0)
}

fn unquoted(etag: &str) -> String {
    etag.replace('"', "")
}

fn told(head: &HeadObjectOutput) -> Head {
    let encryption = if is_kms(head.server_side_encryption.as_ref()) {
        Encryption::Kms
    } else if head.sse_customer_algorithm.is_some() {
        Encryption::CustomerKey
    } else {
        Encryption::Transparent
    };
    Head {
        size_bytes: size_of_head(head),
        etag: head.e_tag.as_deref().map(unquoted),
        encryption,
        checksums: checksums(head),
        archived: is_archived(head),
    }
}

/// A composite checksum ends with the number of parts; services that do not tell the type are judged by that
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>).
fn checksums(head: &HeadObjectOutput) -> Checksums {
    let mut checksums = Checksums::default();
    for (algorithm, value) in [
        ("CRC32", &head.checksum_crc32),
        ("CRC32C", &head.checksum_crc32_c),
        ("CRC64NVME", &head.checksum_crc64_nvme),
        ("SHA1", &head.checksum_sha1),
        ("SHA256", &head.checksum_sha256),
    ] {
        let Some(value) = value.clone() else { continue };
        let composite = head.checksum_type == Some(ChecksumType::Composite) || value.contains('-');
        let kind = if composite { &mut checksums.composite } else { &mut checksums.full };
        kind.push(Checksum { algorithm: algorithm.to_owned(), value });
    }
    checksums
}
