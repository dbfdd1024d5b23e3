//! Copies that S3 makes, and what is found out before them.

use rstest::rstest;

use super::*;
use crate::objects::transfer::ranges::SINGLE_COPY_MAX_BYTES;

async fn copy(fake: &FakeS3, keys: &[&str]) -> Result<Copied, CopyError> {
    let (source, key) = (s3_location("src", keys), "uploads/a b.pdf");
    transfer(fake, true, "").copy(&request(&source, key)).await
}

#[rstest]
#[case(Reports::Full, ProofLevel::Checksum)]
#[case(Reports::Nothing, ProofLevel::Etag)]
#[tokio::test]
async fn one_request_copies_exactly_the_version_that_was_seen(
    #[case] reports: Reports,
    #[case] expected: ProofLevel,
) {
    let fake = FakeS3::start(reports).await;
    fake.store("src/a%20b.pdf", Stored::new(b"bytes").with("content-type", "application/pdf"));
    let copied = copy(&fake, &["a b.pdf"]).await.unwrap();
    assert_eq!(level(&copied), expected);
    let Copied::Done { content_type, server_side, requests, .. } = copied else { panic!() };
    assert_eq!(
        (content_type.as_deref(), server_side, requests),
        (Some("application/pdf"), true, 2)
    );
    assert_eq!(fake.operations(), ["HEAD", "COPY"]);
    let sent = &fake.requests("COPY")[0];
    assert_eq!(sent.url.path(), "/dst/uploads/a%20b.pdf");
    assert_eq!(header(sent, "x-amz-copy-source").unwrap(), "src/a%20b.pdf");
    assert_eq!(header(sent, "x-amz-metadata-directive").unwrap(), "COPY");
    assert_eq!(header(sent, "x-amz-checksum-algorithm").unwrap(), "CRC64NVME");
    assert_eq!(
        header(sent, "x-amz-copy-source-if-match").unwrap(),
        "\"4b3a6218bb3e3a7303e8a171a60fcf92\""
    );
    assert_eq!(header(&fake.requests("HEAD")[0], "x-amz-checksum-mode").unwrap(), "ENABLED");
}

#[rstest]
#[case(false, None)]
#[case(true, Some("requester"))]
#[tokio::test]
async fn a_copy_says_who_pays_for_its_source(
    #[case] requester_pays: bool,
    #[case] expected: Option<&str>,
    #[values(1, SINGLE_COPY_MAX_BYTES + 1)] size_bytes: u64,
) {
    let fake = FakeS3::start(Reports::Full).await;
    let client = s3_client(&fake.uri());
    let sources = Sources {
        s3: Some(S3Source::new(client.clone(), true).requester_pays(requester_pays)),
        http: HttpSource::new(http_options("")).unwrap(),
    };
    let options = TransferOptions::new("dst", u64::MAX);
    let transfer = Transfer::new(options, client, sources, Limiter::new(LimiterOptions::up_to(4)));
    fake.store("src/a.pdf", Stored { claimed_size: Some(size_bytes), ..Stored::new(b"") });
    fake.fail("PARTCOPY", 500, "InternalError");
    let source = s3_location("src", &["a.pdf"]);
    // What becomes of it is not the point here.
    let outcome = transfer.copy(&request(&source, "uploads/a.pdf")).await;
    let sent = [fake.requests("COPY"), fake.requests("PARTCOPY")].concat();
    assert!(!sent.is_empty(), "{outcome:?}");
    assert!(sent.iter().all(|copy| header(copy, "x-amz-request-payer").as_deref() == expected));
}

#[tokio::test]
async fn a_multipart_source_without_checksum_is_proven_by_size() {
    let fake = FakeS3::start(Reports::Nothing).await;
    let stored =
        Stored { etag: "25f9e794323b453885f5181f1b624d0b-2".to_owned(), ..Stored::new(b"bytes") };
    fake.store("src/a.pdf", stored);
    assert_eq!(level(&copy(&fake, &["a.pdf"]).await.unwrap()), ProofLevel::Size);
    assert_eq!(fake.operations(), ["HEAD", "COPY", "HEAD"]);
}

