//! Going on with an upload that an earlier attempt has left unfinished.
//!
//! The journal leads to the upload; the bucket tells which parts have arrived. Only parts of exactly the size that the
//! division of the same source version asks for are used.

use drayage_domain::row::SourceIdentity;
use drayage_domain::source_url::HttpLocation;
use drayage_domain::upload::{UnfinishedUpload, recognisable};
use tokio::time::Instant;

use super::destination::Write;
use super::multipart::Part;
use super::ranges::{part_length, part_size};
use super::stream::Rest;
use super::{Attempt, CopyRequest, Tags, Transfer};
use crate::objects::body::{OpenSource, SourceBody};
use crate::objects::error::CopyError;
use crate::objects::http_source::{Missing, Opened};
use crate::objects::journal::UploadJournal;
use crate::objects::request_count::RequestCount;
use crate::objects::s3_source::{Found, Located, S3Source};

/// What an earlier attempt has left.
#[derive(Debug)]
pub(super) enum Left {
    Nothing,
    /// It is aborted and forgotten. The file is copied from its beginning, and must not leave anything again: a source
    /// that changes all the time would be begun for ever.
    Useless,
    Kept(Kept),
}

/// An upload to go on with.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) id: String,
    /// Parts that have arrived, by number; there may be gaps.
    pub(super) arrived: Vec<Part>,
}

impl Kept {
    /// The parts before the first gap.
    pub(super) fn contiguous(self) -> Vec<Part> {
        let numbered = self.arrived.into_iter().zip(1_i32..);
        numbered.take_while(|(part, next)| part.number == *next).map(|(part, _)| part).collect()
    }
}

impl Transfer {
    /// Streams an opened HTTP source, or the rest of it.
    pub(super) async fn stream_from_http(
        &self,
        location: &HttpLocation,
        open: OpenSource,
        request: &CopyRequest<'_>,
        count: &RequestCount,
    ) -> Result<Attempt, CopyError> {
        let Some(size) = open.body.announced().filter(|size| open.ranges && self.in_parts(*size))
        else {
            return self.stream(open, request, count).await;
        };
        let part_size_bytes = part_size(size, self.options.part_size_bytes);
        let afresh = CopyRequest { uploads: None, ..*request };
        let kept = match self.left(request, &open.identity, part_size_bytes, count).await? {
            Left::Nothing => return self.stream(open, request, count).await,
            Left::Useless => return self.stream(open, &afresh, count).await,
            Left::Kept(kept) => kept,
        };
        let OpenSource { body, identity, metadata, crc64_nvme, .. } = open;
        let write = Write { key: request.key, deadline: request.deadline, count };
        let id = kept.id.clone();
        let upload = self.destination.upload(write, &id, request.uploads);
        let arrived = kept.contiguous();
        let offset = size_of(&arrived);
        let place = body.place().to_owned();
        // The rest is asked for by a request of its own.
        drop(body);
        let rest = if offset == size {
            Some(SourceBody::empty(place))
        } else {
            let missing = Missing { source: &identity, size_bytes: size, offset };
            self.sources.http.open_rest(location, missing, request.deadline, count).await?
        };
        let Some(body) = rest else {
            upload.discard().await;
            return match self.sources.http.open(location, &afresh, count).await? {
                Opened::Unchanged(source) => Ok(Attempt::Unchanged(source)),
                Opened::Body(open) => self.stream(*open, &afresh, count).await,
            };
        };
        let rest = Rest { body, identity, metadata, crc64_nvme, part_size_bytes };
        self.stream_rest(&upload, write, arrived, rest).await
    }

