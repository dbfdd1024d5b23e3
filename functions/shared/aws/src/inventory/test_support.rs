//! A bucket that can be listed, read, and made to misbehave as S3-compatible services do.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

use super::S3Place;
use crate::objects::test_support::s3_client;

/// What S3 leaves as it is under `encoding-type=url`; a blank becomes `+` afterwards.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/').remove(b' ');

/// Of every object.
pub(super) const ETAG: &str = "9b2cf535f27731c974343645a3985328";

/// How a listing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Quirk {
    #[default]
    None,
    /// Keys are sent as they are, and the parameter is not repeated.
    NoEncoding,
    /// Every page is the first one, but its token is another.
    IgnoresToken,
    /// Every page names the same next one.
    RepeatsToken,
    /// Pages begin with the first key.
    IgnoresStartAfter,
    /// Keys come backwards.
    Backwards,
    /// Pages have no keys, but say that more follow.
    OnlyEmptyPages,
    /// The second request is answered with this status and error code.
    SecondPageFails(u16, &'static str),
}

#[derive(Debug, Default)]
struct State {
    name: String,
    keys: BTreeMap<String, u64>,
    quirk: Quirk,
    /// Listings, by their parameters.
    log: Vec<BTreeMap<String, String>>,
    /// If not empty, only listings that ask for one of these prefixes, or for something below, are answered.
    listable: Vec<String>,
    /// Objects may be listed, not read.
    unreadable: bool,
    /// What happens to the bucket after so many listings.
    changes: Vec<(usize, Change)>,
}

/// Something that happens while a bucket is listed.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Put(String, u64),
    Delete(String),
}

/// The bucket.
#[derive(Debug)]
pub(super) struct FakeBucket {
    state: Arc<Mutex<State>>,
    server: MockServer,
}

impl FakeBucket {
    pub(super) async fn start(name: &str, keys: impl IntoIterator<Item = String>) -> Self {
        Self::with_quirk(name, keys, Quirk::None).await
    }

    /// Sizes of objects are the lengths of their keys.
    pub(super) async fn with_quirk(
        name: &str,
        keys: impl IntoIterator<Item = String>,
        quirk: Quirk,
    ) -> Self {
        let keys = keys.into_iter().map(|key| (key.clone(), key.len() as u64)).collect();
        let state = State { name: name.to_owned(), keys, quirk, ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let server = MockServer::start().await;
        let responder = Responder(Arc::clone(&state));
        Mock::given(matchers::any()).respond_with(responder).mount(&server).await;
        Self { state, server }
    }

    /// Only listings that ask for one of these prefixes, or for something below, are answered from now on.
    pub(super) fn deny_all_but(&self, prefixes: &[&str]) {
        self.state.lock().unwrap().listable =
            prefixes.iter().map(|prefix| (*prefix).to_owned()).collect();
    }

    /// Objects may only be listed from now on.
    pub(super) fn deny_reading(&self) {
        self.state.lock().unwrap().unreadable = true;
    }

    /// What happens after so many listings.
    pub(super) fn after_listings(&self, listings: usize, change: Change) {
        self.state.lock().unwrap().changes.push((listings, change));
    }

    pub(super) fn place(&self, prefix: &str) -> S3Place {
        S3Place {
            client: s3_client(&self.server.uri()),
            bucket: self.state.lock().unwrap().name.clone(),
            prefix: prefix.to_owned(),
        }
    }

    /// The parameters of every listing that was asked for.
    pub(super) fn log(&self) -> Vec<BTreeMap<String, String>> {
        self.state.lock().unwrap().log.clone()
    }
}

struct Responder(Arc<Mutex<State>>);

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap();
        if request.method.as_str() == "HEAD" {
            return state.head(request);
        }
        // Not `query_pairs`, which takes `+` for a blank: what the SDK sends is percent-encoded.
        let query = request.url.query().unwrap_or_default().split('&');
        let decode = |text| percent_decode_str(text).decode_utf8().unwrap().into_owned();
        let asked: BTreeMap<String, String> = query
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (decode(name), decode(value)))
            .collect();
        state.log.push(asked.clone());
        if request.url.path().trim_matches('/') != state.name {
            return xml(404, "<Error><Code>NoSuchBucket</Code></Error>");
        }
        if let (Quirk::SecondPageFails(status, code), 2) = (state.quirk, state.log.len()) {
            return xml(status, &format!("<Error><Code>{code}</Code></Error>"));
        }
        let prefix = asked.get("prefix").map_or("", String::as_str);
        let listable = &state.listable;
        if !listable.is_empty() && !listable.iter().any(|allowed| prefix.starts_with(allowed)) {
            return xml(403, "<Error><Code>AccessDenied</Code></Error>");
        }
        let page = state.page(&asked);
        let listings = state.log.len();
        let (due, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut state.changes).into_iter().partition(|(at, _)| *at <= listings);
        state.changes = later;
        for (_, change) in due {
            match change {
                Change::Put(key, size) => drop(state.keys.insert(key, size)),
                Change::Delete(key) => drop(state.keys.remove(&key)),
            }
        }
        xml(200, &page)
    }
}

