//! Listings and buckets.

use std::ops::Bound;

use axum::body::Body;
use axum::response::Response;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::call::Call;
use super::error::S3Error;
use super::server::Shared;
use super::store::{Bucket, Object, Readable};
use super::time::iso_date;
use super::xml::{document, push_element};

const KEYS_MAX: usize = 1_000;
/// What `encoding-type=url` leaves as it is; a blank becomes `+` afterwards.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b'/').remove(b' ');

/// What a listing asks for.
struct Wanted<'a> {
    prefix: &'a str,
    delimiter: &'a str,
    /// Only keys and common prefixes after this.
    after: String,
    /// Whether `after` is where an earlier page ended.
    resumed: bool,
    max: usize,
    encode: bool,
}

impl Wanted<'_> {
    fn shown(&self, key: &str) -> String {
        if self.encode {
            utf8_percent_encode(key, ENCODED).to_string().replace(' ', "+")
        } else {
            key.to_owned()
        }
    }
}

/// One page.
#[derive(Default)]
struct Page {
    contents: String,
    prefixes: String,
    count: usize,
    last: String,
    truncated: bool,
}

pub(super) fn list(shared: &Shared, call: &Call) -> Result<Response, S3Error> {
    let token = call.parameter("continuation-token").map(decoded_token).transpose()?;
    let start_after = call.parameter("start-after").unwrap_or_default();
    let max = call.parameter("max-keys").map_or(Ok(KEYS_MAX), str::parse);
    let wanted = Wanted {
        prefix: call.parameter("prefix").unwrap_or_default(),
        delimiter: call.parameter("delimiter").unwrap_or_default(),
        resumed: token.is_some(),
        after: token.unwrap_or_else(|| start_after.to_owned()),
        max: max.map_err(|_error| S3Error::invalid_argument("max-keys"))?.min(KEYS_MAX),
        encode: match call.parameter("encoding-type") {
            None => false,
            Some("url") => true,
            Some(_) => return Err(S3Error::invalid_argument("Invalid Encoding Method")),
        },
    };
    let page = page(shared.read().bucket(&call.bucket)?, &wanted);
    let mut xml = String::with_capacity(page.contents.len() + page.prefixes.len() + 500);
    push_element(&mut xml, "Name", &call.bucket);
    push_element(&mut xml, "Prefix", &wanted.shown(wanted.prefix));
    if !wanted.delimiter.is_empty() {
        push_element(&mut xml, "Delimiter", &wanted.shown(wanted.delimiter));
    }
    if !start_after.is_empty() {
        push_element(&mut xml, "StartAfter", &wanted.shown(start_after));
    }
    if wanted.encode {
        push_element(&mut xml, "EncodingType", "url");
    }
    push_element(&mut xml, "MaxKeys", &wanted.max.to_string());
    push_element(&mut xml, "KeyCount", &page.count.to_string());
    push_element(&mut xml, "IsTruncated", if page.truncated { "true" } else { "false" });
    if page.truncated {
        push_element(&mut xml, "NextContinuationToken", &token_of(&page.last));
    }
    xml.push_str(&page.contents);
    xml.push_str(&page.prefixes);
    Ok(document("ListBucketResult", &xml))
}

