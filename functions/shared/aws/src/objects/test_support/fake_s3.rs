//! A small S3 in memory, on the request level: enough to see what is sent, and to answer wrongly on demand.

mod tagging;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

use crate::objects::digest::{BodyDigest, FileDigest, PartDigest, etag_of};

/// Which checksums the service reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reports {
    /// As AWS does: the checksum of the full object.
    Full,
    /// Composite checksums for multipart uploads.
    Composite,
    /// None at all.
    Nothing,
}

/// An object.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stored {
    pub(crate) bytes: Vec<u8>,
    pub(crate) etag: String,
    /// Headers that a HEAD or GET repeats.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) tags: Vec<(String, String)>,
    /// For a HEAD, what is said instead of the length of `bytes`.
    pub(crate) claimed_size: Option<u64>,
}

impl Stored {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), etag: etag_of(bytes), ..Self::default() }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn tagged(mut self, key: &str, value: &str) -> Self {
        self.tags.push((key.to_owned(), value.to_owned()));
        self
    }
}

/// A part of an upload.
#[derive(Debug, Clone, Default)]
struct StoredPart {
    bytes: Vec<u8>,
    etag: String,
    /// For a copied part, the length of its range: its bytes are not kept.
    claimed_size: Option<u64>,
}

impl StoredPart {
    fn size(&self) -> u64 {
        self.claimed_size.unwrap_or(self.bytes.len() as u64)
    }
}

/// The answer to one of the next requests of an operation.
#[derive(Debug)]
struct Fault {
    operation: String,
    /// Requests that are answered as usual before.
    after: usize,
    status: u16,
    code: String,
}

#[derive(Debug)]
struct State {
    objects: BTreeMap<String, Stored>,
    parts: BTreeMap<u32, StoredPart>,
    /// Headers and tags of the upload that was begun.
    upload: Stored,
    log: Vec<(String, Request)>,
    faults: Vec<Fault>,
    reports: Reports,
    corrupt_parts: bool,
    tells_tag_count: bool,
    access_key: Option<String>,
}

/// The service; its state outlives single requests.
#[derive(Debug, Clone)]
pub(crate) struct FakeS3 {
    state: Arc<Mutex<State>>,
    server: Arc<MockServer>,
}

impl FakeS3 {
    pub(crate) async fn start(reports: Reports) -> Self {
        let state = Arc::new(Mutex::new(State {
            objects: BTreeMap::new(),
            parts: BTreeMap::new(),
            upload: Stored::default(),
            log: Vec::new(),
            faults: Vec::new(),
            reports,
            corrupt_parts: false,
            tells_tag_count: true,
            access_key: None,
        }));
        let fake = Self { state, server: Arc::new(MockServer::start().await) };
        let responder = Responder(Arc::clone(&fake.state));
        Mock::given(matchers::any()).respond_with(responder).mount(&fake.server).await;
        fake
    }

    pub(crate) fn uri(&self) -> String {
        self.server.uri()
    }

    /// `place` is `bucket/key`, percent-encoded as in the request.
    pub(crate) fn store(&self, place: &str, object: Stored) {
        self.state.lock().unwrap().objects.insert(place.to_owned(), object);
    }

    pub(crate) fn stored(&self, place: &str) -> Option<Stored> {
        self.state.lock().unwrap().objects.get(place).cloned()
    }

    /// The next `operation` answers with this status and error code (for 301, the region to ask).
    pub(crate) fn fail(&self, operation: &str, status: u16, code: &str) {
        self.fail_after(operation, 0, status, code);
    }

    /// The same, after so many requests that are answered as usual.
    pub(crate) fn fail_after(&self, operation: &str, after: usize, status: u16, code: &str) {
        let (operation, code) = (operation.to_owned(), code.to_owned());
        self.state.lock().unwrap().faults.push(Fault { operation, after, status, code });
    }

    /// How many parts have arrived.
    pub(crate) fn parts(&self) -> usize {
        self.state.lock().unwrap().parts.len()
    }

    /// The last byte of a part that has arrived is lost.
    pub(crate) fn shorten_part(&self, number: u32) {
        self.state.lock().unwrap().parts.get_mut(&number).unwrap().bytes.pop();
    }

    /// From now on, the last byte of every part is stored wrongly, and nothing says so.
    pub(crate) fn corrupt_parts(&self) {
        self.state.lock().unwrap().corrupt_parts = true;
    }

    /// From now on, no answer tells how many tags an object has.
    pub(crate) fn hide_tag_counts(&self) {
        self.state.lock().unwrap().tells_tag_count = false;
    }

