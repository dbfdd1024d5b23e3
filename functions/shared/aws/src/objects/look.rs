//! Asking a source how large a file is, without reading it: the same rules as for a copy, one request where it can be.

use std::time::Duration;

use drayage_domain::outcome::FailureClass;
use drayage_domain::source_url::SourceLocation;
use tokio::time::Instant;

use super::error::CopyError;
use super::request_count::RequestCount;
use super::transfer::Sources;

/// Attempts at a file, the first included.
const ATTEMPTS_MAX: u32 = 3;
/// Wait before the second attempt; doubled before the third.
const BACKOFF_FIRST: Duration = Duration::from_millis(500);

/// What a source says about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looked {
    /// Its size, where the source tells it.
    pub size_bytes: Option<u64>,
    /// Requests that were sent.
    pub requests: u32,
}

impl Sources {
    /// Asks for a file's size. An error is what a copy would end with, as far as it shows without reading the file.
    pub async fn look(
        &self,
        source: &SourceLocation,
        deadline: Instant,
    ) -> Result<Looked, CopyError> {
        let count = RequestCount::default();
        let mut wait = BACKOFF_FIRST;
        for attempt in 1.. {
            match Box::pin(self.look_once(source, deadline, &count)).await {
                Ok(size_bytes) => return Ok(Looked { size_bytes, requests: count.total() }),
                Err(error)
                    if attempt >= ATTEMPTS_MAX
                        || !error.retryable()
                        || error.was_tried_by_sdk()
                        || Instant::now() + wait >= deadline =>
                {
                    return Err(CopyError { requests: count.total(), ..error });
                }
                Err(_) => tokio::time::sleep(wait).await,
            }
            wait *= 2;
        }
        Err(CopyError::new(FailureClass::SourceTimeout, "the source was not asked"))
    }

    async fn look_once(
        &self,
        source: &SourceLocation,
        deadline: Instant,
        count: &RequestCount,
    ) -> Result<Option<u64>, CopyError> {
        match source {
            SourceLocation::Http(location) => self.http.size(location, deadline, count).await,
            SourceLocation::S3(location) => {
                let s3 = self.s3.as_ref().ok_or_else(super::transfer::no_s3_access)?;
                let located = s3.locate(location, deadline, count).await?;
                located.check_readable()?;
                Ok(Some(located.size_bytes))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::{header, method};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::objects::HttpSource;
    use crate::objects::test_support::{RawServer, http_location, http_options};

    async fn look(origin: &str, path: &str) -> Result<Looked, CopyError> {
        let http = HttpSource::new(http_options(origin)).unwrap();
        let sources = Sources { s3: None, http };
        let location = SourceLocation::Http(http_location(&format!("{origin}{path}")));
        sources.look(&location, Instant::now() + Duration::from_secs(20)).await
    }

    #[tokio::test]
    async fn a_size_costs_one_head() {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 1234567\r\n\r\n";
        let server = RawServer::start(vec![answer.to_owned()], false).await;
        let looked = look(&server.origin, "/a.pdf").await.unwrap();
        assert_eq!(looked, Looked { size_bytes: Some(1_234_567), requests: 1 });
        assert!(server.heads()[0].starts_with("HEAD /a.pdf HTTP/1.1\r\n"));
    }

    #[tokio::test]
    async fn a_signed_url_is_asked_as_it_was_signed_and_for_one_byte() {
        let server = MockServer::start().await;
        let part = ResponseTemplate::new(206)
            .insert_header("content-range", "bytes 0-0/98765")
            .set_body_string("x");
        let get = Mock::given(method("GET")).and(header("range", "bytes=0-0"));
        get.respond_with(part).mount(&server).await;
        let looked = look(&server.uri(), "/a.pdf?X-Amz-Signature=secret").await.unwrap();
        assert_eq!(looked, Looked { size_bytes: Some(98_765), requests: 1 });
    }

    #[tokio::test]
    async fn a_server_that_refuses_head_is_asked_otherwise() {
        let server = MockServer::start().await;
        Mock::given(method("HEAD")).respond_with(ResponseTemplate::new(405)).mount(&server).await;
        let file = ResponseTemplate::new(200).set_body_string("hello");
        Mock::given(method("GET")).respond_with(file).mount(&server).await;
        let looked = look(&server.uri(), "/a.pdf").await.unwrap();
        assert_eq!(looked, Looked { size_bytes: Some(5), requests: 2 });
    }

    #[tokio::test]
    async fn what_is_missing_or_elsewhere_is_told_as_a_copy_would() {
        let server = MockServer::start().await;
        let missing = look(&server.uri(), "/a.pdf").await.unwrap_err();
        assert!(missing.gone);
        let away = ResponseTemplate::new(302).insert_header("location", "http://169.254.169.254/");
        let redirecting = MockServer::start().await;
        Mock::given(method("HEAD")).respond_with(away).mount(&redirecting).await;
        let refused = look(&redirecting.uri(), "/a.pdf").await.unwrap_err();
        assert_eq!(refused.class, FailureClass::RedirectRefused);
        let listed = HttpSource::new(http_options("files.example.com")).unwrap();
        let sources = Sources { s3: None, http: listed };
        let location = SourceLocation::Http(http_location(&format!("{}/a", server.uri())));
        let unlisted = sources.look(&location, Instant::now() + Duration::from_secs(5)).await;
        assert_eq!(unlisted.unwrap_err().class, FailureClass::HostNotAllowed);
    }

    #[tokio::test]
    async fn a_server_that_is_busy_once_is_asked_again() {
        let answers = [
            "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        ];
        let server = RawServer::start(answers.map(str::to_owned).into(), false).await;
        let looked = look(&server.origin, "/a.pdf").await.unwrap();
        assert_eq!(looked, Looked { size_bytes: Some(9), requests: 2 });
    }
}
