//! Copies through this process: the body is read once, hashed, and sent in one request or in parts.

use bytes::{Bytes, BytesMut};
use drayage_domain::outcome::FailureClass;
use drayage_domain::row::SourceIdentity;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use tokio::time::Instant;

use super::destination::Write;
use super::multipart::{Part, Upload};
use super::proof::{Expected, Reported};
use super::ranges::part_size;
use super::{Attempt, CopyRequest, Transfer};
use crate::objects::body::{OpenSource, SourceBody};
use crate::objects::buffers::{Buffers, Reserved};
use crate::objects::deadline::by_deadline;
use crate::objects::digest::{BodyDigest, FileDigest, etag_of};
use crate::objects::error::CopyError;
use crate::objects::metadata::ObjectMetadata;
use crate::objects::request_count::RequestCount;

/// Room for what arrives beyond a full part, in bytes.
const CHUNK_SLACK_BYTES: usize = 64 * 1024;

/// What is left to send of a file, and what its copy must become.
pub(super) struct Rest {
    pub(super) body: SourceBody,
    pub(super) identity: SourceIdentity,
    pub(super) metadata: ObjectMetadata,
    /// Of the whole file.
    pub(super) crc64_nvme: Option<String>,
    pub(super) part_size_bytes: u64,
}

/// Number, bytes, and the memory that they were given.
type NumberedPart = (i32, Bytes, Option<Reserved>);

/// How sending a body ended.
enum Sent {
    Copied(Expected, Reported),
    TooLarge(u64),
}

impl Transfer {
    pub(super) async fn stream(
        &self,
        open: OpenSource,
        request: &CopyRequest<'_>,
        count: &RequestCount,
    ) -> Result<Attempt, CopyError> {
        let OpenSource { body, identity, metadata, crc64_nvme, ranges, .. } = open;
        let announced = body.announced();
        if let Some(size) = announced.filter(|size| *size > self.options.max_file_bytes) {
            return Ok(Attempt::TooLarge(size));
        }
        let write = Write { key: request.key, deadline: request.deadline, count };
        let place = body.place().to_owned();
        let mut reader = self.reader(body, crc64_nvme, write.deadline);
        let threshold = self.options.multipart_threshold_bytes;
        let first = announced.unwrap_or(u64::MAX).min(threshold);
        reader.reserve(first).await?;
        by_deadline(
            write.deadline,
            FailureClass::SourceTimeout,
            "reading the source",
            Box::pin(async { reader.fill(as_usize(threshold).saturating_add(1)).await }),
        )
        .await?;

        let sent = if let Some(size) = reader.too_large() {
            Sent::TooLarge(size)
        } else if reader.ended {
            let (body, _reserved) = reader.take(usize::MAX);
            let digest = BodyDigest::of(&body);
            same_as_source(&place, reader.crc64_nvme.as_deref(), &digest.crc64_nvme())?;
            let reported = self.destination.put(write, body.clone(), &digest, &metadata).await?;
            // Without a checksum to compare, it is the `ETag` that proves the copy.
            let etag = reported.crc64_nvme.is_none().then(|| etag_of(&body));
            let crc64_nvme = Some(digest.crc64_nvme());
            Sent::Copied(Expected { size_bytes: digest.size_bytes, crc64_nvme, etag }, reported)
        } else {
            let size_max = announced.unwrap_or(self.options.max_file_bytes);
            let size = part_size(size_max, self.options.part_size_bytes);
            let id = self.destination.begin_upload(write, &metadata).await?;
            let journal =
                if ranges { self.remember(request, &id, &identity, size).await } else { None };
            let upload = self.destination.upload(write, &id, journal);
            let work = self.send_parts(&upload, Vec::new(), &mut reader, size);
            match upload.finish(Box::pin(work)).await {
                Err(_) if reader.too_large().is_some() => {
                    Sent::TooLarge(reader.too_large().unwrap_or_default())
                }
                done => {
                    let (expected, reported) = done?;
                    Sent::Copied(expected, reported)
                }
            }
        };
        match sent {
            Sent::TooLarge(size) => Ok(Attempt::TooLarge(size)),
            Sent::Copied(expected, reported) => {
                let source = SourceIdentity { size_bytes: Some(expected.size_bytes), ..identity };
                let proof = self.destination.prove(write, &expected, reported).await?;
                let content_type = metadata.content_type;
                Ok(Attempt::Done { source, proof, content_type, server_side: false })
            }
        }
    }

    /// Sends what is left of a file into an upload in which the first parts, `arrived`, are already.
    pub(super) async fn stream_rest(
        &self,
        upload: &Upload<'_>,
        write: Write<'_>,
        arrived: Vec<Part>,
        rest: Rest,
    ) -> Result<Attempt, CopyError> {
        let Rest { body, identity, metadata, crc64_nvme, part_size_bytes } = rest;
        let mut reader = self.reader(body, crc64_nvme, write.deadline);
        let work = self.send_parts(upload, arrived, &mut reader, part_size_bytes);
        let (expected, reported) = upload.finish(Box::pin(work)).await?;
        let proof = self.destination.prove(write, &expected, reported).await?;
        let content_type = metadata.content_type;
        Ok(Attempt::Done { source: identity, proof, content_type, server_side: false })
    }

    fn reader(&self, body: SourceBody, crc64_nvme: Option<String>, deadline: Instant) -> Reader {
        Reader {
            body,
            crc64_nvme,
            buffer: BytesMut::new(),
            buffers: self.buffers.clone(),
            reserved: None,
            deadline,
            received: 0,
            max_bytes: self.options.max_file_bytes,
            ended: false,
        }
    }

