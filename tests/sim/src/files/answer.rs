//! Answers one request: <https://www.rfc-editor.org/rfc/rfc9110> as far as a file server needs it.

use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::digest;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream::{self, StreamExt as _};
use jiff::Timestamp;

use super::{FaultKind, ServedFile, Shelf, decoded, lock};

const TRICKLE_PIECES: usize = 10;
const TRICKLE_PAUSE_MS: u64 = 100;
const CUT_AFTER_MS: u64 = 100;
const QUARTERS: usize = 4;
/// Pieces of an endless body: large, so that a limit of megabytes is reached at once.
const ENDLESS_PIECE_BYTES: usize = 64 * 1024;
/// Short enough that no client takes the connection for dead.
const STALL_PAUSE_MS: u64 = 200;
const ERROR_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Something went wrong</title></head>\n\
    <body><h1>We are sorry</h1><p>The page that you asked for is not available.</p></body></html>\n";

/// Answers with a file, or with the fault of its path.
pub(super) async fn answer(State(shelf): State<Arc<Mutex<Shelf>>>, request: Request) -> Response {
    let is_head = request.method() == Method::HEAD;
    if !is_head && request.method() != Method::GET {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = decoded(request.uri().path());
    let (file, fault) = {
        let mut shelf = lock(&shelf);
        let Some(offered) = shelf.files.get_mut(&path) else {
            shelf.unknown += 1;
            return StatusCode::NOT_FOUND.into_response();
        };
        if is_head {
            offered.requests.head += 1;
        } else {
            offered.requests.get += 1;
        }
        let fault = offered.fault.as_mut().and_then(super::Fault::strike);
        offered.requests.faults += u64::from(fault.is_some());
        (offered.file.clone(), fault)
    };
    let reply = Reply::new(&file, request.headers());
    if reply.status == StatusCode::NOT_MODIFIED
        && fault.is_none()
        && let Some(offered) = lock(&shelf).files.get_mut(&path)
    {
        offered.requests.not_modified += 1;
    }
    match fault {
        None => reply.send(is_head),
        Some(fault) => reply.spoil(fault, is_head),
    }
}

/// A reply as the standard wants it.
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Reply {
    fn new(file: &ServedFile, asked: &HeaderMap) -> Self {
        let bytes = file.bytes();
        let etag = entity_tag(&bytes);
        let mut headers = HeaderMap::new();
        set(&mut headers, header::CONTENT_TYPE, &file.content_type);
        set(&mut headers, header::ETAG, &etag);
        set(&mut headers, header::LAST_MODIFIED, &http_date(file.last_modified));
        set(&mut headers, header::ACCEPT_RANGES, "bytes");
        if is_not_modified(asked, &etag, file.last_modified) {
            return Self { status: StatusCode::NOT_MODIFIED, headers, body: Bytes::new() };
        }
        let wanted = match text(asked, header::IF_RANGE) {
            Some(condition) if condition != etag => None,
            Some(_) | None => text(asked, header::RANGE),
        };
        match wanted.map(|range| read_range(range, bytes.len())) {
            None | Some(RangeRequest::Ignored) => {
                Self { status: StatusCode::OK, headers, body: bytes }
            }
            Some(RangeRequest::Unsatisfiable) => {
                set(&mut headers, header::CONTENT_RANGE, &format!("bytes */{}", bytes.len()));
                Self { status: StatusCode::RANGE_NOT_SATISFIABLE, headers, body: Bytes::new() }
            }
            Some(RangeRequest::Of(range)) => {
                let last = range.end - 1;
                let shown = format!("bytes {}-{last}/{}", range.start, bytes.len());
                set(&mut headers, header::CONTENT_RANGE, &shown);
                Self { status: StatusCode::PARTIAL_CONTENT, headers, body: bytes.slice(range) }
            }
        }
    }

    fn send(mut self, is_head: bool) -> Response {
        if self.status != StatusCode::NOT_MODIFIED {
            set(&mut self.headers, header::CONTENT_LENGTH, &self.body.len().to_string());
        }
        let body = if is_head { Body::empty() } else { Body::from(self.body) };
        (self.status, self.headers, body).into_response()
    }

    fn spoil(mut self, fault: FaultKind, is_head: bool) -> Response {
        match fault {
            FaultKind::Status(status) => {
                let status =
                    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                (status, [(header::RETRY_AFTER, "0")]).into_response()
            }
            FaultKind::Redirect(address) => {
                let address = HeaderValue::from_str(&address)
                    .unwrap_or_else(|_| HeaderValue::from_static("/"));
                (StatusCode::FOUND, [(header::LOCATION, address)]).into_response()
            }
            FaultKind::ErrorPage => {
                let page = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
                let body = if is_head { "" } else { ERROR_PAGE };
                (StatusCode::OK, page, body).into_response()
            }
            FaultKind::Bare => {
                for name in [header::ETAG, header::LAST_MODIFIED, header::ACCEPT_RANGES] {
                    self.headers.remove(name);
                }
                let body = if is_head { Bytes::new() } else { self.body };
                // A stream has no length that could be announced.
                let pieces = stream::iter([Ok::<_, std::io::Error>(body)]);
                (self.status, self.headers, Body::from_stream(pieces)).into_response()
            }
            FaultKind::StatusPage(status, page) => {
                let status =
                    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                (status, if is_head { "" } else { page }).into_response()
            }
            FaultKind::XmlPage(page) => {
                let media = [(header::CONTENT_TYPE, "application/xml")];
                (StatusCode::OK, media, if is_head { "" } else { page }).into_response()
            }
            FaultKind::ShortBody
            | FaultKind::CutAfterQuarters(_)
            | FaultKind::Endless
            | FaultKind::Stalling
            | FaultKind::Trickle
                if is_head =>
            {
                self.send(true)
            }
            FaultKind::ShortBody => self.cut_after(QUARTERS / 2),
            FaultKind::CutAfterQuarters(quarters) => self.cut_after(quarters),
            FaultKind::Endless => {
                let more = Bytes::from(vec![b'.'; ENDLESS_PIECE_BYTES]);
                let pieces = stream::iter([self.body])
                    .chain(stream::repeat(more))
                    .map(Ok::<_, std::io::Error>);
                (self.status, self.headers, Body::from_stream(pieces)).into_response()
            }
            FaultKind::Stalling => self.stall(),
            FaultKind::Trickle => self.trickle(),
        }
    }
}

impl Reply {
    /// Announces more than will ever come, and sends single bytes with pauses.
    fn stall(mut self) -> Response {
        set(&mut self.headers, header::CONTENT_LENGTH, &(1 << 20).to_string());
        let pieces =
            stream::iter([self.body]).chain(stream::repeat_with(|| Bytes::from_static(b".")));
        let slow = pieces.then(|piece| async {
            tokio::time::sleep(Duration::from_millis(STALL_PAUSE_MS)).await;
            Ok::<_, std::io::Error>(piece)
        });
        (self.status, self.headers, Body::from_stream(slow)).into_response()
    }

    /// Announces and sends everything, in pieces with pauses.
    fn trickle(mut self) -> Response {
        set(&mut self.headers, header::CONTENT_LENGTH, &self.body.len().to_string());
        let size = self.body.len().div_ceil(TRICKLE_PIECES).max(1);
        let pieces: Vec<Bytes> = self.body.chunks(size).map(Bytes::copy_from_slice).collect();
        let slow = stream::iter(pieces).then(|piece| async {
            tokio::time::sleep(Duration::from_millis(TRICKLE_PAUSE_MS)).await;
            Ok::<_, std::io::Error>(piece)
        });
        (self.status, self.headers, Body::from_stream(slow)).into_response()
    }

    /// Announces everything, sends so many quarters of it, and closes the connection.
    fn cut_after(mut self, quarters: usize) -> Response {
        set(&mut self.headers, header::CONTENT_LENGTH, &self.body.len().to_string());
        let sent = self.body.slice(..self.body.len() * quarters.min(QUARTERS - 1) / QUARTERS);
        let pieces = stream::iter([Ok(sent)]).chain(stream::once(async {
            // Until then the beginning is on its way.
            tokio::time::sleep(Duration::from_millis(CUT_AFTER_MS)).await;
            // An error in the stream makes the server close the connection.
            Err(std::io::Error::other("cut short by request"))
        }));
        (self.status, self.headers, Body::from_stream(pieces)).into_response()
    }
}

enum RangeRequest {
    Of(Range<usize>),
    Unsatisfiable,
    /// Not one range of bytes; a server may ignore it.
    Ignored,
}

fn read_range(text: &str, length: usize) -> RangeRequest {
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|range| range.split_once('-'))
    else {
        return RangeRequest::Ignored;
    };
    let range = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Ok(first), Err(_)) if last.is_empty() => first..length,
        (Err(_), Ok(count)) if first.is_empty() => length.saturating_sub(count)..length,
        _ => return RangeRequest::Ignored,
    };
    if range.start < range.end { RangeRequest::Of(range) } else { RangeRequest::Unsatisfiable }
}

/// Entity tags decide alone where both are asked for.
fn is_not_modified(asked: &HeaderMap, etag: &str, last_modified: i64) -> bool {
    if let Some(tags) = text(asked, header::IF_NONE_MATCH) {
        return tags
            .split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag);
    }
    text(asked, header::IF_MODIFIED_SINCE)
        .and_then(|date| jiff::fmt::rfc2822::parse(date).ok())
        .is_some_and(|since| last_modified <= since.timestamp().as_second())
}

fn entity_tag(bytes: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, bytes);
    let (first, _) = hash.as_ref().split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
    format!("\"{:032x}\"", u128::from_be_bytes(*first))
}

fn http_date(seconds: i64) -> String {
    Timestamp::from_second(seconds)
        .unwrap_or_default()
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string()
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
