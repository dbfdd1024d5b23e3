//! What an HTTP status means for a file, decided in one place.

use std::error::Error;
use std::time::Duration;

use drayage_domain::outcome::FailureClass;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{self, HeaderMap};

use super::target::Target;
use crate::objects::error::CopyError;

/// Longest wait that a source can ask for. Longer ones would only hold a place that other files need.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(10);

/// What to do with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Body,
    NotModified,
    Redirect,
    Failure,
}

pub(super) const fn of_status(status: u16) -> Answer {
    match status {
        // 203 is a 200 that went through a proxy. Any other 2xx is not the whole file.
        200 | 203 => Answer::Body,
        304 => Answer::NotModified,
        301 | 302 | 303 | 307 | 308 => Answer::Redirect,
        _ => Answer::Failure,
    }
}

/// The failure of a status that brings no file. `body` is the beginning of the answer's body.
pub(super) fn failure(
    status: u16,
    target: &Target,
    body: &[u8],
    retry_after: Option<Duration>,
) -> CopyError {
    let place = target.redacted();
    let error = match class_of(status, target.presigned(), body) {
        None => CopyError::gone(format!("{place} does not exist (HTTP {status})")),
        Some(FailureClass::SourceExpired) => CopyError::new(
            FailureClass::SourceExpired,
            format!(
                "the signature of {place} has expired (HTTP {status}); hint: get a new link, or give Drayage access to the bucket"
            ),
        ),
        Some(class) => CopyError::new(class, format!("{place} answered HTTP {status}")),
    };
    error.with_retry_after(retry_after)
}

/// The class of a status; `None` when the file is gone.
fn class_of(status: u16, presigned: bool, body: &[u8]) -> Option<FailureClass> {
    use FailureClass as C;
    match status {
        400 | 401 | 403 if presigned && says_expired(body) => Some(C::SourceExpired),
        401 | 403 => Some(C::AccessDenied),
        404 | 410 => None,
        408 => Some(C::SourceTimeout),
        429 | 503 => Some(C::Throttled),
        500..=599 => Some(C::SourceUnavailable),
        _ => Some(C::SourceStatus),
    }
}

/// How the TLS library begins to say that it refuses a certificate.
const REFUSED: &str = "invalid peer certificate: ";
/// How it goes on, with and without the details, and what that means.
const REASONS: [(&str, &str); 8] = [
    ("certificate expired", "has expired"),
    ("Expired", "has expired"),
    ("certificate not valid yet", "is not valid yet"),
    ("NotValidYet", "is not valid yet"),
    ("certificate not valid for name", "is for another name"),
    ("NotValidForName", "is for another name"),
    ("UnknownIssuer", "is signed by nobody who is known"),
    // Its issuer is called like a known one.
    ("BadSignature", "is signed by nobody who is known"),
];

/// Why the host could not prove its name, if that is what went wrong. The TLS library's error is wrapped by each layer above it, and
/// its type is not part of the HTTP client's interface, so its text is looked for. What a stranger's certificate says is not repeated.
pub(super) fn distrust(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let mut next = Some(error);
    while let Some(error) = next {
        let told = error.to_string();
        if let Some((_, detail)) = told.split_once(REFUSED) {
            let known = REASONS.iter().find(|(begins, _)| detail.starts_with(begins));
            return Some(known.map_or("cannot be trusted", |(_, reason)| reason));
        }
        next = error.source();
    }
    None
}

