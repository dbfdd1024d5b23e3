//! A small S3 in memory, on the request level: enough to see what is sent, and to answer wrongly on demand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

use crate::objects::digest::{BodyDigest, FileDigest};

/// Which checksums the service reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::objects) enum Reports {
    /// As AWS does: the checksum of the full object.
    Full,
    /// Composite checksums for multipart uploads.
    Composite,
    /// None at all.
    Nothing,
}

/// An object.
#[derive(Debug, Clone, Default)]
pub(in crate::objects) struct Stored {
    pub(in crate::objects) bytes: Vec<u8>,
    pub(in crate::objects) etag: String,
    /// Headers that a HEAD or GET repeats.
    pub(in crate::objects) headers: BTreeMap<String, String>,
    /// For a HEAD, what is said instead of the length of `bytes`.
    pub(in crate::objects) claimed_size: Option<u64>,
}

impl Stored {
    pub(in crate::objects) fn new(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), etag: BodyDigest::of(bytes).etag(), ..Self::default() }
    }

    pub(in crate::objects) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }
}

#[derive(Debug)]
struct State {
    objects: BTreeMap<String, Stored>,
    parts: BTreeMap<u32, Vec<u8>>,
    upload_headers: BTreeMap<String, String>,
    log: Vec<(String, Request)>,
    faults: Vec<(String, u16, String)>,
    reports: Reports,
    corrupt_parts: bool,
}

/// The service; its state outlives single requests.
#[derive(Debug, Clone)]
pub(in crate::objects) struct FakeS3 {
    state: Arc<Mutex<State>>,
    server: Arc<MockServer>,
}

impl FakeS3 {
    pub(in crate::objects) async fn start(reports: Reports) -> Self {
        let state = Arc::new(Mutex::new(State {
            objects: BTreeMap::new(),
            parts: BTreeMap::new(),
            upload_headers: BTreeMap::new(),
            log: Vec::new(),
            faults: Vec::new(),
            reports,
            corrupt_parts: false,
        }));
        let fake = Self { state, server: Arc::new(MockServer::start().await) };
        let responder = Responder(Arc::clone(&fake.state));
        Mock::given(matchers::any()).respond_with(responder).mount(&fake.server).await;
        fake
    }

    pub(in crate::objects) fn uri(&self) -> String {
        self.server.uri()
    }

    /// `place` is `bucket/key`, percent-encoded as in the request.
    pub(in crate::objects) fn store(&self, place: &str, object: Stored) {
        self.state.lock().unwrap().objects.insert(place.to_owned(), object);
    }

    pub(in crate::objects) fn stored(&self, place: &str) -> Option<Stored> {
        self.state.lock().unwrap().objects.get(place).cloned()
    }

    /// The next `operation` answers with this status and error code (for 301, the region to ask).
    pub(in crate::objects) fn fail(&self, operation: &str, status: u16, code: &str) {
        self.state.lock().unwrap().faults.push((operation.to_owned(), status, code.to_owned()));
    }

    /// From now on, the last byte of every part is stored wrongly, and nothing says so.
    pub(in crate::objects) fn corrupt_parts(&self) {
        self.state.lock().unwrap().corrupt_parts = true;
    }

    /// What was asked, in order.
    pub(in crate::objects) fn operations(&self) -> Vec<String> {
        self.state.lock().unwrap().log.iter().map(|(operation, _)| operation.clone()).collect()
    }

    /// The requests of one kind.
    pub(in crate::objects) fn requests(&self, operation: &str) -> Vec<Request> {
        let state = self.state.lock().unwrap();
        state.log.iter().filter(|(name, _)| name == operation).map(|(_, r)| r.clone()).collect()
    }
}

/// A header of a request as text.
pub(in crate::objects) fn header(request: &Request, name: &str) -> Option<String> {
    request.headers.get(name).map(|value| value.to_str().unwrap().to_owned())
}

struct Responder(Arc<Mutex<State>>);

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap();
        let operation = operation(request);
        state.log.push((operation.to_owned(), request.clone()));
        if let Some(at) = state.faults.iter().position(|(name, _, _)| name == operation) {
            let (_, status, code) = state.faults.remove(at);
            return error(request, status, &code);
        }
        let place = request.url.path().trim_start_matches('/').to_owned();
        state.answer(operation, &place, request)
    }
}

fn operation(request: &Request) -> &'static str {
    let query = request.url.query().unwrap_or_default();
    let copies = request.headers.contains_key("x-amz-copy-source");
    match request.method.as_str() {
        "HEAD" => "HEAD",
        "GET" => "GET",
        "POST" if query.contains("uploadId=") => "COMPLETE",
        "POST" => "CREATE",
        "DELETE" => "ABORT",
        "PUT" if query.contains("partNumber=") && copies => "PARTCOPY",
        "PUT" if query.contains("partNumber=") => "PART",
        "PUT" if copies => "COPY",
        "PUT" => "PUT",
        other => panic!("unexpected method {other}"),
    }
}

