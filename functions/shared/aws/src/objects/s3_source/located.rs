//! An object of the source's S3 as a HEAD, a listing or our own proof tells of it.

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::{ByteStream, DateTimeFormat};
use aws_sdk_s3::types::{ArchiveStatus, ChecksumType, ServerSideEncryption, StorageClass};
use drayage_domain::row::{Proof, SourceIdentity};
use drayage_domain::source_url::S3Location;

use super::{Asked, TagHint};
use crate::objects::body::{OpenSource, SourceBody, Wire};
use crate::objects::digest::CRC64_NVME;
use crate::objects::error::CopyError;
use crate::objects::metadata::ObjectMetadata;
use crate::objects::place::place;
use crate::objects::s3_failure::{Meaning, S3Failure};

/// An object that exists: which one, and what a HEAD says about it.
#[derive(Debug, Clone)]
pub(in crate::objects) struct Located {
    pub(in crate::objects) bucket: String,
    pub(in crate::objects) key: String,
    pub(in crate::objects) version_id: Option<String>,
    /// The region to ask, when it is not the client's.
    pub(super) region: Option<String>,
    pub(in crate::objects) tags: TagHint,
    pub(in crate::objects) identity: SourceIdentity,
    pub(in crate::objects) size_bytes: u64,
    /// `ETag` with its quotes, for `If-Match`.
    pub(in crate::objects) etag_header: Option<String>,
    pub(in crate::objects) metadata: ObjectMetadata,
    /// Base64 full-object CRC-64/NVME.
    pub(in crate::objects) crc64_nvme: Option<String>,
    /// Encrypted in a way that makes the `ETag` something else than an MD5.
    pub(in crate::objects) etag_opaque: bool,
    archived: bool,
}

impl Located {
    /// A copy that we have proven ourselves, without asking for it again. It carries no descriptive headers.
    pub(in crate::objects) fn proven(bucket: &str, key: &str, proof: &Proof) -> Self {
        Self {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            version_id: None,
            region: None,
            tags: TagHint::default(),
            identity: SourceIdentity {
                size_bytes: Some(proof.size_bytes),
                etag: Some(proof.etag.clone()),
                last_modified: None,
            },
            size_bytes: proof.size_bytes,
            etag_header: Some(format!("\"{}\"", proof.etag)),
            metadata: ObjectMetadata::default(),
            crc64_nvme: proof
                .checksum
                .as_ref()
                .filter(|checksum| checksum.algorithm == CRC64_NVME)
                .map(|checksum| checksum.value.clone()),
            etag_opaque: false,
            archived: false,
        }
    }

    /// The version that a listing has named, if the listing tells its size and `ETag` and the location names one key.
    /// It carries no descriptive headers.
    pub(in crate::objects) fn listed(
        location: &S3Location,
        listed: &SourceIdentity,
    ) -> Option<Self> {
        let [key] = location.key_candidates.as_slice() else { return None };
        Some(Self {
            bucket: location.bucket.clone(),
            key: key.clone(),
            version_id: location.version_id.clone(),
            region: None,
            tags: TagHint::default(),
            identity: listed.clone(),
            size_bytes: listed.size_bytes?,
            etag_header: Some(format!("\"{}\"", listed.etag.as_deref()?)),
            metadata: ObjectMetadata::default(),
            crc64_nvme: None,
            etag_opaque: false,
            archived: false,
        })
    }

    /// Its last `left` bytes, which `body` brings.
    pub(super) fn opened(&self, body: ByteStream, left: u64, tags: TagHint) -> OpenSource {
        OpenSource {
            body: SourceBody::new(Wire::S3(body), Some(left), self.redacted()),
            identity: self.identity.clone(),
            metadata: self.metadata.clone(),
            crc64_nvme: self.crc64_nvme.clone(),
            ranges: true,
            tags,
        }
    }

    /// `s3://bucket/key`.
    pub(in crate::objects) fn redacted(&self) -> String {
        place(&self.bucket, &self.key)
    }

    /// Fails when the object has to be restored from an archive first.
    pub(in crate::objects) fn check_readable(&self) -> Result<(), CopyError> {
        if !self.archived {
            return Ok(());
        }
        let archived = S3Failure {
            meaning: Meaning::Archived,
            code: "storage class".to_owned(),
            retry_after: None,
        };
        Err(archived.at_source(&self.redacted()))
    }
}

pub(crate) fn is_kms(encryption: Option<&ServerSideEncryption>) -> bool {
    matches!(encryption, Some(ServerSideEncryption::AwsKms | ServerSideEncryption::AwsKmsDsse))
}

/// What a HEAD would have said; the headers of both answers are the same.
pub(super) fn head_of(get: GetObjectOutput) -> HeadObjectOutput {
    HeadObjectOutput::builder()
        .set_content_length(get.content_length)
        .set_e_tag(get.e_tag)
        .set_last_modified(get.last_modified)
        .set_checksum_crc64_nvme(get.checksum_crc64_nvme)
        .set_checksum_type(get.checksum_type)
        .set_server_side_encryption(get.server_side_encryption)
        .set_sse_customer_algorithm(get.sse_customer_algorithm)
        .set_storage_class(get.storage_class)
        .set_restore(get.restore)
        .set_content_type(get.content_type)
        .set_content_disposition(get.content_disposition)
        .set_content_encoding(get.content_encoding)
        .set_content_language(get.content_language)
        .set_cache_control(get.cache_control)
        .set_expires_string(get.expires_string)
        .set_website_redirect_location(get.website_redirect_location)
        .set_metadata(get.metadata)
        .set_tag_count(get.tag_count)
        .set_version_id(get.version_id)
        .build()
}

pub(super) fn located(asked: &Asked<'_>, head: &HeadObjectOutput) -> Located {
    let size_bytes = head.content_length.and_then(|length| u64::try_from(length).ok()).unwrap_or(0);
    let full = head.checksum_type != Some(ChecksumType::Composite);
    Located {
        bucket: asked.location.bucket.clone(),
        key: asked.key.to_owned(),
        // Without a version in the URL the current one is meant, and `If-Match` guards it.
        version_id: asked.location.version_id.clone(),
        region: asked.region.clone(),
        tags: TagHint { count: head.tag_count, version_id: head.version_id.clone() },
        identity: SourceIdentity {
            size_bytes: Some(size_bytes),
            etag: head.e_tag.as_deref().map(|etag| etag.replace('"', "")),
            last_modified: head
                .last_modified
                .and_then(|time| time.fmt(DateTimeFormat::HttpDate).ok()),
        },
        size_bytes,
        etag_header: head.e_tag.clone(),
        metadata: ObjectMetadata::from_head(head),
        crc64_nvme: head.checksum_crc64_nvme.clone().filter(|value| full && !value.contains('-')),
        etag_opaque: is_kms(head.server_side_encryption.as_ref())
            || head.sse_customer_algorithm.is_some(),
        archived: is_archived(head),
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>: an archived object can be read while
/// `x-amz-restore` says that no restore is running any more. Glacier Instant Retrieval is not an archive here.
pub(crate) fn is_archived(head: &HeadObjectOutput) -> bool {
    let in_archive =
        matches!(head.storage_class, Some(StorageClass::Glacier | StorageClass::DeepArchive))
            || matches!(
                head.archive_status,
                Some(ArchiveStatus::ArchiveAccess | ArchiveStatus::DeepArchiveAccess)
            );
    let restored = head
        .restore
        .as_deref()
        .is_some_and(|restore| restore.contains("ongoing-request=\"false\""));
    in_archive && !restored
}
