//! Our own buckets against a small S3.

use rstest::rstest;

use super::*;
use crate::objects::test_support::{FakeS3, Reports, Stored, header, s3_client};

async fn storage() -> (FakeS3, Storage) {
    let fake = FakeS3::start(Reports::Full).await;
    let storage = Storage::new(s3_client(&fake.uri()));
    (fake, storage)
}

#[tokio::test]
async fn what_was_put_can_be_read() {
    let (fake, storage) = storage().await;
    storage.put("state", "runs/1.json", b"{}".to_vec(), "application/json").await.unwrap();
    assert_eq!(storage.get_bounded("state", "runs/1.json", 2).await, Ok(Some(b"{}".to_vec())));
    let info = storage.head("state", "runs/1.json").await.unwrap().unwrap();
    assert_eq!(info.size_bytes, 2);
    assert_eq!(info.content_type.as_deref(), Some("application/json"));
    assert_eq!(info.checksum.unwrap().value, BodyDigest::of(b"{}").crc64_nvme());
    assert!(header(&fake.requests("PUT")[0], "x-amz-checksum-crc64nvme").is_some());
}

#[tokio::test]
async fn a_missing_key_is_none() {
    let (_fake, storage) = storage().await;
    assert_eq!(storage.get_bounded("state", "x", 9).await, Ok(None));
    assert_eq!(storage.exists("state", "x").await, Ok(false));
}

#[tokio::test]
async fn reading_is_bounded() {
    let (fake, storage) = storage().await;
    fake.store("state/x", Stored::new(b"three"));
    let read = storage.get_bounded("state", "x", 4).await.unwrap_err();
    assert!(matches!(&read, StorageError::TooLarge { max_bytes: 4, .. }) && !read.retryable());
}

#[rstest]
#[case(404, "NoSuchBucket", "StorageDenied", false)]
#[case(403, "AccessDenied", "StorageDenied", false)]
#[case(503, "SlowDown", "StorageUnavailable", true)]
#[case(500, "InternalError", "StorageUnavailable", true)]
#[tokio::test]
async fn failures_have_the_names_that_state_machines_match(
    #[case] status: u16,
    #[case] code: &str,
    #[case] error_type: &str,
    #[case] retryable: bool,
) {
    let (fake, storage) = storage().await;
    fake.fail("GET", status, code);
    let error = storage.get_bounded("state", "x", 9).await.unwrap_err();
    assert_eq!((error.error_type(), error.retryable()), (error_type, retryable));
}

#[tokio::test]
async fn a_bucket_is_checked() {
    let (fake, storage) = storage().await;
    fake.fail("HEAD", 404, "");
    let missing = storage.check_bucket("dst").await.unwrap_err();
    assert!(matches!(missing, StorageError::NoSuchBucket { .. }), "{missing}");
    fake.fail("HEAD", 403, "");
    let denied = storage.check_bucket("dst").await.unwrap_err();
    assert!(matches!(denied, StorageError::Denied { .. }), "{denied}");
    fake.store("dst/", Stored::new(b""));
    fake.store("dst", Stored::new(b""));
    assert_eq!(storage.check_bucket("dst").await, Ok(()));
}
