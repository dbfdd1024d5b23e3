//! What the examiner finds out, and what it costs.

use drayage_domain::reconcile::judge::{Encryption, Head, PartSizes, Terms, Witness};
use drayage_domain::reconcile::{Level, Object};
use rstest::rstest;

use super::*;
use crate::objects::test_support::{FakeS3, RawServer, Reports, Stored, s3_client};

const KMS: (&str, &str) = ("x-amz-server-side-encryption", "aws:kms");

fn place(uri: &str, bucket: &str) -> S3Place {
    S3Place { client: s3_client(uri), bucket: bucket.to_owned(), prefix: "p/".to_owned() }
}

fn examiner(uri: &str) -> Examiner {
    Examiner::new(Some(place(uri, "src")), Some(place(uri, "dst")))
}

fn listed(bytes: &[u8], etag: &str) -> Object {
    Object {
        key: "a".to_owned(),
        size_bytes: bytes.len() as u64,
        etag: Some(etag.to_owned()),
        ..Object::default()
    }
}

async fn verdict(
    examiner: &Examiner,
    source: Object,
    destination: Object,
    level: Level,
) -> Verdict {
    let terms = Terms { level, source: Witness::Bucket, destination: Witness::Bucket };
    examiner.judge(&mut Case::new(source, destination, terms)).await
}

/// Puts both sides of key `a` and returns them as they are listed.
fn store(fake: &FakeS3, source: Stored, destination: Stored) -> (Object, Object) {
    let objects =
        (listed(&source.bytes, &source.etag), listed(&destination.bytes, &destination.etag));
    fake.store("src/p/a", source);
    fake.store("dst/p/a", destination);
    objects
}

fn with_etag(stored: Stored, etag: &str) -> Stored {
    Stored { etag: etag.to_owned(), ..stored }
}

async fn head_of(stored: Stored) -> Head {
    let fake = FakeS3::start(Reports::Nothing).await;
    let (object, _) = store(&fake, stored, Stored::default());
    let place = place(&fake.uri(), "src");
    let target =
        Target { place: &place, key: "p/a".to_owned(), size_bytes: object.size_bytes, etag: None };
    examiner(&fake.uri()).head(&target).await.unwrap()
}

#[rstest]
#[case::none(None, Encryption::Transparent)]
#[case::sse_s3(Some(("x-amz-server-side-encryption", "AES256")), Encryption::Transparent)]
#[case::kms(Some(KMS), Encryption::Kms)]
#[case::dsse(Some(("x-amz-server-side-encryption", "aws:kms:dsse")), Encryption::Kms)]
#[case::customer(Some(("x-amz-server-side-encryption-customer-algorithm", "AES256")), Encryption::CustomerKey)]
#[tokio::test]
async fn a_head_tells_how_an_object_is_encrypted(
    #[case] header: Option<(&str, &str)>,
    #[case] encryption: Encryption,
) {
    let stored = Stored::new(b"bytes");
    let stored = match header {
        Some((name, value)) => stored.with(name, value),
        None => stored,
    };
    let head = head_of(stored.clone()).await;
    assert_eq!((head.size_bytes, head.etag, head.encryption), (5, Some(stored.etag), encryption));
}

#[tokio::test]
async fn a_head_tells_checksums_of_the_object_from_those_of_its_parts() {
    let full = Stored::new(b"b")
        .with("x-amz-checksum-sha256", "YQ==")
        .with("x-amz-checksum-type", "FULL_OBJECT");
    let full = head_of(full).await.checksums;
    assert_eq!((full.full.len(), full.composite.len()), (1, 0));
    assert_eq!((full.full[0].algorithm.as_str(), full.full[0].value.as_str()), ("SHA256", "YQ=="));
    let typed = Stored::new(b"b")
        .with("x-amz-checksum-crc32", "YQ==")
        .with("x-amz-checksum-type", "COMPOSITE");
    let untyped = Stored::new(b"b").with("x-amz-checksum-crc32", "YQ==-2");
    for stored in [typed, untyped] {
        let composite = head_of(stored).await.checksums;
        assert_eq!((composite.full.len(), composite.composite.len()), (0, 1));
    }
}

