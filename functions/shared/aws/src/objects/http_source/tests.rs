//! What is asked of HTTP servers, and what their answers become.

mod certificates;
mod hostile;
mod names;

use std::io;
use std::net::IpAddr;
use std::pin::Pin;

use drayage_domain::source_url::SourceLocation;
use rstest::rstest;
use wiremock::matchers::{any, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::objects::test_support::{RawServer, http_location, http_options, request};

async fn server(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(response).mount(&server).await;
    server
}

/// Opens `url` with its own origin and `also` allowed.
async fn open(url: &str, also: &str, known: Option<&SourceIdentity>) -> Result<Opened, CopyError> {
    let location = http_location(url);
    let origin = format!("http://{}:{}", location.host, location.port);
    let source = HttpSource::new(http_options(&format!("{origin},{also}"))).unwrap();
    let place = SourceLocation::Http(location.clone());
    let key = "uploads/a.pdf";
    let request = CopyRequest { known, ..request(&place, key) };
    let opened = source.open(&location, &request, &RequestCount::default()).await;
    if let Err(error) = &opened {
        assert!(!error.message.contains("secret"), "{}", error.message);
    }
    opened
}

async fn read(opened: Result<Opened, CopyError>) -> Result<Vec<u8>, CopyError> {
    let Opened::Body(mut open) = opened? else { panic!("expected a body") };
    let mut all = Vec::new();
    while let Some(chunk) = open.body.chunk().await? {
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

async fn class_of(opened: Result<Opened, CopyError>) -> (FailureClass, String) {
    let error = read(opened).await.unwrap_err();
    assert!(!error.gone);
    (error.class, error.message)
}

#[tokio::test]
async fn the_file_comes_with_its_description() {
    let server = server(
        ResponseTemplate::new(200)
            .set_body_raw("bytes", "application/pdf")
            .insert_header("etag", "\"v1\"")
            .insert_header("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT")
            .insert_header("content-disposition", "attachment; filename=a.pdf")
            .insert_header("cache-control", "max-age=60")
            .insert_header("content-language", "de"),
    )
    .await;
    let opened = open(&format!("{}/a.pdf", server.uri()), "", None).await.unwrap();
    let Opened::Body(open) = opened else { panic!("expected a body") };
    assert_eq!(open.identity.etag.as_deref(), Some("v1"));
    assert_eq!(open.identity.size_bytes, Some(5));
    assert_eq!(open.identity.last_modified.as_deref(), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    assert_eq!(open.metadata.content_type.as_deref(), Some("application/pdf"));
    assert_eq!(open.metadata.content_disposition.as_deref(), Some("attachment; filename=a.pdf"));
    assert_eq!(open.metadata.cache_control.as_deref(), Some("max-age=60"));
    assert_eq!(open.metadata.content_language.as_deref(), Some("de"));
}

#[tokio::test]
async fn an_encoded_body_is_kept_encoded() {
    let server = server(
        ResponseTemplate::new(200)
            .set_body_raw("\u{1f}not really gzip", "text/plain")
            .insert_header("content-encoding", "gzip"),
    )
    .await;
    let Opened::Body(open) = open(&format!("{}/a.txt", server.uri()), "", None).await.unwrap()
    else {
        panic!("expected a body")
    };
    assert_eq!(open.metadata.content_encoding.as_deref(), Some("gzip"));
    assert_eq!(read(Ok(Opened::Body(open))).await.unwrap(), "\u{1f}not really gzip".as_bytes());
}

#[tokio::test]
async fn the_path_is_sent_as_it_stands() {
    let server = server(ResponseTemplate::new(200)).await;
    let raw = "/x%2Fy//a+b%2B%20%E4/100%.pdf?q=a+b&X-Amz-Signature=secret";
    read(open(&format!("{}{raw}", server.uri()), "", None).await).await.unwrap();
    let received = server.received_requests().await.unwrap();
    let url = &received[0].url;
    assert_eq!(format!("{}?{}", url.path(), url.query().unwrap()), raw);
    assert_eq!(received[0].headers.get("accept-encoding").unwrap(), "identity");
    assert!(!received[0].headers.contains_key("referer"));
}

#[rstest]
#[case("/a/../b.pdf")]
#[case("/a/%2e%2e/b.pdf")]
#[case("/./b.pdf")]
#[case("/a\\b.pdf")]
#[tokio::test]
async fn a_path_that_the_client_would_change_is_not_requested(#[case] raw: &str) {
    let server = server(ResponseTemplate::new(200)).await;
    let mut location = http_location(&server.uri());
    location.url = format!("{}{raw}", server.uri());
    let source = HttpSource::new(http_options(&server.uri())).unwrap();
    let place = SourceLocation::Http(location.clone());
    let key = "uploads/a.pdf";
    let opened = source.open(&location, &request(&place, key), &RequestCount::default()).await;
    assert_eq!(class_of(opened).await.0, FailureClass::MalformedUrl);
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_known_version_is_asked_for_by_its_etag() {
    let server = server(ResponseTemplate::new(304)).await;
    let known = SourceIdentity { etag: Some("W/v1".to_owned()), ..SourceIdentity::default() };
    let opened = open(&format!("{}/a.pdf", server.uri()), "", Some(&known)).await.unwrap();
    assert!(matches!(opened, Opened::Unchanged(identity) if identity == known));
    let received = server.received_requests().await.unwrap();
    assert_eq!(received[0].headers.get("if-none-match").unwrap(), "W/\"v1\"");
}

#[tokio::test]
async fn a_server_that_ignores_the_condition_does_not_cause_a_copy() {
    let server =
        server(ResponseTemplate::new(200).insert_header("etag", "\"v1\"").set_body_string("x"))
            .await;
    let known = SourceIdentity { etag: Some("v1".to_owned()), ..SourceIdentity::default() };
    let opened = open(&format!("{}/a.pdf", server.uri()), "", Some(&known)).await.unwrap();
    assert!(matches!(opened, Opened::Unchanged(_)));
}

#[tokio::test]
async fn a_304_that_nobody_asked_for_is_a_failure() {
    let server = server(ResponseTemplate::new(304)).await;
    let opened = open(&format!("{}/a.pdf", server.uri()), "", None).await;
    assert_eq!(class_of(opened).await.0, FailureClass::SourceStatus);
}

#[tokio::test]
async fn redirects_are_followed_within_the_list() {
    let server = MockServer::start().await;
    let absolute = format!("{}/c.pdf", server.uri());
    for (from, to) in [("/a.pdf", "/b.pdf"), ("/b.pdf", absolute.as_str())] {
        let moved = ResponseTemplate::new(302).insert_header("location", to);
        Mock::given(path(from)).respond_with(moved).mount(&server).await;
    }
    let file = ResponseTemplate::new(200).set_body_string("file");
    Mock::given(path("/c.pdf")).respond_with(file).mount(&server).await;
    let opened = open(&format!("{}/a.pdf", server.uri()), "", None).await;
    assert_eq!(read(opened).await.unwrap(), b"file");
}

#[rstest]
#[case("https://evil.example.net/x?token=secret", "evil.example.net")]
#[case("//evil.example.net/x", "evil.example.net")]
#[case("http://169.254.169.254/latest/meta-data/", "169.254.169.254")]
#[case("http://2130706433/", "127.0.0.1")]
#[case("ftp://evil.example.net/x", "ftp")]
#[case("https://user:secret@files.example.com/x", "user name")]
#[tokio::test]
async fn a_redirect_elsewhere_is_refused_by_name(#[case] to: &str, #[case] named: &str) {
    let server = server(ResponseTemplate::new(302).insert_header("location", to)).await;
    let opened = open(&format!("{}/a.pdf", server.uri()), "files.example.com", None).await;
    let (class, message) = class_of(opened).await;
    assert_eq!(class, FailureClass::RedirectRefused, "{message}");
    assert!(message.contains(named), "{message}");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_redirect_to_another_local_port_makes_no_connection() {
    let other = RawServer::start(Vec::new(), false).await;
    let server =
        server(ResponseTemplate::new(302).insert_header("location", other.origin.as_str())).await;
    let opened = open(&format!("{}/a.pdf", server.uri()), "", None).await;
    assert_eq!(class_of(opened).await.0, FailureClass::RedirectRefused);
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn an_endless_redirect_is_refused() {
    let server = server(ResponseTemplate::new(307).insert_header("location", "/again")).await;
    let opened = open(&format!("{}/a.pdf", server.uri()), "", None).await;
    assert_eq!(class_of(opened).await.0, FailureClass::RedirectRefused);
    assert_eq!(server.received_requests().await.unwrap().len(), 6);
}

/// `internal.example.com` is on the list, but its name leads to this machine.
fn source_with_internal_name(allow: &str) -> HttpSource {
    let lookup = |_name| -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        Box::pin(async { Ok(vec![IpAddr::from([127, 0, 0, 1])]) })
    };
    let lookup: Arc<Lookup> = Arc::new(lookup);
    HttpSource::with(http_options(allow), &lookup, &[]).unwrap()
}

#[tokio::test]
async fn an_allowed_name_with_an_internal_address_is_not_connected_to() {
    let source = source_with_internal_name("internal.example.com");
    let location = http_location("https://internal.example.com/a.pdf?sig=secret");
    let place = SourceLocation::Http(location.clone());
    let key = "uploads/a.pdf";
    let opened = source.open(&location, &request(&place, key), &RequestCount::default()).await;
    let (class, message) = class_of(opened).await;
    assert_eq!(class, FailureClass::ForbiddenAddress);
    assert!(message.contains("internal.example.com") && !message.contains("secret"), "{message}");
}

#[tokio::test]
async fn a_redirect_to_a_name_with_an_internal_address_is_not_connected_to() {
    let to = "https://internal.example.com/a.pdf";
    let server = server(ResponseTemplate::new(302).insert_header("location", to)).await;
    let source = source_with_internal_name(&format!("{},internal.example.com", server.uri()));
    let location = http_location(&format!("{}/a.pdf", server.uri()));
    let place = SourceLocation::Http(location.clone());
    let key = "uploads/a.pdf";
    let opened = source.open(&location, &request(&place, key), &RequestCount::default()).await;
    assert_eq!(class_of(opened).await.0, FailureClass::ForbiddenAddress);
}

#[tokio::test]
async fn a_host_that_is_not_listed_is_refused() {
    let server = server(ResponseTemplate::new(200)).await;
    let source = HttpSource::new(http_options("files.example.com")).unwrap();
    let location = http_location(&format!("{}/a.pdf?sig=secret", server.uri()));
    let place = SourceLocation::Http(location.clone());
    let key = "uploads/a.pdf";
    let opened = source.open(&location, &request(&place, key), &RequestCount::default()).await;
    assert_eq!(class_of(opened).await.0, FailureClass::HostNotAllowed);
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn an_expired_signature_is_not_a_missing_file() {
    let body = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    let server = server(ResponseTemplate::new(403).set_body_raw(body, "application/xml")).await;
    let url = format!("{}/a.pdf?X-Amz-Signature=secret", server.uri());
    let opened = open(&url, "", None).await;
    assert_eq!(class_of(opened).await.0, FailureClass::SourceExpired);
}

#[tokio::test]
async fn alternatives_are_tried_when_the_file_is_missing() {
    let server = MockServer::start().await;
    let file = ResponseTemplate::new(200).set_body_string("file");
    Mock::given(path("/a%3Fb.pdf")).respond_with(file).mount(&server).await;
    let mut location = http_location(&format!("{}/a?b.pdf", server.uri()));
    location.alternatives = vec![format!("{}/a%3Fb.pdf", server.uri())];
    let source = HttpSource::new(http_options(&server.uri())).unwrap();
    let place = SourceLocation::Http(location.clone());
    let key = "uploads/a.pdf";
    let count = RequestCount::default();
    let opened = source.open(&location, &request(&place, key), &count).await;
    assert_eq!(read(opened).await.unwrap(), b"file");
    assert_eq!(count.total(), 2);
}

#[tokio::test]
async fn a_missing_file_is_gone() {
    let server = server(ResponseTemplate::new(404)).await;
    let error = read(open(&format!("{}/a.pdf", server.uri()), "", None).await).await.unwrap_err();
    assert!(error.gone && !error.retryable());
}

#[tokio::test]
async fn a_busy_server_says_when_to_come_back() {
    let server = server(ResponseTemplate::new(503).insert_header("retry-after", "7")).await;
    let error = read(open(&format!("{}/a.pdf", server.uri()), "", None).await).await.unwrap_err();
    assert_eq!(error.class, FailureClass::Throttled);
    assert_eq!(error.retry_after, Some(Duration::from_secs(7)));
    assert!(error.slow_down);
}

#[tokio::test]
async fn a_login_page_is_not_the_file() {
    let page = ResponseTemplate::new(200).set_body_raw("<html>Please log in</html>", "text/html");
    let server = server(page).await;
    let opened = open(&format!("{}/a.pdf?sid=secret", server.uri()), "", None).await;
    assert_eq!(class_of(opened).await.0, FailureClass::ErrorPage);
}

#[rstest]
#[case::cut_off(
    "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfour",
    false,
    FailureClass::ShortBody
)]
#[case::stalled(
    "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfour",
    true,
    FailureClass::SourceTimeout
)]
#[case::no_answer("", true, FailureClass::SourceTimeout)]
#[case::closed("", false, FailureClass::SourceUnavailable)]
#[case::chunks_cut_off(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfour\r\n",
    false,
    FailureClass::SourceUnavailable
)]
#[tokio::test]
async fn broken_answers_have_their_classes(
    #[case] answer: &str,
    #[case] stall: bool,
    #[case] expected: FailureClass,
) {
    let server = RawServer::start(vec![answer.to_owned()], stall).await;
    let error = read(open(&format!("{}/a.pdf", server.origin), "", None).await).await.unwrap_err();
    assert_eq!(error.class, expected, "{}", error.message);
    assert!(error.retryable());
    assert_eq!(server.connections(), 1);
}

#[rstest]
#[case::chunked(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n\r\n",
    "four"
)]
#[case::until_close("HTTP/1.0 200 OK\r\n\r\nfour", "four")]
#[case::empty("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "")]
// What follows the announced bytes is not part of this answer, by the protocol.
#[case::longer_than_announced("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfour and more", "four")]
#[tokio::test]
async fn bodies_of_any_framing_are_read(#[case] answer: &str, #[case] expected: &str) {
    let server = RawServer::start(vec![answer.to_owned()], false).await;
    let opened = open(&format!("{}/a.pdf", server.origin), "", None).await;
    assert_eq!(read(opened).await.unwrap(), expected.as_bytes());
}
