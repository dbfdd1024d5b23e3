//! What describes an object besides its bytes arrives with every way of copying: headers, metadata, tags, storage class.

use rstest::rstest;

use super::*;
use crate::objects::test_support::RawServer;

const HEADERS: [(&str, &str); 9] = [
    ("content-type", "text/html; charset=utf-8"),
    ("content-encoding", "gzip"),
    ("content-disposition", "attachment; filename=\"a b.html\""),
    ("content-language", "de, en"),
    ("cache-control", "no-cache"),
    ("expires", "never, I hope"),
    ("x-amz-website-redirect-location", "/b.html"),
    ("x-amz-meta-owner", "me"),
    ("x-amz-meta-note", "=?UTF-8?B?w7w=?="),
];

/// The ways in which an object is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Put,
    Parts,
    PartCopy,
}

impl Way {
    const fn server_side(self) -> bool {
        matches!(self, Self::PartCopy)
    }

    /// The request that carries the description.
    const fn request(self) -> &'static str {
        match self {
            Self::Put => "PUT",
            Self::Parts | Self::PartCopy => "CREATE",
        }
    }

    fn object(self) -> Stored {
        let plain = match self {
            Self::Put => Stored::new(b"bytes"),
            Self::Parts => Stored::new(&vec![7; 6 * MIB]),
            Self::PartCopy => {
                Stored { claimed_size: Some(6 * 1024 * MIB as u64), ..Stored::new(b"") }
            }
        };
        HEADERS.iter().fold(plain, |object, (name, value)| object.with(name, value))
    }
}

fn preserving(fake: &FakeS3, way: Way) -> Transfer {
    let mut transfer = transfer(fake, way.server_side(), "");
    transfer.options.tags = Tags::Keep;
    transfer.options.max_file_bytes = u64::MAX;
    transfer
}

async fn copy(transfer: &Transfer, key: &str) -> Result<Copied, CopyError> {
    let source = s3_location("src", &[key]);
    transfer.copy(&request(&source, key)).await
}

#[rstest]
#[tokio::test]
async fn headers_metadata_and_tags_arrive(
    #[values(Way::Put, Way::Parts, Way::PartCopy)] way: Way,
    #[values(true, false)] count_told: bool,
) {
    let fake = FakeS3::start(Reports::Full).await;
    let object = way.object().tagged("class & kind", "a+b=c/ü").tagged("empty", "");
    if !count_told {
        fake.hide_tag_counts();
    }
    fake.store("src/a.html", object.clone());
    copy(&preserving(&fake, way), "a.html").await.unwrap();
    let arrived = fake.stored("dst/a.html").unwrap();
    assert_eq!((arrived.headers, arrived.tags), (object.headers, object.tags));
    assert_eq!((fake.requests("TAGS").len(), fake.requests(way.request()).len()), (1, 1));
}

#[rstest]
#[tokio::test]
async fn without_the_option_tags_are_not_asked_for(
    #[values(Way::Put, Way::Parts, Way::PartCopy)] way: Way,
) {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a.html", way.object().tagged("a", "b"));
    let mut transfer = preserving(&fake, way);
    transfer.options.tags = Tags::WhereFree;
    copy(&transfer, "a.html").await.unwrap();
    assert_eq!(fake.stored("dst/a.html").unwrap().tags, []);
    assert_eq!(fake.requests("TAGS").len(), 0);
}

#[tokio::test]
async fn on_aws_objects_without_tags_cost_one_question_altogether() {
    let fake = FakeS3::start(Reports::Full).await;
    let mut transfer = preserving(&fake, Way::Put);
    transfer.sources.s3 = transfer.sources.s3.map(S3Source::on_aws);
    for key in ["a", "b", "c"] {
        fake.store(&format!("src/{key}"), Stored::new(b"bytes"));
        copy(&transfer, key).await.unwrap();
    }
    assert_eq!(fake.operations(), ["GET", "TAGS", "PUT", "GET", "PUT", "GET", "PUT"]);
    assert!(header(&fake.requests("PUT")[0], "x-amz-tagging").is_none());
}

