//! Conditional requests: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html>.

use axum::http::HeaderMap;

use super::error::S3Error;
use super::store::Object;

const IF_MATCH: &str = "if-match";
const IF_NONE_MATCH: &str = "if-none-match";
const COPY_IF_MATCH: &str = "x-amz-copy-source-if-match";
const COPY_IF_NONE_MATCH: &str = "x-amz-copy-source-if-none-match";
/// Conditions on dates are not known here, and are refused rather than ignored.
const DATES: [&str; 4] = [
    "if-modified-since",
    "if-unmodified-since",
    "x-amz-copy-source-if-modified-since",
    "x-amz-copy-source-if-unmodified-since",
];

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn names(list: &str, etag: &str) -> bool {
    list.split(',')
        .map(|one| one.trim().trim_start_matches("W/").trim_matches('"'))
        .any(|one| one == "*" || one == etag)
}

/// Refuses what this simulator cannot judge.
pub(super) fn known(headers: &HeaderMap) -> Result<(), S3Error> {
    match DATES.into_iter().find(|name| headers.contains_key(*name)) {
        Some(name) => Err(S3Error::not_implemented(name)),
        None => Ok(()),
    }
}

/// Whether an object may be read.
pub(super) fn read(headers: &HeaderMap, object: &Object) -> Result<(), S3Error> {
    if text(headers, IF_MATCH).is_some_and(|list| !names(list, &object.etag)) {
        return Err(S3Error::precondition("If-Match"));
    }
    if text(headers, IF_NONE_MATCH).is_some_and(|list| names(list, &object.etag)) {
        return Err(S3Error::not_modified());
    }
    Ok(())
}

/// Whether the source of a copy may be read.
pub(super) fn copy_source(headers: &HeaderMap, source: &Object) -> Result<(), S3Error> {
    if text(headers, COPY_IF_MATCH).is_some_and(|list| !names(list, &source.etag)) {
        return Err(S3Error::precondition(COPY_IF_MATCH));
    }
    if text(headers, COPY_IF_NONE_MATCH).is_some_and(|list| names(list, &source.etag)) {
        return Err(S3Error::precondition(COPY_IF_NONE_MATCH));
    }
    Ok(())
}

/// Whether a key may be written, given what is there.
pub(super) fn write(headers: &HeaderMap, existing: Option<&Object>) -> Result<(), S3Error> {
    match (text(headers, IF_NONE_MATCH), existing) {
        (Some("*"), Some(_)) => return Err(S3Error::precondition("If-None-Match")),
        (Some("*") | None, _) => {}
        (Some(_), _) => return Err(S3Error::not_implemented("If-None-Match other than *")),
    }
    match (text(headers, IF_MATCH), existing) {
        (Some(_), None) => Err(S3Error::no_such_key()),
        (Some(list), Some(object)) if !names(list, &object.etag) => {
            Err(S3Error::precondition("If-Match"))
        }
        (_, _) => Ok(()),
    }
}
