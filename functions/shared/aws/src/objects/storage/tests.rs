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

#[tokio::test]
async fn only_the_object_that_was_meant_is_deleted() {
    let (fake, storage) = storage().await;
    let object = Stored::new(b"bytes");
    let storage = &storage;
    let delete = async |etag: String| storage.delete_if_unchanged("dst", "a", &etag).await;
    fake.store("dst/a", object.clone());
    assert_eq!(delete(Stored::new(b"other").etag).await, Ok(Deleted::Changed));
    assert_eq!(fake.operations(), ["HEAD"], "nothing relies on the condition alone");
    assert_eq!(delete(format!("\"{}\"", object.etag)).await, Ok(Deleted::Done));
    assert_eq!(
        header(&fake.requests("DELETE")[0], "if-match"),
        Some(format!("\"{}\"", object.etag))
    );
    assert!(fake.stored("dst/a").is_none());
    assert_eq!(delete(object.etag).await, Ok(Deleted::AlreadyGone));
}

#[rstest]
#[case(412, "PreconditionFailed", Deleted::Changed)]
#[case(409, "ConditionalRequestConflict", Deleted::Changed)]
#[case(404, "NoSuchKey", Deleted::AlreadyGone)]
#[tokio::test]
async fn what_happens_between_look_and_delete_is_told(
    #[case] status: u16,
    #[case] code: &str,
    #[case] ended: Deleted,
) {
    let (fake, storage) = storage().await;
    let object = Stored::new(b"bytes");
    fake.store("dst/a", object.clone());
    fake.fail("DELETE", status, code);
    assert_eq!(storage.delete_if_unchanged("dst", "a", &object.etag).await, Ok(ended));
}

#[rstest]
#[case("HEAD", 403, "", "s3://dst/a", "s3:GetObject")]
#[case("DELETE", 403, "AccessDenied", "s3://dst/a", "s3:DeleteObject")]
#[case("DELETE", 405, "MethodNotAllowed", "s3://dst/a", "MethodNotAllowed")]
#[case("DELETE", 501, "NotImplemented", "s3://dst/a", "NotImplemented")]
#[tokio::test]
async fn an_object_that_may_not_be_deleted_stays(
    #[case] operation: &str,
    #[case] status: u16,
    #[case] code: &str,
    #[case] place: &str,
    #[case] reason: &str,
) {
    let (fake, storage) = storage().await;
    let object = Stored::new(b"bytes");
    fake.store("dst/a", object.clone());
    fake.fail(operation, status, code);
    let error = storage.delete_if_unchanged("dst", "a", &object.etag).await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains(place) && told.contains(reason), "{told}");
    assert!(fake.stored("dst/a").is_some());
}

#[rstest]
#[case("")]
#[case("\"\"")]
#[case("*")]
#[tokio::test]
async fn without_an_etag_nothing_is_deleted(#[case] etag: &str) {
    let (fake, storage) = storage().await;
    fake.store("dst/a", Stored::new(b"bytes"));
    let error = storage.delete_if_unchanged("dst", "a", etag).await.unwrap_err();
    assert!(matches!(error, StorageError::Refused { .. }), "{error}");
    assert!(fake.operations().is_empty());
}

#[tokio::test]
async fn a_writable_bucket_is_left_as_it_was() {
    let (fake, storage) = storage().await;
    assert_eq!(storage.check_writable("dst", "some/prefix/", "run-1").await, Ok(()));
    let path = "/dst/some/prefix/.drayage-access-check-run-1";
    assert_eq!(fake.operations(), ["CREATE", "ABORT"]);
    assert_eq!(fake.requests("CREATE")[0].url.path(), path);
    assert_eq!(fake.requests("ABORT")[0].url.path(), path);
    assert!(fake.stored(path.trim_start_matches('/')).is_none());
}

#[rstest]
#[case("CREATE", 403, "AccessDenied", "s3:PutObject")]
#[case("CREATE", 400, "KMS.DisabledException", "kms:GenerateDataKey")]
#[case("ABORT", 403, "AccessDenied", "s3:AbortMultipartUpload")]
#[tokio::test]
async fn what_was_refused_is_named(
    #[case] operation: &str,
    #[case] status: u16,
    #[case] code: &str,
    #[case] missing: &str,
) {
    let (fake, storage) = storage().await;
    fake.fail(operation, status, code);
    let error = storage.check_writable("dst", "p/", "run-1").await.unwrap_err();
    let StorageError::Lacking { place, permission, .. } = &error else { panic!("{error}") };
    assert_eq!((place.as_str(), *permission), ("s3://dst/p/.drayage-access-check-run-1", missing));
    assert_eq!(error.error_type(), "StorageDenied");
}

#[rstest]
#[case(404, "NoSuchBucket", false)]
#[case(503, "SlowDown", true)]
#[tokio::test]
async fn a_bucket_that_cannot_be_reached_is_not_a_lack_of_permission(
    #[case] status: u16,
    #[case] code: &str,
    #[case] retryable: bool,
) {
    let (fake, storage) = storage().await;
    fake.fail("CREATE", status, code);
    let error = storage.check_writable("dst", "p/", "run-1").await.unwrap_err();
    assert!(!matches!(error, StorageError::Lacking { .. }), "{error}");
    assert_eq!(error.retryable(), retryable);
}

#[tokio::test]
async fn an_object_is_written_only_over_what_was_read() {
    let (_fake, storage) = storage().await;
    let put = |bytes: &'static [u8], seen: Option<String>| {
        let storage = storage.clone();
        async move { storage.put_over("state", "p.json", bytes.to_vec(), seen.as_deref()).await }
    };
    let first = put(b"1", None).await.unwrap().unwrap();
    assert_eq!(put(b"2", None).await, Ok(None), "there is one already");
    let second = put(b"2", Some(first.clone())).await.unwrap().unwrap();
    assert_eq!(put(b"3", Some(first)).await, Ok(None), "somebody has written it since");
    let found = storage.get_versioned("state", "p.json", 9).await.unwrap().unwrap();
    assert_eq!((found.bytes, found.version), (b"2".to_vec(), second));
}