#[tokio::test]
async fn a_known_version_is_not_copied_again() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a.pdf", Stored::new(b"bytes"));
    let (source, key) = (s3_location("src", &["a.pdf"]), "uploads/a.pdf");
    let etag = Some(Stored::new(b"bytes").etag);
    let known = SourceIdentity { etag, ..SourceIdentity::default() };
    let request = CopyRequest { known: Some(&known), ..request(&source, key) };
    let copied = transfer(&fake, true, "").copy(&request).await.unwrap();
    assert!(matches!(copied, Copied::Unchanged { requests: 1, .. }), "{copied:?}");
}

#[tokio::test]
async fn too_large_is_known_before_anything_is_read() {
    let fake = FakeS3::start(Reports::Nothing).await;
    let size = 65 * MIB as u64;
    fake.store("src/a.pdf", Stored { claimed_size: Some(size), ..Stored::new(b"") });
    let copied = copy(&fake, &["a.pdf"]).await.unwrap();
    assert_eq!(copied, Copied::TooLarge { size_bytes: size, requests: 1 });
}

/// Stores an object of 6 GiB, as far as its headers tell.
fn store_film(fake: &FakeS3) -> Stored {
    let size = 6 * 1024 * MIB as u64;
    let film = Stored { claimed_size: Some(size), ..Stored::new(b"") }
        .with("content-type", "video/mp4")
        .with("content-disposition", "attachment; filename=film.mp4")
        .with("x-amz-meta-owner", "me");
    fake.store("src/film.mp4", film.clone());
    film
}

fn unlimited(fake: &FakeS3) -> Transfer {
    let mut transfer = transfer(fake, true, "");
    transfer.options.max_file_bytes = u64::MAX;
    transfer
}

#[tokio::test]
async fn six_gibibytes_are_copied_in_parts_with_the_metadata_and_proven() {
    let fake = FakeS3::start(Reports::Nothing).await;
    let film = store_film(&fake);
    let (source, key) = (s3_location("src", &["film.mp4"]), "uploads/film.mp4");
    let copied = unlimited(&fake).copy(&request(&source, key)).await.unwrap();
    // The parts' ETags are no MD5s here, so the size of the result is all that can be compared.
    assert_eq!(level(&copied), ProofLevel::Size);
    let Copied::Done { proof, server_side, requests, .. } = copied else { panic!() };
    // Head, create, 24 parts, complete, head.
    assert_eq!((proof.size_bytes, server_side, requests), (6 * 1024 * MIB as u64, true, 28));

    let mut parts = fake.requests("PARTCOPY");
    parts.sort_by_key(number);
    for (at, part) in (0_u64..).zip(&parts) {
        let (first, length) = (at * 256 * MIB as u64, 256 * MIB as u64);
        assert_eq!(number(part), at + 1);
        let range = format!("bytes={first}-{}", first + length - 1);
        assert_eq!(header(part, "x-amz-copy-source-range").unwrap(), range);
        assert_eq!(header(part, "x-amz-copy-source").unwrap(), "src/film.mp4");
        let condition = header(part, "x-amz-copy-source-if-match").unwrap();
        assert_eq!(condition, format!("\"{}\"", film.etag));
    }
    assert_eq!(parts.len(), 24);
    let created = &fake.requests("CREATE")[0];
    for (name, value) in &film.headers {
        assert_eq!(header(created, name).as_ref(), Some(value), "{name}");
    }
    assert_eq!(header(created, "x-amz-checksum-type").unwrap(), "FULL_OBJECT");
    let completed = String::from_utf8(fake.requests("COMPLETE")[0].body.clone()).unwrap();
    let listed: Vec<&str> = completed.split("<PartNumber>").skip(1).collect();
    assert_eq!(listed.len(), 24);
    for (number, part) in (1..).zip(listed) {
        assert!(part.starts_with(&format!("{number}</PartNumber>")), "{completed}");
        assert!(completed.contains(&format!("part-{number}")), "{completed}");
    }
    assert_eq!(fake.requests("ABORT").len(), 0);
}

#[tokio::test]
async fn only_the_missing_parts_of_a_copy_are_copied_again() {
    let fake = FakeS3::start(Reports::Nothing).await;
    store_film(&fake);
    fake.fail_after("PARTCOPY", 10, 500, "InternalError");
    let (source, key, memory) =
        (s3_location("src", &["film.mp4"]), "uploads/film.mp4", Memory::default());
    let request = CopyRequest { uploads: Some(&memory), ..request(&source, key) };
    unlimited(&fake).copy(&request).await.unwrap_err();
    assert!(memory.find().await.is_some());
    let before = fake.requests("PARTCOPY").len();
    let arrived = fake.parts();
    assert!(arrived > 0);
    unlimited(&fake).copy(&request).await.unwrap();
    assert_eq!(fake.requests("PARTCOPY").len() - before, 24 - arrived);
    assert_eq!((fake.requests("CREATE").len(), fake.requests("ABORT").len()), (1, 0));
    assert_eq!(memory.find().await, None);
}

