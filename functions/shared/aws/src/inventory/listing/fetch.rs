//! The bytes of a listing, past the SDK's parser.
//!
//! With the SDK's parser a listed object costs about 5 µs of processor time, with that of [`super::xml`] about 2 µs; for
//! places with millions of objects that is what a listing costs. So the SDK signs, sends, retries and explains errors, and
//! an interceptor takes the body of a success out of its hands.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::{BoxError, SdkError};
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Error;
use aws_sdk_s3::operation::list_objects_v2::builders::ListObjectsV2FluentBuilder;
use aws_sdk_s3::primitives::{ByteStream, ByteStreamError, SdkBody};
use tokio::time::timeout;

/// What the SDK parses in place of the body.
const EMPTY: &str = "<ListBucketResult/>";
/// Attempts at a page whose body breaks off; the SDK's own end with the headers.
const ATTEMPTS_MAX: u32 = 3;
/// A page has about 350 KB. The SDK watches only over bodies that it keeps.
const BODY_TIMEOUT: Duration = Duration::from_mins(1);
/// The longest pause before the second attempt; doubled for the third.
const PAUSE_MS: u64 = 400;

/// Why there is no body.
pub(super) enum FetchError {
    /// The service or the SDK says so.
    Sdk(Box<SdkError<ListObjectsV2Error>>),
    /// The connection broke while the body arrived.
    Broken(String),
}

/// Sends a request and returns the body of the answer.
pub(super) async fn fetch_body(request: ListObjectsV2FluentBuilder) -> Result<Vec<u8>, FetchError> {
    let mut attempt = 1;
    loop {
        let taken = TakenBody::default();
        let sent = request.clone().customize().interceptor(taken.clone()).send();
        sent.await.map_err(|error| FetchError::Sdk(Box::new(error)))?;
        let body = taken.take().ok_or_else(|| FetchError::Broken("no body".to_owned()))?;
        let broken = match timeout(BODY_TIMEOUT, read(ByteStream::new(body))).await {
            Ok(Ok(bytes)) => return Ok(bytes),
            Ok(Err(error)) => error.to_string(),
            Err(_elapsed) => "the body stalled".to_owned(),
        };
        if attempt == ATTEMPTS_MAX {
            return Err(FetchError::Broken(broken));
        }
        let pause_ms = fastrand::u64(0..PAUSE_MS << (attempt - 1));
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        attempt += 1;
    }
}

/// In one piece. `collect` would hold everything twice for a moment.
async fn read(mut stream: ByteStream) -> Result<Vec<u8>, ByteStreamError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.try_next().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The body of the last successful answer.
#[derive(Debug, Clone, Default)]
struct TakenBody(Arc<Mutex<Option<SdkBody>>>);

impl TakenBody {
    fn take(&self) -> Option<SdkBody> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Intercept for TakenBody {
    fn name(&self) -> &'static str {
        "TakenBody"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response_mut();
        if response.status().is_success() {
            let body = std::mem::replace(response.body_mut(), SdkBody::from(EMPTY));
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
        }
        Ok(())
    }
}
