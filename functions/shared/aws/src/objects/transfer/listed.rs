//! Copies of objects that a listing has named: their version is known, so one request is enough.
//!
//! A listing tells size and `ETag`, but neither checksum nor encryption. Where the copy's `ETag` is the source's, that is
//! the proof; everywhere else the source is asked for its checksum after all.

use drayage_domain::outcome::FailureClass;
use drayage_domain::row::SourceIdentity;
use drayage_domain::source_url::S3Location;

use super::destination::Write;
use super::ranges::SINGLE_COPY_MAX_BYTES;
use super::server_side::{copy_source, expected};
use super::{Attempt, CopyRequest, Transfer};
use crate::objects::error::CopyError;
use crate::objects::request_count::RequestCount;
use crate::objects::s3_source::{Located, S3Source};

impl Transfer {
    /// Copies the version that the listing has named; `None` when this needs more knowledge than a listing has.
    ///
    /// A listing is old when its objects are copied. A source that is another version by now, or gone, has to be looked
    /// at: what is there now is what a copy should hold, and the proof is against that version.
    pub(super) async fn copy_listed(
        &self,
        s3: &S3Source,
        location: &S3Location,
        request: &CopyRequest<'_>,
        count: &RequestCount,
    ) -> Option<Result<Attempt, CopyError>> {
        let listed = request.listed.filter(|_| s3.server_side())?;
        let located = Located::listed(location, listed)?;
        if request.known.is_some_and(|known| known.same_version(listed)) {
            return Some(Ok(Attempt::Unchanged(listed.clone())));
        }
        if located.size_bytes > self.options.max_file_bytes {
            return Some(Ok(Attempt::TooLarge(located.size_bytes)));
        }
        if located.size_bytes > SINGLE_COPY_MAX_BYTES {
            return None;
        }
        let write = Write { key: request.key, deadline: request.deadline, count };
        match self.copy_version(s3, location, &located, write).await {
            // Reading and writing it separately may be allowed, or tells which side refuses.
            Err(error)
                if matches!(
                    error.class,
                    FailureClass::AccessDenied
                        | FailureClass::KmsDenied
                        | FailureClass::SourceChanged
                ) =>
            {
                None
            }
            copied => Some(copied),
        }
    }

    async fn copy_version(
        &self,
        s3: &S3Source,
        location: &S3Location,
        listed: &Located,
        write: Write<'_>,
    ) -> Result<Attempt, CopyError> {
        let source = copy_source(&listed.bucket, &listed.key, listed.version_id.as_deref());
        let reported = self.copy_at_once(listed, &source, write).await?;
        let expected_of_listed = expected(listed);
        let agrees = !reported.etag_opaque
            && expected_of_listed.etag.as_ref().is_some_and(|etag| *etag == reported.etag);
        if agrees {
            let proof = self.destination.prove(write, &expected_of_listed, reported).await?;
            return Ok(done(listed, proof));
        }
        // The ETag of an upload in parts, or of an object under KMS, is not its copy's.
        let seen = s3.locate(location, write.deadline, write.count).await?;
        if !listed.identity.same_version(&seen.identity) {
            return Err(CopyError::new(
                FailureClass::SourceChanged,
                format!("{} was replaced after it was listed", listed.redacted()),
            ));
        }
        let proof = self.destination.prove(write, &expected(&seen), reported).await?;
        Ok(done(&seen, proof))
    }
}

fn done(located: &Located, proof: drayage_domain::row::Proof) -> Attempt {
    Attempt::Done {
        source: SourceIdentity::clone(&located.identity),
        proof,
        content_type: located.metadata.content_type.clone(),
        server_side: true,
    }
}
