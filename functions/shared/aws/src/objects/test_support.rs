//! Helpers of this module's tests: clients, a TCP server that says exactly what it is told, and a small S3.

mod fake_s3;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials, Region};
use drayage_domain::allow_list::{AllowList, Scheme};
use drayage_domain::source_url::{HttpLocation, S3Location, SourceLocation};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

pub(crate) use fake_s3::{FakeS3, Reports, Stored, header};

use super::http_source::HttpSourceOptions;
use super::transfer::CopyRequest;

pub(crate) fn s3_client(endpoint: &str) -> Client {
    s3_client_with_key(endpoint, "test")
}

pub(crate) fn s3_client_with_key(endpoint: &str, access_key_id: &str) -> Client {
    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(access_key_id, "test", None, None, "test"))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

pub(super) fn http_options(allow: &str) -> HttpSourceOptions {
    HttpSourceOptions {
        connect_timeout: Duration::from_secs(5),
        read_timeout: Duration::from_millis(300),
        ..HttpSourceOptions::new(AllowList::parse(allow).unwrap())
    }
}

pub(super) fn http_location(url: &str) -> HttpLocation {
    let parsed = reqwest::Url::parse(url).unwrap();
    let https = parsed.scheme() == "https";
    HttpLocation {
        url: url.to_owned(),
        alternatives: Vec::new(),
        scheme: if https { Scheme::Https } else { Scheme::Http },
        host: parsed.host_str().unwrap().to_owned(),
        port: parsed.port_or_known_default().unwrap(),
        presigned: url.contains("X-Amz-Signature"),
    }
}

pub(super) fn s3_location(bucket: &str, keys: &[&str]) -> SourceLocation {
    SourceLocation::S3(S3Location {
        bucket: bucket.to_owned(),
        key_candidates: keys.iter().map(|key| (*key).to_owned()).collect(),
        region: None,
        version_id: None,
    })
}

pub(super) fn request<'a>(source: &'a SourceLocation, key: &'a str) -> CopyRequest<'a> {
    let deadline = Instant::now() + Duration::from_mins(1);
    CopyRequest {
        source,
        key,
        file_name: "a.pdf",
        known: None,
        listed: None,
        copied: None,
        uploads: None,
        deadline,
    }
}

/// A server that answers each connection with the next text, then closes it.
pub(crate) struct RawServer {
    pub(crate) origin: String,
    connections: Arc<AtomicUsize>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl RawServer {
    /// `stall`: keep the connection open, silently, after the text.
    pub(crate) async fn start(answers: Vec<String>, stall: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        let heads = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&heads);
        tokio::spawn(async move {
            let mut answers = answers.into_iter();
            let mut open = Vec::new();
            while let Ok((mut socket, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    match socket.read_u8().await {
                        Ok(byte) => head.push(byte),
                        Err(_) => break,
                    }
                }
                heard.lock().unwrap().push(String::from_utf8(head).unwrap());
                if let Some(answer) = answers.next() {
                    socket.write_all(answer.as_bytes()).await.unwrap();
                }
                if stall {
                    open.push(socket);
                }
            }
        });
        Self { origin, connections, heads }
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Request lines and headers, as they came.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}
