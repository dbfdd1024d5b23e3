//! Tags of objects: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>.
//!
//! They are kept in the form in which `x-amz-tagging` sends them, among the headers that describe an object.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use roxmltree::{Document, Node};
use url::form_urlencoded::{Serializer, parse};

use super::call::Call;
use super::error::S3Error;
use super::objects::receive;
use super::server::Shared;
use super::store::{Kept, Object};
use super::xml::{document, push_element};

/// The header that names tags, and under which they are kept.
pub(super) const TAGGING: HeaderName = HeaderName::from_static("x-amz-tagging");
const COUNT: HeaderName = HeaderName::from_static("x-amz-tagging-count");
const TAGS_MAX: usize = 10;
const NAME_CHARACTERS_MAX: usize = 128;
const VALUE_CHARACTERS_MAX: usize = 256;

type Tags = Vec<(String, String)>;

/// Refuses tags that S3 would refuse.
pub(super) fn check(headers: &HeaderMap) -> Result<(), S3Error> {
    headers.get(TAGGING).map_or(Ok(()), |value| valid(&tags_in(value)))
}

fn valid(tags: &Tags) -> Result<(), S3Error> {
    let invalid = |message| Err(S3Error::new("InvalidTag", 400, message));
    let names: BTreeSet<&str> = tags.iter().map(|(name, _)| name.as_str()).collect();
    if tags.len() > TAGS_MAX {
        return Err(S3Error::new("BadRequest", 400, "Object tags cannot be greater than 10"));
    }
    if names.len() < tags.len() {
        return invalid("Cannot provide multiple Tags with the same key");
    }
    let too_long = |(name, value): &(String, String)| {
        name.is_empty()
            || name.chars().count() > NAME_CHARACTERS_MAX
            || value.chars().count() > VALUE_CHARACTERS_MAX
    };
    if tags.iter().any(too_long) {
        return invalid("The TagKey or the TagValue you have provided is invalid");
    }
    Ok(())
}

fn tags_in(value: &HeaderValue) -> Tags {
    parse(value.as_bytes()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn tags_of(object: &Object) -> Tags {
    let kept = object.kept.iter().find(|(name, _)| *name == TAGGING);
    kept.map(|(_, value)| tags_in(value)).unwrap_or_default()
}

/// Tells how many tags there are; S3 says nothing where there are none.
pub(super) fn count_into(headers: &mut HeaderMap, object: &Object) {
    let tags = tags_of(object).len();
    if tags > 0 {
        headers.insert(COUNT, tags.into());
    }
}

/// What describes a copy: everything but tags and storage class by `x-amz-metadata-directive`, the tags by
/// `x-amz-tagging-directive`, the storage class always by the request.
pub(super) fn kept_by_copy(
    source: &Kept,
    request: &Kept,
    replace_metadata: bool,
    replace_tags: bool,
) -> Kept {
    let is_tagging = |(name, _): &&(HeaderName, HeaderValue)| *name == TAGGING;
    let is_class = |(name, _): &&(HeaderName, HeaderValue)| name == "x-amz-storage-class";
    let metadata = if replace_metadata { request } else { source };
    let tags = if replace_tags { request } else { source };
    let described = metadata.iter().filter(|pair| !is_tagging(pair) && !is_class(pair));
    let described = described.chain(tags.iter().filter(is_tagging));
    described.chain(request.iter().filter(is_class)).cloned().collect()
}

/// Whether a copy has the tags that its request names.
pub(super) fn replaces(call: &Call) -> Result<bool, S3Error> {
    match call.header("x-amz-tagging-directive") {
        None | Some("COPY") => Ok(false),
        Some("REPLACE") => Ok(true),
        Some(_) => Err(S3Error::invalid_argument("Unknown tagging directive.")),
    }
}

pub(super) fn get(shared: &Shared, call: &Call) -> Result<Response, S3Error> {
    let object = shared.read().object(&call.bucket, &call.key)?;
    let mut xml = String::from("<TagSet>");
    for (name, value) in tags_of(&object) {
        xml.push_str("<Tag>");
        push_element(&mut xml, "Key", &name);
        push_element(&mut xml, "Value", &value);
        xml.push_str("</Tag>");
    }
    xml.push_str("</TagSet>");
    Ok(document("Tagging", &xml))
}

pub(super) fn put(shared: &Shared, call: &Call) -> Result<Response, S3Error> {
    let body = receive(call)?.content.pieces().concat();
    let malformed =
        || S3Error::new("MalformedXML", 400, "The XML you provided was not well-formed");
    let text = std::str::from_utf8(&body).map_err(|_error| malformed())?;
    let parsed = Document::parse(text).map_err(|_error| malformed())?;
    let field = |tag: Node<'_, '_>, name: &str| {
        let found = tag.children().find(|child| child.tag_name().name() == name);
        found.and_then(|child| child.text()).unwrap_or_default().to_owned()
    };
    let named = parsed.descendants().filter(|node| node.tag_name().name() == "Tag");
    let tags: Tags = named.map(|tag| (field(tag, "Key"), field(tag, "Value"))).collect();
    valid(&tags)?;
    replace(shared, call, &tags)?;
    Ok(Response::new(Body::empty()))
}

pub(super) fn delete(shared: &Shared, call: &Call) -> Result<Response, S3Error> {
    replace(shared, call, &Tags::new())?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

fn replace(shared: &Shared, call: &Call, tags: &Tags) -> Result<(), S3Error> {
    let mut store = shared.write();
    let mut object = Object::clone(&*store.object(&call.bucket, &call.key)?);
    let query = Serializer::new(String::new()).extend_pairs(tags).finish();
    let value = HeaderValue::try_from(query)
        .map_err(|_error| S3Error::invalid_argument("The tags cannot be kept"))?;
    let others = object.kept.iter().filter(|(name, _)| *name != TAGGING).cloned();
    object.kept = others.chain((!tags.is_empty()).then_some((TAGGING, value))).collect();
    store.bucket_mut(&call.bucket)?.insert(call.key.clone(), Arc::new(object));
    Ok(())
}
