//! Keys that only a transfer between buckets meets. The requests are read as they come off the wire, because what parses
//! URLs removes dot segments.

use percent_encoding::percent_decode_str;
use rstest::rstest;

use super::*;
use crate::objects::test_support::RawServer;

/// An empty file, so that no body has to be read; its MD5 is well known.
const EMPTY_MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";

/// What the first line asks for, decoded.
fn target(head: &str) -> String {
    let target = head.split(' ').nth(1).unwrap().split('?').next().unwrap();
    percent_decode_str(target).decode_utf8().unwrap().into_owned()
}

fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

async fn copy(server: &RawServer, key: &str, server_side: bool) -> Copied {
    let listed = SourceIdentity {
        size_bytes: Some(0),
        etag: Some(EMPTY_MD5.to_owned()),
        last_modified: None,
    };
    let client = s3_client(&server.origin);
    let sources = Sources {
        s3: Some(S3Source::new(client.clone(), server_side)),
        http: HttpSource::new(http_options("")).unwrap(),
    };
    let options = TransferOptions::new("dst", 64 * MIB as u64);
    let transfer = Transfer::new(options, client, sources, Limiter::new(LimiterOptions::up_to(4)));
    let source = s3_location("src", &[key]);
    let request = CopyRequest { listed: Some(&listed), ..request(&source, key) };
    transfer.copy(&request).await.unwrap()
}

#[rstest]
#[case::ordinary("a/b.pdf")]
#[case::reserved("a b+c%20d&e=f?g#h;i:j@k,l$m!n*o'p(q)r[s]~_.-\"<>\\^`{|}")]
#[case::leading_slash("/a.pdf")]
#[case::slashes("//a//b///")]
#[case::only_a_slash("/")]
#[case::trailing_slash("folder/")]
#[case::dot_segments("a/../b/./c/..")]
#[case::encoded_dots("a/%2e%2e/b")]
#[case::line_ends("a\nb\r\nc")]
#[case::control_characters("\u{1}\u{7f}\t\u{85}")]
#[case::blanks(" a  b ")]
#[case::emoji("📁/🧾 – 한글/ü.pdf")]
#[case::longest(&"ü/".repeat(341))]
#[case::longest_ascii(&"+".repeat(1024))]
#[tokio::test]
async fn any_key_is_copied_to_exactly_that_key(#[case] key: &str) {
    let etag = format!("etag: \"{EMPTY_MD5}\"\r\n");
    let result = format!("<CopyObjectResult><ETag>\"{EMPTY_MD5}\"</ETag></CopyObjectResult>");
    let server = RawServer::start(vec![answer("", &result)], false).await;
    assert_eq!(level(&copy(&server, key, true).await), ProofLevel::Etag);
    let heads = server.heads();
    let [sent] = &heads[..] else { panic!("{heads:?}") };
    assert!(sent.starts_with("PUT "), "{sent}");
    assert_eq!(target(sent), format!("/dst/{key}"));
    let from = value(sent, "x-amz-copy-source").unwrap();
    assert_eq!(percent_decode_str(from).decode_utf8().unwrap(), format!("src/{key}"));
    assert!(!from.contains('?') && !from.contains('+'), "they have a meaning there: {from}");

    let server = RawServer::start(vec![answer(&etag, ""), answer(&etag, "")], false).await;
    assert_eq!(level(&copy(&server, key, false).await), ProofLevel::Etag);
    let heads = server.heads();
    let [got, put] = &heads[..] else { panic!("{heads:?}") };
    assert!(got.starts_with("GET ") && put.starts_with("PUT "), "{heads:?}");
    assert_eq!((target(got), target(put)), (format!("/src/{key}"), format!("/dst/{key}")));
}

#[tokio::test]
async fn an_odd_key_is_uploaded_and_copied_in_parts() {
    let key = "/a b+\n%2F/📁/";
    let encoded = "/a%20b%2B%0A%252F/%F0%9F%93%81/";
    let fake = FakeS3::start(Reports::Full).await;
    fake.store(&format!("src/{encoded}"), Stored::new(&vec![7; 6 * MIB]));
    let source = s3_location("src", &[key]);
    transfer(&fake, false, "").copy(&request(&source, key)).await.unwrap();
    assert_eq!(fake.requests("COMPLETE").len(), 1);
    assert_eq!(fake.stored(&format!("dst/{encoded}")).unwrap().bytes, vec![7; 6 * MIB]);

    let size = 6 * 1024 * MIB as u64;
    let film = Stored { claimed_size: Some(size), ..Stored::new(b"") };
    fake.store(&format!("src/{encoded}"), film);
    let mut transfer = transfer(&fake, true, "");
    transfer.options.max_file_bytes = u64::MAX;
    let error = transfer.copy(&request(&source, key)).await;
    assert!(error.is_ok(), "{error:?}");
    assert_eq!(fake.stored(&format!("dst/{encoded}")).unwrap().claimed_size, Some(size));
}

#[tokio::test]
async fn a_line_end_in_a_key_does_not_break_messages() {
    let fake = FakeS3::start(Reports::Full).await;
    let source = s3_location("src", &["a\nb"]);
    let error = transfer(&fake, true, "").copy(&request(&source, "a\nb")).await.unwrap_err();
    assert!(error.gone);
    assert_eq!(error.message, "s3://src/a\\nb does not exist (NotFound)");
}
