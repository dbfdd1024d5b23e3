//! Moves one file into the destination bucket and proves that it arrived.
//!
//! A file that the destination's own role can read is copied by S3 itself; everything else is streamed through
//! this process. Either way the call returns `Done` only after the destination's answer was compared with what
//! the source reports or with what was computed in the stream.
//!
//! Retries: a bounded number of attempts within the caller's deadline, with full jitter, and only for failures
//! that can pass by themselves and that the SDK has not already retried.

mod compare;
mod destination;
mod listed;
mod multipart;
mod proof;
mod ranges;
mod resume;
mod retry;
mod server_side;
mod stream;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws_sdk_s3::Client;
use drayage_domain::outcome::FailureClass;
use drayage_domain::row::{Proof, SourceIdentity};
use drayage_domain::source_url::{HttpLocation, S3Location, SourceLocation};
use tokio::time::Instant;

use super::buffers::Buffers;
use super::error::CopyError;
use super::http_source::{HttpSource, Opened};
use super::journal::UploadJournal;
use super::limiter::Limiter;
use super::request_count::RequestCount;
use super::s3_source::{Found, S3Source};
use destination::{Destination, Write};

/// Smallest part that S3 accepts, except for the last one, in bytes
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>).
pub(super) const PART_SIZE_MIN_BYTES: u64 = 5 * 1024 * 1024;

/// Sizes and limits of a transfer. Memory stays below `buffer_bytes` plus small change per file, as long as parts are not
/// larger than that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferOptions {
    /// The bucket that files are copied into.
    pub destination_bucket: String,
    /// Size of the parts of a multipart upload, in bytes. Larger parts are used where 10,000 would not be enough.
    pub part_size_bytes: u64,
    /// Bodies up to this size are sent in one request, in bytes.
    pub multipart_threshold_bytes: u64,
    /// Parts of one file uploaded at once.
    pub part_concurrency: usize,
    /// Bodies and parts held in memory at once, over all files, in bytes.
    pub buffer_bytes: u64,
    /// Larger files are not copied.
    pub max_file_bytes: u64,
    /// Attempts per file within one call, the first included.
    pub attempts_max: u32,
    /// Storage class of the copies, as S3 names it; `None`: what the bucket makes of a write without one.
    pub storage_class: Option<String>,
    /// What becomes of the tags of a source.
    pub tags: Tags,
}

impl TransferOptions {
    /// Parts of 8 MiB, two of a file and eight of all files at once, three attempts.
    pub fn new(destination_bucket: impl Into<String>, max_file_bytes: u64) -> Self {
        const PART_SIZE_BYTES: u64 = 8 * 1024 * 1024;
        Self {
            destination_bucket: destination_bucket.into(),
            part_size_bytes: PART_SIZE_BYTES,
            multipart_threshold_bytes: PART_SIZE_BYTES,
            part_concurrency: 2,
            buffer_bytes: 8 * PART_SIZE_BYTES,
            max_file_bytes,
            attempts_max: 3,
            storage_class: None,
            tags: Tags::WhereFree,
        }
    }
}

/// What becomes of the tags of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tags {
    /// Copies that S3 makes in one request carry them, others do not: nothing is asked about them.
    WhereFree,
    /// Every copy carries them. They have to be readable.
    Keep,
    /// No copy carries them.
    Leave,
}

/// Where files can be fetched from.
#[derive(Debug)]
pub struct Sources {
    /// The source's S3; `None` when files are fetched by HTTP only.
    pub s3: Option<S3Source>,
    /// Plain HTTP.
    pub http: HttpSource,
}

/// One file to copy.
#[derive(Debug, Clone, Copy)]
pub struct CopyRequest<'a> {
    /// Where it is.
    pub source: &'a SourceLocation,
    /// The key that it gets, which may be any that S3 accepts.
    pub key: &'a str,
    /// The file's name; its extension tells whether markup is expected.
    pub file_name: &'a str,
    /// The source version of an earlier proven copy: the file is copied only when it differs.
    pub known: Option<&'a SourceIdentity>,
    /// Size and `ETag` that a listing has told of the source: a copy inside S3 then needs no look at it before. The
    /// location names one key only. This is a hint: when the source is another version by now, that version is copied.
    pub listed: Option<&'a SourceIdentity>,
    /// The proof of that copy: a source that tells nothing about its version is read and compared with it.
    pub copied: Option<&'a Proof>,
    /// Remembers an upload that the deadline breaks off, so that a later call goes on with it. Without it, every failure
    /// aborts the upload.
    pub uploads: Option<&'a dyn UploadJournal>,
    /// When to stop trying. Cleaning up an incomplete upload may take five more seconds.
    pub deadline: Instant,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copied {
    /// The source is still the known version; nothing was copied.
    Unchanged {
        /// The source version seen now.
        source: SourceIdentity,
        /// Requests that were sent.
        requests: u32,
    },
    /// The file was copied, and the copy proven.
    Done {
        /// The source version that was copied.
        source: SourceIdentity,
        /// The copy and its proof.
        proof: Proof,
        /// `Content-Type` of the copy.
        content_type: Option<String>,
        /// Whether S3 copied the bytes itself.
        server_side: bool,
        /// Requests that were sent.
        requests: u32,
    },
    /// The file is larger than the maximum. Nothing was written.
    TooLarge {
        /// Size in bytes as announced; for an unannounced size, the number of bytes after which reading stopped.
        size_bytes: u64,
        /// Requests that were sent.
        requests: u32,
    },
}

/// A second copy of a file that is already in the destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicated {
    /// The new copy and its proof.
    pub proof: Proof,
    /// Requests that were sent.
    pub requests: u32,
}

