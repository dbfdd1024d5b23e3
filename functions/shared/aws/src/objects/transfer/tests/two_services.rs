//! Copies between two services that know nothing of each other's keys.

use rstest::rstest;

use super::*;
use crate::objects::test_support::s3_client_with_key;

struct Services {
    from: FakeS3,
    to: FakeS3,
    transfer: Transfer,
}

async fn services(source_key: &str, destination_key: &str) -> Services {
    let (from, to) = (FakeS3::start(Reports::Nothing).await, FakeS3::start(Reports::Full).await);
    from.require_access_key("AKIASOURCE");
    to.require_access_key("AKIADESTINATION");
    let options = TransferOptions {
        multipart_threshold_bytes: PART_SIZE_MIN_BYTES,
        part_size_bytes: PART_SIZE_MIN_BYTES,
        tags: Tags::Keep,
        ..TransferOptions::new("dst", 64 * MIB as u64)
    };
    let source = s3_client_with_key(&from.uri(), source_key);
    let sources = Sources {
        s3: Some(S3Source::new(source, false)),
        http: HttpSource::new(http_options("")).unwrap(),
    };
    let destination = s3_client_with_key(&to.uri(), destination_key);
    let limiter = Limiter::new(LimiterOptions::up_to(4));
    let transfer = Transfer::new(options, destination, sources, limiter);
    Services { from, to, transfer }
}

#[rstest]
#[case::one_request(5, &["PUT"])]
#[case::parts(6 * MIB, &["CREATE", "PART", "PART", "COMPLETE"])]
#[tokio::test]
async fn each_side_sees_its_own_keys_only(#[case] size: usize, #[case] written: &[&str]) {
    let Services { from, to, transfer } = services("AKIASOURCE", "AKIADESTINATION").await;
    let object = Stored::new(&vec![7; size]).with("x-amz-meta-owner", "me").tagged("a", "b");
    from.store("src/a", object.clone());
    let source = s3_location("src", &["a"]);
    let copied = transfer.copy(&request(&source, "prefix/a")).await.unwrap();
    assert_eq!(level(&copied), ProofLevel::Checksum);
    assert!(matches!(copied, Copied::Done { server_side: false, .. }));
    assert_eq!(from.operations(), ["GET", "TAGS"]);
    assert_eq!(to.operations(), written);
    let arrived = to.stored("dst/prefix/a").unwrap();
    assert!(arrived.bytes == object.bytes, "the bytes differ");
    assert_eq!(header(&to.requests(written[0])[0], "x-amz-meta-owner").as_deref(), Some("me"));
    assert_eq!(arrived.tags, object.tags);
}

#[rstest]
#[case::source("AKIADESTINATION", "AKIADESTINATION", FailureClass::AccessDenied)]
#[case::destination("AKIASOURCE", "AKIASOURCE", FailureClass::DestinationDenied)]
#[tokio::test]
async fn the_side_that_refuses_is_named(
    #[case] source_key: &str,
    #[case] destination_key: &str,
    #[case] class: FailureClass,
) {
    let Services { from, to, transfer } = services(source_key, destination_key).await;
    from.store("src/a", Stored::new(b"bytes"));
    let source = s3_location("src", &["a"]);
    let error = transfer.copy(&request(&source, "a")).await.unwrap_err();
    assert_eq!(error.class, class);
    assert!(to.stored("dst/a").is_none());
}
