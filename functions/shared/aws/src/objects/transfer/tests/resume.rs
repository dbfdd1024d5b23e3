//! Uploads that were broken off: what is sent again, and when everything is.

use std::sync::LazyLock;

use rstest::rstest;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::*;
use crate::objects::HttpSourceOptions;

/// Five parts: four of 5 MiB, one of 2 MiB. Made once: without optimisation that takes as long as everything else.
fn bytes() -> &'static [u8] {
    static BYTES: LazyLock<Vec<u8>> =
        LazyLock::new(|| (0..22_u8).map(|part| vec![part; MIB]).collect::<Vec<_>>().concat());
    &BYTES
}

/// An HTTP source with entity tag and ranges.
#[derive(Debug, Clone)]
struct Origin {
    etag: &'static str,
    announces_ranges: bool,
    sends_ranges: bool,
}

impl Respond for Origin {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let file = |status, bytes: &[u8]| {
            let answer = ResponseTemplate::new(status)
                .set_body_raw(bytes, "application/pdf")
                .insert_header("etag", self.etag);
            if self.announces_ranges {
                answer.insert_header("accept-ranges", "bytes")
            } else {
                answer
            }
        };
        let body = bytes();
        let Some(range) = header(request, "range").filter(|_| self.sends_ranges) else {
            return file(200, body);
        };
        assert_eq!(header(request, "if-match").as_deref(), Some(self.etag));
        let first: usize =
            range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap();
        let told = format!("bytes {first}-{}/{}", body.len() - 1, body.len());
        file(206, &body[first..]).insert_header("content-range", told)
    }
}

const ORDINARY: Origin = Origin { etag: "\"v1\"", announces_ranges: true, sends_ranges: true };

async fn serve(server: &MockServer, origin: Origin) {
    server.reset().await;
    Mock::given(any()).respond_with(origin).mount(server).await;
}

/// An upload of `origin`'s file that the destination has broken off after some parts.
async fn broken_off(fake: &FakeS3, server: &MockServer, origin: Origin) -> Memory {
    let memory = Memory::default();
    serve(server, origin).await;
    fake.fail_after("PART", 3, 500, "InternalError");
    let error = from_http(fake, server, &memory).await.unwrap_err();
    assert_eq!(error.class, FailureClass::DestinationUnavailable);
    memory
}

async fn from_http(
    fake: &FakeS3,
    server: &MockServer,
    memory: &Memory,
) -> Result<Copied, CopyError> {
    let source = SourceLocation::Http(http_location(&format!("{}/a.pdf", server.uri())));
    let key = "uploads/a.pdf";
    let request = CopyRequest { uploads: Some(memory), ..request(&source, key) };
    // Nothing here is about timeouts, and the machine may be busy.
    let options =
        HttpSourceOptions { read_timeout: Duration::from_secs(30), ..http_options(&server.uri()) };
    let sources = Sources { s3: None, http: HttpSource::new(options).unwrap() };
    Transfer { sources, ..transfer(fake, false, &server.uri()) }.copy(&request).await
}

fn assert_copied(fake: &FakeS3, memory: &Memory) {
    assert!(fake.stored("dst/uploads/a.pdf").unwrap().bytes == bytes(), "the bytes differ");
    assert_eq!(*memory.upload.lock().unwrap(), None, "nothing is left in the journal");
}

#[rstest]
#[case::aws(Reports::Full, ProofLevel::Checksum)]
#[case::nothing(Reports::Nothing, ProofLevel::MultipartEtag)]
#[tokio::test]
async fn only_the_rest_is_fetched_and_sent(#[case] reports: Reports, #[case] expected: ProofLevel) {
    let (fake, server) = (FakeS3::start(reports).await, MockServer::start().await);
    let memory = broken_off(&fake, &server, ORDINARY).await;
    assert_eq!(fake.requests("ABORT").len(), 0);
    assert!(memory.parts.load(Ordering::Relaxed) > 0);
    let copied = from_http(&fake, &server, &memory).await.unwrap();
    assert_eq!(level(&copied), expected);
    assert_copied(&fake, &memory);
    let asked = server.received_requests().await.unwrap();
    let ranges: Vec<String> = asked.iter().filter_map(|asked| header(asked, "range")).collect();
    let [range] = &ranges[..] else { panic!("{ranges:?}") };
    let offset: usize = range["bytes=".len()..].trim_end_matches('-').parse().unwrap();
    assert!(offset >= 5 * MIB && offset.is_multiple_of(5 * MIB), "{range}");
    // Four before the failure, and five again if it had begun anew.
    assert!(fake.requests("PART").len() < 9, "parts were sent again");
    assert_eq!((fake.requests("CREATE").len(), fake.requests("ABORT").len()), (1, 0));
}

