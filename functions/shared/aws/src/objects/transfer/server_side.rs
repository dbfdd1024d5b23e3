//! Copies that S3 makes itself: not a byte passes through this process.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, MetadataDirective, TaggingDirective};
use drayage_domain::outcome::FailureClass;
use drayage_domain::row::Proof;
use drayage_domain::source_url::S3Location;
use futures::stream::{self, StreamExt, TryStreamExt};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::Instant;

use super::destination::{Write, unquoted};
use super::multipart::{Part, Upload};
use super::proof::{Expected, Reported, parts_of};
use super::ranges::{COPY_PART_SIZE_BYTES, SINGLE_COPY_MAX_BYTES, part_size, ranges};
use super::resume::Left;
use super::{Attempt, CopyRequest, Tags, Transfer};
use crate::objects::deadline::by_deadline;
use crate::objects::error::CopyError;
use crate::objects::place::shown;
use crate::objects::request_count::RequestCount;
use crate::objects::s3_failure::S3Failure;
use crate::objects::s3_source::{Located, S3Source, is_kms};

/// Parts that S3 copies at once for one file. They need no memory here.
const COPY_PART_CONCURRENCY: usize = 8;

/// `x-amz-copy-source` has to be URL-encoded; `/` stays, because it separates bucket and key.
const ENCODED_IN_COPY_SOURCE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

impl Transfer {
    pub(super) async fn copy_server_side(
        &self,
        located: &Located,
        request: &CopyRequest<'_>,
        count: &RequestCount,
    ) -> Result<Attempt, CopyError> {
        let write = Write { key: request.key, deadline: request.deadline, count };
        let proof = self.copy_within_s3(located, write, Some(request)).await?;
        Ok(Attempt::Done {
            source: located.identity.clone(),
            proof,
            content_type: located.metadata.content_type.clone(),
            server_side: true,
        })
    }

    /// Adds the tags that a copy in parts does not carry by itself, unlike `CopyObject`. They are always asked for: that
    /// costs little beside the parts.
    pub(super) async fn with_tags(
        &self,
        s3: &S3Source,
        mut located: Located,
        deadline: Instant,
        count: &RequestCount,
    ) -> Result<Located, CopyError> {
        if self.options.tags == Tags::Keep && located.size_bytes > SINGLE_COPY_MAX_BYTES {
            located.metadata.tags = s3.tags(&located, deadline, count).await?;
        }
        Ok(located)
    }

    pub(super) async fn duplicate_once(
        &self,
        from: &str,
        proof: &Proof,
        write: Write<'_>,
    ) -> Result<Proof, CopyError> {
        let located = if proof.size_bytes > SINGLE_COPY_MAX_BYTES {
            // A copy in parts does not carry the descriptive headers by itself: they have to be read.
            self.locate_own(from, proof, write).await?
        } else {
            Located::proven(&self.destination.bucket, from, proof)
        };
        self.copy_within_s3(&located, write, None).await.map_err(of_own_bucket)
    }

    async fn locate_own(
        &self,
        key: &str,
        proof: &Proof,
        write: Write<'_>,
    ) -> Result<Located, CopyError> {
        let location = S3Location {
            bucket: self.destination.bucket.clone(),
            key_candidates: vec![key.to_owned()],
            region: None,
            version_id: None,
        };
        let own = S3Source::new(self.destination.client.clone(), true);
        let located =
            own.locate(&location, write.deadline, write.count).await.map_err(of_own_bucket)?;
        if located.identity.etag.as_ref() == Some(&proof.etag)
            && located.size_bytes == proof.size_bytes
        {
            let tagged = self.with_tags(&own, located, write.deadline, write.count).await;
            return tagged.map_err(of_own_bucket);
        }
        Err(CopyError::new(
            FailureClass::ChecksumMismatch,
            format!("{} is not the copy that was proven; hint: copy the file again", shown(key)),
        ))
    }

    /// `request`: of a file that comes from elsewhere; its upload may be left for a later attempt.
    async fn copy_within_s3(
        &self,
        located: &Located,
        write: Write<'_>,
        request: Option<&CopyRequest<'_>>,
    ) -> Result<Proof, CopyError> {
        let copy_source = copy_source(&located.bucket, &located.key, located.version_id.as_deref());
        let reported = if located.size_bytes > SINGLE_COPY_MAX_BYTES {
            self.copy_in_parts(located, &copy_source, write, request).await?
        } else {
            self.copy_at_once(located, &copy_source, write).await?
        };
        self.destination.prove(write, &expected(located), reported).await
    }