/// How storage services say that a signed link is too old: S3 and its likes with `AccessDenied` and a message, for
/// temporary credentials with `ExpiredToken`; Azure with a sentence.
fn says_expired(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    [
        "Request has expired",
        "<Code>ExpiredToken</Code>",
        "Signature not valid in the specified time frame",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}

/// `Retry-After`, in seconds or as a date. A date is compared with the answer's own `Date`, so that clocks need not
/// agree.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX));
    }
    let time = |text: &str| -> Option<Timestamp> { Some(rfc2822::parse(text).ok()?.timestamp()) };
    let sent = time(headers.get(header::DATE)?.to_str().ok()?)?;
    let wait = time(value)?.duration_since(sent);
    Some(Duration::try_from(wait).unwrap_or_default().min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;
    use rstest::rstest;

    use super::*;

    const EXPIRED: &[u8] =
        b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    const EXPIRED_TOKEN: &[u8] = b"<Error><Code>ExpiredToken</Code></Error>";
    const DENIED: &[u8] =
        b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";

    #[rstest]
    #[case(401, false, b"", Some(FailureClass::AccessDenied))]
    #[case(403, false, b"", Some(FailureClass::AccessDenied))]
    #[case(403, false, EXPIRED, Some(FailureClass::AccessDenied))]
    #[case(403, true, DENIED, Some(FailureClass::AccessDenied))]
    #[case(403, true, EXPIRED, Some(FailureClass::SourceExpired))]
    #[case(403, true, EXPIRED_TOKEN, Some(FailureClass::SourceExpired))]
    #[case(400, true, EXPIRED_TOKEN, Some(FailureClass::SourceExpired))]
    #[case(400, false, b"", Some(FailureClass::SourceStatus))]
    #[case(404, true, b"", None)]
    #[case(410, false, b"", None)]
    #[case(408, false, b"", Some(FailureClass::SourceTimeout))]
    #[case(416, false, b"", Some(FailureClass::SourceStatus))]
    #[case(429, false, b"", Some(FailureClass::Throttled))]
    #[case(503, false, b"", Some(FailureClass::Throttled))]
    #[case(500, false, b"", Some(FailureClass::SourceUnavailable))]
    #[case(502, false, b"", Some(FailureClass::SourceUnavailable))]
    #[case(204, false, b"", Some(FailureClass::SourceStatus))]
    #[case(206, false, b"", Some(FailureClass::SourceStatus))]
    #[case(418, false, b"", Some(FailureClass::SourceStatus))]
    fn every_status_has_one_class(
        #[case] status: u16,
        #[case] presigned: bool,
        #[case] body: &[u8],
        #[case] expected: Option<FailureClass>,
    ) {
        assert_eq!(of_status(status), Answer::Failure);
        assert_eq!(class_of(status, presigned, body), expected);
    }

    #[rstest]
    #[case(200, Answer::Body)]
    #[case(203, Answer::Body)]
    #[case(304, Answer::NotModified)]
    #[case(301, Answer::Redirect)]
    #[case(302, Answer::Redirect)]
    #[case(303, Answer::Redirect)]
    #[case(307, Answer::Redirect)]
    #[case(308, Answer::Redirect)]
    #[case(300, Answer::Failure)]
    fn other_statuses_are_not_failures(#[case] status: u16, #[case] expected: Answer) {
        assert_eq!(of_status(status), expected);
    }

    #[rstest]
    #[case("7", None, Some(7))]
    #[case("86400", None, Some(600))]
    #[case("Sun, 06 Nov 1994 08:49:47 GMT", Some("Sun, 06 Nov 1994 08:49:37 GMT"), Some(10))]
    #[case("Sun, 06 Nov 1994 08:49:27 GMT", Some("Sun, 06 Nov 1994 08:49:37 GMT"), Some(0))]
    #[case("Sun, 06 Nov 1994 08:49:47 GMT", None, None)]
    #[case("soon", Some("Sun, 06 Nov 1994 08:49:37 GMT"), None)]
    fn retry_after_is_seconds_or_a_date(
        #[case] value: &'static str,
        #[case] date: Option<&'static str>,
        #[case] seconds: Option<u64>,
    ) {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static(value));
        if let Some(date) = date {
            headers.insert(header::DATE, HeaderValue::from_static(date));
        }
        assert_eq!(retry_after(&headers), seconds.map(Duration::from_secs));
    }
}
