//! Answers that are made to harm whoever reads them: each ends soon, with a class.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// What a server does after it was asked.
#[derive(Clone, Copy)]
enum Script {
    /// Says this, and closes the connection.
    Say(&'static str),
    /// Says the first, and then the second for ever.
    Flood(&'static str, &'static str),
    /// Says the first, and then the second for ever, with a pause after each that is shorter than the time limit between bytes.
    Drip(&'static str, &'static str),
}

const PAUSE: Duration = Duration::from_millis(100);

async fn serve(script: Script) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut heard = [0; 4096];
                socket.read(&mut heard).await.unwrap_or_default();
                let (first, then, pause) = match script {
                    Script::Say(text) => (text, "", Duration::ZERO),
                    Script::Flood(first, then) => (first, then, Duration::ZERO),
                    Script::Drip(first, then) => (first, then, PAUSE),
                };
                let mut sent = socket.write_all(first.as_bytes()).await;
                // Floods come in large pieces, as fast as they are taken.
                let then = if pause.is_zero() { then.repeat(1024) } else { then.to_owned() };
                while sent.is_ok() && !then.is_empty() {
                    if !pause.is_zero() {
                        tokio::time::sleep(pause).await;
                    }
                    sent = socket.write_all(then.as_bytes()).await;
                }
            });
        }
    });
    origin
}

#[rstest]
#[case::endless_status(
    Script::Flood("HTTP/1.1 200 ", "aaaaaaaaaaaaaaaa"),
    FailureClass::SourceUnavailable
)]
#[case::endless_headers(
    Script::Flood("HTTP/1.1 200 OK\r\n", "x-a: b\r\n"),
    FailureClass::SourceUnavailable
)]
#[case::endless_header(
    Script::Flood("HTTP/1.1 200 OK\r\nx-a: ", "bbbbbbbbbbbbbbbb"),
    FailureClass::SourceUnavailable
)]
#[case::dripping_headers(
    Script::Drip("HTTP/1.1 200 OK\r\n", "x-a: b\r\n"),
    FailureClass::SourceTimeout
)]
#[case::endless_interim_answers(
    Script::Drip("", "HTTP/1.1 100 Continue\r\n\r\n"),
    FailureClass::SourceTimeout
)]
#[case::flood_of_interim_answers(
    Script::Flood("", "HTTP/1.1 103 Early Hints\r\n\r\n"),
    FailureClass::SourceTimeout
)]
#[case::no_headers_at_all(Script::Say("just some text\r\n"), FailureClass::SourceUnavailable)]
#[case::another_protocol(Script::Say("SSH-2.0-OpenSSH_9.6\r\n"), FailureClass::SourceUnavailable)]
#[case::two_lengths(
    Script::Say("HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nfour5"),
    FailureClass::SourceUnavailable
)]
#[case::length_below_zero(
    Script::Say("HTTP/1.1 200 OK\r\ncontent-length: -4\r\n\r\nfour"),
    FailureClass::SourceUnavailable
)]
#[case::length_with_sign(
    Script::Say("HTTP/1.1 200 OK\r\ncontent-length: +4\r\n\r\nfour"),
    FailureClass::SourceUnavailable
)]
#[case::length_beyond_all_numbers(
    Script::Say("HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\nfour"),
    FailureClass::SourceUnavailable
)]
#[case::folded_header(
    Script::Say("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n a: b\r\n\r\nfour"),
    FailureClass::SourceUnavailable
)]
#[case::length_and_chunks_that_differ(
    Script::Say(
        "HTTP/1.1 200 OK\r\ncontent-length: 40\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n\r\n"
    ),
    FailureClass::ShortBody
)]
#[case::length_below_the_chunks(
    Script::Say(
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n\r\n"
    ),
    FailureClass::LongBody
)]
#[case::chunk_that_is_no_number(
    Script::Say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nfour\r\n0\r\n\r\n"),
    FailureClass::SourceUnavailable
)]
#[case::chunk_of_all_memory(
    Script::Say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\nfour"),
    FailureClass::SourceUnavailable
)]
#[case::endless_chunk_extension(
    Script::Flood("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4;", "aaaaaaaaaaaaaaaa"),
    FailureClass::SourceUnavailable
)]
#[case::endless_trailers(
    Script::Flood(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n",
        "x-a: b\r\n"
    ),
    FailureClass::SourceUnavailable
)]
#[case::switched_protocol(
    Script::Say(
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: a\r\nconnection: upgrade\r\n\r\nfour"
    ),
    FailureClass::SourceStatus
)]
#[case::part_of_the_file(
    Script::Say("HTTP/1.1 206 Partial Content\r\ncontent-length: 4\r\n\r\nfour"),
    FailureClass::SourceStatus
)]
#[case::nothing(Script::Say("HTTP/1.1 204 No Content\r\n\r\n"), FailureClass::SourceStatus)]
#[case::dripping_error(
    Script::Drip("HTTP/1.1 403 Forbidden\r\n\r\n", "."),
    FailureClass::AccessDenied
)]
#[case::endless_error(
    Script::Flood("HTTP/1.1 500 Oops\r\n\r\n", "................"),
    FailureClass::SourceUnavailable
)]
#[case::redirect_with_an_endless_body(
    Script::Flood(
        "HTTP/1.1 302 Found\r\nlocation: https://evil.example/\r\n\r\n",
        "................"
    ),
    FailureClass::RedirectRefused
)]
#[case::redirect_to_nowhere(
    Script::Say("HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n"),
    FailureClass::RedirectRefused
)]
#[case::redirect_of_other_bytes(
    Script::Say("HTTP/1.1 302 Found\r\nlocation: /\u{e4}\u{202e}\r\ncontent-length: 0\r\n\r\n"),
    FailureClass::RedirectRefused
)]
#[tokio::test]
async fn a_hostile_answer_has_its_class_and_an_end(
    #[case] script: Script,
    #[case] expected: FailureClass,
) {
    let origin = serve(script).await;
    let asked = async { read(open(&format!("{origin}/a.pdf"), "", None).await).await };
    let ended = tokio::time::timeout(Duration::from_secs(20), asked).await.expect("no end");
    let error = ended.unwrap_err();
    assert!(!error.gone);
    assert_eq!(error.class, expected, "{}", error.message);
}