/// What one attempt ends with, before the requests are known.
#[derive(Debug)]
pub(super) enum Attempt {
    Unchanged(SourceIdentity),
    Done { source: SourceIdentity, proof: Proof, content_type: Option<String>, server_side: bool },
    TooLarge(u64),
}

/// Moves files, one per call. Share it between tasks.
#[derive(Debug)]
pub struct Transfer {
    options: TransferOptions,
    destination: Destination,
    sources: Sources,
    limiter: Arc<Limiter>,
    buffers: Buffers,
}

impl Transfer {
    /// * `destination`: client of the destination bucket's region, with the role that may write there.
    /// * `limiter`: bounds the files that are moved at once, over all calls.
    pub fn new(
        options: TransferOptions,
        destination: Client,
        sources: Sources,
        limiter: Arc<Limiter>,
    ) -> Self {
        let options = TransferOptions {
            part_size_bytes: options.part_size_bytes.max(PART_SIZE_MIN_BYTES),
            part_concurrency: options.part_concurrency.max(1),
            attempts_max: options.attempts_max.max(1),
            ..options
        };
        let source_payer = sources.s3.as_ref().and_then(S3Source::payer);
        let destination = Destination::new(destination, &options, source_payer);
        let buffers = Buffers::new(options.buffer_bytes);
        Self { options, destination, sources, limiter, buffers }
    }

    /// Copies one file and proves the copy.
    pub async fn copy(&self, request: &CopyRequest<'_>) -> Result<Copied, CopyError> {
        let count = RequestCount::default();
        let done = self
            .retrying(request.deadline, &count, || Box::pin(self.copy_once(request, &count)))
            .await?;
        let requests = count.total();
        Ok(match done {
            Attempt::Unchanged(source) => Copied::Unchanged { source, requests },
            Attempt::Done { source, proof, content_type, server_side } => {
                Copied::Done { source, proof, content_type, server_side, requests }
            }
            Attempt::TooLarge(size_bytes) => Copied::TooLarge { size_bytes, requests },
        })
    }

    /// Copies a file that is already in the destination to another key, inside the destination.
    ///
    /// `proof` is that of the existing copy: the duplicate is made only from exactly that version.
    pub async fn duplicate(
        &self,
        from: &str,
        proof: &Proof,
        to: &str,
        deadline: Instant,
    ) -> Result<Duplicated, CopyError> {
        if from == to {
            return Ok(Duplicated { proof: proof.clone(), requests: 0 });
        }
        let count = RequestCount::default();
        let proof = self
            .retrying(deadline, &count, || {
                Box::pin(self.duplicate_once(
                    from,
                    proof,
                    Write { key: to, deadline, count: &count },
                ))
            })
            .await?;
        Ok(Duplicated { proof, requests: count.total() })
    }

    async fn copy_once(
        &self,
        request: &CopyRequest<'_>,
        count: &RequestCount,
    ) -> Result<Attempt, CopyError> {
        match request.source {
            SourceLocation::S3(location) => self.copy_from_s3(location, request, count).await,
            SourceLocation::Http(location) => self.copy_from_http(location, request, count).await,
        }
    }

    async fn copy_from_http(
        &self,
        location: &HttpLocation,
        request: &CopyRequest<'_>,
        count: &RequestCount,
    ) -> Result<Attempt, CopyError> {
        let open = match self.sources.http.open(location, request, count).await? {
            Opened::Unchanged(source) => return Ok(Attempt::Unchanged(source)),
            Opened::Body(open) => *open,
        };
        let Some(copied) = request.copied.filter(|_| open.identity.tells_nothing()) else {
            return self.stream_from_http(location, open, request, count).await;
        };
        if let Some(source) = compare::same_content(open, copied, request.deadline).await? {
            return Ok(Attempt::Unchanged(source));
        }
        // The comparison has used up the bytes.
        let afresh = CopyRequest { known: None, copied: None, ..*request };
        Box::pin(self.copy_from_http(location, &afresh, count)).await
    }

    async fn copy_from_s3(
        &self,
        location: &S3Location,
        request: &CopyRequest<'_>,
        count: &RequestCount,
    ) -> Result<Attempt, CopyError> {
        let s3 = self.sources.s3.as_ref().ok_or_else(no_s3_access)?;
        if let Some(copied) = self.copy_listed(s3, location, request, count).await {
            return copied;
        }
        if !s3.server_side()
            && request.known.is_none()
            && let Some(found) = s3.open_at_once(location, request.deadline, count).await
        {
            return self.stream_from_s3(s3, found, request, count).await;
        }
        let mut located = s3.locate(location, request.deadline, count).await?;
        if request.known.is_some_and(|known| known.same_version(&located.identity)) {
            return Ok(Attempt::Unchanged(located.identity));
        }
        if located.size_bytes > self.options.max_file_bytes {
            return Ok(Attempt::TooLarge(located.size_bytes));
        }
        located.check_readable()?;
        if s3.server_side() {
            located = self.with_tags(s3, located, request.deadline, count).await?;
            match self.copy_server_side(&located, request, count).await {
                // The role can read the object but not through a copy (a bucket policy, an object tag, a key
                // policy): reading and writing it separately may be allowed, or tells which side refuses.
                Err(error)
                    if matches!(
                        error.class,
                        FailureClass::AccessDenied | FailureClass::KmsDenied
                    ) =>
                {
                    tracing::info!(source = %located.redacted(), "server-side copy refused, streaming instead");
                }
                copied => return copied,
            }
        }
        self.stream_from_s3(s3, Found { located, open: None }, request, count).await
    }
}

/// A file in S3, and nothing to read it with.
pub(super) fn no_s3_access() -> CopyError {
    CopyError::new(
        FailureClass::AccessDenied,
        "the file is in S3, but no access to the source's S3 is configured; hint: set the source access to role or keys",
    )
}