    /// From now on, requests with other keys than this are refused.
    pub(crate) fn require_access_key(&self, id: &str) {
        self.state.lock().unwrap().access_key = Some(id.to_owned());
    }

    /// What was asked, in order.
    pub(crate) fn operations(&self) -> Vec<String> {
        self.state.lock().unwrap().log.iter().map(|(operation, _)| operation.clone()).collect()
    }

    /// The requests of one kind.
    pub(crate) fn requests(&self, operation: &str) -> Vec<Request> {
        let state = self.state.lock().unwrap();
        state.log.iter().filter(|(name, _)| name == operation).map(|(_, r)| r.clone()).collect()
    }
}

/// A header of a request as text.
pub(crate) fn header(request: &Request, name: &str) -> Option<String> {
    request.headers.get(name).map(|value| value.to_str().unwrap().to_owned())
}

struct Responder(Arc<Mutex<State>>);

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap();
        let operation = operation(request);
        state.log.push((operation.to_owned(), request.clone()));
        if let Some(id) = &state.access_key {
            let signed = header(request, "authorization").unwrap_or_default();
            if !signed.contains(&format!("Credential={id}/")) {
                return error(request, 403, "InvalidAccessKeyId");
            }
        }
        if let Some(at) = state.faults.iter().position(|fault| fault.operation == operation) {
            if state.faults[at].after == 0 {
                let Fault { status, code, .. } = state.faults.remove(at);
                return error(request, status, &code);
            }
            state.faults[at].after -= 1;
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
        "GET" if query.contains("uploadId=") => "LIST",
        "GET" if query.split('&').any(|parameter| parameter.starts_with("tagging")) => "TAGS",
        "GET" => "GET",
        "POST" if query.contains("uploadId=") => "COMPLETE",
        "POST" => "CREATE",
        "DELETE" if query.contains("uploadId=") => "ABORT",
        "DELETE" => "DELETE",
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
                let there = self.objects.get(place).map(|stored| format!("\"{}\"", stored.etag));
                let over = header(request, "if-match");
                if header(request, "if-none-match").is_some() && there.is_some()
                    || over.is_some() && over != there
                {
                    return error(request, 412, "PreconditionFailed");
                }
                let (headers, tags) = (kept(request), tagging::sent(request));
                let stored = Stored { headers, tags, ..Stored::new(&request.body) };
                let (etag, crc) = (stored.etag.clone(), BodyDigest::of(&stored.bytes).crc64_nvme());
                self.objects.insert(place.to_owned(), stored);
                let template =
                    ResponseTemplate::new(200).insert_header("etag", format!("\"{etag}\""));
                match self.reports {
                    Reports::Full => template.insert_header("x-amz-checksum-crc64nvme", crc),
                    Reports::Composite | Reports::Nothing => template,
                }
            }
            "COPY" => self.copy(place, request),
            "CREATE" => {
                self.parts.clear();
                let (headers, tags) = (kept(request), tagging::sent(request));
                self.upload = Stored { headers, tags, ..Stored::default() };
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
                let etag = etag_of(&request.body);
                let answer =
                    ResponseTemplate::new(200).insert_header("etag", format!("\"{etag}\""));
                self.parts.insert(number, StoredPart { bytes: body, etag, claimed_size: None });
                answer
            }
            "PARTCOPY" => self.copy_part(request),
            "LIST" => self.list_parts(),
            "COMPLETE" => self.complete(place),
            "TAGS" => self.tags(place, request),
            "DELETE" => self.delete(place, request),
            "ABORT" => {
                self.parts.clear();
                ResponseTemplate::new(204)
            }
            other => panic!("unexpected operation {other}"),
        }
    }

    fn copy(&mut self, place: &str, request: &Request) -> ResponseTemplate {
        let source = header(request, "x-amz-copy-source").unwrap();
        let Some(stored) = self.objects.get(&source).cloned() else {
            return error(request, 404, "NoSuchKey");
        };
        if header(request, "x-amz-copy-source-if-match") != Some(format!("\"{}\"", stored.etag)) {
            return error(request, 412, "PreconditionFailed");
        }
        let crc = BodyDigest::of(&stored.bytes).crc64_nvme();
        let checksum = match self.reports {
            Reports::Full => format!("<ChecksumCRC64NVME>{crc}</ChecksumCRC64NVME>"),
            Reports::Composite | Reports::Nothing => String::new(),
        };
        let etag = etag_of(&stored.bytes);
        let body =
            format!("<CopyObjectResult><ETag>\"{etag}\"</ETag>{checksum}</CopyObjectResult>");
        self.objects.insert(place.to_owned(), Stored { etag, ..stored });
        xml(ResponseTemplate::new(200), &body)
    }

    fn delete(&mut self, place: &str, request: &Request) -> ResponseTemplate {
        let there = self.objects.get(place).map(|stored| format!("\"{}\"", stored.etag));
        match header(request, "if-match") {
            Some(_) if there.is_none() => error(request, 404, "NoSuchKey"),
            Some(etag) if Some(&etag) != there.as_ref() => {
                error(request, 412, "PreconditionFailed")
            }
            Some(_) | None => {
                self.objects.remove(place);
                ResponseTemplate::new(204)
            }
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
        if self.tells_tag_count && !stored.tags.is_empty() {
            template = template.insert_header("x-amz-tagging-count", stored.tags.len().to_string());
        }
        // As in S3, the checksum of the whole does not come with a part of the object.
        if self.reports == Reports::Full && header(request, "range").is_none() {
            let crc = BodyDigest::of(&stored.bytes).crc64_nvme();
            template = template.insert_header("x-amz-checksum-crc64nvme", crc);
        }
        if request.method.as_str() == "HEAD" {
            let size = stored.claimed_size.unwrap_or(stored.bytes.len() as u64);
            return template.insert_header("content-length", size.to_string());
        }
        let range = header(request, "range").map(|range| {
            range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap()
        });
        let bytes = stored.bytes[range.unwrap_or(0)..].to_vec();
        let media =
            stored.headers.get("content-type").map_or("binary/octet-stream", String::as_str);
        template.set_body_raw(bytes, media)
    }

    /// Copies no bytes, but keeps the length of the range.
    fn copy_part(&mut self, request: &Request) -> ResponseTemplate {
        let source = header(request, "x-amz-copy-source").unwrap();
        let etag = self.objects.get(&source).map(|stored| format!("\"{}\"", stored.etag));
        if header(request, "x-amz-copy-source-if-match") != etag {
            return error(request, 412, "PreconditionFailed");
        }
        let range = header(request, "x-amz-copy-source-range").unwrap();
        let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
        let size = last.parse::<u64>().unwrap() + 1 - first.parse::<u64>().unwrap();
        let number = part_number(request);
        let etag = format!("part-{number}");
        let result = format!("<CopyPartResult><ETag>\"{etag}\"</ETag></CopyPartResult>");
        let part = StoredPart { bytes: Vec::new(), etag, claimed_size: Some(size) };
        self.parts.insert(number, part);
        xml(ResponseTemplate::new(200), &result)
    }

    fn list_parts(&self) -> ResponseTemplate {
        let parts = self.parts.iter().map(|(number, part)| {
            let checksum = match self.reports {
                Reports::Full if part.claimed_size.is_none() => format!(
                    "<ChecksumCRC64NVME>{}</ChecksumCRC64NVME>",
                    BodyDigest::of(&part.bytes).crc64_nvme()
                ),
                Reports::Full | Reports::Composite | Reports::Nothing => String::new(),
            };
            format!(
                "<Part><PartNumber>{number}</PartNumber><ETag>\"{}\"</ETag><Size>{}</Size>{checksum}</Part>",
                part.etag,
                part.size()
            )
        });
        let parts: String = parts.collect();
        xml(ResponseTemplate::new(200), &format!("<ListPartsResult>{parts}</ListPartsResult>"))
    }

    fn complete(&mut self, place: &str) -> ResponseTemplate {
        let digests: Vec<_> = self
            .parts
            .values()
            .map(|p| PartDigest::sent(BodyDigest::of(&p.bytes), &p.bytes, None))
            .collect();
        let file = FileDigest::of_parts(&digests);
        let bytes = self.parts.values().map(|part| &part.bytes[..]).collect::<Vec<_>>().concat();
        let copied = self.parts.values().any(|part| part.claimed_size.is_some());
        let claimed_size = copied.then(|| self.parts.values().map(StoredPart::size).sum());
        let stored =
            Stored { bytes, etag: file.etag.clone().unwrap(), claimed_size, ..self.upload.clone() };
        self.objects.insert(place.to_owned(), stored);
        let checksum = match self.reports {
            Reports::Full => format!(
                "<ChecksumCRC64NVME>{}</ChecksumCRC64NVME><ChecksumType>FULL_OBJECT</ChecksumType>",
                file.crc64_nvme.unwrap()
            ),
            Reports::Composite => {
                format!("<ChecksumCRC64NVME>AAAAAAAAAAA=-{}</ChecksumCRC64NVME>", digests.len())
            }
            Reports::Nothing => String::new(),
        };
        let etag = file.etag.unwrap();
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
        "expires",
        "x-amz-website-redirect-location",
        "x-amz-storage-class",
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
