//! Reading, writing and deleting objects.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use futures::stream;

use super::call::Call;
use super::checksum::{Algorithm, Checksum, Kind, check_md5, hex, md5_of, named_in};
use super::chunked;
use super::conditions;
use super::content::Content;
use super::error::S3Error;
use super::server::Shared;
use super::store::{Object, kept};
use super::tagging;
use super::time::http_date;
use super::xml::{document, field, items, push_element};

/// Largest object that one request may write, in bytes.
const PUT_MAX_BYTES: u64 = 5 * 1024 * 1024 * 1024;
/// Most keys of one `DeleteObjects`.
const DELETE_MAX: usize = 1_000;

/// The payload of a request, after every check that the request asks for.
pub(super) struct Received {
    pub(super) content: Content,
    pub(super) md5: [u8; 16],
    /// The checksum that was sent and found right.
    pub(super) named: Option<(Algorithm, String)>,
}

/// Unframes the body and verifies `Content-MD5` and `x-amz-checksum-*`, in the head or in the trailer.
pub(super) fn receive(call: &Call) -> Result<Received, S3Error> {
    let mut named = named_in(&call.headers)?;
    let content = if chunked::is_chunked(&call.headers) {
        let (pieces, trailers) = chunked::decode(&call.headers, &call.body)?;
        if let Some(trailing) = named_in(&trailers)? {
            named = Some(trailing);
        }
        Content::of_pieces(pieces)
    } else {
        Content::of_pieces([call.body.clone()])
    };
    if let Some((algorithm, value)) = &named
        && algorithm.of(&content) != *value
    {
        return Err(S3Error::bad_digest(algorithm.name()));
    }
    let md5 = md5_of(&content);
    check_md5(&call.headers, md5)?;
    Ok(Received { content, md5, named })
}

pub(super) fn put(shared: &Shared, call: &Call) -> Result<Response, S3Error> {
    conditions::known(&call.headers)?;
    tagging::check(&call.headers)?;
    let received = receive(call)?;
    if received.content.size() > PUT_MAX_BYTES {
        return Err(S3Error::new(
            "EntityTooLarge",
            400,
            "Your proposed upload exceeds the maximum",
        ));
    }
    // Since 2024-12 S3 computes a CRC64NVME of its own when none is sent.
    let (algorithm, value) = received
        .named
        .unwrap_or_else(|| (Algorithm::Crc64Nvme, Algorithm::Crc64Nvme.of(&received.content)));
    let object = Object {
        content: received.content,
        etag: hex(&received.md5),
        checksum: Some(Checksum { algorithm, kind: Kind::FullObject, value }),
        kept: kept(&call.headers),
        modified: shared.now(),
    };
    let mut response = Response::new(Body::empty());
    describe_version(&mut response, &object, true);
    let mut store = shared.write();
    let bucket = store.bucket_mut(&call.bucket)?;
    conditions::write(&call.headers, bucket.get(&call.key).map(Arc::as_ref))?;
    bucket.insert(call.key.clone(), Arc::new(object));
    Ok(response)
}

/// `GET` and `HEAD`.
pub(super) fn get(shared: &Shared, call: &Call, head: bool) -> Result<Response, S3Error> {
    conditions::known(&call.headers)?;
    let object = shared.read().object(&call.bucket, &call.key)?;
    conditions::read(&call.headers, &object)?;
    let size = object.content.size();
    let range = call.header("range").and_then(|text| parse_range(text, size).transpose());
    let (status, content) = match range.transpose()? {
        None => (StatusCode::OK, object.content.clone()),
        Some((first, last)) => (StatusCode::PARTIAL_CONTENT, object.content.range(first, last)),
    };
    let length = content.size();
    let mut response = Response::new(if head { Body::empty() } else { body(&content) });
    *response.status_mut() = status;
    // The checksum is of the whole object, so it is told with the whole object only.
    let checksum = call.header("x-amz-checksum-mode").is_some() && status == StatusCode::OK;
    describe_version(&mut response, &object, checksum);
    let headers = response.headers_mut();
    for (name, value) in object.kept.iter().filter(|(name, _)| *name != tagging::TAGGING) {
        headers.append(name.clone(), value.clone());
    }
    tagging::count_into(headers, &object);
    headers
        .entry("content-type")
        .or_insert_with(|| HeaderValue::from_static("binary/octet-stream"));
    headers.insert("content-length", length.into());
    headers.insert("accept-ranges", HeaderValue::from_static("bytes"));
    headers.insert("last-modified", text(&http_date(object.modified)));
    if status == StatusCode::PARTIAL_CONTENT
        && let Some((first, last)) = parse_range(call.header("range").unwrap_or_default(), size)?
    {
        headers.insert("content-range", text(&format!("bytes {first}-{last}/{size}")));
    }
    Ok(response)
}

