//! What describes an object besides its bytes, carried from the source to the copy.
//!
//! `CopyObject` carries headers, user metadata and tags by itself, but no website redirect, which is sent along where a
//! HEAD has told it. Every other way of writing carries what is sent along with it.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_s3::config::http::HttpRequest;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use reqwest::header::{self, HeaderMap, HeaderName};

/// Room for the headers of a web server, in bytes. S3 takes 2 KB of system-defined metadata, names included
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>).
const HEADERS_MAX_BYTES: usize = 1_800;

/// What describes an object besides its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ObjectMetadata {
    pub(super) content_type: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) cache_control: Option<String>,
    pub(super) content_language: Option<String>,
    /// `Expires` as it is stored, which need not be a date; only from S3, because that of a web server is about its answer.
    pub(super) expires: Option<String>,
    /// `x-amz-website-redirect-location`.
    pub(super) website_redirect_location: Option<String>,
    /// `x-amz-meta-*` without the prefix; only from S3.
    pub(super) user: BTreeMap<String, String>,
    /// The object's tags as `x-amz-tagging` wants them, once they were read.
    pub(super) tags: Option<String>,
}

impl ObjectMetadata {
    /// The headers of an HTTP response. Values that S3 would refuse are left out: those that are not visible ASCII, and what
    /// goes beyond [`HEADERS_MAX_BYTES`].
    pub(super) fn from_headers(headers: &HeaderMap) -> Self {
        let mut room = HEADERS_MAX_BYTES;
        let mut text = |name: HeaderName| {
            let value = headers.get(name).and_then(|value| value.to_str().ok())?;
            room = room.checked_sub(value.len())?;
            Some(value.to_owned())
        };
        Self {
            content_type: text(header::CONTENT_TYPE),
            content_disposition: text(header::CONTENT_DISPOSITION),
            content_encoding: text(header::CONTENT_ENCODING)
                .filter(|encoding| !encoding.eq_ignore_ascii_case("identity")),
            cache_control: text(header::CACHE_CONTROL),
            content_language: text(header::CONTENT_LANGUAGE),
            ..Self::default()
        }
    }

    /// The headers that a HEAD of an object reports.
    pub(super) fn from_head(head: &HeadObjectOutput) -> Self {
        Self {
            content_type: head.content_type.clone(),
            content_disposition: head.content_disposition.clone(),
            content_encoding: head.content_encoding.as_deref().and_then(without_aws_chunked),
            cache_control: head.cache_control.clone(),
            content_language: head.content_language.clone(),
            expires: head.expires_string.clone(),
            website_redirect_location: head.website_redirect_location.clone(),
            user: head.metadata.clone().unwrap_or_default().into_iter().collect(),
            tags: None,
        }
    }

    pub(super) fn user_metadata(&self) -> Option<HashMap<String, String>> {
        (!self.user.is_empty()).then(|| self.user.clone().into_iter().collect())
    }

    /// Adds `Expires`, which the SDK's builders only take as a date.
    pub(super) fn add_expires(&self) -> impl Fn(&mut HttpRequest) + Send + Sync + 'static {
        let expires = self.expires.clone();
        move |request| {
            if let Some(expires) = &expires {
                // It has come in a header, so a header can carry it.
                request.headers_mut().insert("expires", expires.clone());
            }
        }
    }
}

/// Some SDKs leave `aws-chunked`, which is how the bytes were sent, in the stored encoding.
fn without_aws_chunked(encoding: &str) -> Option<String> {
    let kept: Vec<_> = encoding
        .split(',')
        .map(str::trim)
        .filter(|token| !token.is_empty() && !token.eq_ignore_ascii_case("aws-chunked"))
        .collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("gzip", Some("gzip"))]
    #[case("aws-chunked", None)]
    #[case("gzip, aws-chunked", Some("gzip"))]
    #[case("", None)]
    fn how_bytes_were_sent_is_no_encoding(#[case] stored: &str, #[case] kept: Option<&str>) {
        assert_eq!(without_aws_chunked(stored).as_deref(), kept);
    }
}
