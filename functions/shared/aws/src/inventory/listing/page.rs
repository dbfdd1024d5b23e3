//! One page of `ListObjectsV2`.

use std::borrow::Cow;

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

/// What a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Every object below the prefix.
    All,
    /// Only what lies directly below the prefix: objects, and folders by name.
    OneFolder,
}

/// Objects of a page, and the token of the next one.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) objects: Vec<Object>,
    /// Relative to the place, with the slash at their end. None where all objects are shown.
    pub(super) folders: Vec<String>,
    pub(super) token: Option<String>,
}

/// The keys of the first page after a key, at most `max_keys`, and whether there are more.
pub(in crate::inventory) async fn peek(
    place: &S3Place,
    after: Option<&str>,
    max_keys: i32,
) -> Result<(Vec<String>, bool), InventoryError> {
    let start = after.map_or(Start::Beginning, Start::After);
    let page = list_page(place, start, Some(max_keys), Depth::All).await?;
    let keys = page.objects.into_iter().map(|object| object.key).collect();
    Ok((keys, page.token.is_some()))
}

/// Asks for one page; keys are checked to lie in the place, but not for order.
pub(super) async fn list_page(
    place: &S3Place,
    start: Start<'_>,
    max_keys: Option<i32>,
    depth: Depth,
) -> Result<Page, InventoryError> {
    let mut request = place
        .client
        .list_objects_v2()
        .bucket(&place.bucket)
        .encoding_type(EncodingType::Url)
        .set_delimiter((depth == Depth::OneFolder).then(|| "/".to_owned()))
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
    let folders = answer.prefixes.into_iter().map(|prefix| relative(place, prefix, encoded));
    let folders = folders.collect::<Result<_, _>>()?;
    let token = answer.token.filter(|_| answer.truncated);
    if answer.truncated && token.is_none() {
        return Err(super::not_advancing(
            place,
            "a page says that more follow, but not where".to_owned(),
        ));
    }
    Ok(Page { objects, folders, token })
}

fn unreachable(place: &S3Place, code: String) -> InventoryError {
    InventoryError::Unreachable { bucket: place.bucket.clone(), prefix: place.prefix.clone(), code }
}

fn object(place: &S3Place, entry: Entry<'_>, encoded: bool) -> Result<Object, InventoryError> {
    let sent = entry.key.ok_or_else(|| bad(place, "", "has no key"))?;
    let key = relative(place, sent, encoded)?;
    Ok(Object {
        size_bytes: entry
            .size_bytes
            .ok_or_else(|| bad(place, &place.whole_key(&key), "has no size"))?,
        key,
        etag: entry.etag.map(Cow::into_owned),
        // S3 always sends thousandths, and always none.
        last_modified: entry.last_modified.map(|at| match at.strip_suffix(".000Z") {
            Some(whole_seconds) => [whole_seconds, "Z"].concat(),
            None => at.into_owned(),
        }),
        storage_class: entry.storage_class.map(Cow::into_owned),
        ..Object::default()
    })
}

/// What follows the place's prefix in a key, or in a folder's name, that was sent.
fn relative(place: &S3Place, sent: Cow<'_, str>, encoded: bool) -> Result<String, InventoryError> {
    let whole = if encoded {
        decoded(&sent).ok_or_else(|| bad(place, &sent, "is not UTF-8"))?
    } else {
        sent
    };
    let relative = whole.strip_prefix(&place.prefix).map(str::to_owned);
    relative.ok_or_else(|| bad(place, &whole, "is outside the prefix"))
}

fn bad(place: &S3Place, key: &str, what: &'static str) -> InventoryError {
    InventoryError::BadEntry {
        bucket: place.bucket.clone(),
        prefix: place.prefix.clone(),
        key: key.to_owned(),
        what,
    }
}
