//! Copies through this process.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rstest::rstest;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::objects::digest::BodyDigest;
use crate::objects::test_support::RawServer;

/// Bytes in which no two parts are alike.
fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|at| u8::try_from((at / 7 + at / 65_537) % 251).unwrap()).collect()
}

/// A chunked answer with that many MiB; without its end it looks as if more will come.
fn chunked(mebibytes: usize, ended: bool) -> String {
    let chunk = format!("{MIB:x}\r\n{}\r\n", "x".repeat(MIB));
    let end = if ended { "0\r\n\r\n" } else { "" };
    format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}{end}", chunk.repeat(mebibytes))
}

async fn serve(body: &[u8]) -> MockServer {
    let server = MockServer::start().await;
    let file = ResponseTemplate::new(200)
        .set_body_raw(body, "application/pdf")
        .insert_header("content-disposition", "inline");
    Mock::given(any()).respond_with(file).mount(&server).await;
    server
}

async fn copy(fake: &FakeS3, origin: &str) -> Result<Copied, CopyError> {
    let source = SourceLocation::Http(http_location(&format!("{origin}/a.pdf?sig=secret")));
    let key = "uploads/a.pdf";
    let copied = transfer(fake, false, origin).copy(&request(&source, key)).await;
    if let Err(error) = &copied {
        assert!(!error.message.contains("secret"), "{}", error.message);
    }
    copied
}

#[rstest]
#[case::small(5, Reports::Full, ProofLevel::Checksum)]
#[case::empty(0, Reports::Full, ProofLevel::Checksum)]
#[case::without_checksums(5, Reports::Nothing, ProofLevel::Etag)]
#[tokio::test]
async fn a_small_body_is_sent_in_one_request(
    #[case] size: usize,
    #[case] reports: Reports,
    #[case] expected: ProofLevel,
) {
    let (fake, body) = (FakeS3::start(reports).await, bytes(size));
    let server = serve(&body).await;
    let copied = copy(&fake, &server.uri()).await.unwrap();
    assert_eq!(level(&copied), expected);
    let Copied::Done { source, proof, requests, .. } = copied else { panic!() };
    assert_eq!(
        (source.size_bytes, proof.size_bytes, requests),
        (Some(size as u64), size as u64, 2)
    );
    assert_eq!(proof.checksum.unwrap().value, BodyDigest::of(&body).crc64_nvme());
    let sent = &fake.requests("PUT")[0];
    assert_eq!(sent.body, body);
    assert_eq!(
        header(sent, "x-amz-checksum-crc64nvme").unwrap(),
        BodyDigest::of(&body).crc64_nvme()
    );
    assert_eq!(header(sent, "x-amz-content-sha256").unwrap(), "UNSIGNED-PAYLOAD");
    assert_eq!(header(sent, "content-type").unwrap(), "application/pdf");
    assert_eq!(header(sent, "content-disposition").unwrap(), "inline");
    assert!(header(sent, "x-amz-checksum-crc32").is_none(), "one checksum is enough");
}

#[rstest]
#[case::aws(Reports::Full, ProofLevel::Checksum)]
#[case::composite(Reports::Composite, ProofLevel::MultipartEtag)]
#[case::nothing(Reports::Nothing, ProofLevel::MultipartEtag)]
#[tokio::test]
async fn a_large_body_is_sent_in_parts(#[case] reports: Reports, #[case] expected: ProofLevel) {
    let (fake, body) = (FakeS3::start(reports).await, bytes(12 * MIB));
    let server = serve(&body).await;
    let copied = copy(&fake, &server.uri()).await.unwrap();
    assert_eq!(level(&copied), expected);
    assert!(fake.stored("dst/uploads/a.pdf").unwrap().bytes == body, "the bytes differ");
    let mut sizes: Vec<_> = fake.requests("PART").iter().map(|part| part.body.len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [2 * MIB, 5 * MIB, 5 * MIB]);
    let completed = &fake.requests("COMPLETE")[0];
    assert_eq!(header(completed, "x-amz-checksum-type").unwrap(), "FULL_OBJECT");
    assert_eq!(fake.requests("ABORT").len(), 0);
}

