//! What a listing makes of keys, ranges, and services that misbehave.

use rstest::rstest;

use super::super::test_support::{FakeBucket, Quirk};
use super::*;
use crate::objects::test_support::{RawServer, s3_client};

fn numbers(count: u32) -> impl Iterator<Item = String> {
    (0..count).map(|n| format!("p/{n:05}"))
}

fn range(after: Option<&str>, until: Option<&str>) -> KeyRange {
    KeyRange { after: after.map(str::to_owned), until: until.map(str::to_owned) }
}

async fn all(listing: &mut ListingInventory) -> Result<Vec<Object>, InventoryError> {
    let mut objects = Vec::new();
    while let Some(page) = listing.next_page().await? {
        objects.extend(page);
    }
    Ok(objects)
}

async fn keys(bucket: &FakeBucket, prefix: &str, range: KeyRange) -> Vec<String> {
    let mut listing = ListingInventory::new(bucket.place(prefix), range);
    all(&mut listing).await.unwrap().into_iter().map(|object| object.key).collect()
}

#[tokio::test]
async fn every_key_that_s3_takes_arrives_as_it_is() {
    let mut odd = [
        "\n",
        "\r\n",
        "\u{1}",
        "\u{b}\u{1f}",
        "%",
        "%41",
        "+",
        "a b",
        "a+b",
        "a%2Bb",
        "<&>\"'",
        "한글/é",
        "e\u{301}",
        "😀",
        "\u{ffff}",
        "\u{7f}",
        "//",
        "./..",
        "trailing ",
        "?x=1&y#z",
    ]
    .map(str::to_owned)
    .to_vec();
    odd.push("\u{1}".repeat(1022));
    let bucket = FakeBucket::start("b", odd.iter().map(|key| format!("p/{key}"))).await;
    odd.sort_unstable();
    assert_eq!(keys(&bucket, "p/", KeyRange::ALL).await, odd);
    for key in &odd {
        let up_to = range(None, Some(key));
        let beyond = range(Some(key), None);
        let mut both = keys(&bucket, "p/", up_to).await;
        both.extend(keys(&bucket, "p/", beyond).await);
        assert_eq!(both, odd, "cut at {key:?}");
    }
}

#[tokio::test]
async fn an_object_says_all_that_the_listing_knows() {
    let bucket = FakeBucket::start("b", ["p/a".to_owned(), "q".to_owned()]).await;
    let mut listing = ListingInventory::new(bucket.place("p/"), KeyRange::ALL);
    let expected = Object {
        key: "a".to_owned(),
        size_bytes: 3,
        etag: Some("9b2cf535f27731c974343645a3985328".to_owned()),
        last_modified: Some("2026-01-02T03:04:05Z".to_owned()),
        storage_class: Some("STANDARD".to_owned()),
        ..Object::default()
    };
    assert_eq!(all(&mut listing).await.unwrap(), [expected]);
    assert_eq!(listing.next_page().await.unwrap(), None);
}

#[tokio::test]
async fn pages_follow_each_other_and_are_counted() {
    let bucket = FakeBucket::start("b", numbers(2_500)).await;
    let mut listing = ListingInventory::new(bucket.place("p/"), KeyRange::ALL);
    assert_eq!(all(&mut listing).await.unwrap().len(), 2_500);
    assert_eq!(listing.requests(), Requests { list: 3, ..Requests::default() });
    assert_eq!(bucket.log().len(), 3);
}

#[rstest]
#[case::inside(Some("00099"), Some("00199"), 100, 1)]
#[case::ends_with_a_page(None, Some("00999"), 1_000, 1)]
#[case::ends_between_keys(Some("00999"), Some("01000x"), 1, 1)]
#[case::empty(Some("00001"), Some("00001x"), 0, 1)]
#[case::beyond_the_last_key(Some("x"), None, 0, 1)]
#[case::open_end(Some("00499"), None, 2_000, 2)]
#[tokio::test]
async fn a_range_costs_no_request_beyond_its_end(
    #[case] after: Option<&str>,
    #[case] until: Option<&str>,
    #[case] found: usize,
    #[case] requests: usize,
) {
    let bucket = FakeBucket::start("b", numbers(2_500)).await;
    let range = range(after, until);
    let keys = keys(&bucket, "p/", range.clone()).await;
    assert_eq!(keys.len(), found);
    assert!(keys.iter().all(|key| range.contains(key)));
    assert_eq!(bucket.log().len(), requests);
}