    /// Streams an object of the source's S3, or the rest of it.
    pub(super) async fn stream_from_s3(
        &self,
        s3: &S3Source,
        Found { mut located, open }: Found,
        request: &CopyRequest<'_>,
        count: &RequestCount,
    ) -> Result<Attempt, CopyError> {
        let part_size_bytes = part_size(located.size_bytes, self.options.part_size_bytes);
        let left = if self.in_parts(located.size_bytes) {
            self.left(request, &located.identity, part_size_bytes, count).await?
        } else {
            Left::Nothing
        };
        let request = match &left {
            Left::Useless => &CopyRequest { uploads: None, ..*request },
            Left::Nothing | Left::Kept(_) => request,
        };
        let Left::Kept(kept) = left else {
            if located.size_bytes > self.options.max_file_bytes {
                return Ok(Attempt::TooLarge(located.size_bytes));
            }
            let mut open = match open {
                Some(open) => open,
                None => s3.open(&located, 0, request.deadline, count).await?,
            };
            if self.options.tags == Tags::Keep && open.metadata.tags.is_none() {
                located.tags.clone_from(&open.tags);
                open.metadata.tags = s3.tags_unless_none(&located, request.deadline, count).await?;
            }
            return self.stream(open, request, count).await;
        };
        // The rest is asked for by a request of its own.
        drop(open);
        let write = Write { key: request.key, deadline: request.deadline, count };
        let id = kept.id.clone();
        let upload = self.destination.upload(write, &id, request.uploads);
        let arrived = kept.contiguous();
        let offset = size_of(&arrived);
        let body = if offset == located.size_bytes {
            SourceBody::empty(located.redacted())
        } else {
            s3.open(&located, offset, request.deadline, count).await?.body
        };
        let Located { identity, metadata, crc64_nvme, .. } = located;
        let rest = Rest { body, identity, metadata, crc64_nvme, part_size_bytes };
        self.stream_rest(&upload, write, arrived, rest).await
    }

    const fn in_parts(&self, size_bytes: u64) -> bool {
        size_bytes > self.options.multipart_threshold_bytes
            && size_bytes <= self.options.max_file_bytes
    }

    /// The upload that an earlier attempt has left, if it can be gone on with; otherwise it is aborted and forgotten.
    pub(super) async fn left(
        &self,
        request: &CopyRequest<'_>,
        source: &SourceIdentity,
        part_size_bytes: u64,
        count: &RequestCount,
    ) -> Result<Left, CopyError> {
        let Some(journal) = request.uploads else { return Ok(Left::Nothing) };
        let Some(left) = journal.find().await else { return Ok(Left::Nothing) };
        let write = Write { key: request.key, deadline: request.deadline, count };
        let upload = self.destination.upload(write, &left.upload_id, Some(journal));
        if left.fits(source, part_size_bytes)
            && let Some(mut arrived) = upload.parts().await?
        {
            arrived.sort_by_key(|part| part.number);
            if as_divided(&arrived, source.size_bytes.unwrap_or_default(), part_size_bytes) {
                return Ok(Left::Kept(Kept { id: left.upload_id, arrived }));
            }
        }
        tracing::info!(key = write.key, "an unfinished upload is of no use any more");
        upload.discard().await;
        Ok(Left::Useless)
    }

    /// Remembers an upload that was begun. The journal, if the upload may be left unfinished.
    pub(super) async fn remember<'a>(
        &self,
        request: &CopyRequest<'a>,
        upload_id: &str,
        source: &SourceIdentity,
        part_size_bytes: u64,
    ) -> Option<&'a dyn UploadJournal> {
        let journal = request.uploads.filter(|_| recognisable(source))?;
        let (upload_id, source) = (upload_id.to_owned(), source.clone());
        let upload = UnfinishedUpload { upload_id, source, part_size_bytes };
        journal.keep(&upload).await.then_some(journal)
    }

    /// Aborts the unfinished upload of a file that is given up. `upload_id` is what the file's journal remembers.
    ///
    /// Takes five seconds at most.
    pub async fn abandon(&self, key: &str, upload_id: &str) {
        let count = RequestCount::default();
        let write = Write { key, deadline: Instant::now(), count: &count };
        self.destination.upload(write, upload_id, None).discard().await;
    }
}

fn size_of(parts: &[Part]) -> u64 {
    parts.iter().filter_map(|part| part.digest.as_ref()).map(|digest| digest.size_bytes).sum()
}

/// Whether every part is one of the file's division into parts.
fn as_divided(parts: &[Part], size_bytes: u64, part_size_bytes: u64) -> bool {
    parts.iter().all(|part| {
        let length = part.digest.as_ref().map(|digest| digest.size_bytes);
        length.is_some() && length == part_length(part.number, size_bytes, part_size_bytes)
    })
}
