//! Multipart uploads: begun, gone on with, completed or aborted.
//!
//! An upload that is neither completed nor aborted costs storage without being visible. One that a journal remembers is
//! left for the next attempt when what has stopped it can pass; any other is aborted. What is left behind for good,
//! because a process died or a plan changed, the bucket's lifecycle rule for incomplete uploads removes.

use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use drayage_domain::outcome::FailureClass;
use futures::future::BoxFuture;
use tokio::time::timeout;

use super::destination::{Destination, Write, unquoted, write_failed};
use super::proof::Reported;
use crate::objects::deadline::by_deadline;
use crate::objects::digest::{BodyDigest, PartDigest};
use crate::objects::error::CopyError;
use crate::objects::journal::UploadJournal;
use crate::objects::metadata::ObjectMetadata;
use crate::objects::s3_failure::{Meaning, S3Failure};
use crate::objects::s3_source::{Located, is_kms};

/// How long an abort may take after the deadline. The caller's deadline must leave this much time.
const ABORT_TIMEOUT: Duration = Duration::from_secs(5);

/// An upload that was begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Upload<'a> {
    destination: &'a Destination,
    write: Write<'a>,
    id: &'a str,
    /// Remembers the upload, if it may be left unfinished.
    journal: Option<&'a dyn UploadJournal>,
}

/// A part that has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) number: i32,
    etag: Option<String>,
    crc64_nvme: Option<String>,
    /// `None` for a part that S3 has just copied itself.
    pub(super) digest: Option<PartDigest>,
}

impl Destination {
    /// Begins an upload and returns its id.
    pub(super) async fn begin_upload(
        &self,
        write: Write<'_>,
        metadata: &ObjectMetadata,
    ) -> Result<String, CopyError> {
        write.count.add();
        let request = self
            .client
            .create_multipart_upload()
            .bucket(&self.bucket)
            .key(write.key)
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
            .checksum_type(ChecksumType::FullObject)
            .set_content_type(metadata.content_type.clone())
            .set_content_disposition(metadata.content_disposition.clone())
            .set_content_encoding(metadata.content_encoding.clone())
            .set_content_language(metadata.content_language.clone())
            .set_cache_control(metadata.cache_control.clone())
            .set_website_redirect_location(metadata.website_redirect_location.clone())
            .set_metadata(metadata.user_metadata())
            .set_tagging(metadata.tags.clone())
            .set_storage_class(self.storage_class.clone())
            .customize()
            .mutate_request(metadata.add_expires());
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
        output.upload_id.ok_or_else(|| {
            CopyError::new(
                FailureClass::DestinationUnavailable,
                format!("{action}: no upload id was given"),
            )
        })
    }

    /// * `journal`: remembers the upload; `None` if it must not be left unfinished.
    pub(super) const fn upload<'a>(
        &'a self,
        write: Write<'a>,
        id: &'a str,
        journal: Option<&'a dyn UploadJournal>,
    ) -> Upload<'a> {
        Upload { destination: self, write, id, journal }
    }
}

