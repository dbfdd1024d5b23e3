//! What the query of a source URL says: signature, version, or perhaps the rest of a key.

use percent_encoding::percent_decode_str;

/// Parameters S3 gives a meaning to on GET of an object, besides `X-Amz-*` and `response-*`.
const S3_PARAMETERS: [&str; 8] = [
    "versionid",
    "partnumber",
    "x-id",
    "awsaccesskeyid",
    "signature",
    "expires",
    "x-amz-security-token",
    "x-amz-request-payer",
];

/// Pairs of parameters that together make a URL that expires. Lower case.
const SIGNATURES: [(&str, &str); 5] = [
    // AWS Signature Version 4 and 2.
    ("x-amz-signature", "x-amz-credential"),
    ("awsaccesskeyid", "signature"),
    // CloudFront, Google Cloud Storage, Azure Blob Storage.
    ("key-pair-id", "signature"),
    ("x-goog-signature", "x-goog-credential"),
    ("sig", "se"),
];

/// Whether the query is a signature that expires.
pub(super) fn is_presigned(query: Option<&str>) -> bool {
    let names: Vec<String> = names(query).collect();
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    SIGNATURES.iter().any(|(first, second)| has(first) && has(second))
}

/// The object version the query asks for. S3 spells the parameter exactly so.
pub(super) fn version_id(query: Option<&str>) -> Option<String> {
    let value = query?.split('&').find_map(|pair| pair.strip_prefix("versionId="))?;
    let decoded = percent_decode_str(value).decode_utf8().ok()?;
    (!decoded.is_empty()).then(|| decoded.into_owned())
}

/// Whether the query means nothing to S3, and so may be the end of a key that was not encoded.
pub(super) fn may_be_key(query: Option<&str>) -> bool {
    query.is_some()
        && !is_presigned(query)
        && !names(query).all(|name| {
            name.starts_with("x-amz-")
                || name.starts_with("response-")
                || S3_PARAMETERS.contains(&name.as_str())
        })
}

fn names(query: Option<&str>) -> impl Iterator<Item = String> {
    query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name).to_ascii_lowercase())
}