#[rstest]
#[case::one_request(5 * MIB, "PUT")]
#[case::parts(5 * MIB + 1, "COMPLETE")]
#[tokio::test]
async fn the_threshold_decides(#[case] size: usize, #[case] last: &str) {
    let fake = FakeS3::start(Reports::Full).await;
    let server = serve(&bytes(size)).await;
    copy(&fake, &server.uri()).await.unwrap();
    assert_eq!(fake.operations().last().unwrap(), last);
}

#[tokio::test]
async fn a_body_of_unknown_length_is_copied() {
    let fake = FakeS3::start(Reports::Full).await;
    let answer = chunked(6, true);
    let server = RawServer::start(vec![answer], false).await;
    let copied = copy(&fake, &server.origin).await.unwrap();
    assert_eq!(level(&copied), ProofLevel::Checksum);
    assert_eq!(fake.stored("dst/uploads/a.pdf").unwrap().bytes.len(), 6 * MIB);
}

#[tokio::test]
async fn an_unannounced_body_stops_at_the_maximum_and_leaves_nothing() {
    let fake = FakeS3::start(Reports::Full).await;
    let answer = chunked(9, false);
    let server = RawServer::start(vec![answer], true).await;
    let mut transfer = transfer(&fake, false, &server.origin);
    transfer.options.max_file_bytes = 8 * MIB as u64;
    let source = SourceLocation::Http(http_location(&format!("{}/a.pdf", server.origin)));
    let key = "uploads/a.pdf";
    let copied = transfer.copy(&request(&source, key)).await.unwrap();
    let Copied::TooLarge { size_bytes, .. } = copied else { panic!("{copied:?}") };
    assert!(size_bytes > 8 * MIB as u64);
    assert_eq!(fake.requests("ABORT").len(), 1);
    assert!(fake.stored("dst/uploads/a.pdf").is_none());
}

#[tokio::test]
async fn an_announced_size_above_the_maximum_is_not_read() {
    let fake = FakeS3::start(Reports::Full).await;
    let answer =
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{}", 65 * MIB, "x".repeat(600));
    let server = RawServer::start(vec![answer], true).await;
    let copied = copy(&fake, &server.origin).await.unwrap();
    assert_eq!(copied, Copied::TooLarge { size_bytes: 65 * MIB as u64, requests: 1 });
}

#[tokio::test]
async fn a_body_that_breaks_off_is_fetched_again() {
    let fake = FakeS3::start(Reports::Full).await;
    let answers = [
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nby",
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nbytes",
    ];
    let server = RawServer::start(answers.map(str::to_owned).to_vec(), false).await;
    let copied = copy(&fake, &server.origin).await.unwrap();
    assert_eq!(level(&copied), ProofLevel::Checksum);
    assert_eq!((server.connections(), fake.operations().len()), (2, 1));
}

#[tokio::test]
async fn a_large_body_that_breaks_off_aborts_the_upload_each_time() {
    let fake = FakeS3::start(Reports::Full).await;
    let answer =
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{}", 9 * MIB, "x".repeat(6 * MIB));
    let server = RawServer::start(vec![answer; 3], false).await;
    let error = copy(&fake, &server.origin).await.unwrap_err();
    assert_eq!(error.class, FailureClass::ShortBody);
    assert_eq!((fake.requests("CREATE").len(), fake.requests("ABORT").len()), (3, 3));
    assert!(fake.stored("dst/uploads/a.pdf").is_none());
}

#[rstest]
#[case("CREATE", 403, "AccessDenied", FailureClass::DestinationDenied, 0)]
#[case("PART", 403, "AccessDenied", FailureClass::DestinationDenied, 1)]
#[case("COMPLETE", 500, "InternalError", FailureClass::DestinationUnavailable, 1)]
#[tokio::test]
async fn failures_of_the_destination_abort_the_upload(
    #[case] operation: &str,
    #[case] status: u16,
    #[case] code: &str,
    #[case] class: FailureClass,
    #[case] aborts: usize,
) {
    let fake = FakeS3::start(Reports::Full).await;
    let server = serve(&bytes(6 * MIB)).await;
    fake.fail(operation, status, code);
    let error = copy(&fake, &server.uri()).await.unwrap_err();
    assert_eq!(error.class, class, "{}", error.message);
    assert_eq!(fake.requests("ABORT").len(), aborts);
}