#[tokio::test]
async fn an_archived_object_is_not_readable_until_it_is_restored() {
    let archived = Stored::new(b"b").with("x-amz-storage-class", "DEEP_ARCHIVE");
    assert!(head_of(archived.clone()).await.archived);
    assert!(!head_of(archived.with("x-amz-restore", "ongoing-request=\"false\"")).await.archived);
}

#[tokio::test]
async fn checksums_settle_what_multipart_etags_do_not_without_a_byte_being_read() {
    let fake = FakeS3::start(Reports::Full).await;
    let stored = Stored::new(b"same bytes");
    let parted = with_etag(stored.clone(), &format!("{}-2", "0".repeat(32)));
    let (source, destination) = store(&fake, stored, parted);
    let examiner = examiner(&fake.uri());
    let verdict = verdict(&examiner, source, destination, Level::Checksum).await;
    assert_eq!(verdict, Verdict::Match { level: Level::Checksum });
    assert_eq!(examiner.requests(), Requests { head: 2, ..Requests::default() });
    assert_eq!(examiner.bytes_read(), 0);
}

#[tokio::test]
async fn one_side_is_read_for_the_md5_that_the_other_reports() {
    let fake = FakeS3::start(Reports::Nothing).await;
    let stored = Stored::new(b"same bytes");
    let parted = with_etag(stored.clone(), &format!("{}-2", "0".repeat(32)));
    let (source, destination) = store(&fake, stored, parted);
    let examiner = examiner(&fake.uri());
    let found = verdict(&examiner, source, destination, Level::MultipartEtag).await;
    assert_eq!(found, Verdict::Match { level: Level::MultipartEtag });
    assert_eq!((examiner.requests().get, examiner.bytes_read()), (1, 10));
}

#[rstest]
#[case::equal(b"same bytes", b"same bytes", Verdict::Match { level: Level::Bytes })]
#[case::different(b"same bytes", b"other byte", Verdict::ContentDiffers { level: Level::Bytes })]
#[tokio::test]
async fn where_etags_are_no_digests_the_bytes_decide(
    #[case] one: &[u8],
    #[case] other: &[u8],
    #[case] expected: Verdict,
) {
    let fake = FakeS3::start(Reports::Nothing).await;
    let opaque = |bytes, etag: &str| with_etag(Stored::new(bytes).with(KMS.0, KMS.1), etag);
    let (source, destination) =
        store(&fake, opaque(one, &"1".repeat(32)), opaque(other, &"2".repeat(32)));
    let examiner = examiner(&fake.uri());
    assert_eq!(verdict(&examiner, source, destination, Level::Bytes).await, expected);
    assert_eq!(examiner.requests().get, 2);
}

#[tokio::test]
async fn an_object_that_was_replaced_since_it_was_listed_is_not_judged() {
    let fake = FakeS3::start(Reports::Nothing).await;
    let opaque = |etag: &str| with_etag(Stored::new(b"bytes").with(KMS.0, KMS.1), etag);
    let (source, mut destination) = store(&fake, opaque(&"1".repeat(32)), opaque(&"2".repeat(32)));
    destination.etag = Some("3".repeat(32));
    let verdict = verdict(&examiner(&fake.uri()), source, destination, Level::Bytes).await;
    assert!(
        matches!(verdict, Verdict::NotVerifiable { reason: Doubt::Changed, .. }),
        "{verdict:?}"
    );
}

#[rstest]
#[case::read("GET", 403, "KMS.DisabledException", Doubt::KmsDenied)]
#[case::replaced("GET", 412, "PreconditionFailed", Doubt::Changed)]
#[case::busy("GET", 503, "SlowDown", Doubt::ReadFailed)]
#[case::vanished("HEAD", 404, "", Doubt::Changed)]
#[tokio::test]
async fn what_cannot_be_found_out_is_the_reason_of_the_verdict(
    #[case] operation: &str,
    #[case] status: u16,
    #[case] code: &str,
    #[case] expected: Doubt,
) {
    let fake = FakeS3::start(Reports::Nothing).await;
    let opaque = |etag: &str| with_etag(Stored::new(b"bytes").with(KMS.0, KMS.1), etag);
    let (source, destination) = store(&fake, opaque(&"1".repeat(32)), opaque(&"2".repeat(32)));
    fake.fail(operation, status, code);
    let verdict = verdict(&examiner(&fake.uri()), source, destination, Level::Bytes).await;
    let Verdict::NotVerifiable { reason, .. } = verdict else { panic!("{verdict:?}") };
    assert_eq!(reason, expected);
}

