//! A plain HTTP file server that keeps to the standard, and breaks it on request.
//!
//! It knows entity tags, dates, ranges and conditional requests, and counts what it is asked. Per path it can be told to
//! answer with an error, an error page, a redirect, too little, too slowly, or without any validator.

mod answer;
mod fault;

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::dataset::Content;

pub use fault::{Fault, FaultKind};

/// A file as it is offered.
#[derive(Debug, Clone)]
pub struct ServedFile {
    body: Body,
    content_type: String,
    /// Seconds since the epoch.
    last_modified: i64,
}

#[derive(Debug, Clone)]
enum Body {
    Bytes(Bytes),
    Generated(Content),
}

/// 2026-01-01T00:00:00Z, for files that nobody has changed.
const UNCHANGED_SINCE: i64 = 1_767_225_600;

impl ServedFile {
    /// A file with these bytes.
    pub fn new(bytes: impl Into<Bytes>, content_type: &str) -> Self {
        Self {
            body: Body::Bytes(bytes.into()),
            content_type: content_type.to_owned(),
            last_modified: UNCHANGED_SINCE,
        }
    }

    /// A file of a data set; its bytes are made when they are asked for.
    pub fn generated(content: Content) -> Self {
        Self {
            content_type: content.kind.content_type().to_owned(),
            body: Body::Generated(content),
            last_modified: UNCHANGED_SINCE,
        }
    }

    /// Sets when the file was changed, in seconds since the epoch.
    #[must_use]
    pub fn modified_at(mut self, seconds: i64) -> Self {
        self.last_modified = seconds;
        self
    }

    fn bytes(&self) -> Bytes {
        match &self.body {
            Body::Bytes(bytes) => bytes.clone(),
            Body::Generated(content) => Bytes::from(content.bytes()),
        }
    }
}

/// What was asked of one path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Requests {
    /// `GET` requests.
    pub get: u64,
    /// `HEAD` requests.
    pub head: u64,
    /// Of all, how many were answered with 304.
    pub not_modified: u64,
    /// Of all, how many met a fault.
    pub faults: u64,
}

#[derive(Debug)]
struct Offered {
    file: ServedFile,
    fault: Option<Fault>,
    requests: Requests,
}

#[derive(Debug, Default)]
struct Shelf {
    files: BTreeMap<String, Offered>,
    unknown: u64,
}

/// A file server on 127.0.0.1. Dropping it ends it.
#[derive(Debug)]
pub struct FileServer {
    shelf: Arc<Mutex<Shelf>>,
    base_url: String,
    task: JoinHandle<()>,
}

impl FileServer {
    /// Starts an empty server on a free port.
    pub async fn start() -> io::Result<Self> {
        let shelf = Arc::<Mutex<Shelf>>::default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let app = Router::new().fallback(answer::answer).with_state(Arc::clone(&shelf));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, "the file server ended");
            }
        });
        Ok(Self { shelf, base_url, task })
    }

    /// Its address, such as `http://127.0.0.1:49152`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Offers a file under a decoded path that begins with `/`, in place of any earlier one. The path's counters are kept.
    pub fn put(&self, path: &str, file: ServedFile, fault: Option<Fault>) {
        let mut shelf = lock(&self.shelf);
        let requests = shelf.files.get(path).map(|offered| offered.requests).unwrap_or_default();
        shelf.files.insert(path.to_owned(), Offered { file, fault, requests });
    }

    /// Takes a file away; whether there was one.
    pub fn remove(&self, path: &str) -> bool {
        lock(&self.shelf).files.remove(path).is_some()
    }

    /// Sets or ends the fault of a file; whether there is such a file.
    pub fn set_fault(&self, path: &str, fault: Option<Fault>) -> bool {
        let mut shelf = lock(&self.shelf);
        let Some(offered) = shelf.files.get_mut(path) else { return false };
        offered.fault = fault;
        true
    }

    /// The bytes of a file.
    pub fn bytes(&self, path: &str) -> Option<Bytes> {
        lock(&self.shelf).files.get(path).map(|offered| offered.file.bytes())
    }

    /// What was asked of a path.
    pub fn requests(&self, path: &str) -> Requests {
        lock(&self.shelf).files.get(path).map(|offered| offered.requests).unwrap_or_default()
    }

    /// All requests for files that there are.
    pub fn requests_total(&self) -> u64 {
        lock(&self.shelf)
            .files
            .values()
            .map(|offered| offered.requests)
            .map(|r| r.get + r.head)
            .sum()
    }

    /// All requests for files that there are not.
    pub fn requests_unknown(&self) -> u64 {
        lock(&self.shelf).unknown
    }
}

impl Drop for FileServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(shelf: &Mutex<Shelf>) -> MutexGuard<'_, Shelf> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request's path as files are stored under: decoded once.
fn decoded(path: &str) -> String {
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests;
