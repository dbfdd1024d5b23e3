//! Whole transfers against a small S3: what is sent, what is believed, and what is cleaned up.

mod description;
mod keys;
mod listed;
mod resume;
mod server_side;
mod storms;
mod streaming;
mod two_services;

use std::future::ready;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use drayage_domain::row::ProofLevel;
use drayage_domain::upload::UnfinishedUpload;

use super::*;
use crate::objects::limiter::LimiterOptions;
use crate::objects::test_support::{
    FakeS3, Reports, Stored, header, http_location, http_options, request, s3_client, s3_location,
};

const MIB: usize = 1024 * 1024;

/// A journal that lasts as long as the test.
#[derive(Debug, Default)]
struct Memory {
    upload: Mutex<Option<UnfinishedUpload>>,
    parts: AtomicU32,
}

#[async_trait]
impl UploadJournal for Memory {
    async fn find(&self) -> Option<UnfinishedUpload> {
        self.upload.lock().unwrap().clone()
    }

    async fn keep(&self, upload: &UnfinishedUpload) -> bool {
        *self.upload.lock().unwrap() = Some(upload.clone());
        true
    }

    async fn forget(&self, upload_id: &str) {
        let forgotten = self.upload.lock().unwrap().take();
        assert_eq!(forgotten.unwrap().upload_id, upload_id);
    }

    fn part_arrived(&self) {
        self.parts.fetch_add(1, Ordering::Relaxed);
    }
}

/// A transfer into bucket `dst` of `fake`, with parts of 5 MiB, reading S3 from `fake` and HTTP from `allow`.
fn transfer(fake: &FakeS3, server_side: bool, allow: &str) -> Transfer {
    let client = s3_client(&fake.uri());
    let options = TransferOptions {
        part_size_bytes: PART_SIZE_MIN_BYTES,
        multipart_threshold_bytes: PART_SIZE_MIN_BYTES,
        ..TransferOptions::new("dst", 64 * MIB as u64)
    };
    let sources = Sources {
        s3: Some(S3Source::new(client.clone(), server_side)),
        http: HttpSource::new(http_options(allow)).unwrap(),
    };
    Transfer::new(options, client, sources, Limiter::new(LimiterOptions::up_to(4)))
}

/// An answer of a server that sends what it is told.
fn answer(headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn level(copied: &Copied) -> ProofLevel {
    let Copied::Done { proof, .. } = copied else { panic!("not copied: {copied:?}") };
    proof.level
}

#[tokio::test]
async fn a_copy_can_be_spawned() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a.pdf", Stored::new(b"bytes"));
    let transfer = Arc::new(transfer(&fake, true, ""));
    let copied = tokio::spawn(async move {
        let (source, key) = (s3_location("src", &["a.pdf"]), "uploads/a.pdf");
        transfer.copy(&request(&source, key)).await
    });
    assert_eq!(level(&copied.await.unwrap().unwrap()), ProofLevel::Checksum);
}

#[tokio::test]
async fn without_access_to_s3_an_s3_source_is_denied() {
    let fake = FakeS3::start(Reports::Full).await;
    let transfer = Transfer {
        sources: Sources { s3: None, http: HttpSource::new(http_options("")).unwrap() },
        ..transfer(&fake, true, "")
    };
    let (source, key) = (s3_location("src", &["a.pdf"]), "uploads/a.pdf");
    let error = transfer.copy(&request(&source, key)).await.unwrap_err();
    assert_eq!((error.class, error.requests), (FailureClass::AccessDenied, 0));
}

#[tokio::test(start_paused = true)]
async fn attempts_are_bounded() {
    let fake = FakeS3::start(Reports::Full).await;
    let transfer = transfer(&fake, true, "");
    let count = RequestCount::default();
    let deadline = Instant::now() + Duration::from_mins(10);
    let failed: Result<(), _> = transfer
        .retrying(deadline, &count, || {
            count.add();
            Box::pin(ready(Err(CopyError::new(FailureClass::ShortBody, "short"))))
        })
        .await;
    assert_eq!(failed.unwrap_err().requests, 3);
}

#[tokio::test(start_paused = true)]
async fn no_attempt_begins_after_the_deadline() {
    let fake = FakeS3::start(Reports::Full).await;
    let transfer = transfer(&fake, true, "");
    let count = RequestCount::default();
    let deadline = Instant::now() + Duration::from_secs(30);
    let failed: Result<(), _> = transfer
        .retrying(deadline, &count, || {
            count.add();
            let busy = CopyError::new(FailureClass::Throttled, "busy");
            Box::pin(ready(Err(busy.with_retry_after(Some(Duration::from_secs(20))))))
        })
        .await;
    assert_eq!(failed.unwrap_err().requests, 2);
    assert!(Instant::now() < deadline);
    assert_eq!(transfer.limiter.limit(), 1, "each slow-down halved the limit");
}

#[tokio::test]
async fn what_the_sdk_has_retried_is_not_retried_again() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a.pdf", Stored::new(b"bytes"));
    fake.fail("HEAD", 500, "InternalError");
    let (source, key) = (s3_location("src", &["a.pdf"]), "uploads/a.pdf");
    let error = transfer(&fake, true, "").copy(&request(&source, key)).await.unwrap_err();
    assert_eq!((error.class, error.retryable()), (FailureClass::SourceUnavailable, true));
    assert_eq!(fake.operations(), ["HEAD"]);
}
