//! Asking for the rest of a file of which the beginning has already arrived.

use drayage_domain::outcome::FailureClass;
use drayage_domain::row::SourceIdentity;
use drayage_domain::source_url::HttpLocation;
use drayage_domain::upload::{same_bytes, strong_etag};
use reqwest::header::{self, HeaderMap};
use reqwest::{Response, StatusCode};
use tokio::time::Instant;

use super::answer::{self, Answer};
use super::target::Target;
use super::{HttpSource, REDIRECTS_MAX, error_body, identity, not_sent, quoted, text, too_many};
use crate::objects::body::{SourceBody, Wire};
use crate::objects::deadline::by_deadline;
use crate::objects::error::CopyError;
use crate::objects::request_count::RequestCount;

/// The bytes that are still needed, and of which version.
#[derive(Debug, Clone, Copy)]
pub(in crate::objects) struct Missing<'a> {
    pub(in crate::objects) source: &'a SourceIdentity,
    /// Size of the whole file in bytes.
    pub(in crate::objects) size_bytes: u64,
    /// Bytes that are there already; fewer than the whole.
    pub(in crate::objects) offset: u64,
}

impl HttpSource {
    /// The missing bytes. `None`: the source does not send exactly these of exactly this version.
    pub(in crate::objects) async fn open_rest(
        &self,
        location: &HttpLocation,
        missing: Missing<'_>,
        deadline: Instant,
        count: &RequestCount,
    ) -> Result<Option<SourceBody>, CopyError> {
        let opening = Box::pin(async {
            let mut gone = None;
            for url in std::iter::once(&location.url).chain(&location.alternatives) {
                let target = Target::first(url, location.presigned, &self.options.allow)?;
                match self.open_rest_of(target, missing, deadline, count).await {
                    Err(error) if error.gone => gone = gone.or(Some(error)),
                    opened => return opened,
                }
            }
            Err(gone.unwrap_or_else(|| {
                CopyError::gone(format!("{} does not exist", location.redacted()))
            }))
        });
        let class = FailureClass::SourceTimeout;
        by_deadline(deadline, class, "opening the rest of the source file", opening).await
    }

    async fn open_rest_of(
        &self,
        mut target: Target,
        missing: Missing<'_>,
        deadline: Instant,
        count: &RequestCount,
    ) -> Result<Option<SourceBody>, CopyError> {
        for _ in 0..=REDIRECTS_MAX {
            count.add();
            let response = self.send_for_rest(&target, missing, deadline).await?;
            let status = response.status();
            match status {
                StatusCode::PARTIAL_CONTENT => return Ok(rest(response, &target, missing)),
                // The source ignores ranges, or has another version now.
                StatusCode::PRECONDITION_FAILED | StatusCode::RANGE_NOT_SATISFIABLE => {
                    return Ok(None);
                }
                _ => {}
            }
            match answer::of_status(status.as_u16()) {
                Answer::Body | Answer::NotModified => return Ok(None),
                Answer::Redirect => target = target.redirected(&response, &self.options.allow)?,
                Answer::Failure => {
                    let retry_after = answer::retry_after(response.headers());
                    let body = error_body(response).await;
                    return Err(answer::failure(status.as_u16(), &target, &body, retry_after));
                }
            }
        }
        Err(too_many(&target))
    }

    async fn send_for_rest(
        &self,
        target: &Target,
        missing: Missing<'_>,
        deadline: Instant,
    ) -> Result<Response, CopyError> {
        let mut get =
            self.get(target, deadline).header(header::RANGE, format!("bytes={}-", missing.offset));
        if let Some(etag) = strong_etag(missing.source) {
            get = get.header(header::IF_MATCH, quoted(etag));
        } else if let Some(time) = &missing.source.last_modified {
            get = get.header(header::IF_UNMODIFIED_SINCE, time);
        }
        get.send().await.map_err(|error| not_sent(&error, target))
    }
}

/// Not every server knows the conditions that were asked for, so the answer itself is looked at.
fn rest(response: Response, target: &Target, missing: Missing<'_>) -> Option<SourceBody> {
    let Missing { source, size_bytes, offset } = missing;
    let seen = SourceIdentity { size_bytes: Some(size_bytes), ..identity(response.headers()) };
    let whole_rest = format!("bytes {offset}-{}/{size_bytes}", size_bytes.checked_sub(1)?);
    let told = text(response.headers(), header::CONTENT_RANGE);
    (same_bytes(source, &seen) && told.as_deref() == Some(&whole_rest)).then(|| {
        SourceBody::new(Wire::Http(response), Some(size_bytes - offset), target.redacted())
    })
}

/// Whether the source says that it sends parts of a file.
pub(super) fn sends_ranges(headers: &HeaderMap) -> bool {
    text(headers, header::ACCEPT_RANGES)
        .is_some_and(|units| units.split(',').any(|unit| unit.trim().eq_ignore_ascii_case("bytes")))
}