#[tokio::test]
async fn a_service_without_encoding_is_understood() {
    let sent = ["a%41", "a+b", "한"].map(str::to_owned);
    let bucket = FakeBucket::with_quirk("b", sent.clone(), Quirk::NoEncoding).await;
    assert_eq!(keys(&bucket, "", KeyRange::ALL).await, sent);
}

#[rstest]
#[case::ignores_token(Quirk::IgnoresToken, None)]
#[case::repeats_token(Quirk::RepeatsToken, None)]
#[case::ignores_start_after(Quirk::IgnoresStartAfter, Some("00005"))]
#[case::backwards(Quirk::Backwards, None)]
#[case::only_empty_pages(Quirk::OnlyEmptyPages, None)]
#[tokio::test]
async fn a_listing_that_does_not_advance_ends_with_an_error(
    #[case] quirk: Quirk,
    #[case] after: Option<&str>,
) {
    let bucket = FakeBucket::with_quirk("b", numbers(2_500), quirk).await;
    let mut listing = ListingInventory::new(bucket.place("p/"), range(after, None));
    let error = all(&mut listing).await.unwrap_err();
    assert!(matches!(error, InventoryError::NotAdvancing { .. }), "{error}");
    assert!(!error.retryable() && error.to_string().contains("hint: "), "{error}");
}

#[tokio::test]
async fn after_an_error_the_same_page_is_asked_for_again() {
    let fails = Quirk::SecondPageFails(503, "SlowDown");
    let bucket = FakeBucket::with_quirk("b", numbers(2_500), fails).await;
    let mut listing = ListingInventory::new(bucket.place("p/"), KeyRange::ALL);
    let mut objects = listing.next_page().await.unwrap().unwrap();
    let error = listing.next_page().await.unwrap_err();
    assert!(matches!(error, InventoryError::Throttled { .. }) && error.retryable(), "{error}");
    objects.extend(all(&mut listing).await.unwrap());
    assert_eq!(objects.len(), 2_500);
}

#[tokio::test]
async fn a_refusal_names_the_prefix_and_what_is_missing() {
    let denied = Quirk::SecondPageFails(403, "AccessDenied");
    let bucket = FakeBucket::with_quirk("b", numbers(2_500), denied).await;
    let mut listing = ListingInventory::new(bucket.place("p/"), KeyRange::ALL);
    let error = all(&mut listing).await.unwrap_err();
    assert!(matches!(error, InventoryError::AccessDenied { .. }) && !error.retryable());
    assert!(error.to_string().contains("s3://b/p/ may not be listed"), "{error}");

    let elsewhere = S3Place { bucket: "c".to_owned(), ..bucket.place("") };
    let error = ListingInventory::new(elsewhere, KeyRange::ALL).next_page().await.unwrap_err();
    assert!(matches!(error, InventoryError::NoSuchBucket { .. }), "{error}");
}

#[tokio::test]
async fn a_page_that_breaks_off_is_fetched_again() {
    let page =
        "<ListBucketResult><Contents><Key>p/a</Key><Size>1</Size></Contents></ListBucketResult>";
    let head =
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", page.len());
    let cut_off = format!("{head}{}", &page[..40]);
    let whole = format!("{head}{page}");
    for (answers, connections) in
        [(vec![cut_off.clone(), whole], 2), (vec![cut_off.clone(), cut_off.clone(), cut_off], 3)]
    {
        let server = RawServer::start(answers, false).await;
        let place = S3Place {
            client: s3_client(&server.origin),
            bucket: "b".to_owned(),
            prefix: "p/".to_owned(),
        };
        let listed = ListingInventory::new(place, KeyRange::ALL).next_page().await;
        assert_eq!(server.connections(), connections);
        match listed {
            Ok(page) => assert_eq!((page.unwrap().len(), connections), (1, 2)),
            Err(error) => assert!(error.retryable() && connections == 3, "{error}"),
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_no_listing_is_an_error() {
    let page = "<html><body>Please log in</body></html>";
    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{page}", page.len());
    let server = RawServer::start(vec![answer], false).await;
    let place = S3Place {
        client: s3_client(&server.origin),
        bucket: "b".to_owned(),
        prefix: String::new(),
    };
    let error = ListingInventory::new(place, KeyRange::ALL).next_page().await.unwrap_err();
    assert!(error.to_string().contains("is no listing"), "{error}");
}