    /// Reads and sends at the same time, with a bounded number of parts in memory. `arrived`: the parts before those of the
    /// reader.
    async fn send_parts(
        &self,
        upload: &Upload<'_>,
        arrived: Vec<Part>,
        reader: &mut Reader,
        part_size_bytes: u64,
    ) -> Result<(Expected, Reported), CopyError> {
        let place = reader.body.place().to_owned();
        let first = arrived.last().map_or(1, |part| part.number + 1);
        let sent: Vec<Part> = reader
            .parts(first, as_usize(part_size_bytes))
            .map_ok(|(number, body, reserved)| async move {
                let sent = upload.send_part(number, body).await;
                drop(reserved);
                sent
            })
            .try_buffer_unordered(self.options.part_concurrency)
            .try_collect()
            .await?;
        let mut parts = arrived;
        parts.extend(sent);
        parts.sort_by_key(|part| part.number);
        let file = FileDigest::of_parts(parts.iter().filter_map(|part| part.digest.as_ref()));
        if let Some(crc64_nvme) = &file.crc64_nvme {
            same_as_source(&place, reader.crc64_nvme.as_deref(), crc64_nvme)?;
        }
        let reported = upload.complete(parts).await?;
        let FileDigest { size_bytes, crc64_nvme, etag } = file;
        Ok((Expected { size_bytes, crc64_nvme, etag }, reported))
    }
}

/// The bytes that arrived here must be those that the source has a checksum of.
fn same_as_source(place: &str, source: Option<&str>, stream: &str) -> Result<(), CopyError> {
    match source {
        Some(source) if source != stream => Err(CopyError::new(
            FailureClass::ChecksumMismatch,
            format!("{place} arrived with CRC64NVME {stream}, but the source reports {source}"),
        )),
        Some(_) | None => Ok(()),
    }
}

/// Cuts a body into parts of equal size.
struct Reader {
    body: SourceBody,
    /// Base64 CRC-64/NVME of the whole file, if the source reports one.
    crc64_nvme: Option<String>,
    buffer: BytesMut,
    buffers: Buffers,
    /// For what is in the buffer.
    reserved: Option<Reserved>,
    deadline: Instant,
    received: u64,
    max_bytes: u64,
    ended: bool,
}

impl Reader {
    /// Waits for the memory of the next part, unless it is reserved already.
    async fn reserve(&mut self, bytes: u64) -> Result<(), CopyError> {
        if self.reserved.is_none() {
            self.reserved = Some(self.buffers.reserve(bytes, self.deadline).await?);
        }
        Ok(())
    }

    /// The bytes seen so far, if they are more than the maximum.
    fn too_large(&self) -> Option<u64> {
        (self.received > self.max_bytes).then_some(self.received)
    }

    /// Reads until the buffer holds `wanted` bytes, the body ends, or more than the maximum has arrived.
    async fn fill(&mut self, wanted: usize) -> Result<(), CopyError> {
        if let Some(announced) = self.body.announced() {
            let left =
                as_usize(announced.saturating_sub(self.received)).saturating_add(self.buffer.len());
            let room = wanted.min(left).saturating_add(CHUNK_SLACK_BYTES);
            self.buffer.reserve(room.saturating_sub(self.buffer.len()));
        }
        while !self.ended && self.buffer.len() < wanted && self.too_large().is_none() {
            match self.body.chunk().await? {
                Some(chunk) => {
                    self.received += chunk.len() as u64;
                    self.buffer.extend_from_slice(&chunk);
                }
                None => self.ended = true,
            }
        }
        Ok(())
    }

    /// The bytes, and the memory that they were given.
    fn take(&mut self, at_most: usize) -> (Bytes, Option<Reserved>) {
        let bytes = self.buffer.split_to(at_most.min(self.buffer.len())).freeze();
        (bytes, self.reserved.take())
    }

    /// All parts in order, numbered from `first` on. A part is read when it is asked for.
    fn parts(
        &mut self,
        first: i32,
        size_bytes: usize,
    ) -> BoxStream<'_, Result<NumberedPart, CopyError>> {
        let parts = stream::try_unfold((self, first), move |(reader, number)| async move {
            let part = reader.next_part(size_bytes).await?;
            Ok(part.map(|(body, reserved)| ((number, body, reserved), (reader, number + 1))))
        });
        parts.boxed()
    }

    /// The next part, `None` at the end, and an error (which only stops the upload) when the file is too large.
    async fn next_part(
        &mut self,
        size_bytes: usize,
    ) -> Result<Option<(Bytes, Option<Reserved>)>, CopyError> {
        if self.ended && self.buffer.is_empty() {
            return Ok(None);
        }
        self.reserve(size_bytes as u64).await?;
        self.fill(size_bytes).await?;
        if let Some(size) = self.too_large() {
            return Err(CopyError::new(
                FailureClass::LongBody,
                format!("more than {size} bytes arrived"),
            ));
        }
        let (part, reserved) = self.take(size_bytes);
        Ok((!part.is_empty()).then_some((part, reserved)))
    }
}

fn as_usize(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_compared_with_the_checksum_of_the_source() {
        assert_eq!(same_as_source("s3://b/k", None, "abc="), Ok(()));
        assert_eq!(same_as_source("s3://b/k", Some("abc="), "abc="), Ok(()));
        let error = same_as_source("s3://b/k", Some("abc="), "xyz=").unwrap_err();
        assert_eq!(error.class, FailureClass::ChecksumMismatch);
    }
}
