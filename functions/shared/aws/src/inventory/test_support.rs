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

/// How a listing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quirk {
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

#[derive(Debug)]
struct State {
    name: String,
    keys: BTreeMap<String, u64>,
    quirk: Quirk,
    log: Vec<BTreeMap<String, String>>,
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
        let state = State { name: name.to_owned(), keys, quirk, log: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let server = MockServer::start().await;
        let responder = Responder(Arc::clone(&state));
        Mock::given(matchers::method("GET")).respond_with(responder).mount(&server).await;
        Self { state, server }
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
        xml(200, &state.page(&asked))
    }
}

impl State {
    fn page(&self, asked: &BTreeMap<String, String>) -> String {
        let quirk = self.quirk;
        let prefix = asked.get("prefix").map_or("", String::as_str);
        let token = asked.get("continuation-token").filter(|_| quirk != Quirk::IgnoresToken);
        let start = asked.get("start-after").filter(|_| quirk != Quirk::IgnoresStartAfter);
        let token = token.map(|text| percent_decode_str(text).decode_utf8().unwrap().into_owned());
        let after = token.as_ref().or(start).map_or("", String::as_str);
        let page_keys = asked.get("max-keys").map_or(1_000, |max| max.parse().unwrap());
        let inside: Vec<_> = self
            .keys
            .iter()
            .filter(|(key, _)| key.starts_with(prefix) && key.as_str() > after)
            .take(page_keys + 1)
            .collect();
        let mut shown: Vec<_> = inside.iter().take(page_keys).copied().collect();
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
            write!(
                body,
                "<Contents><Key>{key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>\
                 <ETag>&quot;9b2cf535f27731c974343645a3985328&quot;</ETag><Size>{size}</Size>\
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
