//! One request, taken apart: which operation it is, on what.

use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use percent_encoding::percent_decode_str;

use super::error::S3Error;

/// Query parameters that only make sense of a response or come from an SDK.
const HARMLESS: [&str; 1] = ["x-id"];

/// A request to a bucket or key, addressed by path.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The operations that the server knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    ListBuckets,
    CreateBucket,
    HeadBucket,
    GetBucketLocation,
    ListObjectsV2,
    ListMultipartUploads,
    DeleteObjects,
    GetObject,
    HeadObject,
    PutObject,
    CopyObject,
    DeleteObject,
    GetObjectTagging,
    PutObjectTagging,
    DeleteObjectTagging,
    CreateMultipartUpload,
    UploadPart,
    UploadPartCopy,
    CompleteMultipartUpload,
    AbortMultipartUpload,
    ListParts,
}

impl Operation {
    /// S3's name of the operation; the statistics use it.
    pub(super) fn name(self) -> String {
        format!("{self:?}")
    }
}

impl Call {
    pub(super) fn new(parts: Parts, body: Bytes) -> Self {
        let path = parts.uri.path().trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let query = parts.uri.query().map_or_else(Vec::new, |query| {
            url::form_urlencoded::parse(query.as_bytes())
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect()
        });
        Self {
            method: parts.method,
            bucket: decoded(bucket),
            key: decoded(key),
            query,
            headers: parts.headers,
            body,
        }
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Which operation this is. A query parameter that no operation knows is refused rather than ignored.
    pub(super) fn operation(&self) -> Result<Operation, S3Error> {
        use Operation as O;
        let has = |name: &str| self.parameter(name).is_some();
        let copy = self.headers.contains_key("x-amz-copy-source");
        let level = (self.bucket.is_empty(), self.key.is_empty());
        let (operation, known): (O, &[&str]) = match (self.method.as_str(), level) {
            ("GET", (true, _)) => (O::ListBuckets, &["max-buckets"]),
            ("PUT", (false, true)) => (O::CreateBucket, &[]),
            ("HEAD", (false, true)) => (O::HeadBucket, &[]),
            ("POST", (false, true)) if has("delete") => (O::DeleteObjects, &["delete"]),
            ("GET", (false, true)) if has("location") => (O::GetBucketLocation, &["location"]),
            ("GET", (false, true)) if has("uploads") => {
                (O::ListMultipartUploads, &["uploads", "prefix", "max-uploads", "encoding-type"])
            }
            ("GET", (false, true)) if self.parameter("list-type") == Some("2") => (
                O::ListObjectsV2,
                &[
                    "list-type",
                    "prefix",
                    "delimiter",
                    "max-keys",
                    "start-after",
                    "continuation-token",
                    "encoding-type",
                    "fetch-owner",
                ],
            ),
            ("GET", (false, false)) if has("uploadId") => {
                (O::ListParts, &["uploadId", "max-parts"])
            }
            ("GET", (false, false)) if has("tagging") => (O::GetObjectTagging, &["tagging"]),
            ("PUT", (false, false)) if has("tagging") => (O::PutObjectTagging, &["tagging"]),
            ("DELETE", (false, false)) if has("tagging") => (O::DeleteObjectTagging, &["tagging"]),
            ("GET", (false, false)) => (O::GetObject, &[]),
            ("HEAD", (false, false)) => (O::HeadObject, &[]),
            ("PUT", (false, false)) if has("uploadId") => {
                (if copy { O::UploadPartCopy } else { O::UploadPart }, &["uploadId", "partNumber"])
            }
            ("PUT", (false, false)) => (if copy { O::CopyObject } else { O::PutObject }, &[]),
            ("POST", (false, false)) if has("uploads") => (O::CreateMultipartUpload, &["uploads"]),
            ("POST", (false, false)) if has("uploadId") => {
                (O::CompleteMultipartUpload, &["uploadId"])
            }
            ("DELETE", (false, false)) if has("uploadId") => {
                (O::AbortMultipartUpload, &["uploadId"])
            }
            ("DELETE", (false, false)) => (O::DeleteObject, &[]),
            (method, _) => return Err(S3Error::not_implemented(&format!("{method} of this"))),
        };
        let unknown = self.query.iter().find(|(name, _)| {
            !known.contains(&name.as_str()) && !HARMLESS.contains(&name.as_str())
        });
        match unknown {
            Some((name, _)) => Err(S3Error::not_implemented(&format!("`{name}` here"))),
            None => Ok(operation),
        }
    }
}