fn error(request: &Request, status: u16, code: &str) -> ResponseTemplate {
    let mut template = ResponseTemplate::new(status);
    if status == 301 && !code.is_empty() {
        template = template.insert_header("x-amz-bucket-region", code);
    }
    if request.method.as_str() == "HEAD" {
        return template;
    }
    xml(template, &format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>"))
}

fn xml(template: ResponseTemplate, body: &str) -> ResponseTemplate {
    template.set_body_raw(format!("<?xml version=\"1.0\"?>{body}"), "application/xml")
}

impl State {
    fn answer(&mut self, operation: &str, place: &str, request: &Request) -> ResponseTemplate {
        match operation {
            "HEAD" | "GET" => self.read(place, request),
            "PUT" => {
                let stored = Stored { headers: kept(request), ..Stored::new(&request.body) };
                let (etag, crc) = (stored.etag.clone(), BodyDigest::of(&stored.bytes).crc64_nvme());
                self.objects.insert(place.to_owned(), stored);
                let template =
                    ResponseTemplate::new(200).insert_header("etag", format!("\"{etag}\""));
                match self.reports {
                    Reports::Full => template.insert_header("x-amz-checksum-crc64nvme", crc),
                    Reports::Composite | Reports::Nothing => template,
                }
            }
            "COPY" => {
                let source = header(request, "x-amz-copy-source").unwrap();
                let Some(stored) = self.objects.get(&source).cloned() else {
                    return error(request, 404, "NoSuchKey");
                };
                if header(request, "x-amz-copy-source-if-match")
                    != Some(format!("\"{}\"", stored.etag))
                {
                    return error(request, 412, "PreconditionFailed");
                }
                let crc = BodyDigest::of(&stored.bytes).crc64_nvme();
                let checksum = match self.reports {
                    Reports::Full => format!("<ChecksumCRC64NVME>{crc}</ChecksumCRC64NVME>"),
                    Reports::Composite | Reports::Nothing => String::new(),
                };
                let etag = BodyDigest::of(&stored.bytes).etag();
                let body = format!(
                    "<CopyObjectResult><ETag>\"{etag}\"</ETag>{checksum}</CopyObjectResult>"
                );
                self.objects.insert(place.to_owned(), Stored { etag, ..stored });
                xml(ResponseTemplate::new(200), &body)
            }
            "CREATE" => {
                self.parts.clear();
                self.upload_headers = kept(request);
                let id = "<UploadId>u1</UploadId>";
                xml(
                    ResponseTemplate::new(200),
                    &format!("<InitiateMultipartUploadResult>{id}</InitiateMultipartUploadResult>"),
                )
            }
            "PART" => {
                let number = part_number(request);
                let mut body = request.body.clone();
                if self.corrupt_parts
                    && let Some(last) = body.last_mut()
                {
                    *last ^= 1;
                }
                self.parts.insert(number, body);
                let etag = BodyDigest::of(&request.body).etag();
                ResponseTemplate::new(200).insert_header("etag", format!("\"{etag}\""))
            }
            "PARTCOPY" => {
                self.parts.insert(part_number(request), Vec::new());
                let result = "<CopyPartResult><ETag>\"x\"</ETag></CopyPartResult>";
                xml(ResponseTemplate::new(200), result)
            }
            "COMPLETE" => self.complete(place),
            "ABORT" => ResponseTemplate::new(204),
            other => panic!("unexpected operation {other}"),
        }
    }

    fn read(&self, place: &str, request: &Request) -> ResponseTemplate {
        let Some(stored) = self.objects.get(place) else { return error(request, 404, "NoSuchKey") };
        if header(request, "if-match").is_some_and(|etag| etag != format!("\"{}\"", stored.etag)) {
            return error(request, 412, "PreconditionFailed");
        }
        let mut template =
            ResponseTemplate::new(200).insert_header("etag", format!("\"{}\"", stored.etag));
        for (name, value) in &stored.headers {
            template = template.insert_header(name.as_str(), value.as_str());
        }
        if self.reports == Reports::Full {
            let crc = BodyDigest::of(&stored.bytes).crc64_nvme();
            template = template.insert_header("x-amz-checksum-crc64nvme", crc);
        }
        if request.method.as_str() == "HEAD" {
            let size = stored.claimed_size.unwrap_or(stored.bytes.len() as u64);
            return template.insert_header("content-length", size.to_string());
        }
        let media =
            stored.headers.get("content-type").map_or("binary/octet-stream", String::as_str);
        template.set_body_raw(stored.bytes.clone(), media)
    }

    fn complete(&mut self, place: &str) -> ResponseTemplate {
        let digests: Vec<_> = self.parts.values().map(|bytes| BodyDigest::of(bytes)).collect();
        let file = FileDigest::of_parts(&digests);
        let bytes = self.parts.values().flatten().copied().collect();
        let stored = Stored {
            bytes,
            etag: file.etag.clone(),
            headers: self.upload_headers.clone(),
            claimed_size: None,
        };
        self.objects.insert(place.to_owned(), stored);
        let checksum = match self.reports {
            Reports::Full => format!(
                "<ChecksumCRC64NVME>{}</ChecksumCRC64NVME><ChecksumType>FULL_OBJECT</ChecksumType>",
                file.crc64_nvme
            ),
            Reports::Composite => {
                format!("<ChecksumCRC64NVME>AAAAAAAAAAA=-{}</ChecksumCRC64NVME>", digests.len())
            }
            Reports::Nothing => String::new(),
        };
        let etag = file.etag;
        xml(
            ResponseTemplate::new(200),
            &format!(
                "<CompleteMultipartUploadResult><ETag>\"{etag}\"</ETag>{checksum}</CompleteMultipartUploadResult>"
            ),
        )
    }
}

/// The descriptive headers that an object keeps.
fn kept(request: &Request) -> BTreeMap<String, String> {
    let names = [
        "content-type",
        "content-disposition",
        "content-encoding",
        "cache-control",
        "content-language",
    ];
    request
        .headers
        .iter()
        .filter(|(name, _)| {
            names.contains(&name.as_str()) || name.as_str().starts_with("x-amz-meta-")
        })
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect()
}

fn part_number(request: &Request) -> u32 {
    let number = request.url.query_pairs().find(|(name, _)| name == "partNumber");
    number.unwrap().1.parse().unwrap()
}
