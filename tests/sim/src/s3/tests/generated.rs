//! Buckets that are made up as they are read.

use std::collections::{BTreeMap, BTreeSet};

use super::super::S3Plant;
use super::*;

/// More than a page and a folder, and differences of every kind on both sides of the edge.
const PLANTED: &str = "g:in/:1130:50";

/// Every key of a bucket, in order.
async fn keys(fixture: &Fixture, bucket: &str) -> Vec<String> {
    let (mut keys, mut token) = (Vec::new(), String::new());
    loop {
        let from = if token.is_empty() { token } else { format!("&continuation-token={token}") };
        let page = fixture.get(&format!("/{bucket}?list-type=2{from}")).await;
        keys.extend(page.elements("Key"));
        token = page.element("NextContinuationToken");
        if token.is_empty() {
            return keys;
        }
    }
}

/// The path of a key.
fn path(bucket: &str, key: &str) -> String {
    format!("/{bucket}/{}", key.replace(' ', "%20"))
}

/// A page but for what differs by nature: the name of the bucket, and when objects were written.
async fn page(fixture: &Fixture, bucket: &str, query: &str) -> String {
    let answer = fixture.get(&format!("/{bucket}?list-type=2&{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    let body = answer.body.replace(&format!("<Name>{bucket}</Name>"), "");
    let mut pieces = body.split("<LastModified>");
    let first = pieces.next().unwrap().to_owned();
    pieces.fold(first, |text, piece| text + piece.split_once("</LastModified>").unwrap().1)
}

/// Writes what bucket `g` holds into bucket `b`, by the means that a client has.
async fn copy_by_hand(fixture: &Fixture) {
    for key in keys(fixture, "g").await {
        let object = fixture.get(&path("g", &key)).await;
        let to = path("b", &key);
        if object.header("etag").ends_with("-1\"") {
            let begun = fixture.send("POST", &format!("{to}?uploads"), &[], "").await;
            let upload = format!("{to}?uploadId={}", begun.element("UploadId"));
            let numbered = format!("{upload}&partNumber=1");
            let part = fixture.send("PUT", &numbered, &[], object.body).await;
            let etag = part.header("etag").to_owned();
            let list = format!(
                "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
            );
            assert_eq!(fixture.send("POST", &upload, &[], list).await.status, 200);
        } else {
            assert_eq!(fixture.send("PUT", &to, &[], object.body).await.status, 200);
        }
    }
}

#[tokio::test]
async fn a_generated_bucket_lists_as_a_stored_one_of_the_same_content() {
    let fixture = Fixture::generated(&[PLANTED]).await;
    copy_by_hand(&fixture).await;
    let mut compared = 0;
    for from in ["", "prefix=in/", "prefix=in/000001/0", "prefix=in/000001/008.bin", "prefix=none"]
    {
        for after in [
            "",
            "start-after=a",
            "start-after=in/000000/999.bin",
            "start-after=in/000001/008.bin%20(copy)",
            "start-after=in/000001/00",
            "start-after=in/000001/129.bin",
            "start-after=z",
        ] {
            for form in
                ["", "delimiter=/", "delimiter=0/", "max-keys=0", "max-keys=7&encoding-type=url"]
            {
                let mut query = format!("{from}&{after}&{form}&fetch-owner=false");
                while query.contains("&&") {
                    query = query.replace("&&", "&");
                }
                let query = query.trim_start_matches('&');
                let (made, stored) =
                    (page(&fixture, "g", query).await, page(&fixture, "b", query).await);
                assert_eq!(made, stored, "{query}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 175);
    assert_eq!(keys(&fixture, "g").await, keys(&fixture, "b").await);
}

#[tokio::test]
async fn pages_that_end_with_a_group_go_on_behind_it() {
    let fixture = Fixture::generated(&[PLANTED]).await;
    let (mut groups, mut token) = (Vec::new(), String::new());
    loop {
        let from = if token.is_empty() { token } else { format!("&continuation-token={token}") };
        let query = format!("/g?list-type=2&prefix=in/&delimiter=/&max-keys=1{from}");
        let page = fixture.get(&query).await;
        assert!(page.elements("Key").is_empty());
        groups.extend(page.elements("CommonPrefixes><Prefix"));
        token = page.element("NextContinuationToken");
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(groups, ["in/000000/", "in/000001/"]);
}

#[tokio::test]
async fn two_buckets_differ_in_what_is_planted_and_in_nothing_else() {
    let fixture = Fixture::generated(&["plain:in/:1130", PLANTED]).await;
    let planted: S3Generated = PLANTED.parse().unwrap();
    let plants: BTreeMap<u64, S3Plant> = planted.plants().collect();
    let mut kinds = BTreeSet::new();
    for number in 0..planted.count {
        let key = planted.key(number);
        let (one, other) =
            (fixture.get(&path("plain", &key)).await, fixture.get(&path("g", &key)).await);
        let sizes = one.body.len() == other.body.len();
        let (bodies, etags) = (one.body == other.body, one.header("etag") == other.header("etag"));
        let parts = other.header("etag").ends_with("-1\"");
        let extra = fixture.get(&path("g", &planted.extra_key(number))).await.status;
        let plant = plants.get(&number);
        let seen = match (other.status, extra, sizes, bodies, etags, parts) {
            (404, 404, ..) => Some(S3Plant::Missing),
            (200, 200, true, true, true, false) => Some(S3Plant::Extra),
            (200, 404, false, false, false, false) => Some(S3Plant::Size),
            (200, 404, true, false, false, false) => Some(S3Plant::Content),
            (200, 404, true, true, false, true) => Some(S3Plant::Parts),
            (200, 404, true, false, false, true) => Some(S3Plant::ContentInParts),
            (200, 404, true, true, true, false) => None,
            other => panic!("{key}: {other:?}"),
        };
        assert_eq!(seen.as_ref(), plant, "{key}");
        kinds.extend(seen);
    }
    assert_eq!(kinds, BTreeSet::from(S3Plant::ALL));
}

#[tokio::test]
async fn a_generated_bucket_takes_no_writes() {
    let fixture = Fixture::generated(&["g:in/:10"]).await;
    let key = "/g/in/000000/000.bin";
    assert_eq!(fixture.send("PUT", key, &[], "x").await.status, 501);
    assert_eq!(fixture.send("DELETE", key, &[], "").await.status, 501);
    assert_eq!(fixture.send("PUT", "/g", &[], "").await.status, 409);
    assert_eq!(fixture.send("HEAD", "/g", &[], "").await.status, 200);
    let head = fixture.send("HEAD", key, &[], "").await;
    assert_eq!((head.status, head.header("content-length")), (200, "18"));
    assert_eq!(fixture.get("/").await.elements("Name"), ["b", "g"]);
}