impl State {
    fn head(&self, request: &Request) -> ResponseTemplate {
        let path = percent_decode_str(request.url.path()).decode_utf8().unwrap();
        let key = path.trim_start_matches('/').strip_prefix(&format!("{}/", self.name)).unwrap();
        match self.keys.get(key) {
            _ if self.unreadable => ResponseTemplate::new(403),
            None => ResponseTemplate::new(404),
            Some(size) => ResponseTemplate::new(200)
                .insert_header("content-length", size.to_string())
                .insert_header("last-modified", "Fri, 02 Jan 2026 03:04:05 GMT")
                .insert_header("etag", format!("\"{ETAG}\"")),
        }
    }

    /// Folders are shown once, and count as objects do.
    fn page(&self, asked: &BTreeMap<String, String>) -> String {
        let quirk = self.quirk;
        let prefix = asked.get("prefix").map_or("", String::as_str);
        let token = asked.get("continuation-token").filter(|_| quirk != Quirk::IgnoresToken);
        let start = asked.get("start-after").filter(|_| quirk != Quirk::IgnoresStartAfter);
        let token = token.map(|text| percent_decode_str(text).decode_utf8().unwrap().into_owned());
        let after = token.as_ref().or(start).map_or("", String::as_str);
        let page_keys = asked.get("max-keys").map_or(1_000, |max| max.parse().unwrap());
        let folders = asked.get("delimiter").is_some_and(|delimiter| delimiter == "/");
        let shown_before = |key: &str| folders && after.ends_with('/') && key.starts_with(after);
        let folder_of = |key: &String| {
            let end = key[prefix.len()..].find('/').filter(|_| folders)?;
            Some(key[..=prefix.len() + end].to_owned())
        };
        // Without a size: a folder.
        let mut inside: Vec<(String, Option<u64>)> = self
            .keys
            .iter()
            .filter(|(key, _)| {
                key.starts_with(prefix) && key.as_str() > after && !shown_before(key)
            })
            .map(|(key, size)| folder_of(key).map_or((key.clone(), Some(*size)), |at| (at, None)))
            .collect();
        inside.dedup();
        inside.truncate(page_keys + 1);
        let mut shown: Vec<_> = inside.iter().take(page_keys).collect();
        let mut truncated = inside.len() > page_keys;
        let mut next = shown.last().map_or("", |(key, _)| key.as_str()).to_owned();
        match quirk {
            Quirk::Backwards => shown.reverse(),
            Quirk::RepeatsToken => next = self.keys.keys().next().unwrap().clone(),
            Quirk::IgnoresToken => next = format!("token {}", self.log.len()),
            Quirk::OnlyEmptyPages => {
                (shown, truncated) = (Vec::new(), true);
                next = format!("token {}", self.log.len());
            }
            Quirk::None
            | Quirk::NoEncoding
            | Quirk::IgnoresStartAfter
            | Quirk::SecondPageFails(..) => {}
        }
        let encoded = quirk != Quirk::NoEncoding && asked.contains_key("encoding-type");
        let mut body = format!("<ListBucketResult><IsTruncated>{truncated}</IsTruncated>");
        if encoded {
            body.push_str("<EncodingType>url</EncodingType>");
        }
        if truncated {
            let token = utf8_percent_encode(&next, NON_ALPHANUMERIC);
            write!(body, "<NextContinuationToken>{token}</NextContinuationToken>").unwrap();
        }
        for (key, size) in shown {
            let key =
                if encoded { utf8_percent_encode(key, ENCODED).to_string() } else { key.clone() };
            let key = if encoded { key.replace(' ', "+") } else { key };
            let Some(size) = size else {
                write!(body, "<CommonPrefixes><Prefix>{key}</Prefix></CommonPrefixes>").unwrap();
                continue;
            };
            write!(
                body,
                "<Contents><Key>{key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>\
                 <ETag>&quot;{ETAG}&quot;</ETag><Size>{size}</Size>\
                 <StorageClass>STANDARD</StorageClass></Contents>"
            )
            .unwrap();
        }
        body + "</ListBucketResult>"
    }
}

fn xml(status: u16, body: &str) -> ResponseTemplate {
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}");
    ResponseTemplate::new(status).set_body_raw(body, "application/xml")
}
