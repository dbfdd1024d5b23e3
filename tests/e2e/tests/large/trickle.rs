//! A file server that is much slower than the time that one invocation has.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::{StreamExt as _, stream};
use tokio::net::TcpListener;

const PIECE_BYTES: usize = 768 * 1024;
/// With the size of a piece, this makes about 8 MB a second.
const PAUSE: Duration = Duration::from_millis(100);

/// One file under any path, in pieces with pauses; it knows entity tags and ranges.
pub(crate) struct Trickle {
    pub(crate) origin: String,
    pub(crate) file: Bytes,
    sent: Arc<AtomicUsize>,
    rests: Arc<AtomicUsize>,
}

impl Trickle {
    pub(crate) async fn start(size_bytes: usize) -> Result<Self> {
        let mut file = vec![0; size_bytes];
        fastrand::Rng::with_seed(7).fill(&mut file);
        let file = Bytes::from(file);
        let (sent, rests) = <(Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let (served, counted, asked) = (file.clone(), Arc::clone(&sent), Arc::clone(&rests));
        let app = Router::new().fallback(get(move |headers: HeaderMap| {
            let (file, sent, rests) = (served.clone(), Arc::clone(&counted), Arc::clone(&asked));
            async move {
                let first = first_byte(&headers);
                rests.fetch_add(usize::from(first > 0), Ordering::SeqCst);
                answer(&file, first, sent)
            }
        }));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { origin, file, sent, rests })
    }

    /// Bytes that were sent in all answers together.
    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }

    /// How often the rest of the file was asked for.
    pub(crate) fn rests(&self) -> usize {
        self.rests.load(Ordering::SeqCst)
    }
}

fn first_byte(headers: &HeaderMap) -> usize {
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let first = range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
    first.and_then(|first| first.parse().ok()).unwrap_or(0)
}

fn answer(file: &Bytes, first: usize, sent: Arc<AtomicUsize>) -> Response {
    let rest = file.slice(first..);
    let length = rest.len();
    let pieces: Vec<Bytes> = (0..length)
        .step_by(PIECE_BYTES)
        .map(|at| rest.slice(at..length.min(at + PIECE_BYTES)))
        .collect();
    let slow = stream::iter(pieces).then(move |piece| {
        let sent = Arc::clone(&sent);
        async move {
            tokio::time::sleep(PAUSE).await;
            sent.fetch_add(piece.len(), Ordering::SeqCst);
            Ok::<_, std::io::Error>(piece)
        }
    });
    let status = if first > 0 { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::CONTENT_RANGE, format!("bytes {first}-{}/{}", file.len() - 1, file.len())),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, "\"one-version\"".to_owned()),
    ];
    (status, headers, Body::from_stream(slow)).into_response()
}
