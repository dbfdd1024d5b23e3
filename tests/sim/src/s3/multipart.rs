//! Multipart uploads, with the rules of S3 that emulators tend to forget:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;

use super::call::Call;
use super::checksum::{Algorithm, Checksum, Kind, hex, multipart_etag, named_in};
use super::conditions;
use super::content::Content;
use super::copying::push_checksum;
use super::error::S3Error;
use super::objects::{receive, text};
use super::server::Shared;
use super::store::{Object, Part, Upload, kept};
use super::tagging;
use super::xml::{document, field, items, push_element};

/// Smallest part but the last, in bytes.
const PART_MIN_BYTES: u64 = 5 * 1024 * 1024;
const PARTS_MAX: u32 = 10_000;

pub(super) fn create(shared: &Shared, call: &Call) -> Result<Response, S3Error> {
    let algorithm = call.header("x-amz-checksum-algorithm").map(Algorithm::parse).transpose()?;
    let kind = call.header("x-amz-checksum-type").map(Kind::parse).transpose()?;
    let upload_algorithm = algorithm.unwrap_or(Algorithm::Crc64Nvme);
    let default =
        if upload_algorithm == Algorithm::Crc64Nvme { Kind::FullObject } else { Kind::Composite };
    let kind = kind.unwrap_or(default);
    let possible = match upload_algorithm {
        Algorithm::Crc64Nvme => kind == Kind::FullObject,
        Algorithm::Sha1 | Algorithm::Sha256 => kind == Kind::Composite,
        Algorithm::Crc32 | Algorithm::Crc32c => true,
    };
    if !possible {
        return Err(S3Error::invalid_request(format!(
            "The {} checksum type cannot be used with the {} checksum algorithm.",
            kind.name(),
            upload_algorithm.name()
        )));
    }
    tagging::check(&call.headers)?;
    let mut store = shared.write();
    store.bucket(&call.bucket)?;
    let id = store.begin(Upload {
        bucket: call.bucket.clone(),
        key: call.key.clone(),
        kept: kept(&call.headers),
        algorithm: upload_algorithm,
        kind,
        parts: BTreeMap::new(),
    });
    drop(store);
    let mut xml = String::new();
    push_element(&mut xml, "Bucket", &call.bucket);
    push_element(&mut xml, "Key", &call.key);
    push_element(&mut xml, "UploadId", &id);
    let mut response = document("InitiateMultipartUploadResult", &xml);
    if let Some(algorithm) = algorithm {
        let headers = response.headers_mut();
        headers.insert("x-amz-checksum-algorithm", text(algorithm.name()));
        headers.insert("x-amz-checksum-type", text(kind.name()));
    }
    Ok(response)
}

/// The part number and the upload's id.
pub(super) fn target(call: &Call) -> Result<(u32, &str), S3Error> {
    let number = call
        .parameter("partNumber")
        .and_then(|number| number.parse().ok())
        .filter(|number| (1..=PARTS_MAX).contains(number))
        .ok_or_else(|| {
            S3Error::invalid_argument(
                "Part number must be an integer between 1 and 10000, inclusive",
            )
        })?;
    Ok((number, call.parameter("uploadId").unwrap_or_default()))
}

pub(super) fn upload_part(shared: &Shared, call: &Call) -> Result<Response, S3Error> {
    let (number, id) = target(call)?;
    let received = receive(call)?;
    let algorithm = shared.write().upload_mut(id, &call.bucket, &call.key)?.algorithm;
    let checksum = match received.named {
        Some((named, value)) if named == algorithm => value,
        Some((named, _)) => {
            return Err(S3Error::invalid_request(format!(
                "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
                algorithm.name(),
                named.name()
            )));
        }
        None => algorithm.of(&received.content),
    };
    let mut response = Response::new(Body::empty());
    response.headers_mut().insert("etag", text(&format!("\"{}\"", hex(&received.md5))));
    response.headers_mut().insert(algorithm.header(), text(&checksum));
    let part = Part { content: received.content, md5: received.md5, checksum };
    shared.write().upload_mut(id, &call.bucket, &call.key)?.parts.insert(number, part);
    Ok(response)
}

pub(super) fn complete(shared: &Shared, call: &Call) -> Result<Response, S3Error> {
    let id = call.parameter("uploadId").unwrap_or_default();
    let listed = items(&call.body, "Part")?;
    let mut store = shared.write();
    let upload = store.upload_mut(id, &call.bucket, &call.key)?;
    let parts = chosen(upload, &listed)?;
    let checksum = checksum_of(upload, &parts);
    if call.header("x-amz-checksum-type").is_some_and(|kind| kind != upload.kind.name()) {
        return Err(S3Error::invalid_request("The upload was created with another checksum type"));
    }
    match named_in(&call.headers)? {
        Some((algorithm, _)) if algorithm != checksum.algorithm => {
            return Err(S3Error::bad_digest("checksum algorithm"));
        }
        Some((algorithm, value)) if value != checksum.value => {
            return Err(S3Error::bad_digest(algorithm.name()));
        }
        Some(_) | None => {}
    }
    let object = Object {
        content: Content::concat(parts.iter().map(|part| &part.content)),
        etag: multipart_etag(parts.iter().map(|part| &part.md5)),
        checksum: Some(checksum),
        kept: Arc::clone(&upload.kept),
        modified: shared.now(),
    };
    let announced = call.header("x-amz-mp-object-size").and_then(|size| size.parse::<u64>().ok());
    if announced.is_some_and(|size| size != object.content.size()) {
        return Err(S3Error::invalid_request(
            "The object has another size than x-amz-mp-object-size",
        ));
    }
    let mut xml = String::new();
    push_element(&mut xml, "Location", &format!("/{}/{}", call.bucket, call.key));
    push_element(&mut xml, "Bucket", &call.bucket);
    push_element(&mut xml, "Key", &call.key);
    push_element(&mut xml, "ETag", &format!("\"{}\"", object.etag));
    push_checksum(&mut xml, object.checksum.as_ref());
    let bucket = store.bucket_mut(&call.bucket)?;
    conditions::write(&call.headers, bucket.get(&call.key).map(Arc::as_ref))?;
    bucket.insert(call.key.clone(), Arc::new(object));
    store.uploads.remove(id);
    drop(store);
    Ok(document("CompleteMultipartUploadResult", &xml))
}