#[tokio::test]
async fn a_service_that_hides_the_number_is_asked_again_and_again() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.hide_tag_counts();
    let transfer = preserving(&fake, Way::Put);
    fake.store("src/without", Stored::new(b"bytes"));
    copy(&transfer, "without").await.unwrap();
    for key in ["a", "b"] {
        fake.store(&format!("src/{key}"), Stored::new(b"bytes").tagged("key", key));
        copy(&transfer, key).await.unwrap();
        let arrived = fake.stored(&format!("dst/{key}")).unwrap();
        assert_eq!(arrived.tags, [("key".to_owned(), key.to_owned())]);
    }
}

#[tokio::test]
async fn a_service_that_has_told_a_number_is_believed_afterwards() {
    let fake = FakeS3::start(Reports::Full).await;
    let transfer = preserving(&fake, Way::Put);
    fake.store("src/a", Stored::new(b"bytes").tagged("a", "b"));
    fake.store("src/b", Stored::new(b"bytes"));
    copy(&transfer, "a").await.unwrap();
    copy(&transfer, "b").await.unwrap();
    assert_eq!(fake.operations(), ["GET", "TAGS", "PUT", "GET", "PUT"]);
}

/// A transfer that reads and writes at `server`.
fn at(server: &RawServer) -> Transfer {
    let client = s3_client(&server.origin);
    let sources = Sources {
        s3: Some(S3Source::new(client.clone(), false)),
        http: HttpSource::new(http_options("")).unwrap(),
    };
    let options = TransferOptions {
        tags: Tags::Keep,
        attempts_max: 2,
        ..TransferOptions::new("dst", 64 * MIB as u64)
    };
    Transfer::new(options, client, sources, Limiter::new(LimiterOptions::up_to(4)))
}

#[tokio::test]
async fn tags_of_another_version_are_not_taken() {
    let get = |version: &str| {
        let etag = "etag: \"d41d8cd98f00b204e9800998ecf8427e\"";
        answer(&format!("{etag}\r\nx-amz-tagging-count: 1\r\nx-amz-version-id: {version}\r\n"), "")
    };
    let tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>new</Value></Tag></TagSet></Tagging>";
    let tags = || answer("x-amz-version-id: v2\r\n", tags);
    let answers = vec![get("v1"), tags(), get("v2"), tags(), get("v3")];
    let server = RawServer::start(answers, false).await;
    copy(&at(&server), "a").await.unwrap();
    let heads = server.heads();
    assert_eq!(heads.len(), 5, "the object is opened again: {heads:?}");
    assert!(heads[4].starts_with("PUT ") && heads[4].contains("x-amz-tagging: k=new\r\n"));
}

#[tokio::test]
async fn values_that_are_not_ascii_are_sent_as_they_came() {
    let etag = "etag: \"d41d8cd98f00b204e9800998ecf8427e\"\r\n";
    let told = ["content-disposition: inline; filename=ü.pdf\r\n", "x-amz-meta-note: 한글\r\n"];
    let headers = format!("{etag}x-amz-tagging-count: 0\r\n{}", told.concat());
    let server = RawServer::start(vec![answer(&headers, ""), answer(etag, "")], false).await;
    copy(&at(&server), "a").await.unwrap();
    let heads = server.heads();
    assert!(told.iter().all(|header| heads[1].contains(header)), "{heads:?}");
}

#[rstest]
#[tokio::test]
async fn tags_that_may_not_be_read_fail_the_file(
    #[values(Way::Put, Way::Parts, Way::PartCopy)] way: Way,
    #[values(true, false)] count_told: bool,
) {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a", way.object().tagged("a", "b"));
    if !count_told {
        fake.hide_tag_counts();
    }
    fake.fail("TAGS", 403, "AccessDenied");
    let error = copy(&preserving(&fake, way), "a").await.unwrap_err();
    assert_eq!(error.class, FailureClass::AccessDenied);
    for told in ["s3://src/a", "s3:GetObjectTagging", "preserveTags: false"] {
        assert!(error.message.contains(told), "{}", error.message);
    }
    assert!(fake.stored("dst/a").is_none());
}

#[rstest]
#[tokio::test]
async fn a_service_without_tags_has_none(#[values(Way::Put, Way::Parts, Way::PartCopy)] way: Way) {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a", way.object());
    fake.fail("TAGS", 501, "NotImplemented");
    copy(&preserving(&fake, way), "a").await.unwrap();
    assert_eq!(fake.stored("dst/a").unwrap().tags, []);
}

