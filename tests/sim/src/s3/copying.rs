//! Copies inside the server: whole objects, and parts of uploads. Bytes are shared, never moved.

use std::sync::Arc;

use axum::response::Response;
use percent_encoding::percent_decode_str;

use super::call::Call;
use super::checksum::{Algorithm, Checksum, Kind, hex, md5_of};
use super::conditions;
use super::error::S3Error;
use super::multipart;
use super::server::Shared;
use super::store::{Object, Part, kept};
use super::tagging;
use super::time::iso_date;
use super::xml::{document, push_element};

/// Largest source of `CopyObject` and largest part of `UploadPartCopy`, in bytes
/// (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html>).
const COPY_MAX_BYTES: u64 = 5 * 1024 * 1024 * 1024;

/// The object that `x-amz-copy-source` names, if its conditions hold.
fn source(shared: &Shared, call: &Call) -> Result<(String, String, Arc<Object>), S3Error> {
    conditions::known(&call.headers)?;
    let header = call.header("x-amz-copy-source").unwrap_or_default();
    let (path, version) =
        header.split_once("?versionId=").map_or((header, None), |(path, id)| (path, Some(id)));
    if version.is_some_and(|version| version != "null") {
        return Err(S3Error::not_implemented("versions"));
    }
    let path = percent_decode_str(path).decode_utf8_lossy();
    let (bucket, key) = path
        .trim_start_matches('/')
        .split_once('/')
        .filter(|(_, key)| !key.is_empty())
        .ok_or_else(|| {
            S3Error::invalid_argument("Copy Source must mention the source bucket and key")
        })?;
    shared.access.readable(key)?;
    let object = shared.read().object(bucket, key)?;
    conditions::copy_source(&call.headers, &object)?;
    Ok((bucket.to_owned(), key.to_owned(), object))
}

pub(super) fn copy(shared: &Shared, call: &Call) -> Result<Response, S3Error> {
    let (bucket, key, source) = source(shared, call)?;
    if source.content.size() > COPY_MAX_BYTES {
        return Err(S3Error::invalid_request(
            "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120",
        ));
    }
    let replace = match call.header("x-amz-metadata-directive") {
        None | Some("COPY") => false,
        Some("REPLACE") => true,
        Some(_) => return Err(S3Error::invalid_argument("Unknown metadata directive.")),
    };
    let replace_tags = tagging::replaces(call)?;
    tagging::check(&call.headers)?;
    if bucket == call.bucket && key == call.key && !replace {
        return Err(S3Error::invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself without changing the \
             object's metadata, storage class, website redirect location or encryption attributes.",
        ));
    }
    let wanted = call.header("x-amz-checksum-algorithm").map(Algorithm::parse).transpose()?;
    let object = Object {
        content: source.content.clone(),
        etag: plain_etag(&source),
        checksum: Some(checksum_of_copy(&source, wanted)),
        kept: tagging::kept_by_copy(&source.kept, &kept(&call.headers), replace, replace_tags),
        modified: shared.now(),
    };
    let mut xml = String::with_capacity(300);
    push_element(&mut xml, "LastModified", &iso_date(object.modified));
    push_element(&mut xml, "ETag", &format!("\"{}\"", object.etag));
    push_checksum(&mut xml, object.checksum.as_ref());
    let mut store = shared.write();
    let bucket = store.bucket_mut(&call.bucket)?;
    conditions::write(&call.headers, bucket.get(&call.key).map(Arc::as_ref))?;
    bucket.insert(call.key.clone(), Arc::new(object));
    drop(store);
    Ok(document("CopyObjectResult", &xml))
}

/// A copy is written in one piece, so its `ETag` is the MD5 of all bytes even where the source's is not.
fn plain_etag(source: &Object) -> String {
    if source.etag.contains('-') { hex(&md5_of(&source.content)) } else { source.etag.clone() }
}

/// The algorithm that is asked for, else the source's; always of the full object.
fn checksum_of_copy(source: &Object, wanted: Option<Algorithm>) -> Checksum {
    let had = source.checksum.as_ref();
    let algorithm =
        wanted.or(had.map(|checksum| checksum.algorithm)).unwrap_or(Algorithm::Crc64Nvme);
    let known =
        had.filter(|had| had.algorithm == algorithm && had.kind == Kind::FullObject).cloned();
    known.unwrap_or_else(|| Checksum {
        algorithm,
        kind: Kind::FullObject,
        value: algorithm.of(&source.content),
    })
}

pub(super) fn push_checksum(xml: &mut String, checksum: Option<&Checksum>) {
    if let Some(checksum) = checksum {
        push_element(xml, &checksum.algorithm.element(), &checksum.value);
        push_element(xml, "ChecksumType", checksum.kind.name());
    }
}

pub(super) fn copy_part(shared: &Shared, call: &Call) -> Result<Response, S3Error> {
    let (_, _, source) = source(shared, call)?;
    let size = source.content.size();
    let content = match call.header("x-amz-copy-source-range") {
        None => source.content.clone(),
        Some(range) => {
            let (first, last) = range
                .strip_prefix("bytes=")
                .and_then(|range| range.split_once('-'))
                .and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)))
                .filter(|(first, last): &(u64, u64)| first <= last)
                .ok_or_else(|| {
                    S3Error::invalid_argument(
                        "The x-amz-copy-source-range value must be of the form bytes=first-last",
                    )
                })?;
            if last >= size {
                return Err(S3Error::invalid_argument(format!(
                    "Range specified is not valid for source object of size: {size}"
                )));
            }
            source.content.range(first, last)
        }
    };
    if content.size() > COPY_MAX_BYTES {
        return Err(S3Error::invalid_request("The part is larger than 5 GiB"));
    }
    let (number, id) = multipart::target(call)?;
    let mut store = shared.write();
    let upload = store.upload_mut(id, &call.bucket, &call.key)?;
    let checksum = upload.algorithm.of(&content);
    let part = Part { md5: md5_of(&content), content, checksum };
    let mut xml = String::new();
    push_element(&mut xml, "LastModified", &iso_date(shared.now()));
    push_element(&mut xml, "ETag", &format!("\"{}\"", hex(&part.md5)));
    push_element(&mut xml, &upload.algorithm.element(), &part.checksum);
    upload.parts.insert(number, part);
    drop(store);
    Ok(document("CopyPartResult", &xml))
}