fn body(content: &Content) -> Body {
    match content.pieces() {
        [] => Body::empty(),
        [whole] => Body::from(whole.clone()),
        pieces => {
            let pieces: Vec<_> = pieces.iter().cloned().map(Ok::<_, std::io::Error>).collect();
            Body::from_stream(stream::iter(pieces))
        }
    }
}

/// `bytes=a-b`, `bytes=a-` or `bytes=-n`, cut to the object. A header that is none of these is ignored, like S3 does.
fn parse_range(header: &str, size: u64) -> Result<Option<(u64, u64)>, S3Error> {
    let unsatisfiable =
        || S3Error::new("InvalidRange", 416, "The requested range is not satisfiable");
    let Some((first, last)) = header.strip_prefix("bytes=").and_then(|range| range.split_once('-'))
    else {
        return Ok(None);
    };
    let (first, last) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.min(size.saturating_sub(1))),
        (Ok(first), Err(_)) if last.is_empty() => (first, size.saturating_sub(1)),
        (Err(_), Ok(count)) if first.is_empty() && count > 0 => {
            (size.saturating_sub(count), size.saturating_sub(1))
        }
        (_, _) => return Ok(None),
    };
    if first >= size {
        return Err(unsatisfiable());
    }
    Ok(Some((first, last)))
}

/// `ETag`, and the checksum if it is wanted.
pub(super) fn describe_version(response: &mut Response, object: &Object, checksum: bool) {
    let headers = response.headers_mut();
    headers.insert("etag", text(&format!("\"{}\"", object.etag)));
    if let Some(known) = object.checksum.as_ref().filter(|_| checksum) {
        headers.insert(known.algorithm.header(), text(&known.value));
        headers.insert("x-amz-checksum-type", HeaderValue::from_static(known.kind.name()));
    }
}

/// A header value; everything that is put into one here is visible ASCII.
pub(super) fn text(value: &str) -> HeaderValue {
    HeaderValue::try_from(value).unwrap_or_else(|_error| HeaderValue::from_static("?"))
}

pub(super) fn delete(shared: &Shared, call: &Call) -> Result<Response, S3Error> {
    conditions::known(&call.headers)?;
    let mut store = shared.write();
    let bucket = store.bucket_mut(&call.bucket)?;
    if call.headers.contains_key("if-match") {
        conditions::write(&call.headers, bucket.get(&call.key).map(Arc::as_ref))?;
    }
    bucket.remove(&call.key);
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

pub(super) fn delete_many(shared: &Shared, call: &Call) -> Result<Response, S3Error> {
    // S3 insists on an integrity header here.
    if !call.headers.contains_key("content-md5")
        && named_in(&call.headers)?.is_none()
        && !call.headers.contains_key("x-amz-trailer")
    {
        return Err(S3Error::invalid_request(
            "Missing required header for this request: Content-MD5",
        ));
    }
    let received = receive(call)?;
    let objects = items(&received.content.pieces().concat(), "Object")?;
    if objects.is_empty() || objects.len() > DELETE_MAX {
        return Err(S3Error::new("MalformedXML", 400, "Between 1 and 1,000 keys have to be named"));
    }
    let mut xml = String::new();
    let mut store = shared.write();
    let bucket = store.bucket_mut(&call.bucket)?;
    for object in &objects {
        let key = field(object, "Key").unwrap_or_default();
        bucket.remove(key);
        xml.push_str("<Deleted>");
        push_element(&mut xml, "Key", key);
        xml.push_str("</Deleted>");
    }
    Ok(document("DeleteResult", &xml))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_object() {
        for (header, expected) in [
            ("bytes=0-3", Some((0, 3))),
            ("bytes=4-99", Some((4, 9))),
            ("bytes=7-", Some((7, 9))),
            ("bytes=-3", Some((7, 9))),
            ("bytes=-30", Some((0, 9))),
            ("bytes=5-3", None),
            ("lines=1-2", None),
        ] {
            assert_eq!(parse_range(header, 10).unwrap(), expected, "{header}");
        }
        assert_eq!(parse_range("bytes=10-", 10).unwrap_err().code, "InvalidRange");
    }
}
