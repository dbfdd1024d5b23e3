//! The destination bucket: writing in one request, and asking what is there.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumMode, ChecksumType, RequestPayer, StorageClass};
use bytes::Bytes;
use drayage_domain::outcome::FailureClass;
use drayage_domain::row::Proof;
use tokio::time::Instant;

use super::TransferOptions;
use super::proof::{Expected, Reported, Verdict, judge};
use crate::objects::deadline::by_deadline;
use crate::objects::digest::BodyDigest;
use crate::objects::error::CopyError;
use crate::objects::metadata::ObjectMetadata;
use crate::objects::place::shown;
use crate::objects::request_count::RequestCount;
use crate::objects::s3_failure::{Meaning, S3Failure};
use crate::objects::s3_source::is_kms;

/// The bucket that files are copied into.
#[derive(Debug)]
pub(super) struct Destination {
    pub(super) client: Client,
    pub(super) bucket: String,
    /// Of everything that is written; `None`: the bucket's default.
    pub(super) storage_class: Option<StorageClass>,
    /// Who pays for reading the source of a copy inside S3, if not its owner.
    pub(super) source_payer: Option<RequestPayer>,
}

/// The key being written, until when, and what it has cost so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Write<'a> {
    pub(super) key: &'a str,
    pub(super) deadline: Instant,
    pub(super) count: &'a RequestCount,
}

impl Write<'_> {
    pub(super) fn action(&self) -> String {
        format!("writing {}", shown(self.key))
    }
}

impl Destination {
    pub(super) fn new(
        client: Client,
        options: &TransferOptions,
        source_payer: Option<RequestPayer>,
    ) -> Self {
        Self {
            client,
            bucket: options.destination_bucket.clone(),
            storage_class: options.storage_class.as_deref().map(StorageClass::from),
            source_payer,
        }
    }

    /// Writes a whole body in one request. S3 itself refuses it when the checksum does not fit.
    ///
    /// The request's signature covers the checksum and not the payload, whose SHA-256 costs more than all else together.
    pub(super) async fn put(
        &self,
        write: Write<'_>,
        body: Bytes,
        digest: &BodyDigest,
        metadata: &ObjectMetadata,
    ) -> Result<Reported, CopyError> {
        write.count.add();
        let request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(write.key)
            .checksum_crc64_nvme(digest.crc64_nvme())
            .set_content_type(metadata.content_type.clone())
            .set_content_disposition(metadata.content_disposition.clone())
            .set_content_encoding(metadata.content_encoding.clone())
            .set_content_language(metadata.content_language.clone())
            .set_cache_control(metadata.cache_control.clone())
            .set_website_redirect_location(metadata.website_redirect_location.clone())
            .set_metadata(metadata.user_metadata())
            .set_tagging(metadata.tags.clone())
            .set_storage_class(self.storage_class.clone())
            .body(ByteStream::from(body))
            .customize()
            .mutate_request(metadata.add_expires())
            .disable_payload_signing();
        let action = write.action();
        let output = by_deadline(
            write.deadline,
            FailureClass::DestinationUnavailable,
            &action,
            Box::pin(async {
                request.send().await.map_err(|error| write_failed(&error, &action, metadata))
            }),
        )
        .await?;
        let composite = output.checksum_type == Some(ChecksumType::Composite);
        Ok(Reported {
            etag: unquoted(output.e_tag.as_deref()),
            crc64_nvme: output.checksum_crc64_nvme.filter(|_| !composite),
            etag_opaque: is_kms(output.server_side_encryption.as_ref())
                || output.sse_customer_algorithm.is_some(),
            size_bytes: None,
        })
    }

    /// Compares what the destination reported with what was expected, and asks it again where that is not enough.
    pub(super) async fn prove(
        &self,
        write: Write<'_>,
        expected: &Expected,
        reported: Reported,
    ) -> Result<Proof, CopyError> {
        let verdict = match judge(expected, &reported) {
            Verdict::NeedsHead => judge(expected, &self.head(write).await?),
            decided @ (Verdict::Proven(_) | Verdict::Differs(_)) => decided,
        };
        let what = match verdict {
            Verdict::Proven(proof) => return Ok(proof),
            Verdict::Differs(what) => what,
            Verdict::NeedsHead => "the destination does not tell its size".to_owned(),
        };
        Err(CopyError::new(
            FailureClass::ChecksumMismatch,
            format!("the copy at {} differs from its source: {what}", shown(write.key)),
        ))
    }

    async fn head(&self, write: Write<'_>) -> Result<Reported, CopyError> {
        write.count.add();
        let request = self
            .client
            .head_object()
            .bucket(&self.bucket)
            .key(write.key)
            .checksum_mode(ChecksumMode::Enabled);
        let action = format!("checking {}", write.key);
        let head = by_deadline(
            write.deadline,
            FailureClass::DestinationUnavailable,
            &action,
            Box::pin(async {
                request.send().await.map_err(|error| S3Failure::of(&error).at_destination(&action))
            }),
        )
        .await?;
        let composite = head.checksum_type == Some(ChecksumType::Composite);
        Ok(Reported {
            etag: unquoted(head.e_tag.as_deref()),
            crc64_nvme: head.checksum_crc64_nvme.filter(|_| !composite),
            etag_opaque: is_kms(head.server_side_encryption.as_ref())
                || head.sse_customer_algorithm.is_some(),
            size_bytes: head.content_length.and_then(|length| u64::try_from(length).ok()),
        })
    }
}

/// The error of a write that carries metadata. Tags need a permission of their own, and some services refuse them.
pub(super) fn write_failed<E: ProvideErrorMetadata>(
    error: &SdkError<E>,
    action: &str,
    metadata: &ObjectMetadata,
) -> CopyError {
    let failure = S3Failure::of(error);
    let mut error = failure.at_destination(action);
    let about_tags = failure.meaning == Meaning::Denied || failure.code == "NotImplemented";
    if metadata.tags.is_some() && about_tags {
        error.message.push_str(
            "; the file has tags: grant s3:PutObjectTagging on the destination, or start the transfer with \
             preserveTags: false",
        );
    }
    error
}

pub(super) fn unquoted(etag: Option<&str>) -> String {
    etag.unwrap_or_default().replace('"', "")
}
