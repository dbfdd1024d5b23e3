//! Names of the allow-list that lead somewhere else than their entry says.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

pub(super) type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// A source whose names resolve, call by call, to these addresses; the last ones stay.
fn source(
    allow: &str,
    answers: &'static [&'static [&'static str]],
) -> (HttpSource, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let lookup = move |_name: String| -> Found {
        let call = counted.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        Box::pin(
            async move { Ok(answers[call].iter().map(|text| text.parse().unwrap()).collect()) },
        )
    };
    let lookup: Arc<Lookup> = Arc::new(lookup);
    (HttpSource::with(http_options(allow), &lookup, &[]).unwrap(), calls)
}

pub(super) async fn open_with(source: &HttpSource, url: &str) -> Result<Opened, CopyError> {
    let location = http_location(url);
    let place = SourceLocation::Http(location.clone());
    let key = "uploads/a.pdf";
    source.open(&location, &request(&place, key), &RequestCount::default()).await
}

#[rstest]
#[case::metadata(&["169.254.169.254"])]
#[case::metadata_of_containers(&["169.254.170.2"])]
#[case::loopback(&["127.0.0.1"])]
#[case::loopback_v6(&["::1"])]
#[case::only_v6(&["fd00:ec2::254"])]
#[case::mapped(&["::ffff:127.0.0.1"])]
#[case::translated(&["64:ff9b::7f00:1"])]
#[case::unspecified(&["0.0.0.0"])]
#[case::unspecified_v6(&["::"])]
#[case::several(&["127.0.0.1", "169.254.169.254", "::1", "0.0.0.0"])]
#[tokio::test]
async fn no_entry_opens_loopback_or_the_platform_to_a_name(
    #[case] addresses: &'static [&'static str],
) {
    let canary = RawServer::start(Vec::new(), false).await;
    let port = canary.origin.rsplit(':').next().unwrap();
    let answers: &'static [&'static [&'static str]] = Box::leak(Box::new([addresses]));
    let url = format!("http://intranet.example:{port}/a.pdf");
    let (source, calls) = source(&format!("http://intranet.example:{port}"), answers);
    let (class, message) = class_of(open_with(&source, &url).await).await;
    assert_eq!(class, FailureClass::ForbiddenAddress, "{message}");
    assert_eq!((canary.connections(), calls.load(Ordering::SeqCst)), (0, 1));
}

#[rstest]
#[case(&["10.0.0.1"])]
#[case(&["192.168.1.1", "172.16.0.1", "100.64.0.1", "fd12::1"])]
#[tokio::test]
async fn a_host_entry_opens_no_private_network(#[case] addresses: &'static [&'static str]) {
    let answers: &'static [&'static [&'static str]] = Box::leak(Box::new([addresses]));
    let (source, calls) = source("files.example.com", answers);
    let opened = open_with(&source, "https://files.example.com/a.pdf").await;
    assert_eq!(class_of(opened).await.0, FailureClass::ForbiddenAddress);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

/// The one place that can be listened on stands for a public address here: `localhost` is listed with its port.
#[tokio::test]
async fn what_was_checked_is_what_is_connected_to() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nfour";
    let server = RawServer::start(vec![answer.to_owned(); 2], false).await;
    let port = server.origin.rsplit(':').next().unwrap();
    let url = format!("http://files.localhost:{port}/a.pdf");
    // The address of the platform comes first and is not tried; after the first connection the name is bound anew.
    let (source, calls) = source(
        &format!("http://files.localhost:{port}"),
        &[&["169.254.169.254", "127.0.0.1"], &["169.254.169.254"]],
    );
    assert_eq!(read(open_with(&source, &url).await).await.unwrap(), b"four");
    assert_eq!((server.connections(), calls.load(Ordering::SeqCst)), (1, 1));
    let (class, _) = class_of(open_with(&source, &url).await).await;
    assert_eq!(class, FailureClass::ForbiddenAddress);
    assert_eq!((server.connections(), calls.load(Ordering::SeqCst)), (1, 2));
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_a_source_that_cannot_be_reached() {
    let (source, _) = source("files.example.com", &[&[]]);
    let opened = open_with(&source, "https://files.example.com/a.pdf").await;
    assert_eq!(class_of(opened).await.0, FailureClass::SourceUnavailable);
}

#[tokio::test]
async fn a_name_that_never_resolves_ends_in_time() {
    let lookup: Arc<Lookup> = Arc::new(|_name| -> Found { Box::pin(std::future::pending()) });
    let options = HttpSourceOptions {
        connect_timeout: Duration::from_millis(200),
        ..http_options("files.example.com")
    };
    let source = HttpSource::with(options, &lookup, &[]).unwrap();
    let opened = open_with(&source, "https://files.example.com/a.pdf").await;
    assert_eq!(class_of(opened).await.0, FailureClass::SourceTimeout);
}