#[tokio::test]
async fn a_digest_that_the_destination_refuses_is_tried_again() {
    let fake = FakeS3::start(Reports::Full).await;
    let server = serve(b"bytes").await;
    fake.fail("PUT", 400, "BadDigest");
    copy(&fake, &server.uri()).await.unwrap();
    assert_eq!(fake.operations(), ["PUT", "PUT"]);
}

#[tokio::test]
async fn s3_with_keys_is_streamed_with_all_metadata() {
    let fake = FakeS3::start(Reports::Full).await;
    let stored = Stored::new(b"bytes")
        .with("content-type", "application/pdf")
        .with("content-encoding", "gzip")
        .with("x-amz-meta-owner", "me");
    fake.store("src/a.pdf", stored);
    let (source, key) = (s3_location("src", &["a.pdf"]), "uploads/a.pdf");
    let copied = transfer(&fake, false, "").copy(&request(&source, key)).await.unwrap();
    assert_eq!(level(&copied), ProofLevel::Checksum);
    assert_eq!(fake.operations(), ["GET", "PUT"]);
    let sent = &fake.requests("PUT")[0];
    assert_eq!(header(sent, "content-encoding").unwrap(), "gzip");
    assert_eq!(header(sent, "x-amz-meta-owner").unwrap(), "me");
}

#[tokio::test]
async fn bytes_that_are_not_those_of_the_source_checksum_are_not_written() {
    let fake = FakeS3::start(Reports::Nothing).await;
    let wrong = STANDARD.encode([7; 8]);
    fake.store("src/a.pdf", Stored::new(b"bytes").with("x-amz-checksum-crc64nvme", &wrong));
    let (source, key) = (s3_location("src", &["a.pdf"]), "uploads/a.pdf");
    let error = transfer(&fake, false, "").copy(&request(&source, key)).await.unwrap_err();
    assert_eq!(error.class, FailureClass::ChecksumMismatch, "{}", error.message);
    assert_eq!(fake.requests("PUT").len(), 0);
}

#[tokio::test]
async fn a_large_copy_that_differs_is_not_believed() {
    let fake = FakeS3::start(Reports::Full).await;
    let server = serve(&bytes(6 * MIB)).await;
    fake.corrupt_parts();
    let error = copy(&fake, &server.uri()).await.unwrap_err();
    assert_eq!(error.class, FailureClass::ChecksumMismatch);
    assert!(error.message.contains("CRC64NVME"), "{}", error.message);
}

#[rstest]
#[case::same(bytes(6 * MIB), true)]
#[case::of_the_same_size(vec![0; 6 * MIB], false)]
#[case::longer(bytes(6 * MIB + 1), false)]
#[tokio::test]
async fn a_source_that_tells_nothing_is_compared_with_its_copy(
    #[case] now: Vec<u8>,
    #[case] unchanged: bool,
) {
    let fake = FakeS3::start(Reports::Full).await;
    let server = serve(&bytes(6 * MIB)).await;
    let Copied::Done { source: known, proof, .. } = copy(&fake, &server.uri()).await.unwrap()
    else {
        panic!("not copied")
    };
    assert!(known.tells_nothing());
    let operations = fake.operations().len();
    let later = serve(&now).await;
    let source = SourceLocation::Http(http_location(&format!("{}/a.pdf", later.uri())));
    let key = "uploads/a.pdf";
    let request =
        CopyRequest { known: Some(&known), copied: Some(&proof), ..request(&source, key) };
    let copied = transfer(&fake, false, &later.uri()).copy(&request).await.unwrap();
    assert_eq!(matches!(copied, Copied::Unchanged { .. }), unchanged, "{copied:?}");
    assert_eq!(fake.operations().len() == operations, unchanged, "writes to the destination");
}
