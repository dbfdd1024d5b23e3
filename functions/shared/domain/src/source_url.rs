//! Turns the text of a record's URL field into the place to fetch the file from.
//!
//! Ordinary URL parsers repair what they read: they resolve `..`, turn `\` into `/`, drop tabs, and cut keys
//! at `#` and `?`. In a file migration that means fetching another object than the one the record names, so
//! the raw text is taken apart here by our own rules, and only the result is handed to an HTTP client. The
//! raw text itself is never changed: it is what a rollback puts back.
//!
//! Invariant: no source location leaves this module whose host or bucket the allow-list does not permit.

mod encode;
mod keys;
mod origin;
mod problem;
mod query;
mod raw;
mod resolve;
mod s3_host;

use std::fmt;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use crate::allow_list::{AllowList, Scheme};
use crate::destination_key::DestinationKey;

pub use origin::origin_of;
pub use problem::{UrlNote, UrlProblem};
pub use raw::redacted;

use raw::RawUrl;
use resolve::Resolver;

/// What a URL field means for the migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Parsed {
    /// A file to copy.
    Source(ParsedSource),
    /// The URL already points into our own bucket: nothing to copy, still to be verified.
    AlreadyMigrated {
        /// The key in our bucket.
        key: DestinationKey,
    },
}

/// A file to copy: where it is, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParsedSource {
    /// Where to fetch it.
    pub location: SourceLocation,
    /// The last path segment, decoded but not cleaned; empty when the path ends with `/`.
    pub file_name: String,
    /// What was assumed or repaired, in the order it was noticed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<UrlNote>,
}

/// Where a file is fetched from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "via", rename_all = "snake_case")]
pub enum SourceLocation {
    /// With the S3 API and our credentials for the source.
    S3(S3Location),
    /// With a plain HTTP GET.
    Http(HttpLocation),
}

/// An object in the source's S3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3Location {
    /// Bucket name, or the ARN of an access point (the SDK takes either).
    pub bucket: String,
    /// Keys to try in order, never empty. A later one is tried only when the earlier ones do not exist; for
    /// [`UrlNote::PlusAmbiguous`], if two of them exist nobody can say which one was meant.
    pub key_candidates: Vec<String>,
    /// The region the host names, if it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The object version the URL asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
}

/// A file behind a plain HTTP GET.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpLocation {
    /// The URL to request: percent-encoded where needed, path and query otherwise as the record has them.
    /// May hold a signature: log [`HttpLocation::redacted`] instead.
    pub url: String,
    /// URLs to try in order when `url` answers 404: `?` or `#` may belong to a key that was not encoded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<String>,
    /// Scheme of `url`.
    pub scheme: Scheme,
    /// Host of `url`: lower case, no trailing dot, an IPv6 address in brackets.
    pub host: String,
    /// Port of `url`, also when it is the default one.
    pub port: u16,
    /// Whether the query is a signature or token that expires: 403 then means expired, not missing.
    pub presigned: bool,
}

/// What the parser may rely on.
#[derive(Debug, Clone, Copy)]
pub struct SourceRules<'a> {
    /// Permitted hosts and buckets.
    pub allow: &'a AllowList,
    /// Whether we hold credentials for the source's S3: then bucket and key are preferred to HTTP.
    pub s3_access: bool,
    /// Where migrated files live.
    pub own_bucket: Option<OwnBucket<'a>>,
    /// Hosts in front of a bucket (`CloudFront`, CNAME).
    pub custom_hosts: &'a [CustomHost],
}

/// Our own bucket, as URLs that were already switched name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnBucket<'a> {
    /// Bucket name.
    pub bucket: &'a str,
    /// Key prefix of migrated files, e.g. `uploads`; empty for the whole bucket.
    pub prefix: &'a str,
    /// What every new URL begins with, e.g. `https://bucket.s3.eu-west-1.amazonaws.com/`. Needed when new URLs
    /// go through a CDN or an emulator, where the bucket cannot be read from the host.
    pub url_base: &'a str,
}

/// A host that serves one bucket. Configuring it permits reading that bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomHost {
    /// Host name, or `host:port` for a port other than the scheme's default.
    pub host: String,
    /// The bucket behind it.
    pub bucket: String,
    /// Key prefix put in front of the path; empty for none.
    #[serde(default)]
    pub prefix: String,
}

impl ParsedSource {
    /// The names that the file has if another than the likeliest reading of the URL is the right one.
    pub fn other_file_names(&self) -> Vec<String> {
        match &self.location {
            SourceLocation::S3(location) => location
                .key_candidates
                .iter()
                .skip(1)
                .map(|key| file_name_of(key).to_owned())
                .collect(),
            SourceLocation::Http(location) => location
                .alternatives
                .iter()
                .map(|url| url.split('?').next().unwrap_or(url))
                .map(|url| percent_decode_str(file_name_of(url)).decode_utf8_lossy().into_owned())
                .collect(),
        }
    }
}

impl SourceLocation {
    /// The location for logs and reports, without query and so without any signature.
    pub fn redacted(&self) -> String {
        match self {
            Self::S3(location) => format!("s3://{}/{}", location.bucket, location.preferred_key()),
            Self::Http(location) => location.redacted(),
        }
    }
}

impl S3Location {
    /// The key to try first.
    pub fn preferred_key(&self) -> &str {
        self.key_candidates.first().map_or("", String::as_str)
    }
}

impl HttpLocation {
    /// The URL without its query.
    pub fn redacted(&self) -> String {
        redacted(&self.url)
    }
}

impl fmt::Debug for HttpLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HttpLocation")
            .field("url", &self.redacted())
            .field("presigned", &self.presigned)
            .finish_non_exhaustive()
    }
}

/// The file name a key or path ends with: what follows the last `/`.
pub fn file_name_of(key: &str) -> &str {
    key.rsplit_once('/').map_or(key, |(_, name)| name)
}

/// Reads the raw text of a URL field.
///
/// The same function checks redirects: parse the `Location` with the same rules before following it.
pub fn parse(raw: Option<&str>, rules: &SourceRules<'_>) -> Result<Parsed, UrlProblem> {
    let mut notes = Vec::new();
    let url = RawUrl::read(raw, &mut notes)?;
    Resolver { rules, notes }.resolve(&url)
}
