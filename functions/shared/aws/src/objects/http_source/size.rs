//! The size of a file behind HTTP: from the head of an answer, whose body is left unread.

use drayage_domain::outcome::FailureClass;
use drayage_domain::source_url::HttpLocation;
use reqwest::{Method, Response, header};
use tokio::time::Instant;

use super::answer::{self, Answer};
use super::target::Target;
use super::{HttpSource, REDIRECTS_MAX, announced_length, error_body, not_sent, too_many};
use crate::objects::deadline::by_deadline;
use crate::objects::error::CopyError;
use crate::objects::request_count::RequestCount;

impl HttpSource {
    /// The file's size, if the source tells it. Redirects are checked as for a copy.
    pub(in crate::objects) async fn size(
        &self,
        location: &HttpLocation,
        deadline: Instant,
        count: &RequestCount,
    ) -> Result<Option<u64>, CopyError> {
        by_deadline(
            deadline,
            FailureClass::SourceTimeout,
            "asking for the size of the source file",
            Box::pin(async {
                let mut missing = None;
                for url in std::iter::once(&location.url).chain(&location.alternatives) {
                    let target = Target::first(url, location.presigned, &self.options.allow)?;
                    match self.size_of(target, deadline, count).await {
                        Err(error) if error.gone => missing = missing.or(Some(error)),
                        told => return told,
                    }
                }
                Err(missing.unwrap_or_else(|| {
                    CopyError::gone(format!("{} does not exist", location.redacted()))
                }))
            }),
        )
        .await
    }

    /// A signature is of one method, and a URL in a record is signed for GET; others are asked by HEAD first.
    async fn size_of(
        &self,
        target: Target,
        deadline: Instant,
        count: &RequestCount,
    ) -> Result<Option<u64>, CopyError> {
        if !target.presigned()
            && let Told::Size(size) =
                self.ask(Method::HEAD, target.clone(), deadline, count).await?
        {
            return Ok(Some(size));
        }
        match self.ask(Method::GET, target, deadline, count).await? {
            Told::Size(size) => Ok(Some(size)),
            Told::Nothing => Ok(None),
        }
    }

    async fn ask(
        &self,
        method: Method,
        mut target: Target,
        deadline: Instant,
        count: &RequestCount,
    ) -> Result<Told, CopyError> {
        let by_head = method == Method::HEAD;
        for _ in 0..=REDIRECTS_MAX {
            count.add();
            let mut request = self.request(method.clone(), &target, deadline);
            if !by_head {
                request = request.header(header::RANGE, "bytes=0-0");
            }
            let response = request.send().await.map_err(|error| not_sent(&error, &target))?;
            let status = response.status().as_u16();
            if status == 206 && !by_head {
                return Ok(whole_length(&response).map_or(Told::Nothing, Told::Size));
            }
            match answer::of_status(status) {
                Answer::Body => {
                    let length = announced_length(response.headers());
                    return Ok(length.map_or(Told::Nothing, Told::Size));
                }
                Answer::Redirect => target = target.redirected(&response, &self.options.allow)?,
                // Of an empty file there is no first byte.
                Answer::Failure if status == 416 && !by_head => {
                    return Ok(whole_length(&response).map_or(Told::Nothing, Told::Size));
                }
                // Some servers know no HEAD, or permit GET only.
                Answer::Failure if by_head && matches!(status, 400 | 403 | 405 | 501) => {
                    return Ok(Told::Nothing);
                }
                Answer::NotModified | Answer::Failure => {
                    let retry_after = answer::retry_after(response.headers());
                    let body = error_body(response).await;
                    return Err(answer::failure(status, &target, &body, retry_after));
                }
            }
        }
        Err(too_many(&target))
    }
}

enum Told {
    Size(u64),
    Nothing,
}

/// The number behind the slash of `Content-Range: bytes 0-0/1234`.
fn whole_length(response: &Response) -> Option<u64> {
    let range = response.headers().get(header::CONTENT_RANGE)?.to_str().ok()?;
    range.rsplit_once('/')?.1.trim().parse().ok()
}
