//! Why a URL cannot be used, and what was assumed about one that can.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a URL field names no file that may be fetched. No variant carries a query or credentials, so every
/// message may be logged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UrlProblem {
    /// Null, empty, or nothing but blanks and invisible characters.
    #[error("the URL field is empty")]
    NoUrl,
    /// The host is not on the allow-list.
    #[error(
        "host `{host}` is not on the allow-list; hint: if its files are to be copied, add `{host}`"
    )]
    HostNotAllowed {
        /// The refused host.
        host: String,
    },
    /// The host is listed, but not with this scheme and port.
    #[error(
        "`{origin}` is not on the allow-list, which permits its host by https on port 443 only; hint: if it \
         is meant, add `{origin}`"
    )]
    OriginNotAllowed {
        /// Scheme, host and port.
        origin: String,
    },
    /// The bucket is not on the allow-list.
    #[error(
        "bucket `{bucket}` is not on the allow-list; hint: if its files are to be copied, add `s3://{bucket}`"
    )]
    BucketNotAllowed {
        /// The refused bucket.
        bucket: String,
    },
    /// Loopback, private, link-local or another address that is never a public file host.
    #[error(
        "`{host}` is an internal address; hint: only an allow-list entry with scheme, host and port permits one"
    )]
    ForbiddenAddress {
        /// The host as canonical name or address.
        host: String,
    },
    /// Not `http`, `https` or `s3`.
    #[error("scheme `{scheme}` cannot be fetched; hint: http, https and s3 URLs can")]
    UnsupportedScheme {
        /// The scheme, lower case.
        scheme: String,
    },
    /// Not a URL, or not one that names a file.
    #[error("the URL is malformed: {what}")]
    Malformed {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The percent-decoded key is not UTF-8, and S3 keys always are.
    #[error(
        "the key is not UTF-8 after percent-decoding; hint: the link was probably encoded in Latin-1 and does \
         not open in a browser either"
    )]
    NotUtf8,
    /// A tab, line break or another control character inside the URL.
    #[error("the URL has a control character inside (U+{code:04X} at character {position})")]
    ControlCharacters {
        /// The character's code point.
        code: u32,
        /// Its position after trimming, counted from 1.
        position: usize,
    },
    /// User name or password before the host.
    #[error("the URL carries a user name or password, which would be sent to the host")]
    UserInfo,
}

impl UrlProblem {
    /// The stable label used in the ledger, in metrics and in reports.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NoUrl => "no_url",
            Self::HostNotAllowed { .. } => "host_not_allowed",
            Self::OriginNotAllowed { .. } => "origin_not_allowed",
            Self::BucketNotAllowed { .. } => "bucket_not_allowed",
            Self::ForbiddenAddress { .. } => "forbidden_address",
            Self::UnsupportedScheme { .. } => "unsupported_scheme",
            Self::Malformed { .. } => "malformed_url",
            Self::NotUtf8 => "not_utf8_key",
            Self::ControlCharacters { .. } => "control_characters",
            Self::UserInfo => "credentials_in_url",
        }
    }
}

/// What was repaired, assumed or left open while reading a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UrlNote {
    /// Blanks or invisible characters around the URL were left out for fetching.
    TrimmedWhitespace,
    /// The text has no scheme; `https` was assumed because its host is on the allow-list.
    AssumedHttps,
    /// `http` to an AWS host is fetched by `https`.
    UpgradedToHttps,
    /// The host ends with a dot, which certificates never do.
    TrailingDotRemoved,
    /// A website endpoint has no TLS; the object is fetched from the bucket's own endpoint.
    WebsiteEndpointReplaced,
    /// A dotted bucket name does not match the wildcard certificate; the path-style host is used.
    DottedBucketPathStyle,
    /// The key holds `+`: S3 reads it as a blank, the literal plus is the second candidate.
    PlusAmbiguous,
    /// The query means nothing to S3 and may belong to a key that was not encoded.
    QueryMaybeKey,
    /// The fragment may belong to a key that was not encoded.
    FragmentMaybeKey,
    /// After decoding once, percent escapes remain; they are kept, because keys may hold them.
    DoubleEncoded,
    /// A `%` that does not begin an escape is taken literally.
    BarePercent,
    /// The key has `.` or `..` segments. The key with them is tried first, then the one a browser would ask for.
    DotSegments,
    /// The key holds encoded control characters.
    EncodedControlCharacters,
    /// The file name is not UTF-8; it is fetched as is and renamed.
    NotUtf8Name,
    /// The query is a signature, left out because we read the bucket with our own credentials.
    SignatureIgnored,
}