#[tokio::test]
async fn the_rest_of_an_object_is_fetched() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a.pdf", Stored::new(bytes()));
    fake.fail_after("PART", 3, 500, "InternalError");
    let (source, key, memory) =
        (s3_location("src", &["a.pdf"]), "uploads/a.pdf", Memory::default());
    let request = CopyRequest { uploads: Some(&memory), ..request(&source, key) };
    let transfer = transfer(&fake, false, "");
    transfer.copy(&request).await.unwrap_err();
    assert_eq!(level(&transfer.copy(&request).await.unwrap()), ProofLevel::Checksum);
    assert_copied(&fake, &memory);
    let gets = fake.requests("GET");
    // Every attempt opens the object to learn its version; the second one asks for the rest then.
    let ranged: Vec<bool> = gets.iter().map(|get| header(get, "range").is_some()).collect();
    assert_eq!(ranged, [false, false, true]);
    assert!(header(&gets[2], "if-match").is_some());
    assert_eq!(fake.requests("CREATE").len(), 1);
}

#[tokio::test]
async fn an_upload_of_which_only_the_end_is_missing_is_completed() {
    let (fake, server) = (FakeS3::start(Reports::Full).await, MockServer::start().await);
    let memory = Memory::default();
    serve(&server, ORDINARY).await;
    fake.fail("COMPLETE", 500, "InternalError");
    from_http(&fake, &server, &memory).await.unwrap_err();
    let sent = fake.requests("PART").len();
    let copied = from_http(&fake, &server, &memory).await.unwrap();
    assert_eq!(level(&copied), ProofLevel::Checksum);
    assert_copied(&fake, &memory);
    assert_eq!(fake.requests("PART").len(), sent);
}

#[rstest]
#[case::changed(Origin { etag: "\"v2\"", ..ORDINARY })]
#[case::without_ranges(Origin { sends_ranges: false, ..ORDINARY })]
#[tokio::test]
async fn a_source_that_cannot_be_gone_on_with_is_copied_from_its_beginning(#[case] now: Origin) {
    let (fake, server) = (FakeS3::start(Reports::Full).await, MockServer::start().await);
    let memory = broken_off(&fake, &server, ORDINARY).await;
    serve(&server, now).await;
    let parts = memory.parts.load(Ordering::Relaxed);
    from_http(&fake, &server, &memory).await.unwrap();
    assert_copied(&fake, &memory);
    assert_eq!((fake.requests("CREATE").len(), fake.requests("ABORT").len()), (2, 1));
    // It would be begun for ever if beginning anew counted as getting on.
    assert_eq!(memory.parts.load(Ordering::Relaxed), parts);
}

#[tokio::test]
async fn an_upload_that_is_gone_is_begun_anew() {
    let (fake, server) = (FakeS3::start(Reports::Full).await, MockServer::start().await);
    let memory = broken_off(&fake, &server, ORDINARY).await;
    fake.fail("LIST", 404, "NoSuchUpload");
    from_http(&fake, &server, &memory).await.unwrap();
    assert_copied(&fake, &memory);
    assert_eq!(fake.requests("CREATE").len(), 2);
}

#[tokio::test]
async fn an_odd_part_spoils_its_upload() {
    let (fake, server) = (FakeS3::start(Reports::Full).await, MockServer::start().await);
    let memory = broken_off(&fake, &server, ORDINARY).await;
    fake.shorten_part(1);
    from_http(&fake, &server, &memory).await.unwrap();
    assert_copied(&fake, &memory);
    assert_eq!((fake.requests("CREATE").len(), fake.requests("ABORT").len()), (2, 1));
}

#[rstest]
#[case::weak_etag(Origin { etag: "W/\"v1\"", ..ORDINARY })]
#[case::no_ranges(Origin { announces_ranges: false, ..ORDINARY })]
#[tokio::test]
async fn nothing_is_left_that_could_not_be_gone_on_with(#[case] origin: Origin) {
    let (fake, server) = (FakeS3::start(Reports::Full).await, MockServer::start().await);
    let memory = broken_off(&fake, &server, origin).await;
    assert_eq!(memory.find().await, None);
    assert_eq!(fake.requests("ABORT").len(), 1);
}

#[tokio::test]
async fn an_abandoned_upload_is_aborted() {
    let (fake, server) = (FakeS3::start(Reports::Full).await, MockServer::start().await);
    let memory = broken_off(&fake, &server, ORDINARY).await;
    let id = memory.find().await.unwrap().upload_id;
    transfer(&fake, false, "").abandon("uploads/a.pdf", &id).await;
    assert_eq!(fake.requests("ABORT").len(), 1);
}
