//! What an S3 error means, decided in one place for every call.

use std::time::Duration;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use drayage_domain::outcome::FailureClass;

use super::error::CopyError;

/// The meaning of an S3 error, whoever's bucket it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// No such key, version or bucket.
    Missing,
    /// Access is refused, or the credentials are not valid.
    Denied,
    /// The KMS key may not be used.
    KmsDenied,
    /// The object is in an archive.
    Archived,
    /// `If-Match` failed: the object was replaced.
    Changed,
    /// The bytes that arrived are not those the checksum was made of.
    BadDigest,
    /// The bucket is in another region, if S3 says in which.
    OtherRegion(Option<String>),
    /// Slow down.
    Throttled,
    /// No answer within the SDK's timeouts.
    TimedOut,
    /// No connection, 5xx, or an answer that is not S3's.
    Unavailable,
    /// Anything else that S3 refuses.
    Refused,
}

/// An S3 error in our terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct S3Failure {
    pub(crate) meaning: Meaning,
    /// S3's error code, or the HTTP status, or what kind of failure it was.
    pub(crate) code: String,
    pub(crate) retry_after: Option<Duration>,
}

impl S3Failure {
    pub(crate) fn of<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Self {
        let Some(response) = error.raw_response() else {
            let timed_out = matches!(error, SdkError::TimeoutError(_))
                || matches!(error, SdkError::DispatchFailure(failure) if failure.is_timeout());
            let (meaning, code) = if timed_out {
                (Meaning::TimedOut, "no answer in time")
            } else if matches!(error, SdkError::ConstructionFailure(_)) {
                // The SDK sends no request about a key of blanks alone.
                (Meaning::Refused, "the SDK does not send the request")
            } else {
                (Meaning::Unavailable, "no connection")
            };
            return Self { meaning, code: code.to_owned(), retry_after: None };
        };
        let status = response.status().as_u16();
        let headers = response.headers();
        let region = headers.get("x-amz-bucket-region").map(str::to_owned);
        let retry_after = headers.get("retry-after").and_then(|value| value.trim().parse().ok());
        let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
        let code = metadata.and_then(|meta| meta.code());
        let message = metadata.and_then(|meta| meta.message()).unwrap_or_default();
        Self {
            meaning: meaning(status, code, message, region),
            code: code.map_or_else(|| format!("HTTP {status}"), str::to_owned),
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    /// The error of reading the source. `place` is shown to people.
    pub(super) fn at_source(&self, place: &str) -> CopyError {
        use FailureClass as C;
        let code = &self.code;
        let error = match &self.meaning {
            Meaning::Missing => CopyError::gone(format!("{place} does not exist ({code})")),
            Meaning::Denied => CopyError::new(
                C::AccessDenied,
                format!(
                    "{place} may not be read ({code}); hint: grant s3:GetObject, and s3:ListBucket to tell missing \
                     objects from forbidden ones"
                ),
            ),
            Meaning::KmsDenied => CopyError::new(
                C::KmsDenied,
                format!("the KMS key of {place} may not be used ({code}); hint: grant kms:Decrypt"),
            ),
            Meaning::Archived => CopyError::new(
                C::Archived,
                format!("{place} is archived ({code}); hint: restore it, then run again"),
            ),
            Meaning::Changed => {
                CopyError::new(C::SourceChanged, format!("{place} was replaced while it was read"))
            }
            Meaning::BadDigest => CopyError::new(
                C::ChecksumMismatch,
                format!("{place} arrived with another checksum than S3 computed ({code})"),
            ),
            Meaning::OtherRegion(region) => CopyError::new(
                C::SourceStatus,
                format!(
                    "the bucket of {place} is in another region{} ({code}); hint: check bucket name and region",
                    region.as_deref().map(|name| format!(", {name}")).unwrap_or_default()
                ),
            ),
            Meaning::Throttled => CopyError::new(
                C::Throttled,
                format!("the source of {place} asks to slow down ({code})"),
            )
            .tried_by_sdk(),
            Meaning::TimedOut => {
                CopyError::new(C::SourceTimeout, format!("no answer for {place} ({code})"))
                    .tried_by_sdk()
            }
            Meaning::Unavailable => {
                CopyError::new(C::SourceUnavailable, format!("{place} cannot be reached ({code})"))
                    .tried_by_sdk()
            }
            Meaning::Refused => CopyError::new(
                C::SourceStatus,
                format!("the source refuses the request for {place} ({code})"),
            ),
        };
        error.with_retry_after(self.retry_after)
    }

    /// The error of writing into the destination; `action` says what was tried, such as `writing uploads/a.pdf`.
    pub(super) fn at_destination(&self, action: &str) -> CopyError {
        use FailureClass as C;
        let code = &self.code;
        let unavailable =
            || CopyError::new(C::DestinationUnavailable, format!("{action} failed ({code})"));
        let error = match &self.meaning {
            Meaning::Denied | Meaning::KmsDenied => CopyError::new(
                C::DestinationDenied,
                format!(
                    "{action} is refused ({code}); hint: check the role, bucket policy and KMS key"
                ),
            ),
            Meaning::BadDigest => CopyError::new(
                C::ChecksumMismatch,
                format!("{action}: the bytes that arrived have another checksum ({code})"),
            ),
            Meaning::Throttled => unavailable().slowed_down().tried_by_sdk(),
            Meaning::TimedOut | Meaning::Unavailable => unavailable().tried_by_sdk(),
            Meaning::Missing
            | Meaning::Archived
            | Meaning::Changed
            | Meaning::OtherRegion(_)
            | Meaning::Refused => unavailable(),
        };
        error.with_retry_after(self.retry_after)
    }

    /// The error of a copy inside S3, where one call reads the source and writes the destination.
    pub(super) fn at_server_side_copy(&self, place: &str, action: &str) -> CopyError {
        match &self.meaning {
            Meaning::Missing if self.code == "NoSuchBucket" => self.at_destination(action),
            // A version does not come back, and no other is meant.
            Meaning::Missing if self.code == "NoSuchVersion" => self.at_source(place),
            // It was there a moment ago: look again.
            Meaning::Missing | Meaning::Changed => CopyError::new(
                FailureClass::SourceChanged,
                format!("{place} was replaced or removed before it was copied ({})", self.code),
            ),
            Meaning::Denied | Meaning::KmsDenied | Meaning::Archived => self.at_source(place),
            Meaning::BadDigest
            | Meaning::OtherRegion(_)
            | Meaning::Throttled
            | Meaning::TimedOut
            | Meaning::Unavailable
            | Meaning::Refused => self.at_destination(action),
        }
    }
}

/// Codes: <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>. Answers to HEAD have no body, so
/// there the status has to do.
fn meaning(status: u16, code: Option<&str>, message: &str, region: Option<String>) -> Meaning {
    match (code.unwrap_or_default(), status) {
        ("InvalidObjectState", _) => Meaning::Archived,
        (code, _) if code.starts_with("KMS.") => Meaning::KmsDenied,
        ("AccessDenied", _) if message.contains("kms:") => Meaning::KmsDenied,
        ("PreconditionFailed" | "ConditionalRequestConflict", _) | (_, 412) => Meaning::Changed,
        ("BadDigest" | "InvalidDigest" | "XAmzContentChecksumMismatch", _) => Meaning::BadDigest,
        (
            "PermanentRedirect"
            | "TemporaryRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraintException",
            _,
        )
        | (_, 301 | 307) => Meaning::OtherRegion(region),
        ("SlowDown" | "Throttling" | "ThrottlingException" | "RequestLimitExceeded", _)
        | (_, 429 | 503) => Meaning::Throttled,
        ("RequestTimeout", _) | (_, 408) => Meaning::TimedOut,
        ("NoSuchKey" | "NoSuchVersion" | "NoSuchBucket" | "NotFound", _) | (_, 404 | 405) => {
            Meaning::Missing
        }
        ("ExpiredToken" | "InvalidToken" | "InvalidAccessKeyId" | "SignatureDoesNotMatch", _)
        | (_, 401 | 403) => Meaning::Denied,
        // A HEAD in the wrong region of a signature-bound endpoint.
        (_, 400) if region.is_some() => Meaning::OtherRegion(region),
        (_, 200 | 500..) => Meaning::Unavailable,
        (_, _) => Meaning::Refused,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(404, Some("NoSuchKey"), Meaning::Missing)]
    #[case(404, None, Meaning::Missing)]
    #[case(405, Some("MethodNotAllowed"), Meaning::Missing)]
    #[case(403, Some("AccessDenied"), Meaning::Denied)]
    #[case(403, None, Meaning::Denied)]
    #[case(400, Some("ExpiredToken"), Meaning::Denied)]
    #[case(403, Some("InvalidObjectState"), Meaning::Archived)]
    #[case(400, Some("KMS.DisabledException"), Meaning::KmsDenied)]
    #[case(412, None, Meaning::Changed)]
    #[case(400, Some("BadDigest"), Meaning::BadDigest)]
    #[case(301, Some("PermanentRedirect"), Meaning::OtherRegion(None))]
    #[case(503, Some("SlowDown"), Meaning::Throttled)]
    #[case(503, None, Meaning::Throttled)]
    #[case(429, None, Meaning::Throttled)]
    #[case(400, Some("RequestTimeout"), Meaning::TimedOut)]
    #[case(500, Some("InternalError"), Meaning::Unavailable)]
    #[case(200, Some("InternalError"), Meaning::Unavailable)]
    #[case(400, Some("InvalidRequest"), Meaning::Refused)]
    fn codes_and_statuses_have_one_meaning(
        #[case] status: u16,
        #[case] code: Option<&str>,
        #[case] expected: Meaning,
    ) {
        assert_eq!(meaning(status, code, "", None), expected);
    }

    #[test]
    fn a_refusal_that_names_a_kms_action_is_about_the_key() {
        let message =
            "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: kms:Decrypt";
        assert_eq!(meaning(403, Some("AccessDenied"), message, None), Meaning::KmsDenied);
    }

    #[test]
    fn a_bodyless_400_that_names_a_region_is_the_wrong_region() {
        let region = Some("eu-west-1".to_owned());
        assert_eq!(meaning(400, None, "", region.clone()), Meaning::OtherRegion(region));
    }

    fn failure(meaning: Meaning, code: &str) -> S3Failure {
        S3Failure { meaning, code: code.to_owned(), retry_after: None }
    }

    #[rstest]
    #[case(Meaning::Denied, FailureClass::DestinationDenied, false)]
    #[case(Meaning::KmsDenied, FailureClass::DestinationDenied, false)]
    #[case(Meaning::BadDigest, FailureClass::ChecksumMismatch, true)]
    #[case(Meaning::Throttled, FailureClass::DestinationUnavailable, true)]
    #[case(Meaning::Missing, FailureClass::DestinationUnavailable, true)]
    fn the_destination_has_its_own_classes(
        #[case] meaning: Meaning,
        #[case] class: FailureClass,
        #[case] retryable: bool,
    ) {
        let slow_down = meaning == Meaning::Throttled;
        let error = failure(meaning, "X").at_destination("writing a");
        assert_eq!((error.class, error.retryable(), error.gone), (class, retryable, false));
        assert_eq!(error.slow_down, slow_down);
    }

    #[rstest]
    #[case(Meaning::Denied, FailureClass::AccessDenied)]
    #[case(Meaning::KmsDenied, FailureClass::KmsDenied)]
    #[case(Meaning::Archived, FailureClass::Archived)]
    #[case(Meaning::Changed, FailureClass::SourceChanged)]
    #[case(Meaning::BadDigest, FailureClass::ChecksumMismatch)]
    #[case(Meaning::OtherRegion(None), FailureClass::SourceStatus)]
    #[case(Meaning::Throttled, FailureClass::Throttled)]
    #[case(Meaning::TimedOut, FailureClass::SourceTimeout)]
    #[case(Meaning::Unavailable, FailureClass::SourceUnavailable)]
    #[case(Meaning::Refused, FailureClass::SourceStatus)]
    fn the_source_has_its_own_classes(#[case] meaning: Meaning, #[case] class: FailureClass) {
        let error = failure(meaning, "X").at_source("s3://b/k");
        assert_eq!((error.class, error.gone), (class, false));
    }

    #[test]
    fn a_version_that_is_missing_at_the_copy_is_gone() {
        let at_copy = |code| failure(Meaning::Missing, code).at_server_side_copy("s3://b/k", "x");
        assert!(at_copy("NoSuchVersion").gone);
        let removed = at_copy("NoSuchKey");
        assert_eq!((removed.class, removed.gone), (FailureClass::SourceChanged, false));
    }

    #[test]
    fn a_missing_source_is_gone_not_failed() {
        assert!(failure(Meaning::Missing, "NoSuchKey").at_source("s3://b/k").gone);
    }
}
