//! Multipart uploads.

use super::*;

async fn begin(fixture: &Fixture, headers: &[(&str, &str)]) -> String {
    fixture.send("POST", "/b/k?uploads", headers, "").await.element("UploadId")
}

/// Sends a part of so many bytes, and returns its element for the completion.
async fn part(fixture: &Fixture, id: &str, number: u32, size: usize) -> String {
    let path = format!("/b/k?partNumber={number}&uploadId={id}");
    let body = vec![u8::try_from(number).unwrap(); size];
    let answer = fixture.send("PUT", &path, &[], body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let etag = answer.header("etag");
    format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
}

async fn complete(fixture: &Fixture, id: &str, headers: &[(&str, &str)], parts: &str) -> Answer {
    let xml = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    fixture.send("POST", &format!("/b/k?uploadId={id}"), headers, xml).await
}

#[tokio::test]
async fn only_the_last_part_may_be_small() {
    let fixture = Fixture::start(&[]).await;
    let id = begin(&fixture, &[]).await;
    let (small, large) =
        (part(&fixture, &id, 1, 5 * MIB - 1).await, part(&fixture, &id, 2, 9).await);
    let parts = format!("{small}{large}");
    let answer = complete(&fixture, &id, &[], &parts).await;
    assert_eq!(answer.refusal(), refused(400, "EntityTooSmall"));
    let first = part(&fixture, &id, 1, 5 * MIB).await;
    let done = complete(&fixture, &id, &[], &format!("{first}{large}")).await;
    assert_eq!(done.status, 200);
    assert!(done.element("ETag").ends_with("-2\""), "{}", done.body);
    assert_eq!(fixture.server.bytes("b", "k").unwrap().len(), 5 * MIB + 9);
}

#[tokio::test]
async fn wrong_parts_are_refused() {
    let fixture = Fixture::start(&[]).await;
    let id = begin(&fixture, &[]).await;
    let (one, two) = (part(&fixture, &id, 1, 5 * MIB).await, part(&fixture, &id, 2, 1).await);
    let wrong = "<Part><PartNumber>1</PartNumber><ETag>\"0000\"</ETag></Part>".to_owned();
    let unknown = two.replace(">2<", ">3<");
    let checksum =
        one.replace("</Part>", "<ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME></Part>");
    for (parts, code) in [
        (wrong, "InvalidPart"),
        (unknown, "InvalidPart"),
        (checksum, "InvalidPart"),
        (format!("{two}{one}"), "InvalidPartOrder"),
        (String::new(), "MalformedXML"),
    ] {
        assert_eq!(
            complete(&fixture, &id, &[], &parts).await.refusal(),
            refused(400, code),
            "{parts}"
        );
    }
    assert_eq!(
        complete(&fixture, "other", &[], &one).await.refusal(),
        refused(404, "NoSuchUpload")
    );
}

#[tokio::test]
async fn the_full_object_checksum_is_verified_and_reported() {
    let fixture = Fixture::start(&[]).await;
    let asked = [("x-amz-checksum-algorithm", "CRC64NVME"), ("x-amz-checksum-type", "FULL_OBJECT")];
    let id = begin(&fixture, &asked).await;
    let parts =
        format!("{}{}", part(&fixture, &id, 1, 5 * MIB).await, part(&fixture, &id, 2, 7).await);
    let wrong = [("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=")];
    assert_eq!(complete(&fixture, &id, &wrong, &parts).await.refusal(), refused(400, "BadDigest"));
    let whole = [vec![1; 5 * MIB], vec![2; 7]].concat();
    let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, &whole).to_be_bytes();
    let crc = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, crc);
    let right =
        [("x-amz-checksum-crc64nvme", crc.as_str()), ("x-amz-checksum-type", "FULL_OBJECT")];
    let done = complete(&fixture, &id, &right, &parts).await;
    assert_eq!(
        (done.element("ChecksumCRC64NVME"), done.element("ChecksumType")),
        (crc, "FULL_OBJECT".to_owned())
    );
}

#[tokio::test]
async fn a_composite_checksum_needs_that_of_every_part() {
    let fixture = Fixture::start(&[]).await;
    let asked = [("x-amz-checksum-algorithm", "SHA256")];
    let id = begin(&fixture, &asked).await;
    let one = part(&fixture, &id, 1, 9).await;
    assert_eq!(complete(&fixture, &id, &[], &one).await.refusal(), refused(400, "InvalidRequest"));
    let parts = fixture.get(&format!("/b/k?uploadId={id}")).await;
    let sha = parts.element("ChecksumSHA256");
    let named = one.replace("</Part>", &format!("<ChecksumSHA256>{sha}</ChecksumSHA256></Part>"));
    let done = complete(&fixture, &id, &[], &named).await;
    assert!(done.element("ChecksumSHA256").ends_with("-1"), "{}", done.body);
    for impossible in [("CRC64NVME", "COMPOSITE"), ("SHA1", "FULL_OBJECT")] {
        let headers =
            [("x-amz-checksum-algorithm", impossible.0), ("x-amz-checksum-type", impossible.1)];
        assert_eq!(fixture.send("POST", "/b/k?uploads", &headers, "").await.status, 400);
    }
}

#[tokio::test]
async fn a_part_with_another_checksum_algorithm_or_wrong_digest_is_refused() {
    let fixture = Fixture::start(&[]).await;
    let id = begin(&fixture, &[("x-amz-checksum-algorithm", "CRC64NVME")]).await;
    let path = format!("/b/k?partNumber=1&uploadId={id}");
    for (header, value, code) in [
        ("x-amz-checksum-crc32", "y/Q5Jg==", "InvalidRequest"),
        ("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=", "BadDigest"),
        ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==", "BadDigest"),
    ] {
        let answer = fixture.send("PUT", &path, &[(header, value)], "123456789").await;
        assert_eq!(answer.refusal(), refused(400, code), "{header}");
    }
    for number in ["0", "10001", "x"] {
        let path = format!("/b/k?partNumber={number}&uploadId={id}");
        assert_eq!(fixture.send("PUT", &path, &[], "1").await.status, 400, "{number}");
    }
}

#[tokio::test]
async fn uploads_are_listed_until_they_are_aborted() {
    let fixture = Fixture::start(&[]).await;
    let id = begin(&fixture, &[]).await;
    part(&fixture, &id, 3, 9).await;
    assert_eq!(fixture.get("/b?uploads").await.elements("UploadId"), [id.as_str()]);
    let path = format!("/b/k?uploadId={id}");
    assert_eq!(fixture.get(&path).await.elements("PartNumber"), ["3"]);
    assert_eq!(fixture.send("DELETE", &path, &[], "").await.status, 204);
    assert_eq!(
        fixture.send("DELETE", &path, &[], "").await.refusal(),
        refused(404, "NoSuchUpload")
    );
    assert_eq!(fixture.server.open_uploads(), 0);
}
