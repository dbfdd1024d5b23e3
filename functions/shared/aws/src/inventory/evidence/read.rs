//! Reads one version of an object to its end, whatever happens to the connection.

use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use drayage_domain::reconcile::Doubt;

use super::{Spent, Target};
use crate::objects::s3_failure::S3Failure;

/// Broken connections in a row, without a byte in between, after which reading is given up. The SDK has made its own
/// attempts at each request.
const BREAKS_MAX: u32 = 3;
/// The first pause is below twice this; each further one may be twice as long.
const PAUSE_MS: u64 = 200;

/// The bytes of an object. A body that breaks off is gone on with from where it broke; `If-Match` sees to it that it is
/// still the same version.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    spent: &'a Spent,
    target: Target<'a>,
    received: u64,
    body: Option<ByteStream>,
    breaks: u32,
}

impl<'a> Reading<'a> {
    pub(super) const fn new(spent: &'a Spent, target: Target<'a>) -> Self {
        Self { spent, target, received: 0, body: None, breaks: 0 }
    }

    /// The next bytes, at least one; `None` after as many as the object has.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Doubt> {
        loop {
            let mut body = match self.body.take() {
                Some(body) => body,
                None if self.received == self.target.size_bytes => return Ok(None),
                None => self.open().await?,
            };
            match body.try_next().await {
                Ok(Some(chunk)) if chunk.is_empty() => self.body = Some(body),
                Ok(Some(chunk)) => {
                    self.received += chunk.len() as u64;
                    self.spent.bytes_read.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                    if self.received > self.target.size_bytes {
                        return Err(Doubt::Changed);
                    }
                    self.breaks = 0;
                    self.body = Some(body);
                    return Ok(Some(chunk));
                }
                // A stream that ends is done only with all of its bytes; its end is read, because the SDK checks
                // the checksum there.
                Ok(None) if self.received == self.target.size_bytes => return Ok(None),
                Ok(None) => self.broken("the body is too short").await?,
                Err(error) => self.broken(&error.to_string()).await?,
            }
        }
    }

    async fn open(&self) -> Result<ByteStream, Doubt> {
        self.spent.gets.fetch_add(1, Ordering::Relaxed);
        let place = self.target.place;
        let answer = place
            .client
            .get_object()
            .bucket(&place.bucket)
            .key(&self.target.key)
            .set_if_match(self.target.if_match())
            .set_range((self.received > 0).then(|| format!("bytes={}-", self.received)))
            .send()
            .await
            .map_err(|error| self.target.doubt(&S3Failure::of(&error)))?;
        let left = self.target.size_bytes - self.received;
        let announced = answer.content_length.and_then(|length| u64::try_from(length).ok());
        if announced.is_some_and(|length| length != left) {
            // Without an `ETag` in the listing nothing else tells that the object was replaced.
            return Err(Doubt::Changed);
        }
        Ok(answer.body)
    }

    /// Decides whether another request is worth it, and waits before it.
    async fn broken(&mut self, code: &str) -> Result<(), Doubt> {
        self.breaks += 1;
        // Nothing is left to ask for, so what is wrong is the checksum of the whole body.
        if self.breaks > BREAKS_MAX || self.received == self.target.size_bytes {
            self.target.warn(Doubt::ReadFailed, code);
            return Err(Doubt::ReadFailed);
        }
        let pause_ms = fastrand::u64(0..PAUSE_MS << self.breaks);
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        Ok(())
    }
}