#[tokio::test]
async fn a_body_that_never_stops_is_stopped_by_its_length_or_by_the_reader() {
    let origin = serve(Script::Flood("HTTP/1.1 200 OK\r\n\r\n", "................")).await;
    let Opened::Body(mut body) = open(&format!("{origin}/a.pdf"), "", None).await.unwrap() else {
        panic!("expected a body")
    };
    let mut seen = 0;
    while seen < 1 << 20 {
        seen += body.body.chunk().await.unwrap().unwrap().len();
    }
    let huge = "HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551000\r\n\r\n";
    let origin = serve(Script::Flood(huge, "................")).await;
    let Opened::Body(body) = open(&format!("{origin}/a.pdf"), "", None).await.unwrap() else {
        panic!("expected a body")
    };
    // The limit on sizes is looked at before the body is read.
    assert_eq!(body.body.announced(), Some(18_446_744_073_709_551_000));
}

#[rstest]
#[case("gzip", "\u{1f}not really gzip")]
#[case("deflate", "x")]
#[case("br", "x")]
#[case("zstd", "x")]
#[case("gzip, gzip, gzip", "x")]
#[tokio::test]
async fn nothing_is_ever_decompressed(#[case] encoding: &'static str, #[case] bytes: &'static str) {
    let length = bytes.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {length}\r\n\r\n{bytes}"
    );
    let origin = serve(Script::Say(Box::leak(answer.into_boxed_str()))).await;
    let Opened::Body(body) = open(&format!("{origin}/a.pdf"), "", None).await.unwrap() else {
        panic!("expected a body")
    };
    assert_eq!(body.metadata.content_encoding.as_deref(), Some(encoding));
    assert_eq!(read(Ok(Opened::Body(body))).await.unwrap(), bytes.as_bytes());
}