/// The parts that the request names, after checking each.
fn chosen(upload: &Upload, listed: &[Vec<(String, String)>]) -> Result<Vec<Part>, S3Error> {
    let invalid = |number: u32| {
        S3Error::new(
            "InvalidPart",
            400,
            format!("Part {number} was not uploaded, or its ETag or checksum does not match"),
        )
    };
    let mut parts = Vec::new();
    let mut before = 0;
    for fields in listed {
        let number = field(fields, "PartNumber").and_then(|n| n.parse().ok()).unwrap_or(0);
        if number <= before {
            return Err(S3Error::new("InvalidPartOrder", 400, "Parts must be in ascending order"));
        }
        before = number;
        let part = upload.parts.get(&number).ok_or_else(|| invalid(number))?;
        let etag = field(fields, "ETag").unwrap_or_default().trim_matches('"');
        let checksum = field(fields, &upload.algorithm.element());
        if etag != hex(&part.md5) || checksum.is_some_and(|value| value != part.checksum) {
            return Err(invalid(number));
        }
        if checksum.is_none() && upload.kind == Kind::Composite {
            return Err(S3Error::invalid_request(format!(
                "The upload was created using a {} checksum. The complete request must include the checksum for each \
                 part.",
                upload.algorithm.name()
            )));
        }
        parts.push(part.clone());
    }
    let Some((_, but_last)) = parts.split_last() else {
        return Err(S3Error::new("MalformedXML", 400, "You must specify at least one part"));
    };
    if but_last.iter().any(|part| part.content.size() < PART_MIN_BYTES) {
        let message = "Your proposed upload is smaller than the minimum allowed size";
        return Err(S3Error::new("EntityTooSmall", 400, message));
    }
    Ok(parts)
}

fn checksum_of(upload: &Upload, parts: &[Part]) -> Checksum {
    let Upload { algorithm, kind, .. } = *upload;
    let full = (kind == Kind::FullObject)
        .then(|| {
            algorithm
                .combined(parts.iter().map(|part| (part.checksum.as_str(), part.content.size())))
        })
        .flatten();
    let value = full
        .unwrap_or_else(|| algorithm.composite(parts.iter().map(|part| part.checksum.as_str())));
    Checksum { algorithm, kind, value }
}

pub(super) fn abort(shared: &Shared, call: &Call) -> Result<Response, S3Error> {
    let id = call.parameter("uploadId").unwrap_or_default();
    let mut store = shared.write();
    store.upload_mut(id, &call.bucket, &call.key)?;
    store.uploads.remove(id);
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

pub(super) fn list_parts(shared: &Shared, call: &Call) -> Result<Response, S3Error> {
    let id = call.parameter("uploadId").unwrap_or_default();
    let mut store = shared.write();
    let upload = store.upload_mut(id, &call.bucket, &call.key)?;
    let mut xml = String::new();
    push_element(&mut xml, "Bucket", &call.bucket);
    push_element(&mut xml, "Key", &call.key);
    push_element(&mut xml, "UploadId", id);
    push_element(&mut xml, "IsTruncated", "false");
    for (number, part) in &upload.parts {
        xml.push_str("<Part>");
        push_element(&mut xml, "PartNumber", &number.to_string());
        push_element(&mut xml, "ETag", &format!("\"{}\"", hex(&part.md5)));
        push_element(&mut xml, "Size", &part.content.size().to_string());
        push_element(&mut xml, &upload.algorithm.element(), &part.checksum);
        xml.push_str("</Part>");
    }
    Ok(document("ListPartsResult", &xml))
}

pub(super) fn list_uploads(shared: &Shared, call: &Call) -> Result<Response, S3Error> {
    let store = shared.read();
    store.bucket(&call.bucket)?;
    let prefix = call.parameter("prefix").unwrap_or_default();
    let mut xml = String::new();
    push_element(&mut xml, "Bucket", &call.bucket);
    push_element(&mut xml, "IsTruncated", "false");
    let open = store
        .uploads
        .iter()
        .filter(|(_, upload)| upload.bucket == call.bucket && upload.key.starts_with(prefix));
    for (id, upload) in open {
        xml.push_str("<Upload>");
        push_element(&mut xml, "Key", &upload.key);
        push_element(&mut xml, "UploadId", id);
        xml.push_str("</Upload>");
    }
    Ok(document("ListMultipartUploadsResult", &xml))
}