impl Upload<'_> {
    /// Runs `work` within the deadline. When it fails or is not finished by then, the upload is left for the next attempt
    /// if it is remembered and the failure may pass; otherwise it is aborted.
    pub(super) async fn finish<T>(
        &self,
        work: BoxFuture<'_, Result<T, CopyError>>,
    ) -> Result<T, CopyError> {
        let class = FailureClass::SourceTimeout;
        let done = by_deadline(self.write.deadline, class, &self.write.action(), work).await;
        match &done {
            Ok(_) => self.forget().await,
            Err(error) if self.journal.is_some() && leaves_parts_usable(error.class) => {}
            Err(_) => self.discard().await,
        }
        done
    }

    /// Aborts the upload and forgets it.
    pub(super) async fn discard(&self) {
        self.abort().await;
        self.forget().await;
    }

    async fn forget(&self) {
        if let Some(journal) = self.journal {
            journal.forget(self.id).await;
        }
    }

    fn arrived(&self) {
        if let Some(journal) = self.journal {
            journal.part_arrived();
        }
    }

    /// The parts that have arrived, by number, as the bucket lists them. `None`: it knows no such upload, or does not tell.
    pub(super) async fn parts(&self) -> Result<Option<Vec<Part>>, CopyError> {
        self.write.count.add();
        let pages = self
            .destination
            .client
            .list_parts()
            .bucket(&self.destination.bucket)
            .key(self.write.key)
            .upload_id(self.id)
            .into_paginator()
            .items()
            .send();
        let class = FailureClass::DestinationUnavailable;
        let action = self.write.action();
        let listed = Box::pin(async { Ok(pages.try_collect().await) });
        match by_deadline(self.write.deadline, class, &action, listed).await? {
            Ok(parts) => Ok(parts.iter().map(listed_part).collect()),
            Err(error) => {
                let failure = S3Failure::of(&error);
                match failure.meaning {
                    Meaning::Throttled | Meaning::TimedOut | Meaning::Unavailable => {
                        Err(failure.at_destination(&action))
                    }
                    Meaning::Missing
                    | Meaning::Denied
                    | Meaning::KmsDenied
                    | Meaning::Archived
                    | Meaning::Changed
                    | Meaning::BadDigest
                    | Meaning::OtherRegion(_)
                    | Meaning::Refused => Ok(None),
                }
            }
        }
    }

    /// Sends one part. Numbers begin with 1.
    pub(super) async fn send_part(&self, number: i32, body: Bytes) -> Result<Part, CopyError> {
        let digest = BodyDigest::of(&body);
        self.write.count.add();
        let output = self
            .destination
            .client
            .upload_part()
            .bucket(&self.destination.bucket)
            .key(self.write.key)
            .upload_id(self.id)
            .part_number(number)
            .checksum_crc64_nvme(digest.crc64_nvme())
            .body(ByteStream::from(body.clone()))
            .customize()
            .disable_payload_signing()
            .send()
            .await
            .map_err(|error| S3Failure::of(&error).at_destination(&self.write.action()))?;
        self.arrived();
        let crc64_nvme = Some(digest.crc64_nvme());
        let confirmed =
            output.checksum_crc64_nvme.filter(|theirs| Some(theirs) == crc64_nvme.as_ref());
        let etag_confirmed = output.e_tag.as_deref().filter(|_| confirmed.is_some());
        let digest = Some(PartDigest::sent(digest, &body, etag_confirmed));
        Ok(Part { number, etag: output.e_tag, crc64_nvme, digest })
    }

    /// Lets S3 copy one part from the source, if the source is still the one that was looked at.
    pub(super) async fn copy_part(
        &self,
        number: i32,
        range: String,
        source: &Located,
        copy_source: &str,
    ) -> Result<Part, CopyError> {
        self.write.count.add();
        let output = self
            .destination
            .client
            .upload_part_copy()
            .bucket(&self.destination.bucket)
            .key(self.write.key)
            .upload_id(self.id)
            .part_number(number)
            .copy_source(copy_source)
            .set_request_payer(self.destination.source_payer.clone())
            .copy_source_range(range)
            .set_copy_source_if_match(source.etag_header.clone())
            .send()
            .await
            .map_err(|error| {
                S3Failure::of(&error).at_server_side_copy(&source.redacted(), &self.write.action())
            })?;
        self.arrived();
        let (etag, crc64_nvme) = output
            .copy_part_result
            .map_or((None, None), |result| (result.e_tag, result.checksum_crc64_nvme));
        Ok(Part { number, etag, crc64_nvme, digest: None })
    }

    /// Puts the parts together. The checksum of the whole object is not sent along but compared with the reported one:
    /// services that only know composite checksums refuse the upload when a full-object one is given.
    pub(super) async fn complete(&self, mut parts: Vec<Part>) -> Result<Reported, CopyError> {
        parts.sort_by_key(|part| part.number);
        let parts = parts.into_iter().map(|part| {
            CompletedPart::builder()
                .part_number(part.number)
                .set_e_tag(part.etag)
                .set_checksum_crc64_nvme(part.crc64_nvme)
                .build()
        });
        let completed =
            CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build();
        self.write.count.add();
        let output = self
            .destination
            .client
            .complete_multipart_upload()
            .bucket(&self.destination.bucket)
            .key(self.write.key)
            .upload_id(self.id)
            .multipart_upload(completed)
            .checksum_type(ChecksumType::FullObject)
            .send()
            .await
            .map_err(|error| S3Failure::of(&error).at_destination(&self.write.action()))?;
        let composite = output.checksum_type == Some(ChecksumType::Composite);
        Ok(Reported {
            etag: unquoted(output.e_tag.as_deref()),
            crc64_nvme: output.checksum_crc64_nvme.filter(|_| !composite),
            etag_opaque: is_kms(output.server_side_encryption.as_ref()),
            size_bytes: None,
        })
    }

    async fn abort(&self) {
        self.write.count.add();
        let request = self
            .destination
            .client
            .abort_multipart_upload()
            .bucket(&self.destination.bucket)
            .key(self.write.key)
            .upload_id(self.id);
        let code = match timeout(ABORT_TIMEOUT, request.send()).await {
            Ok(Ok(_)) => return,
            Ok(Err(error)) => S3Failure::of(&error).code,
            Err(_elapsed) => "no answer in time".to_owned(),
        };
        tracing::warn!(
            key = self.write.key,
            code,
            "an incomplete upload could not be aborted; the bucket's lifecycle rule removes it"
        );
    }
}

/// `None` for a part without number or size, which no service lists.
fn listed_part(part: &aws_sdk_s3::types::Part) -> Option<Part> {
    let size_bytes = u64::try_from(part.size?).ok()?;
    let digest =
        PartDigest::listed(size_bytes, part.checksum_crc64_nvme.as_deref(), part.e_tag.as_deref());
    Some(Part {
        number: part.part_number?,
        etag: part.e_tag.clone(),
        crc64_nvme: part.checksum_crc64_nvme.clone(),
        digest: Some(digest),
    })
}

/// Whether a failure says nothing against the parts that have arrived.
const fn leaves_parts_usable(class: FailureClass) -> bool {
    matches!(
        class,
        FailureClass::SourceTimeout
            | FailureClass::SourceUnavailable
            | FailureClass::ShortBody
            | FailureClass::Throttled
            | FailureClass::DestinationUnavailable
    )
}