fn number(part: &wiremock::Request) -> u64 {
    let number = part.url.query_pairs().find(|(name, _)| name == "partNumber");
    number.unwrap().1.parse().unwrap()
}

#[tokio::test]
async fn a_failed_part_copy_aborts_the_upload() {
    let fake = FakeS3::start(Reports::Nothing).await;
    fake.store(
        "src/film.mp4",
        Stored { claimed_size: Some(6 * 1024 * MIB as u64), ..Stored::new(b"") },
    );
    fake.fail("PARTCOPY", 500, "InternalError");
    let mut transfer = transfer(&fake, true, "");
    transfer.options.max_file_bytes = u64::MAX;
    let (source, key) = (s3_location("src", &["film.mp4"]), "uploads/film.mp4");
    let error = transfer.copy(&request(&source, key)).await.unwrap_err();
    assert_eq!(error.class, FailureClass::DestinationUnavailable);
    assert_eq!(fake.requests("ABORT").len(), 1);
    assert_eq!(fake.requests("COMPLETE").len(), 0);
}

#[tokio::test]
async fn a_refused_copy_is_streamed_once() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a.pdf", Stored::new(b"bytes"));
    fake.fail("COPY", 403, "AccessDenied");
    let copied = copy(&fake, &["a.pdf"]).await.unwrap();
    assert!(matches!(copied, Copied::Done { server_side: false, .. }), "{copied:?}");
    assert_eq!(fake.operations(), ["HEAD", "COPY", "GET", "PUT"]);
}

#[tokio::test]
async fn a_source_that_is_replaced_in_between_is_looked_at_again() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a.pdf", Stored::new(b"bytes"));
    fake.fail("COPY", 412, "PreconditionFailed");
    assert_eq!(level(&copy(&fake, &["a.pdf"]).await.unwrap()), ProofLevel::Checksum);
    assert_eq!(fake.operations(), ["HEAD", "COPY", "HEAD", "COPY"]);
}

#[tokio::test]
async fn the_first_existing_candidate_is_taken() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a%2Bb.pdf", Stored::new(b"bytes"));
    copy(&fake, &["a b.pdf", "a+b.pdf"]).await.unwrap();
    assert_eq!(header(&fake.requests("COPY")[0], "x-amz-copy-source").unwrap(), "src/a%2Bb.pdf");
}

#[tokio::test]
async fn two_keys_that_the_plus_can_mean_are_ambiguous() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a%20b.pdf", Stored::new(b"one"));
    fake.store("src/a%2Bb.pdf", Stored::new(b"two"));
    let error = copy(&fake, &["a b.pdf", "a+b.pdf"]).await.unwrap_err();
    assert_eq!(error.class, FailureClass::AmbiguousKey);
    assert_eq!(fake.operations(), ["HEAD", "HEAD"]);
}

#[tokio::test]
async fn other_candidates_are_only_fallbacks() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a", Stored::new(b"one"));
    fake.store("src/a%3Fb.pdf", Stored::new(b"two"));
    copy(&fake, &["a", "a?b.pdf"]).await.unwrap();
    assert_eq!(fake.operations(), ["HEAD", "COPY"]);
}

#[tokio::test]
async fn no_candidate_is_gone() {
    let fake = FakeS3::start(Reports::Full).await;
    let error = copy(&fake, &["a b.pdf", "a+b.pdf"]).await.unwrap_err();
    assert!(error.gone);
    assert_eq!(error.requests, 2);
}

#[rstest]
#[case("GLACIER", None, true)]
#[case("DEEP_ARCHIVE", Some("ongoing-request=\"true\""), true)]
#[case(
    "GLACIER",
    Some("ongoing-request=\"false\", expiry-date=\"Fri, 21 Dec 2012 00:00:00 GMT\""),
    false
)]
#[case("GLACIER_IR", None, false)]
#[tokio::test]
async fn archived_objects_have_to_be_restored_first(
    #[case] class: &str,
    #[case] restore: Option<&str>,
    #[case] archived: bool,
) {
    let fake = FakeS3::start(Reports::Full).await;
    let mut stored = Stored::new(b"bytes").with("x-amz-storage-class", class);
    if let Some(restore) = restore {
        stored = stored.with("x-amz-restore", restore);
    }
    fake.store("src/a.pdf", stored);
    let copied = copy(&fake, &["a.pdf"]).await;
    assert_eq!(copied.err().map(|error| error.class), archived.then_some(FailureClass::Archived));
}

