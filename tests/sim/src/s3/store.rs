//! What the server holds: buckets, objects and uploads.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue};

use super::checksum::{Algorithm, Checksum, Kind};
use super::content::Content;
use super::error::S3Error;
use super::generated::S3Generated;

/// Headers that are kept with an object and given back with it, besides `x-amz-meta-*`.
const KEPT: [&str; 8] = [
    "content-type",
    "content-disposition",
    "content-encoding",
    "content-language",
    "cache-control",
    "expires",
    "x-amz-storage-class",
    "x-amz-tagging",
];

/// Descriptive headers of an object.
pub(super) type Kept = Arc<[(HeaderName, HeaderValue)]>;

/// The headers of a request that are kept. `aws-chunked` describes the request, not the object.
pub(super) fn kept(headers: &axum::http::HeaderMap) -> Kept {
    let described = headers.iter().filter(|(name, _)| {
        KEPT.contains(&name.as_str()) || name.as_str().starts_with("x-amz-meta-")
    });
    let mut kept = Vec::new();
    for (name, value) in described {
        let mut value = value.clone();
        if name == "content-encoding" {
            let text = value.to_str().unwrap_or_default();
            let left: Vec<&str> =
                text.split(',').map(str::trim).filter(|part| *part != "aws-chunked").collect();
            if left.is_empty() {
                continue;
            }
            match HeaderValue::try_from(left.join(",")) {
                Ok(joined) => value = joined,
                Err(_) => continue,
            }
        }
        kept.push((name.clone(), value));
    }
    kept.into()
}

/// A stored object.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) content: Content,
    /// Without quotes.
    pub(super) etag: String,
    pub(super) checksum: Option<Checksum>,
    pub(super) kept: Kept,
    /// Seconds since the epoch.
    pub(super) modified: i64,
}

/// A part of an upload.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) content: Content,
    pub(super) md5: [u8; 16],
    /// Of the upload's algorithm.
    pub(super) checksum: String,
}

/// A multipart upload that is neither completed nor aborted.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) kept: Kept,
    pub(super) algorithm: Algorithm,
    pub(super) kind: Kind,
    pub(super) parts: BTreeMap<u32, Part>,
}

/// Objects by key, in the order of their UTF-8 bytes, which is the order of listings.
pub(super) type Bucket = BTreeMap<String, Arc<Object>>;

/// A bucket to read from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Readable<'a> {
    Stored(&'a Bucket),
    Generated(&'a S3Generated),
}

impl<'a> Readable<'a> {
    /// The objects from a key on, in the order of keys.
    pub(super) fn range(
        self,
        start: Bound<&str>,
    ) -> Box<dyn Iterator<Item = (Cow<'a, str>, Arc<Object>)> + 'a> {
        match self {
            Self::Stored(bucket) => Box::new(
                bucket
                    .range::<str, _>((start, Bound::Unbounded))
                    .map(|(key, object)| (Cow::Borrowed(key.as_str()), Arc::clone(object))),
            ),
            Self::Generated(bucket) => {
                Box::new(bucket.range(start).map(|(key, object)| (Cow::Owned(key), object)))
            }
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) buckets: BTreeMap<String, Bucket>,
    /// Take precedence over stored ones.
    pub(super) generated: BTreeMap<String, S3Generated>,
    pub(super) uploads: BTreeMap<String, Upload>,
    uploads_begun: u64,
}

impl Store {
    pub(super) fn bucket(&self, name: &str) -> Result<Readable<'_>, S3Error> {
        let generated = self.generated.get(name).map(Readable::Generated);
        generated
            .or_else(|| self.buckets.get(name).map(Readable::Stored))
            .ok_or_else(no_such_bucket)
    }

    pub(super) fn bucket_mut(&mut self, name: &str) -> Result<&mut Bucket, S3Error> {
        if self.generated.contains_key(name) {
            return Err(S3Error::not_implemented("writes to a generated bucket"));
        }
        self.buckets.get_mut(name).ok_or_else(no_such_bucket)
    }

    pub(super) fn object(&self, bucket: &str, key: &str) -> Result<Arc<Object>, S3Error> {
        let object = match self.bucket(bucket)? {
            Readable::Stored(bucket) => bucket.get(key).cloned(),
            Readable::Generated(bucket) => bucket.object(key),
        };
        object.ok_or_else(S3Error::no_such_key)
    }

    /// The names of all buckets.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.buckets.keys().chain(self.generated.keys())
    }

    /// The upload of that id, if it is for that key.
    pub(super) fn upload_mut(
        &mut self,
        id: &str,
        bucket: &str,
        key: &str,
    ) -> Result<&mut Upload, S3Error> {
        self.uploads
            .get_mut(id)
            .filter(|upload| upload.bucket == bucket && upload.key == key)
            .ok_or_else(S3Error::no_such_upload)
    }

    pub(super) fn begin(&mut self, upload: Upload) -> String {
        self.uploads_begun += 1;
        let id = format!("upload-{:08}", self.uploads_begun);
        self.uploads.insert(id.clone(), upload);
        id
    }
}

fn no_such_bucket() -> S3Error {
    S3Error::new("NoSuchBucket", 404, "The specified bucket does not exist")
}
