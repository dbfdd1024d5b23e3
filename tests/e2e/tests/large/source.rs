//! A file that exists only while it is sent.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use crc_fast::{CrcAlgorithm, Digest};
use futures::stream;
use tokio::net::TcpListener;

use crate::sink::base64_of;

const CHUNK_BYTES: usize = 64 * 1024;

/// An HTTP server with one generated file under any path.
pub(crate) struct Source {
    pub(crate) origin: String,
    sent: Arc<Mutex<Digest>>,
}

impl Source {
    /// * `size_bytes`: a multiple of 64 KiB.
    pub(crate) async fn start(size_bytes: u64) -> Result<Self> {
        let sent = Arc::new(Mutex::new(Digest::new(CrcAlgorithm::Crc64Nvme)));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let digest = Arc::clone(&sent);
        let app = Router::new().fallback(get(move || {
            let digest = Arc::clone(&digest);
            async move { answer(size_bytes, digest) }
        }));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { origin, sent })
    }

    /// Base64 CRC-64/NVME of all bytes that were sent so far.
    pub(crate) fn checksum(&self) -> String {
        base64_of(self.sent.lock().unwrap().finalize())
    }
}

fn answer(size_bytes: u64, digest: Arc<Mutex<Digest>>) -> impl IntoResponse {
    let mut base = vec![0_u8; CHUNK_BYTES];
    fastrand::Rng::with_seed(1).fill(&mut base);
    let chunks = (0..size_bytes / CHUNK_BYTES as u64).map(move |number| {
        // No two chunks are alike, so a part in the wrong place shows in the checksum.
        base[..8].copy_from_slice(&number.to_le_bytes());
        digest.lock().unwrap().update(&base);
        Ok::<_, std::io::Error>(Bytes::copy_from_slice(&base))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, size_bytes.to_string()),
        (header::ETAG, "\"generated\"".to_owned()),
    ];
    (headers, Body::from_stream(stream::iter(chunks)))
}
