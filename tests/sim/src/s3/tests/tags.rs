//! Tags, storage classes and who may read.

use super::*;

#[tokio::test]
async fn tags_are_counted_told_replaced_and_copied() {
    let fixture = Fixture::start(&[]).await;
    let tagged = [("x-amz-tagging", "a=1&b=x%20y")];
    assert_eq!(fixture.send("PUT", "/b/k", &tagged, "x").await.status, 200);
    assert_eq!(fixture.send("HEAD", "/b/k", &[], "").await.header("x-amz-tagging-count"), "2");
    assert!(fixture.get("/b/k").await.headers.get("x-amz-tagging").is_none());
    assert_eq!(fixture.get("/b/k?tagging").await.elements("Value"), ["1", "x y"]);
    let copy = [("x-amz-copy-source", "/b/k"), ("x-amz-storage-class", "STANDARD_IA")];
    fixture.send("PUT", "/b/copy", &copy, "").await;
    assert_eq!(fixture.get("/b/copy?tagging").await.elements("Key"), ["a", "b"]);
    let head = fixture.send("HEAD", "/b/copy", &[], "").await;
    assert_eq!(head.header("x-amz-storage-class"), "STANDARD_IA");
    let replaced = [
        ("x-amz-copy-source", "/b/copy"),
        ("x-amz-tagging-directive", "REPLACE"),
        ("x-amz-tagging", "c=3"),
    ];
    fixture.send("PUT", "/b/other", &replaced, "").await;
    assert_eq!(fixture.get("/b/other?tagging").await.elements("Key"), ["c"]);
    let head = fixture.send("HEAD", "/b/other", &[], "").await;
    assert_eq!(head.header("x-amz-storage-class"), "", "a class is not copied");
    let xml = "<Tagging><TagSet><Tag><Key>d</Key><Value>4</Value></Tag></TagSet></Tagging>";
    assert_eq!(fixture.send("PUT", "/b/k?tagging", &[], xml).await.status, 200);
    assert_eq!(fixture.get("/b/k?tagging").await.elements("Key"), ["d"]);
    assert_eq!(fixture.send("DELETE", "/b/k?tagging", &[], "").await.status, 204);
    assert_eq!(fixture.send("HEAD", "/b/k", &[], "").await.header("x-amz-tagging-count"), "");
    let twice = [("x-amz-tagging", "a=1&a=2")];
    let answer = fixture.send("PUT", "/b/k", &twice, "x").await;
    assert_eq!(answer.refusal(), refused(400, "InvalidTag"));
}

#[tokio::test]
async fn only_the_known_access_key_is_served_and_some_keys_to_nobody() {
    let options = S3ServerOptions {
        seeds: vec!["b:in/:1:5".parse().unwrap(), "b:secret/:1:5".parse().unwrap()],
        access_key: Some("THEIRS".to_owned()),
        unreadable_prefix: Some("secret/".to_owned()),
        ..S3ServerOptions::default()
    };
    let fixture =
        Fixture { server: S3Server::start(options).await.unwrap(), client: Client::new() };
    let signed = |id: &str| {
        format!("AWS4-HMAC-SHA256 Credential={id}/20260101/us-east-1/s3/aws4_request, Signature=x")
    };
    let (theirs, other) = (signed("THEIRS"), signed("OTHER"));
    let status = async |path: &str, authorization: &str| {
        let headers = [("authorization", authorization)];
        let answer = fixture.send("GET", path, &headers, "").await;
        (answer.status, answer.element("Code"))
    };
    let fine = (200, String::new());
    assert_eq!(status("/b/in/00000000", &theirs).await, fine);
    assert_eq!(status("/b/in/00000000", &other).await, refused(403, "InvalidAccessKeyId"));
    assert_eq!(fixture.get("/b/in/00000000").await.refusal(), refused(403, "AccessDenied"));
    assert_eq!(status("/b/secret/00000000", &theirs).await, refused(403, "AccessDenied"));
    assert_eq!(status("/b?list-type=2", &theirs).await, fine);
    let copy = [("authorization", theirs.as_str()), ("x-amz-copy-source", "/b/secret/00000000")];
    assert_eq!(fixture.send("PUT", "/b/c", &copy, "").await.refusal().0, 403);
}