#[rstest]
#[case::denied(403, "AccessDenied", FailureClass::DestinationDenied)]
#[case::unknown(501, "NotImplemented", FailureClass::DestinationUnavailable)]
#[tokio::test]
async fn a_destination_that_refuses_tags_is_told_of(
    #[case] status: u16,
    #[case] code: &str,
    #[case] class: FailureClass,
    #[values(Way::Put, Way::Parts)] way: Way,
) {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a", way.object().tagged("a", "b"));
    fake.fail(way.request(), status, code);
    let error = copy(&preserving(&fake, way), "a").await.unwrap_err();
    assert_eq!(error.class, class);
    assert!(error.message.contains("s3:PutObjectTagging"), "{}", error.message);
}

#[tokio::test]
async fn copy_object_carries_tags_by_itself() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a", Way::Put.object().tagged("a", "b"));
    copy(&preserving(&fake, Way::PartCopy), "a").await.unwrap();
    assert_eq!(fake.operations(), ["HEAD", "COPY"]);
    let sent = &fake.requests("COPY")[0];
    assert!(header(sent, "x-amz-tagging").is_none());
    assert!(header(sent, "x-amz-tagging-directive").is_none(), "COPY is the default");
    assert_eq!(header(sent, "x-amz-website-redirect-location").as_deref(), Some("/b.html"));
}

#[tokio::test]
async fn a_copy_object_without_tags_says_so() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a", Way::Put.object().tagged("a", "b"));
    let mut transfer = preserving(&fake, Way::PartCopy);
    transfer.options.tags = Tags::Leave;
    copy(&transfer, "a").await.unwrap();
    let sent = &fake.requests("COPY")[0];
    assert_eq!(header(sent, "x-amz-tagging-directive").as_deref(), Some("REPLACE"));
    assert!(header(sent, "x-amz-tagging").is_none());
}

#[rstest]
#[case::streamed(Way::Parts, "PART", 1)]
#[case::inside_s3(Way::PartCopy, "PARTCOPY", 10)]
#[tokio::test]
async fn a_resumed_upload_keeps_its_description(
    #[case] way: Way,
    #[case] operation: &str,
    #[case] arrive: usize,
) {
    let fake = FakeS3::start(Reports::Full).await;
    let object = way.object().tagged("a", "b");
    fake.store("src/a", object.clone());
    fake.fail_after(operation, arrive, 500, "InternalError");
    let (source, memory) = (s3_location("src", &["a"]), Memory::default());
    let request = CopyRequest { uploads: Some(&memory), ..request(&source, "a") };
    preserving(&fake, way).copy(&request).await.unwrap_err();
    assert!(memory.find().await.is_some());
    preserving(&fake, way).copy(&request).await.unwrap();
    let arrived = fake.stored("dst/a").unwrap();
    assert_eq!((arrived.headers, arrived.tags), (object.headers, object.tags));
    assert_eq!(fake.requests("CREATE").len(), 1);
}

#[rstest]
#[case::copy(Way::Put.object(), true, "COPY")]
#[case::part_copy(Way::PartCopy.object(), true, "CREATE")]
#[case::put(Way::Put.object(), false, "PUT")]
#[case::parts(Way::Parts.object(), false, "CREATE")]
#[tokio::test]
async fn the_storage_class_is_sent(
    #[case] object: Stored,
    #[case] server_side: bool,
    #[case] operation: &str,
    #[values(Some("GLACIER_IR"), Some("A_CLASS_OF_TOMORROW"), None)] class: Option<&str>,
) {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a", object);
    let client = s3_client(&fake.uri());
    let options = TransferOptions {
        storage_class: class.map(str::to_owned),
        multipart_threshold_bytes: PART_SIZE_MIN_BYTES,
        ..TransferOptions::new("dst", u64::MAX)
    };
    let sources = Sources {
        s3: Some(S3Source::new(client.clone(), server_side)),
        http: HttpSource::new(http_options("")).unwrap(),
    };
    let transfer = Transfer::new(options, client, sources, Limiter::new(LimiterOptions::up_to(4)));
    copy(&transfer, "a").await.unwrap();
    assert_eq!(header(&fake.requests(operation)[0], "x-amz-storage-class").as_deref(), class);
}