/// A row of the ledger and the headers of an object have an end, so what goes into them has one, too.
#[tokio::test]
async fn what_is_kept_of_the_headers_is_bounded() {
    let long = "a".repeat(100_000);
    let answer = format!(
        "HTTP/1.1 200 OK\r\netag: \"{long}\"\r\nlast-modified: {long}\r\ncontent-type: application/pdf\r\n\
         content-disposition: attachment; filename={long}\r\ncache-control: {}\r\ncontent-language: {}\r\n\
         content-length: 4\r\n\r\nfour",
        "b".repeat(1_000),
        "c".repeat(1_000)
    );
    let origin = serve(Script::Say(Box::leak(answer.into_boxed_str()))).await;
    let Opened::Body(body) = open(&format!("{origin}/a.pdf"), "", None).await.unwrap() else {
        panic!("expected a body")
    };
    assert_eq!((&body.identity.etag, &body.identity.last_modified), (&None, &None));
    let kept = &body.metadata;
    assert_eq!(kept.content_type.as_deref(), Some("application/pdf"));
    assert_eq!(kept.content_disposition, None);
    assert_eq!(kept.cache_control.as_deref().map(str::len), Some(1_000));
    assert_eq!(kept.content_language, None);
    assert_eq!(read(Ok(Opened::Body(body))).await.unwrap(), b"four");
}

#[rstest]
#[case::protocol_relative("//evil.example/a.pdf")]
#[case::backslashes("\\\\evil.example/a.pdf")]
#[case::slash_and_backslash("/\\evil.example/a.pdf")]
#[case::tab_inside("/\t/evil.example/a.pdf")]
#[case::one_slash("https:/evil.example/a.pdf")]
#[case::no_slash("https:evil.example/a.pdf")]
#[case::user("https://u@files.example.com/a.pdf")]
#[case::other_port("https://files.example.com:8443/a.pdf")]
#[case::plain("http://files.example.com/a.pdf")]
#[case::file("file:///etc/passwd")]
#[case::data("data:application/pdf;base64,JVBERi0=")]
#[case::gopher("gopher://127.0.0.1:6379/_a")]
#[case::runtime("http://127.0.0.1:9001/2018-06-01/runtime/invocation/next")]
#[case::octal("http://0177.0.0.1/a.pdf")]
#[case::mapped("http://[::ffff:a9fe:a9fe]/a.pdf")]
#[case::localhost("http://localhost/a.pdf")]
#[case::encoded_host("http://127%2e0.0.1/a.pdf")]
#[case::full_width("http://１２７.0.0.1/a.pdf")]
#[case::foreign_bucket("s3://foreign-bucket/a.pdf")]
#[case::foreign_bucket_host("https://foreign-bucket.s3.amazonaws.com/a.pdf")]
#[tokio::test]
async fn no_spelling_of_a_redirect_leads_out_of_the_list(#[case] to: &'static str) {
    let answer = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
    let origin = serve(Script::Say(Box::leak(answer.into_boxed_str()))).await;
    let opened = open(&format!("{origin}/a.pdf"), "files.example.com", None).await;
    let (class, message) = class_of(opened).await;
    assert_eq!(class, FailureClass::RedirectRefused, "{message}");
}

#[test]
fn https_is_never_left_for_plain_http() {
    let allow = AllowList::parse("files.example.com, http://10.0.0.5:8080").unwrap();
    let secure = Target::first("https://files.example.com/a.pdf", false, &allow).unwrap();
    let plain = Target::first("http://10.0.0.5:8080/a.pdf", false, &allow).unwrap();
    let down = secure.follow("http://10.0.0.5:8080/a.pdf", &allow).unwrap_err();
    assert_eq!(down.class, FailureClass::RedirectRefused);
    assert!(plain.follow("http://10.0.0.5:8080/b.pdf", &allow).is_ok());
    assert!(plain.follow("https://files.example.com/a.pdf", &allow).is_ok());
    assert!(secure.follow("/b.pdf", &allow).is_ok());
}
