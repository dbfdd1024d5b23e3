//! An S3 that knows multipart uploads only, and keeps of every part its length and checksum.

use std::collections::{BTreeMap, HashMap};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderName, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use crc_fast::{CrcAlgorithm::Crc64Nvme, Digest};
use futures::StreamExt as _;
use tokio::net::TcpListener;

const CHECKSUM: HeaderName = HeaderName::from_static("x-amz-checksum-crc64nvme");

/// What an upload has become.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) size_bytes: u64,
    pub(crate) parts: usize,
    /// Base64 CRC-64/NVME.
    pub(crate) checksum: String,
}

#[derive(Debug, Default)]
struct Upload {
    /// Length and checksum by part number.
    parts: BTreeMap<u32, (u64, u64)>,
    completed: Option<Received>,
}

/// The service.
pub(crate) struct Sink {
    pub(crate) endpoint: String,
    upload: Arc<Mutex<Upload>>,
}

impl Sink {
    pub(crate) async fn start() -> Result<Self> {
        let upload = Arc::<Mutex<Upload>>::default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let app = Router::new().fallback(answer).with_state(Arc::clone(&upload));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { endpoint, upload })
    }

    pub(crate) fn completed(&self) -> Option<Received> {
        self.upload.lock().unwrap().completed.clone()
    }
}

pub(crate) fn base64_of(crc: u64) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    // 64 bits are ten digits of six bits and one of four, filled up with zeros, and one sign of padding.
    let digit =
        |at: u32| DIGITS[usize::try_from((u128::from(crc) << 2 >> (60 - 6 * at)) & 63).unwrap()];
    (0..11).map(|at| char::from(digit(at))).chain(['=']).collect()
}

async fn answer(
    State(upload): State<Arc<Mutex<Upload>>>,
    Query(query): Query<HashMap<String, String>>,
    request: Request,
) -> Response {
    let number = query.get("partNumber").and_then(|number| number.parse().ok());
    match (request.method(), number) {
        (&Method::POST, None) if query.contains_key("uploads") => xml(
            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
        ),
        (&Method::PUT, Some(number)) => {
            let told = request.headers().get(CHECKSUM).cloned();
            let (mut size, mut digest) = (0, Digest::new(Crc64Nvme));
            let mut body = request.into_body().into_data_stream();
            while let Some(Ok(chunk)) = body.next().await {
                size += chunk.len() as u64;
                digest.update(&chunk);
            }
            let crc = digest.finalize();
            if told.is_none_or(|told| told.as_bytes() != base64_of(crc).as_bytes()) {
                return StatusCode::BAD_REQUEST.into_response();
            }
            upload.lock().unwrap().parts.insert(number, (size, crc));
            ([(header::ETAG, format!("\"part-{number}\""))], "").into_response()
        }
        (&Method::POST, None) => {
            let mut upload = upload.lock().unwrap();
            let (size_bytes, crc) = upload.parts.values().fold(
                (0, crc_fast::checksum(Crc64Nvme, &[])),
                |(size, crc), (length, next)| {
                    (size + length, crc_fast::checksum_combine(Crc64Nvme, crc, *next, *length))
                },
            );
            let checksum = base64_of(crc);
            let answer = format!(
                "<CompleteMultipartUploadResult><ETag>\"whole\"</ETag><ChecksumCRC64NVME>{checksum}\
                 </ChecksumCRC64NVME><ChecksumType>FULL_OBJECT</ChecksumType></CompleteMultipartUploadResult>"
            );
            upload.completed = Some(Received { size_bytes, parts: upload.parts.len(), checksum });
            xml(&answer)
        }
        _ => StatusCode::NOT_IMPLEMENTED.into_response(),
    }
}

fn xml(body: &str) -> Response {
    let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{body}");
    ([(header::CONTENT_TYPE, "application/xml")], text).into_response()
}