    pub(super) async fn copy_at_once(
        &self,
        located: &Located,
        copy_source: &str,
        write: Write<'_>,
    ) -> Result<Reported, CopyError> {
        write.count.add();
        let leave_tags = self.options.tags == Tags::Leave;
        let request = self
            .destination
            .client
            .copy_object()
            .bucket(&self.destination.bucket)
            .key(write.key)
            .copy_source(copy_source)
            .set_request_payer(self.destination.source_payer.clone())
            .set_copy_source_if_match(located.etag_header.clone())
            .metadata_directive(MetadataDirective::Copy)
            .set_tagging_directive(leave_tags.then_some(TaggingDirective::Replace))
            // The directive does not cover it.
            .set_website_redirect_location(located.metadata.website_redirect_location.clone())
            .set_storage_class(self.destination.storage_class.clone())
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme);
        let action = write.action();
        let output = by_deadline(
            write.deadline,
            FailureClass::DestinationUnavailable,
            &action,
            Box::pin(async {
                request.send().await.map_err(|error| {
                    S3Failure::of(&error).at_server_side_copy(&located.redacted(), &action)
                })
            }),
        )
        .await?;
        let etag_opaque = is_kms(output.server_side_encryption.as_ref())
            || output.sse_customer_algorithm.is_some();
        let Some(result) = output.copy_object_result else {
            return Ok(Reported { etag_opaque, ..Reported::default() });
        };
        let composite = result.checksum_type == Some(ChecksumType::Composite);
        Ok(Reported {
            etag: unquoted(result.e_tag.as_deref()),
            crc64_nvme: result.checksum_crc64_nvme.filter(|_| !composite),
            etag_opaque,
            size_bytes: None,
        })
    }

    async fn copy_in_parts(
        &self,
        located: &Located,
        copy_source: &str,
        write: Write<'_>,
        request: Option<&CopyRequest<'_>>,
    ) -> Result<Reported, CopyError> {
        let part_size_bytes = part_size(located.size_bytes, COPY_PART_SIZE_BYTES);
        let left = match request {
            Some(request) => {
                self.left(request, &located.identity, part_size_bytes, write.count).await?
            }
            None => Left::Nothing,
        };
        let (id, arrived, journal) = match (left, request) {
            (Left::Kept(kept), Some(request)) => (kept.id, kept.arrived, request.uploads),
            (Left::Nothing, Some(request)) => {
                let id = self.destination.begin_upload(write, &located.metadata).await?;
                let journal = self.remember(request, &id, &located.identity, part_size_bytes).await;
                (id, Vec::new(), journal)
            }
            (Left::Kept(_) | Left::Nothing | Left::Useless, _) => {
                let id = self.destination.begin_upload(write, &located.metadata).await?;
                (id, Vec::new(), None)
            }
        };
        let upload = self.destination.upload(write, &id, journal);
        let work = copy_parts(&upload, located, copy_source, arrived, part_size_bytes);
        upload.finish(Box::pin(work)).await
    }
}

/// Copies the parts that have not `arrived` yet, and puts all together.
async fn copy_parts(
    upload: &Upload<'_>,
    located: &Located,
    copy_source: &str,
    arrived: Vec<Part>,
    part_size_bytes: u64,
) -> Result<Reported, CopyError> {
    let there: BTreeSet<i32> = arrived.iter().map(|part| part.number).collect();
    let missing = (1_i32..)
        .zip(ranges(located.size_bytes, part_size_bytes))
        .filter(|(number, _)| !there.contains(number));
    let copied: Vec<Part> = stream::iter(missing)
        .map(|(number, range)| upload.copy_part(number, range, located, copy_source))
        .buffer_unordered(COPY_PART_CONCURRENCY)
        .try_collect()
        .await?;
    let mut parts = arrived;
    parts.extend(copied);
    upload.complete(parts).await
}

/// What a copy of `located` has to report. Only the `ETag` of an object that was written in one request, and not
/// encrypted with KMS, is an MD5; any other says nothing about the copy's.
pub(super) fn expected(located: &Located) -> Expected {
    let etag = located.identity.etag.clone();
    Expected {
        size_bytes: located.size_bytes,
        crc64_nvme: located.crc64_nvme.clone(),
        etag: etag.filter(|etag| !located.etag_opaque && parts_of(etag) == Some(0)),
    }
}

/// Inside our own bucket, a source that cannot be read is a destination that does not work, and one that was
/// replaced is not the copy that was proven.
fn of_own_bucket(error: CopyError) -> CopyError {
    use FailureClass as C;
    let class = if matches!(error.class, C::AccessDenied | C::KmsDenied | C::DestinationDenied) {
        C::DestinationDenied
    } else if error.gone || matches!(error.class, C::SourceChanged | C::ChecksumMismatch) {
        C::ChecksumMismatch
    } else {
        C::DestinationUnavailable
    };
    CopyError { class, gone: false, ..error }
}

/// `bucket/key?versionId=…`, or for an access point `arn/object/key`.
pub(super) fn copy_source(bucket: &str, key: &str, version_id: Option<&str>) -> String {
    let encoded = |text| utf8_percent_encode(text, ENCODED_IN_COPY_SOURCE);
    let separator = if bucket.starts_with("arn:") { "/object/" } else { "/" };
    let mut source = format!("{}{separator}{}", encoded(bucket), encoded(key));
    if let Some(version_id) = version_id {
        source.push_str("?versionId=");
        source.extend(encoded(version_id));
    }
    source
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("b", "a/b c+d.pdf", None, "b/a/b%20c%2Bd.pdf")]
    #[case("b", "ü?x#y%20", None, "b/%C3%BC%3Fx%23y%2520")]
    #[case("b", "k", Some("v/1"), "b/k?versionId=v/1")]
    #[case(
        "arn:aws:s3:eu-west-1:1:accesspoint/ap",
        "k",
        None,
        "arn%3Aaws%3As3%3Aeu-west-1%3A1%3Aaccesspoint/ap/object/k"
    )]
    fn the_copy_source_is_encoded(
        #[case] bucket: &str,
        #[case] key: &str,
        #[case] version_id: Option<&str>,
        #[case] expected: &str,
    ) {
        assert_eq!(copy_source(bucket, key, version_id), expected);
    }
}