#[tokio::test]
async fn a_refused_head_is_asked_again_without_checksums() {
    let fake = FakeS3::start(Reports::Nothing).await;
    let (source, destination) = store(
        &fake,
        with_etag(Stored::new(b"bytes").with(KMS.0, KMS.1), &"1".repeat(32)),
        with_etag(Stored::new(b"bytes"), &"2".repeat(32)),
    );
    fake.fail("HEAD", 403, "");
    let examiner = examiner(&fake.uri());
    let found = verdict(&examiner, source.clone(), destination.clone(), Level::Etag).await;
    assert_eq!(found, Verdict::NotVerifiable { level: Level::Etag, reason: Doubt::OpaqueEtag });
    assert_eq!(examiner.requests().head, 3);
    fake.fail("HEAD", 403, "");
    fake.fail("HEAD", 403, "");
    let found = verdict(&examiner, source, destination, Level::Etag).await;
    assert!(
        matches!(found, Verdict::NotVerifiable { reason: Doubt::AccessDenied, .. }),
        "{found:?}"
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_is_gone_on_with() {
    let head = "HTTP/1.1 200 OK\r\netag: \"v1\"\r\ncontent-length:";
    let answers = vec![format!("{head} 10\r\n\r\n0123"), format!("{head} 6\r\n\r\n456789")];
    let server = RawServer::start(answers, false).await;
    let place = place(&server.origin, "src");
    let target = Target {
        place: &place,
        key: "p/a".to_owned(),
        size_bytes: 10,
        etag: Some("v1".to_owned()),
    };
    let examiner = examiner(&server.origin);
    let read = examiner.read_one(target, &[], &[]).await.unwrap();
    // md5sum of 0123456789.
    assert_eq!(read.etags.single, "781e5e245d69b566979b86e28d23f2c7");
    assert_eq!((examiner.requests().get, examiner.bytes_read()), (2, 10));
}

#[rstest]
#[case::first_and_last(Some(3), Ok(PartSizes { first_bytes: 8, last_bytes: 8 }))]
#[case::other_number(Some(2), Err(Doubt::ReadFailed))]
#[case::not_told(None, Err(Doubt::ReadFailed))]
#[tokio::test]
async fn part_sizes_are_believed_only_with_the_number_of_parts(
    #[case] told: Option<u32>,
    #[case] expected: Result<PartSizes, Doubt>,
) {
    let fake = FakeS3::start(Reports::Nothing).await;
    let mut stored = Stored::new(b"12345678");
    if let Some(parts) = told {
        stored = stored.with("x-amz-mp-parts-count", &parts.to_string());
    }
    store(&fake, stored, Stored::default());
    let place = place(&fake.uri(), "src");
    let target = Target { place: &place, key: "p/a".to_owned(), size_bytes: 8, etag: None };
    assert_eq!(examiner(&fake.uri()).part_sizes(&target, 3).await, expected);
    let asked: Vec<_> =
        fake.requests("HEAD").iter().map(|head| head.url.query().unwrap().to_owned()).collect();
    assert!(asked.iter().any(|query| query.contains("partNumber=1")), "{asked:?}");
}

#[rstest]
#[case::all_alike(8, Ok(true))]
#[case::others(7, Ok(false))]
#[tokio::test]
async fn parts_are_confirmed_one_by_one(
    #[case] part_size_bytes: u64,
    #[case] expected: Result<bool, Doubt>,
) {
    let fake = FakeS3::start(Reports::Nothing).await;
    store(&fake, Stored::new(b"12345678").with("x-amz-mp-parts-count", "5"), Stored::default());
    let place = place(&fake.uri(), "src");
    let target = Target { place: &place, key: "p/a".to_owned(), size_bytes: 8, etag: None };
    let examiner = examiner(&fake.uri());
    assert_eq!(examiner.confirm_parts(&target, 5, part_size_bytes).await, expected);
    assert!(examiner.requests().head >= 1 && examiner.requests().head <= 4);
}
