//! Who may talk to the server: a browser of this machine that was given the token, and no page of another site that it shows.
//!
//! * A name that somebody has pointed at 127.0.0.1 (DNS rebinding) is not among the hosts.
//! * Without the token nothing is answered. The address that brings it turns it into a cookie that scripts cannot read, that other
//!   sites cannot make the browser send, and whose name holds the port, because browsers share cookies between ports.
//! * What changes something needs besides an origin and a header that a form of another site cannot send.

use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, ORIGIN,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, request::Parts};
use rand::TryRng as _;
use rand::rngs::SysRng;
use sha2::{Digest as _, Sha256};

/// 256 bits.
const TOKEN_BYTES: usize = 32;
/// A form cannot send it, and a script of another site only after a preflight that nobody answers.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-drayage");
/// Nothing is loaded, run, sent or framed but what the server itself has; text never becomes markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// The secret of one call of the command.
#[derive(Clone)]
pub(super) struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token")
    }
}

impl Token {
    /// A new one, from the system's source of randomness.
    pub(super) fn random() -> std::io::Result<Self> {
        let mut bytes = [0; TOKEN_BYTES];
        SysRng.try_fill_bytes(&mut bytes).map_err(std::io::Error::other)?;
        Ok(Self(hex::encode(bytes)))
    }

    /// The address that lets a browser in.
    pub(super) fn url(&self, port: u16) -> String {
        format!("http://127.0.0.1:{port}/?token={}", self.0)
    }
}

/// Why a request is refused. The words are for the person whose browser has sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is meant for another host.
    Host,
    /// It brings no token, or another one.
    Token,
    /// It would change something, and comes from another page.
    Origin,
    /// It would change something, and a form could have sent it.
    Form,
}

impl Refusal {
    /// What and what to do.
    pub(super) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Host => (
                "this host name is not served",
                "open the address that `dray dashboard` has printed",
            ),
            Self::Token => (
                "the token is missing or wrong",
                "open the address that `dray dashboard` has printed; each call of it has a new token",
            ),
            Self::Origin => ("the request comes from another page", "reload the dashboard"),
            Self::Form => (
                "the request is no JSON of the dashboard",
                "send application/json with the header X-Drayage",
            ),
        }
    }

    /// The status that goes with it.
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::Host | Self::Token | Self::Origin => StatusCode::FORBIDDEN,
            Self::Form => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        }
    }
}

/// Decides about requests.
#[derive(Debug)]
pub(super) struct Guard {
    hosts: [String; 2],
    /// Of the token: comparing digests takes the same time whatever was guessed.
    digest: [u8; 32],
    cookie: String,
    set_cookie: HeaderValue,
}

impl Guard {
    /// For the server on that port.
    pub(super) fn new(port: u16, token: &Token) -> Self {
        let cookie = format!("dray-{port}");
        let set = format!("{cookie}={}; Path=/; HttpOnly; SameSite=Strict", token.0);
        Self {
            hosts: [format!("127.0.0.1:{port}"), format!("localhost:{port}")],
            digest: Sha256::digest(&token.0).into(),
            // Hexadecimal digits and the words above are always a legal value.
            set_cookie: HeaderValue::from_str(&set).unwrap_or(HeaderValue::from_static("")),
            cookie,
        }
    }

    /// Whether the request may be answered. Returns the cookie to set, if it has brought the token in its address.
    pub(super) fn check(&self, request: &Parts) -> Result<Option<HeaderValue>, Refusal> {
        let headers = &request.headers;
        let host = only(headers, &HOST).ok_or(Refusal::Host)?;
        if !self.hosts.iter().any(|served| served.eq_ignore_ascii_case(host)) {
            return Err(Refusal::Host);
        }
        let in_address = request.uri.path() == "/" && self.is_in_query(request.uri.query());
        if !in_address && !self.is_in_headers(headers) {
            return Err(Refusal::Token);
        }
        if request.method != Method::GET && request.method != Method::HEAD {
            let origin = only(headers, &ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
            if !origin.is_some_and(|origin| origin.eq_ignore_ascii_case(host)) {
                return Err(Refusal::Origin);
            }
            let is_json = only(headers, &CONTENT_TYPE) == Some("application/json");
            if !is_json || !headers.contains_key(&HEADER) {
                return Err(Refusal::Form);
            }
        }
        Ok(in_address.then(|| self.set_cookie.clone()))
    }

    fn is_token(&self, given: &str) -> bool {
        <[u8; 32]>::from(Sha256::digest(given)) == self.digest
    }

    fn is_in_query(&self, query: Option<&str>) -> bool {
        let mut parts = query.unwrap_or_default().split('&');
        parts.any(|part| part.strip_prefix("token=").is_some_and(|token| self.is_token(token)))
    }

    fn is_in_headers(&self, headers: &HeaderMap) -> bool {
        let bearer = only(headers, &AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
        if bearer.is_some_and(|token| self.is_token(token)) {
            return true;
        }
        headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).any(|cookies| {
            cookies.split(';').any(|cookie| {
                let cookie = cookie.trim().split_once('=');
                cookie.is_some_and(|(name, token)| name == self.cookie && self.is_token(token))
            })
        })
    }
}

/// The value of a header that is there exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// Adds what every answer says about how a browser has to treat it.
pub(super) fn protect(headers: &mut HeaderMap) {
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
