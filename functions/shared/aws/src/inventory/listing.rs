//! The listing of a bucket's prefix, or of a range of its keys.
//!
//! One page is fetched ahead while the caller works on the one before, so that the latency of the service is hidden and
//! no more than two pages are held.

mod fetch;
mod folders;
mod page;
mod xml;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use aws_sdk_s3::Client;
use drayage_domain::reconcile::ranges::KeyRange;
use drayage_domain::reconcile::{Object, Requests};
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::{Inventory, InventoryError};
use page::{Depth, Page, Start, list_page};

pub(super) use folders::folders;
pub(super) use page::peek;

/// Pages in a row without any key. S3 documents that a page may have fewer keys than asked for; a service that sends
/// nothing forever must not hold a run.
const EMPTY_PAGES_MAX: u32 = 100;

/// A prefix of a bucket, and the client that reads it.
#[derive(Debug, Clone)]
pub struct S3Place {
    /// Carries credentials, region and endpoint.
    pub client: Client,
    /// The bucket.
    pub bucket: String,
    /// What every key begins with; empty for the whole bucket. It is not part of the keys of objects.
    pub prefix: String,
}

impl S3Place {
    /// The whole key of an object of this place.
    pub fn whole_key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// What lies in a folder of this place, as a place of its own.
    #[must_use]
    pub fn below(&self, folder: &str) -> Self {
        Self { prefix: self.whole_key(folder), ..self.clone() }
    }

    /// Whether the place may be listed: asks for one key.
    pub async fn probe(&self) -> Result<(), InventoryError> {
        peek(self, None, 1).await.map(|_keys| ())
    }

    /// The object of this key as a listing shows it, or `None` if there is none.
    pub(super) async fn list_object(&self, key: &str) -> Result<Option<Object>, InventoryError> {
        let page = list_page(&self.below(key), Start::Beginning, Some(1), Depth::All).await?;
        let first = page.objects.into_iter().next().filter(|object| object.key.is_empty());
        Ok(first.map(|object| Object { key: key.to_owned(), ..object }))
    }
}

/// The objects of a range of a place, as `ListObjectsV2` tells of them.
#[derive(Debug)]
pub struct ListingInventory {
    place: Arc<S3Place>,
    range: Arc<KeyRange>,
    /// Where the next page begins; `None` after the last one.
    cursor: Option<Cursor>,
    /// The request for that page, if it is under way. Dropping it ends it.
    ahead: JoinSet<Result<Fetched, InventoryError>>,
    requests: Arc<AtomicU64>,
}

/// Where a listing goes on.
#[derive(Debug, Clone, Default)]
struct Cursor {
    token: Option<String>,
    /// The last key so far, relative to the place.
    last: Option<String>,
}

#[derive(Debug)]
struct Fetched {
    objects: Vec<Object>,
    next: Option<Cursor>,
}

impl ListingInventory {
    /// Nothing is asked before the first page is wanted.
    pub fn new(place: S3Place, range: KeyRange) -> Self {
        Self {
            place: Arc::new(place),
            cursor: Some(Cursor { token: None, last: range.after.clone() }),
            range: Arc::new(range),
            ahead: JoinSet::new(),
            requests: Arc::default(),
        }
    }

    fn fetch_ahead(&mut self) {
        if let (true, Some(cursor)) = (self.ahead.is_empty(), self.cursor.clone()) {
            let (place, range) = (Arc::clone(&self.place), Arc::clone(&self.range));
            let requests = Arc::clone(&self.requests);
            let page = async move { fetch(&place, &range, cursor, &requests).await };
            self.ahead.spawn(page.in_current_span());
        }
    }
}

#[async_trait]
impl Inventory for ListingInventory {
    /// After an error, the same page is asked for again.
    async fn next_page(&mut self) -> Result<Option<Vec<Object>>, InventoryError> {
        self.fetch_ahead();
        let fetched = match self.ahead.join_next().await {
            None => return Ok(None),
            Some(Ok(fetched)) => fetched?,
            Some(Err(panicked)) => std::panic::resume_unwind(panicked.into_panic()),
        };
        self.cursor = fetched.next;
        self.fetch_ahead();
        Ok(Some(fetched.objects).filter(|objects| !objects.is_empty()))
    }

    fn requests(&self) -> Requests {
        Requests { list: self.requests.load(Ordering::Relaxed), ..Requests::default() }
    }
}

/// The next page that has a key, or the end.
async fn fetch(
    place: &S3Place,
    range: &KeyRange,
    mut cursor: Cursor,
    requests: &AtomicU64,
) -> Result<Fetched, InventoryError> {
    for _ in 0..EMPTY_PAGES_MAX {
        let start = match (&cursor.token, &range.after) {
            (Some(token), _) => Start::Token(token),
            (None, Some(after)) => Start::After(after),
            (None, None) => Start::Beginning,
        };
        requests.fetch_add(1, Ordering::Relaxed);
        let Page { mut objects, token, .. } = list_page(place, start, None, Depth::All).await?;
        check_order(place, cursor.last.as_deref(), &objects)?;
        if token.is_some() && token == cursor.token {
            return Err(not_advancing(place, "a page names itself as the next one".to_owned()));
        }
        let inside = objects.partition_point(|object| !range.is_behind(&object.key));
        let left_range = inside < objects.len()
            || objects.last().is_some_and(|object| range.until.as_ref() == Some(&object.key));
        objects.truncate(inside);
        if left_range || token.is_none() {
            return Ok(Fetched { objects, next: None });
        }
        if let Some(object) = objects.last() {
            cursor.last = Some(object.key.clone());
        }
        cursor.token = token;
        if !objects.is_empty() {
            return Ok(Fetched { objects, next: Some(cursor) });
        }
    }
    Err(not_advancing(place, format!("{EMPTY_PAGES_MAX} pages in a row have no key")))
}

/// Every key is greater than the one before. Otherwise the end of the range could not be told.
fn check_order<'a>(
    place: &S3Place,
    mut previous: Option<&'a str>,
    objects: &'a [Object],
) -> Result<(), InventoryError> {
    for object in objects {
        if let Some(previous) = previous.filter(|previous| *previous >= object.key.as_str()) {
            return Err(not_advancing(place, format!("after {previous:?} comes {:?}", object.key)));
        }
        previous = Some(&object.key);
    }
    Ok(())
}

fn not_advancing(place: &S3Place, what: String) -> InventoryError {
    InventoryError::NotAdvancing {
        bucket: place.bucket.clone(),
        prefix: place.prefix.clone(),
        what,
    }
}

#[cfg(test)]
mod tests;
