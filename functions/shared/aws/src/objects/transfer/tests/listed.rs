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
    let (source, key) = (s3_location("src", &["a.pdf"]), key("uploads/a.pdf"));
    let request = CopyRequest { listed: Some(listed), ..request(&source, &key) };
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
async fn a_listed_object_that_was_replaced_fails_at_once() {
    let fake = FakeS3::start(Reports::Full).await;
    let listed = listed(&Stored::new(b"bytes"));
    fake.store("src/a.pdf", Stored::new(b"other"));
    fake.fail("COPY", 412, "PreconditionFailed");
    let error = copy(&fake, &listed).await.unwrap_err();
    assert_eq!((error.class, error.requests), (FailureClass::SourceChanged, 1));
    assert_eq!(fake.operations(), ["COPY"]);
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
    let (source, key) = (s3_location("src", &["a.pdf"]), key("uploads/a.pdf"));
    let request =
        CopyRequest { known: Some(&version), listed: Some(&version), ..request(&source, &key) };
    let copied = transfer(&fake, true, "").copy(&request).await.unwrap();
    assert_eq!(copied, Copied::Unchanged { source: version.clone(), requests: 0 });
    assert!(fake.operations().is_empty());
}
