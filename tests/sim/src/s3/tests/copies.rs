//! Copies inside the server.

use super::*;

#[tokio::test]
async fn a_copy_keeps_bytes_and_metadata_and_tells_the_checksum_asked_for() {
    let fixture = Fixture::start(&[]).await;
    fixture.send("PUT", "/b/a%20b", &[("content-type", "a/b")], "123456789").await;
    let headers = [("x-amz-copy-source", "b/a%20b"), ("x-amz-checksum-algorithm", "CRC32")];
    let copied = fixture.send("PUT", "/b/copy", &headers, "").await;
    assert_eq!(copied.element("ETag"), "\"25f9e794323b453885f5181f1b624d0b\"");
    assert_eq!(copied.element("ChecksumCRC32"), "y/Q5Jg==");
    let read = fixture.get("/b/copy").await;
    assert_eq!((read.body.as_str(), read.header("content-type")), ("123456789", "a/b"));
    let missing = [("x-amz-copy-source", "b/none")];
    assert_eq!(
        fixture.send("PUT", "/b/c", &missing, "").await.refusal(),
        refused(404, "NoSuchKey")
    );
}

#[tokio::test]
async fn conditions_on_the_source_and_on_the_key_hold() {
    let fixture = Fixture::start(&[]).await;
    let etag = fixture.put("/b/a", "1").await.header("etag").to_owned();
    for (header, value, expected) in [
        ("x-amz-copy-source-if-match", etag.as_str(), 200),
        ("x-amz-copy-source-if-match", "\"x\"", 412),
        ("x-amz-copy-source-if-none-match", etag.as_str(), 412),
        ("x-amz-copy-source-if-none-match", "\"x\"", 200),
        ("if-none-match", "*", 412),
    ] {
        let headers = [("x-amz-copy-source", "/b/a"), (header, value)];
        let answer = fixture.send("PUT", "/b/c", &headers, "").await;
        assert_eq!(answer.status, expected, "{header}: {value}");
    }
}

#[tokio::test]
async fn a_copy_to_itself_has_to_change_something() {
    let fixture = Fixture::start(&[]).await;
    fixture.put("/b/a", "1").await;
    let same = [("x-amz-copy-source", "b/a")];
    assert_eq!(
        fixture.send("PUT", "/b/a", &same, "").await.refusal(),
        refused(400, "InvalidRequest")
    );
    let replaced = [
        ("x-amz-copy-source", "b/a"),
        ("x-amz-metadata-directive", "REPLACE"),
        ("content-type", "c/d"),
    ];
    assert_eq!(fixture.send("PUT", "/b/a", &replaced, "").await.status, 200);
    assert_eq!(fixture.get("/b/a").await.header("content-type"), "c/d");
}

#[tokio::test]
async fn more_than_five_gibibytes_are_not_copied_at_once() {
    let largest = 5_u64 * 1024 * 1024 * 1024;
    let seed = format!("b:large/:1:{}", largest + 1);
    let fixture = Fixture::start(&[&seed]).await;
    let source = [("x-amz-copy-source", "b/large/00000000")];
    let answer = fixture.send("PUT", "/b/c", &source, "").await;
    assert_eq!(answer.refusal(), refused(400, "InvalidRequest"));
    let id = fixture.send("POST", "/b/c?uploads", &[], "").await.element("UploadId");
    let path = format!("/b/c?partNumber=1&uploadId={id}");
    assert_eq!(
        fixture.send("PUT", &path, &source, "").await.refusal(),
        refused(400, "InvalidRequest")
    );
}

#[tokio::test]
async fn parts_are_copied_by_range() {
    let fixture = Fixture::start(&["b:in/:1:6000000"]).await;
    let id = fixture.send("POST", "/b/c?uploads", &[], "").await.element("UploadId");
    let mut parts = String::new();
    for (number, range) in [(1, "bytes=0-5499999"), (2, "bytes=5500000-5999999")] {
        let path = format!("/b/c?partNumber={number}&uploadId={id}");
        let headers = [("x-amz-copy-source", "b/in/00000000"), ("x-amz-copy-source-range", range)];
        let etag = fixture.send("PUT", &path, &headers, "").await.element("ETag");
        let part = format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>");
        parts.push_str(&part);
        for (name, value) in [
            ("x-amz-copy-source-range", "bytes=5999999-6000000"),
            ("x-amz-copy-source-range", "0-1"),
            ("x-amz-copy-source-if-match", "\"x\""),
        ] {
            let headers = [("x-amz-copy-source", "b/in/00000000"), (name, value)];
            let answer = fixture.send("PUT", &path, &headers, "").await;
            assert!(matches!(answer.status, 400 | 412), "{name}: {value}");
        }
    }
    let path = format!("/b/c?uploadId={id}");
    let xml = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    let done = fixture.send("POST", &path, &[], xml).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let source = fixture.server.bytes("b", "in/00000000").unwrap();
    assert!(fixture.server.bytes("b", "c").unwrap() == source);
    let checked = [("x-amz-checksum-mode", "ENABLED")];
    let head = fixture.send("HEAD", "/b/in/00000000", &checked, "").await;
    assert_eq!(done.element("ChecksumCRC64NVME"), head.header("x-amz-checksum-crc64nvme"));
    assert_eq!(done.element("ChecksumType"), "FULL_OBJECT");
}
