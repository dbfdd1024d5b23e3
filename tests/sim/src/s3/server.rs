//! The server itself: takes requests in, counts them, and hands them to their operations.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use axum::serve::ListenerExt;
use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::access::Access;
use super::call::{Call, Operation};
use super::error::S3Error;
use super::generated::S3Generated;
use super::seed::S3Seed;
use super::store::{Bucket, Store};
use super::{copying, listing, multipart, objects, tagging};

const STATS_PATH: &str = "/_stats";
/// Parts may have 5 GiB, but nobody sends that much to memory, in bytes.
const BODY_MAX_BYTES: usize = 1024 * 1024 * 1024;

/// What a server holds at first, and how slow it is.
#[derive(Debug, Clone, Default)]
pub struct S3ServerOptions {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Buckets that exist, besides those of the seeds.
    pub buckets: Vec<String>,
    /// Objects that exist.
    pub seeds: Vec<S3Seed>,
    /// Buckets that are made up as they are read.
    pub generated: Vec<S3Generated>,
    /// Time that every request takes at least.
    pub delay: Duration,
    /// Time that every page of a listing takes at least, in place of `delay`.
    pub delay_list: Option<Duration>,
    /// Id of the only access key that is known here; requests with another one are refused. Signatures are not checked.
    pub access_key: Option<String>,
    /// Objects whose keys begin with it can be listed, but not read: 403, as without `s3:GetObject`.
    pub unreadable_prefix: Option<String>,
}

/// A server on 127.0.0.1. Dropping it ends it.
#[derive(Debug)]
pub struct S3Server {
    shared: Arc<Shared>,
    endpoint: String,
    task: JoinHandle<()>,
}

#[derive(Debug)]
pub(super) struct Shared {
    store: RwLock<Store>,
    pub(super) access: Access,
    counts: Mutex<BTreeMap<String, u64>>,
    delay: Duration,
    delay_list: Duration,
}

impl S3Server {
    /// Makes the objects and starts to serve them.
    pub async fn start(options: S3ServerOptions) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            store: RwLock::default(),
            access: Access {
                key: options.access_key,
                unreadable_prefix: options.unreadable_prefix,
            },
            counts: Mutex::default(),
            delay: options.delay,
            delay_list: options.delay_list.unwrap_or(options.delay),
        });
        {
            let mut store = shared.write();
            for name in options.buckets {
                store.buckets.insert(name, Bucket::new());
            }
            for seed in &options.seeds {
                let bucket = store.buckets.entry(seed.bucket.clone()).or_default();
                seed.fill(bucket, shared.now());
            }
            for bucket in options.generated {
                store.generated.insert(bucket.bucket.clone(), bucket);
            }
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let listener = listener.tap_io(|socket| {
            // Without it, small answers wait for the acknowledgement of earlier ones.
            if let Err(error) = socket.set_nodelay(true) {
                tracing::debug!(%error, "no TCP_NODELAY");
            }
        });
        let app = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, "the S3 server ended");
            }
        });
        Ok(Self { shared, endpoint, task })
    }

    /// Its address, such as `http://127.0.0.1:49152`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Requests by operation since the start or the last reset.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.shared.counts().clone()
    }

    /// Keys of a bucket, in order; empty when there is no such bucket.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let store = self.shared.read();
        store.buckets.get(bucket).map(|bucket| bucket.keys().cloned().collect()).unwrap_or_default()
    }

    /// The bytes of an object.
    pub fn bytes(&self, bucket: &str, key: &str) -> Option<Bytes> {
        let object = self.shared.read().object(bucket, key).ok()?;
        Some(object.content.pieces().concat().into())
    }

    /// Uploads that are neither completed nor aborted.
    pub fn open_uploads(&self) -> usize {
        self.shared.read().uploads.len()
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Store> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seconds since the epoch.
    #[expect(
        clippy::disallowed_methods,
        clippy::unused_self,
        reason = "a server for programs of others has no other clock than the machine's"
    )]
    pub(super) fn now(&self) -> i64 {
        jiff::Timestamp::now().as_second()
    }

    /// Simulated latency.
    async fn delay(&self, operation: Operation) {
        let delay =
            if operation == Operation::ListObjectsV2 { self.delay_list } else { self.delay };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }

    fn statistics(&self, method: &Method) -> Response {
        if method == Method::DELETE {
            self.counts().clear();
            return Response::new(Body::empty());
        }
        let held: BTreeMap<String, serde_json::Value> = self
            .read()
            .buckets
            .iter()
            .map(|(name, bucket)| {
                let bytes: u64 = bucket.values().map(|object| object.content.size()).sum();
                (name.clone(), serde_json::json!({ "objects": bucket.len(), "bytes": bytes }))
            })
            .collect();
        let text = serde_json::json!({ "requests": *self.counts(), "buckets": held }).to_string();
        let mut response = Response::new(Body::from(text));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert("content-type", json);
        response
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    if request.uri().path() == STATS_PATH {
        return shared.statistics(request.method());
    }
    let (parts, body) = request.into_parts();
    let head = parts.method == Method::HEAD;
    let body = if matches!(parts.method, Method::PUT | Method::POST) {
        match to_bytes(body, BODY_MAX_BYTES).await {
            Ok(body) => body,
            Err(error) => {
                return S3Error::new("IncompleteBody", 400, error.to_string()).response(head);
            }
        }
    } else {
        Bytes::new()
    };
    let call = Call::new(parts, body);
    let operation = match call.operation() {
        Ok(operation) => operation,
        Err(error) => {
            *shared.counts().entry("Refused".to_owned()).or_default() += 1;
            return error.response(head);
        }
    };
    *shared.counts().entry(operation.name()).or_default() += 1;
    shared.delay(operation).await;
    let mut response = run(&shared, operation, &call).unwrap_or_else(|error| error.response(head));
    if response.status() == StatusCode::OK {
        response.headers_mut().insert("x-amz-request-id", HeaderValue::from_static("SIMULATED"));
    }
    response
}

fn run(shared: &Shared, operation: Operation, call: &Call) -> Result<Response, S3Error> {
    use Operation as O;
    shared.access.check(operation, call)?;
    match operation {
        O::ListBuckets => Ok(listing::list_buckets(shared)),
        O::CreateBucket => listing::create_bucket(shared, call),
        O::HeadBucket => listing::head_bucket(shared, call),
        O::GetBucketLocation => listing::location(shared, call),
        O::ListObjectsV2 => listing::list(shared, call),
        O::ListMultipartUploads => multipart::list_uploads(shared, call),
        O::DeleteObjects => objects::delete_many(shared, call),
        O::GetObject => objects::get(shared, call, false),
        O::HeadObject => objects::get(shared, call, true),
        O::PutObject => objects::put(shared, call),
        O::CopyObject => copying::copy(shared, call),
        O::DeleteObject => objects::delete(shared, call),
        O::GetObjectTagging => tagging::get(shared, call),
        O::PutObjectTagging => tagging::put(shared, call),
        O::DeleteObjectTagging => tagging::delete(shared, call),
        O::CreateMultipartUpload => multipart::create(shared, call),
        O::UploadPart => multipart::upload_part(shared, call),
        O::UploadPartCopy => copying::copy_part(shared, call),
        O::CompleteMultipartUpload => multipart::complete(shared, call),
        O::AbortMultipartUpload => multipart::abort(shared, call),
        O::ListParts => multipart::list_parts(shared, call),
    }
}
