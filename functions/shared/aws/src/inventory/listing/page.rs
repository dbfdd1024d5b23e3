//! One page of `ListObjectsV2`.

use aws_sdk_s3::types::EncodingType;
use drayage_domain::reconcile::Object;

use super::S3Place;
use super::fetch::{FetchError, fetch_body};
use super::xml::{Entry, parse};
use crate::inventory::InventoryError;
use crate::inventory::key_text::decoded;

/// Where a page begins.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start<'a> {
    Beginning,
    /// After this key, relative to the place.
    After(&'a str),
    /// Where the page with this continuation token goes on.
    Token(&'a str),
}

/// Objects of a page, and the token of the next one.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) objects: Vec<Object>,
    pub(super) token: Option<String>,
}

/// The keys of the first page after a key, at most `max_keys`, and whether there are more.
pub(in crate::inventory) async fn peek(
    place: &S3Place,
    after: Option<&str>,
    max_keys: i32,
) -> Result<(Vec<String>, bool), InventoryError> {
    let start = after.map_or(Start::Beginning, Start::After);
    let page = list_page(place, start, Some(max_keys)).await?;
    let keys = page.objects.into_iter().map(|object| object.key).collect();
    Ok((keys, page.token.is_some()))
}

/// Asks for one page; keys are checked to lie in the place, but not for order.
pub(super) async fn list_page(
    place: &S3Place,
    start: Start<'_>,
    max_keys: Option<i32>,
) -> Result<Page, InventoryError> {
    let mut request = place
        .client
        .list_objects_v2()
        .bucket(&place.bucket)
        .encoding_type(EncodingType::Url)
        .set_max_keys(max_keys);
    if !place.prefix.is_empty() {
        request = request.prefix(&place.prefix);
    }
    request = match start {
        Start::Beginning => request,
        Start::After(key) => request.start_after(place.whole_key(key)),
        Start::Token(token) => request.continuation_token(token),
    };
    let bytes = fetch_body(request).await.map_err(|error| match error {
        FetchError::Sdk(error) => InventoryError::from_sdk(&error, &place.bucket, &place.prefix),
        FetchError::Broken(code) => unreachable(place, code),
    })?;
    // Such an answer comes from something in between, or was cut off.
    let answer = parse(&bytes)
        .map_err(|what| unreachable(place, format!("the answer is no listing: {what}")))?;
    // A service that does not know the parameter sends keys as they are, and does not repeat it.
    let encoded = answer.url_encoded;
    let objects = answer.entries.into_iter().map(|entry| object(place, entry, encoded));
    let objects = objects.collect::<Result<_, _>>()?;
    let token = answer.token.filter(|_| answer.truncated);
    if answer.truncated && token.is_none() {
        return Err(super::not_advancing(
            place,
            "a page says that more follow, but not where".to_owned(),
        ));
    }
    Ok(Page { objects, token })
}

fn unreachable(place: &S3Place, code: String) -> InventoryError {
    InventoryError::Unreachable { bucket: place.bucket.clone(), prefix: place.prefix.clone(), code }
}

fn object(place: &S3Place, entry: Entry, encoded: bool) -> Result<Object, InventoryError> {
    let bad = |key: &str, what| InventoryError::BadEntry {
        bucket: place.bucket.clone(),
        prefix: place.prefix.clone(),
        key: key.to_owned(),
        what,
    };
    let sent = entry.key.ok_or_else(|| bad("", "has no key"))?;
    let whole = if encoded {
        decoded(sent.clone()).ok_or_else(|| bad(&sent, "is not UTF-8"))?
    } else {
        sent
    };
    let Some(key) = whole.strip_prefix(&place.prefix) else {
        return Err(bad(&whole, "is outside the prefix"));
    };
    Ok(Object {
        size_bytes: entry.size_bytes.ok_or_else(|| bad(&whole, "has no size"))?,
        key: key.to_owned(),
        etag: entry.etag.map(|etag| etag.replace('"', "")),
        // S3 always sends thousandths, and always none.
        last_modified: entry.last_modified.map(|at| at.replace(".000Z", "Z")),
        storage_class: entry.storage_class,
        ..Object::default()
    })
}