fn page(bucket: Readable<'_>, wanted: &Wanted<'_>) -> Page {
    let mut page = Page::default();
    let mut from = wanted.after.clone();
    // A page that ended with a common prefix goes on behind everything below it.
    let mut passed = String::new();
    if wanted.resumed && !wanted.delimiter.is_empty() && from.ends_with(wanted.delimiter) {
        passed.clone_from(&from);
    }
    if from.as_str() < wanted.prefix {
        wanted.prefix.clone_into(&mut from);
    }
    let inclusive = wanted.after.as_str() < wanted.prefix || wanted.after.is_empty();
    let start =
        if inclusive { Bound::Included(from.as_str()) } else { Bound::Excluded(from.as_str()) };
    let mut objects = bucket.range(start);
    while let Some((key, object)) = objects.next() {
        let Some(rest) = key.strip_prefix(wanted.prefix) else { break };
        if !passed.is_empty() && key.starts_with(&passed) {
            continue;
        }
        let group = (!wanted.delimiter.is_empty())
            .then(|| rest.find(wanted.delimiter))
            .flatten()
            .and_then(|position| rest.get(..position + wanted.delimiter.len()));
        if page.count == wanted.max {
            page.truncated = wanted.max > 0;
            break;
        }
        page.count += 1;
        if let Some(group) = group {
            passed = format!("{}{group}", wanted.prefix);
            page.prefixes.push_str("<CommonPrefixes>");
            push_element(&mut page.prefixes, "Prefix", &wanted.shown(&passed));
            page.prefixes.push_str("</CommonPrefixes>");
            page.last.clone_from(&passed);
            // A shortcut: nearly all keys of the group are before this.
            objects = bucket.range(Bound::Excluded(&format!("{passed}{}", char::MAX)));
        } else {
            push_object(&mut page.contents, &wanted.shown(&key), &object);
            page.last = key.into_owned();
        }
    }
    page
}

fn push_object(xml: &mut String, key: &str, object: &Object) {
    xml.push_str("<Contents>");
    push_element(xml, "Key", key);
    push_element(xml, "LastModified", &iso_date(object.modified));
    push_element(xml, "ETag", &format!("\"{}\"", object.etag));
    if let Some(checksum) = &object.checksum {
        push_element(xml, "ChecksumAlgorithm", checksum.algorithm.name());
        push_element(xml, "ChecksumType", checksum.kind.name());
    }
    push_element(xml, "Size", &object.content.size().to_string());
    let class = object.kept.iter().find(|(name, _)| name == "x-amz-storage-class");
    let class = class.and_then(|(_, value)| value.to_str().ok()).unwrap_or("STANDARD");
    push_element(xml, "StorageClass", class);
    xml.push_str("</Contents>");
}

/// Opaque for clients, so that they do not take it for a key.
fn token_of(last: &str) -> String {
    format!("t.{}", super::checksum::hex(last.as_bytes()))
}

fn decoded_token(token: &str) -> Result<String, S3Error> {
    let invalid = || S3Error::invalid_argument("The continuation token provided is incorrect");
    let hex = token.strip_prefix("t.").ok_or_else(invalid)?;
    let digits: Vec<u32> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
    let bytes = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high * 16 + low).map_err(|_error| invalid()),
        _ => Err(invalid()),
    });
    String::from_utf8(bytes.collect::<Result<_, _>>()?).map_err(|_error| invalid())
}

pub(super) fn create_bucket(shared: &Shared, call: &Call) -> Result<Response, S3Error> {
    let mut store = shared.write();
    if store.bucket(&call.bucket).is_ok() {
        return Err(S3Error::new("BucketAlreadyOwnedByYou", 409, "The bucket exists"));
    }
    store.buckets.insert(call.bucket.clone(), Bucket::new());
    Ok(Response::new(Body::empty()))
}

pub(super) fn head_bucket(shared: &Shared, call: &Call) -> Result<Response, S3Error> {
    shared.read().bucket(&call.bucket)?;
    let mut response = Response::new(Body::empty());
    response
        .headers_mut()
        .insert("x-amz-bucket-region", axum::http::HeaderValue::from_static("us-east-1"));
    Ok(response)
}

/// `us-east-1` has no name here (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html>).
pub(super) fn location(shared: &Shared, call: &Call) -> Result<Response, S3Error> {
    shared.read().bucket(&call.bucket)?;
    Ok(document("LocationConstraint", ""))
}

pub(super) fn list_buckets(shared: &Shared) -> Response {
    let mut xml = String::from("<Owner><ID>simulator</ID></Owner><Buckets>");
    for name in shared.read().names() {
        xml.push_str("<Bucket>");
        push_element(&mut xml, "Name", name);
        push_element(&mut xml, "CreationDate", &iso_date(shared.now()));
        xml.push_str("</Bucket>");
    }
    xml.push_str("</Buckets>");
    document("ListAllMyBucketsResult", &xml)
}
