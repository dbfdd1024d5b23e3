//! Copies of objects that a listing has named.

use super::*;

fn listed(stored: &Stored) -> SourceIdentity {
    SourceIdentity {
        size_bytes: Some(stored.bytes.len() as u64),
        etag: Some(stored.etag.clone()),
        last_modified: None,
    }
}

async fn copy(fake: &FakeS3, listed: &SourceIdentity) -> Result<Copied, CopyError> {
    let (source, key) = (s3_location("src", &["a.pdf"]), "uploads/a.pdf");
    let request = CopyRequest { listed: Some(listed), ..request(&source, key) };
    transfer(fake, true, "").copy(&request).await
}

#[tokio::test]
async fn one_request_copies_and_proves_a_listed_object() {
    let fake = FakeS3::start(Reports::Full).await;
    let stored = Stored::new(b"bytes");
    let listed = listed(&stored);
    fake.store("src/a.pdf", stored);
    let copied = copy(&fake, &listed).await.unwrap();
    assert_eq!(level(&copied), ProofLevel::Etag);
    let Copied::Done { source, requests, proof, .. } = copied else { panic!() };
    assert_eq!((source, requests), (listed, 1));
    assert!(proof.checksum.is_some(), "the destination's checksum is kept");
    assert_eq!(fake.operations(), ["COPY"]);
    assert_eq!(
        header(&fake.requests("COPY")[0], "x-amz-copy-source-if-match").unwrap(),
        "\"4b3a6218bb3e3a7303e8a171a60fcf92\""
    );
}

#[tokio::test]
async fn of_a_listed_object_that_was_replaced_the_current_version_is_copied() {
    let fake = FakeS3::start(Reports::Full).await;
    let now = Stored::new(b"something else");
    fake.store("src/a.pdf", now.clone());
    let copied = copy(&fake, &listed(&Stored::new(b"bytes"))).await.unwrap();
    assert_eq!(level(&copied), ProofLevel::Checksum);
    let Copied::Done { source, proof, requests, .. } = copied else { panic!() };
    assert_eq!((source.etag, proof.size_bytes, requests), (Some(now.etag), 14, 3));
    assert_eq!(fake.operations(), ["COPY", "HEAD", "COPY"]);
    assert_eq!(fake.stored("dst/uploads/a.pdf").unwrap().bytes, now.bytes);
}

#[tokio::test]
async fn an_object_that_is_replaced_while_it_is_copied_is_copied_again() {
    let fake = FakeS3::start(Reports::Full).await;
    let etag = "25f9e794323b453885f5181f1b624d0b-2".to_owned();
    let stored = Stored { etag, ..Stored::new(b"bytes") };
    fake.store("src/a.pdf", stored.clone());
    // Of an upload in parts: it has to be looked at after the copy, and the look fails.
    fake.fail("HEAD", 412, "PreconditionFailed");
    let copied = copy(&fake, &listed(&stored)).await.unwrap();
    assert_eq!(level(&copied), ProofLevel::Checksum);
    assert_eq!(fake.operations(), ["COPY", "HEAD", "HEAD", "COPY"]);
}

#[tokio::test]
async fn a_listed_object_that_was_removed_is_gone() {
    let fake = FakeS3::start(Reports::Full).await;
    let error = copy(&fake, &listed(&Stored::new(b"bytes"))).await.unwrap_err();
    assert_eq!((error.gone, error.requests), (true, 2));
    assert_eq!(fake.operations(), ["COPY", "HEAD"]);
}

#[tokio::test]
async fn a_listed_object_of_more_than_five_gibibytes_keeps_its_description() {
    let fake = FakeS3::start(Reports::Nothing).await;
    let film = Stored { claimed_size: Some(6 * 1024 * MIB as u64), ..Stored::new(b"") };
    let film =
        film.with("content-type", "video/mp4").with("x-amz-meta-owner", "me").tagged("a", "b");
    fake.store("src/a.pdf", film.clone());
    let listed = SourceIdentity { size_bytes: film.claimed_size, ..listed(&film) };
    let source = s3_location("src", &["a.pdf"]);
    let mut transfer = transfer(&fake, true, "");
    transfer.options.max_file_bytes = u64::MAX;
    transfer.options.tags = Tags::Keep;
    let request = CopyRequest { listed: Some(&listed), ..request(&source, "a.pdf") };
    let copied = transfer.copy(&request).await.unwrap();
    assert!(matches!(copied, Copied::Done { server_side: true, .. }));
    let arrived = fake.stored("dst/a.pdf").unwrap();
    assert_eq!((arrived.headers, arrived.tags), (film.headers, film.tags));
}

#[tokio::test]
async fn an_etag_that_is_no_md5_costs_a_look_at_the_source() {
    let fake = FakeS3::start(Reports::Full).await;
    let stored =
        Stored { etag: "25f9e794323b453885f5181f1b624d0b-2".to_owned(), ..Stored::new(b"bytes") };
    let listed = listed(&stored);
    fake.store("src/a.pdf", stored);
    assert_eq!(level(&copy(&fake, &listed).await.unwrap()), ProofLevel::Checksum);
    assert_eq!(fake.operations(), ["COPY", "HEAD"]);
}

#[tokio::test]
async fn a_refused_copy_of_a_listed_object_is_streamed() {
    let fake = FakeS3::start(Reports::Full).await;
    let stored = Stored::new(b"bytes");
    let listed = listed(&stored);
    fake.store("src/a.pdf", stored);
    fake.fail("COPY", 403, "AccessDenied");
    fake.fail("COPY", 403, "AccessDenied");
    let copied = copy(&fake, &listed).await.unwrap();
    assert!(matches!(copied, Copied::Done { server_side: false, .. }), "{copied:?}");
}

#[tokio::test]
async fn a_listed_object_that_is_too_large_or_known_costs_nothing() {
    let fake = FakeS3::start(Reports::Full).await;
    let huge = SourceIdentity { size_bytes: Some(u64::MAX), ..listed(&Stored::new(b"bytes")) };
    let copied = copy(&fake, &huge).await.unwrap();
    assert_eq!(copied, Copied::TooLarge { size_bytes: u64::MAX, requests: 0 });
    let version = listed(&Stored::new(b"bytes"));
    let (source, key) = (s3_location("src", &["a.pdf"]), "uploads/a.pdf");
    let request =
        CopyRequest { known: Some(&version), listed: Some(&version), ..request(&source, key) };
    let copied = transfer(&fake, true, "").copy(&request).await.unwrap();
    assert_eq!(copied, Copied::Unchanged { source: version.clone(), requests: 0 });
    assert!(fake.operations().is_empty());
}
