//! Writing, reading and deleting single objects.

use super::*;

/// MD5 and CRC-64/NVME of `123456789`.
const MD5: &str = "JfnnlDI7RTiF9RgfG2JNCw==";
const CRC: &str = "rosUhgp5mIg=";

#[tokio::test]
async fn metadata_comes_back_and_the_checksum_when_it_is_asked_for() {
    let fixture = Fixture::start(&[]).await;
    let sent = [("content-type", "a/b"), ("x-amz-meta-owner", "me"), ("cache-control", "no-store")];
    let put = fixture.send("PUT", "/b/a%20k", &sent, "123456789").await;
    assert_eq!(put.header("etag"), "\"25f9e794323b453885f5181f1b624d0b\"");
    let head = fixture.send("HEAD", "/b/a%20k", &[("x-amz-checksum-mode", "ENABLED")], "").await;
    for (name, value) in sent {
        assert_eq!(head.header(name), value);
    }
    assert_eq!(head.header("x-amz-checksum-crc64nvme"), CRC);
    assert_eq!(head.header("x-amz-checksum-type"), "FULL_OBJECT");
    assert_eq!(head.header("content-length"), "9");
    let plain = fixture.send("HEAD", "/b/a%20k", &[], "").await;
    assert_eq!(plain.header("x-amz-checksum-crc64nvme"), "");
}

#[tokio::test]
async fn digests_are_verified() {
    let fixture = Fixture::start(&[]).await;
    for (name, value, expected) in [
        ("content-md5", MD5, 200),
        ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==", 400),
        ("content-md5", "short", 400),
        ("x-amz-checksum-crc64nvme", CRC, 200),
        ("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=", 400),
        ("x-amz-checksum-crc32", "y/Q5Jg==", 200),
        ("x-amz-checksum-sha256", CRC, 400),
    ] {
        let answer = fixture.send("PUT", "/b/k", &[(name, value)], "123456789").await;
        assert_eq!(answer.status, expected, "{name}: {value}");
    }
    let wrong = [("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=")];
    let answer = fixture.send("PUT", "/b/k", &wrong, "123456789").await;
    assert_eq!(answer.refusal(), refused(400, "BadDigest"));
    let two = [("x-amz-checksum-crc64nvme", CRC), ("x-amz-checksum-crc32", "y/Q5Jg==")];
    assert_eq!(fixture.send("PUT", "/b/k", &two, "123456789").await.status, 400);
}

#[tokio::test]
async fn a_framed_body_is_unframed_and_its_trailer_verified() {
    let fixture = Fixture::start(&[]).await;
    let headers = [
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "9"),
        ("x-amz-trailer", "x-amz-checksum-crc64nvme"),
    ];
    let body = |crc: &str| format!("9\r\n123456789\r\n0\r\nx-amz-checksum-crc64nvme:{crc}\r\n\r\n");
    assert_eq!(fixture.send("PUT", "/b/k", &headers, body(CRC)).await.status, 200);
    let read = fixture.get("/b/k").await;
    assert_eq!((read.body.as_str(), read.header("content-encoding")), ("123456789", ""));
    let wrong = fixture.send("PUT", "/b/k", &headers, body("AAAAAAAAAAA=")).await;
    assert_eq!(wrong.refusal(), refused(400, "BadDigest"));
}

#[tokio::test]
async fn writes_are_conditional() {
    let fixture = Fixture::start(&[]).await;
    let absent = [("if-none-match", "*")];
    assert_eq!(fixture.send("PUT", "/b/k", &[("if-match", "\"x\"")], "1").await.status, 404);
    assert_eq!(fixture.send("PUT", "/b/k", &absent, "1").await.status, 200);
    let again = fixture.send("PUT", "/b/k", &absent, "2").await;
    assert_eq!(again.refusal(), refused(412, "PreconditionFailed"));
    assert_eq!(fixture.send("PUT", "/b/k", &[("if-match", "\"x\"")], "2").await.status, 412);
    let etag = fixture.get("/b/k").await.header("etag").to_owned();
    assert_eq!(fixture.send("PUT", "/b/k", &[("if-match", &etag)], "2").await.status, 200);
    assert_eq!(fixture.get("/b/k").await.body, "2");
}

#[tokio::test]
async fn reads_are_conditional_and_ranged() {
    let fixture = Fixture::start(&[]).await;
    let etag = fixture.put("/b/k", "123456789").await.header("etag").to_owned();
    for (header, value, expected) in [
        ("if-match", etag.as_str(), 200),
        ("if-match", "\"x\"", 412),
        ("if-none-match", etag.as_str(), 304),
        ("if-none-match", "\"x\"", 200),
        ("range", "bytes=2-4", 206),
        ("range", "bytes=9-", 416),
    ] {
        for method in ["GET", "HEAD"] {
            let answer = fixture.send(method, "/b/k", &[(header, value)], "").await;
            assert_eq!(answer.status, expected, "{method} {header}: {value}");
        }
    }
    let part = fixture.send("GET", "/b/k", &[("range", "bytes=2-4")], "").await;
    assert_eq!((part.body.as_str(), part.header("content-range")), ("345", "bytes 2-4/9"));
}

#[tokio::test]
async fn objects_are_deleted_singly_and_many_at_once() {
    let fixture = Fixture::start(&[]).await;
    for path in ["/b/1", "/b/2", "/b/3"] {
        fixture.put(path, "x").await;
    }
    assert_eq!(fixture.send("DELETE", "/b/1", &[], "").await.status, 204);
    assert_eq!(fixture.send("DELETE", "/b/1", &[], "").await.status, 204);
    let xml = "<Delete><Object><Key>2</Key></Object><Object><Key>none</Key></Object></Delete>";
    assert_eq!(fixture.send("POST", "/b?delete", &[], xml).await.status, 400);
    let md5 = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        <md5::Md5 as md5::Digest>::digest(xml),
    );
    let deleted = fixture.send("POST", "/b?delete", &[("content-md5", &md5)], xml).await;
    assert_eq!(deleted.elements("Key"), ["2", "none"]);
    assert_eq!(fixture.server.keys("b"), ["3"]);
}