#[rstest]
#[case(Some("aws:kms"), Some(FailureClass::KmsDenied))]
#[case(None, None)]
#[tokio::test]
async fn a_refused_head_is_asked_again_without_the_checksum(
    #[case] encryption: Option<&str>,
    #[case] expected: Option<FailureClass>,
) {
    let fake = FakeS3::start(Reports::Full).await;
    let mut stored = Stored::new(b"bytes");
    if let Some(encryption) = encryption {
        stored = stored.with("x-amz-server-side-encryption", encryption);
    }
    fake.store("src/a.pdf", stored);
    fake.fail("HEAD", 403, "");
    assert_eq!(copy(&fake, &["a.pdf"]).await.err().map(|error| error.class), expected);
}

#[tokio::test]
async fn a_refused_object_is_denied() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.fail("HEAD", 403, "");
    fake.fail("HEAD", 403, "");
    let error = copy(&fake, &["a.pdf"]).await.unwrap_err();
    assert_eq!((error.class, error.gone, error.requests), (FailureClass::AccessDenied, false, 2));
}

#[tokio::test]
async fn a_duplicate_is_made_only_from_the_proven_version() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a.pdf", Stored::new(b"bytes"));
    let Copied::Done { proof, .. } = copy(&fake, &["a.pdf"]).await.unwrap() else { panic!() };
    let transfer = transfer(&fake, true, "");
    let deadline = Instant::now() + Duration::from_mins(1);
    // The key of `copy` has a blank, which the small S3 keeps encoded as it came.
    let (from, to) = ("uploads/a b.pdf", "uploads/c.pdf");
    let made = transfer.duplicate(from, &proof, to, deadline).await.unwrap();
    assert_eq!((made.proof.level, made.requests), (ProofLevel::Checksum, 1));
    assert_eq!(fake.stored("dst/uploads/c.pdf").unwrap().bytes, b"bytes");

    fake.store("dst/uploads/a%20b.pdf", Stored::new(b"other"));
    let error = transfer.duplicate(from, &proof, "uploads/d.pdf", deadline).await.unwrap_err();
    assert_eq!(error.class, FailureClass::ChecksumMismatch);
    assert!(fake.stored("dst/uploads/d.pdf").is_none());
}

#[tokio::test]
async fn a_version_is_asked_for_and_copied() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a.pdf", Stored::new(b"bytes"));
    fake.store("src/a.pdf?versionId=v1", Stored::new(b"bytes"));
    let SourceLocation::S3(location) = s3_location("src", &["a.pdf"]) else { panic!() };
    let version_id = Some("v1".to_owned());
    let source = SourceLocation::S3(S3Location { version_id, ..location });
    let key = "uploads/a.pdf";
    transfer(&fake, true, "").copy(&request(&source, key)).await.unwrap();
    assert_eq!(fake.requests("HEAD")[0].url.query(), Some("versionId=v1"));
    assert_eq!(
        header(&fake.requests("COPY")[0], "x-amz-copy-source").unwrap(),
        "src/a.pdf?versionId=v1"
    );
}

#[tokio::test]
async fn a_bucket_of_another_region_is_asked_there() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a.pdf", Stored::new(b"bytes"));
    fake.fail("HEAD", 301, "eu-west-1");
    copy(&fake, &["a.pdf"]).await.unwrap();
    let signed: Vec<_> =
        fake.requests("HEAD").iter().map(|head| header(head, "authorization").unwrap()).collect();
    assert!(
        signed[0].contains("/us-east-1/s3/") && signed[1].contains("/eu-west-1/s3/"),
        "{signed:?}"
    );
}

#[tokio::test]
async fn a_wrong_region_without_the_right_one_is_named() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.fail("HEAD", 301, "");
    let error = copy(&fake, &["a.pdf"]).await.unwrap_err();
    assert_eq!((error.class, error.requests), (FailureClass::SourceStatus, 1));
    assert!(error.message.contains("another region"), "{}", error.message);
}
