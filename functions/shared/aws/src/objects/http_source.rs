//! Files behind plain HTTP: public links and presigned URLs.
//!
//! Source URLs are user data and this process holds a role, so nothing is left to the HTTP client's defaults: no
//! automatic redirects, no proxy, no cookies, no referer, no decompression, and no connection to an internal
//! address. Every hop of a redirect is checked like the first URL.

mod answer;
mod error_page;
mod rest;
mod size;
mod target;

use std::sync::Arc;
use std::time::Duration;

use drayage_domain::allow_list::{AllowList, Reach};
use drayage_domain::outcome::FailureClass;
use drayage_domain::row::SourceIdentity;
use drayage_domain::source_url::HttpLocation;
use reqwest::header::{self, HeaderMap};
use reqwest::{Certificate, Client, Method, RequestBuilder, Response};
use thiserror::Error;
use tokio::time::Instant;

use super::body::{OpenSource, SourceBody, Wire};
use super::deadline::by_deadline;
use super::error::CopyError;
use super::metadata::ObjectMetadata;
use super::request_count::RequestCount;
use super::s3_source::TagHint;
use super::transfer::CopyRequest;
use crate::net::{ForbiddenName, GuardedResolver, Lookup, system_lookup, wary_client};
use answer::Answer;
use target::Target;

pub(super) use rest::Missing;

#[cfg(test)]
mod tests;

/// Redirects followed for one file.
const REDIRECTS_MAX: u32 = 5;
/// How much of an error body is read to find out what it says, in bytes.
const ERROR_BODY_MAX_BYTES: usize = 4 * 1024;
/// How long that may take. The status is known by then, and says most of it.
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest version mark that is kept, in bytes. Real ones have tens; a row of the ledger holds 400 KB in all.
const VERSION_MARK_MAX_BYTES: usize = 1024;

/// How files are fetched by HTTP.
#[derive(Debug, Clone)]
pub struct HttpSourceOptions {
    /// The permitted hosts.
    pub allow: AllowList,
    /// Time to connect, TLS included.
    pub connect_timeout: Duration,
    /// Time without a single byte.
    pub read_timeout: Duration,
    /// Time for a whole file. The caller's deadline may end it earlier.
    pub total_timeout: Duration,
    /// `User-Agent`, so that the operators of a source know who asks.
    pub user_agent: String,
}

impl HttpSourceOptions {
    /// 10 s to connect, 30 s without a byte, 10 minutes in all.
    pub fn new(allow: AllowList) -> Self {
        Self {
            allow,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_mins(10),
            user_agent: concat!("drayage/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// The HTTP client could not be set up.
#[derive(Debug, Error)]
#[error("the HTTP client for source files cannot be set up")]
pub struct HttpSourceError(#[from] reqwest::Error);

/// Fetches files by HTTP.
#[derive(Debug, Clone)]
pub struct HttpSource {
    options: Arc<HttpSourceOptions>,
    /// Connects to public addresses only.
    public: Client,
    /// For origins that the allow-list names with scheme, host and port.
    private: Client,
    /// For those among them that are loopback themselves.
    this_machine: Client,
}

/// What a request for a file ends with.
#[derive(Debug)]
pub(super) enum Opened {
    /// Still the known version.
    Unchanged(SourceIdentity),
    /// The file is there and can be read.
    Body(Box<OpenSource>),
}

impl HttpSource {
    /// Sets up the clients; connections are pooled, so share it.
    pub fn new(options: HttpSourceOptions) -> Result<Self, HttpSourceError> {
        let lookup: Arc<Lookup> = Arc::new(system_lookup);
        Self::with(options, &lookup, &[])
    }

    /// With another resolver than the operating system's, and issuers of certificates besides the system's.
    fn with(
        options: HttpSourceOptions,
        lookup: &Arc<Lookup>,
        issuers: &[Certificate],
    ) -> Result<Self, HttpSourceError> {
        let client = |reach| {
            let resolver = GuardedResolver::with_lookup(reach, Arc::clone(lookup));
            wary_client(resolver)
                .connect_timeout(options.connect_timeout)
                .read_timeout(options.read_timeout)
                .user_agent(&options.user_agent)
                .tls_certs_merge(issuers.iter().cloned())
                .build()
        };
        let public = client(Reach::Public)?;
        let private = client(Reach::Private)?;
        let this_machine = client(Reach::ThisMachine)?;
        Ok(Self { options: Arc::new(options), public, private, this_machine })
    }

    /// Asks for the file and reads enough of the answer to know that it is the file.
    pub(super) async fn open(
        &self,
        location: &HttpLocation,
        request: &CopyRequest<'_>,
        count: &RequestCount,
    ) -> Result<Opened, CopyError> {
        by_deadline(
            request.deadline,
            FailureClass::SourceTimeout,
            "opening the source file",
            Box::pin(async {
                let mut missing = None;
                for url in std::iter::once(&location.url).chain(&location.alternatives) {
                    let target = Target::first(url, location.presigned, &self.options.allow)?;
                    match self.open_one(target, request, count).await {
                        Err(error) if error.gone => missing = missing.or(Some(error)),
                        opened => return opened,
                    }
                }
                Err(missing.unwrap_or_else(|| {
                    CopyError::gone(format!("{} does not exist", location.redacted()))
                }))
            }),
        )
        .await
    }

    async fn open_one(
        &self,
        mut target: Target,
        request: &CopyRequest<'_>,
        count: &RequestCount,
    ) -> Result<Opened, CopyError> {
        for _ in 0..=REDIRECTS_MAX {
            count.add();
            let response = self.send(&target, request).await?;
            let status = response.status().as_u16();
            match answer::of_status(status) {
                Answer::Body => return self.read_head(response, &target, request).await,
                Answer::NotModified => {
                    if let Some(known) = request.known {
                        return Ok(Opened::Unchanged(known.clone()));
                    }
                    return Err(answer::failure(status, &target, &[], None));
                }
                Answer::Redirect => target = target.redirected(&response, &self.options.allow)?,
                Answer::Failure => {
                    let retry_after = answer::retry_after(response.headers());
                    let body = error_body(response).await;
                    return Err(answer::failure(status, &target, &body, retry_after));
                }
            }
        }
        Err(too_many(&target))
    }

    async fn send(
        &self,
        target: &Target,
        request: &CopyRequest<'_>,
    ) -> Result<Response, CopyError> {
        let mut get = self.get(target, request.deadline);
        if let Some(etag) = request.known.and_then(|known| known.etag.as_deref()) {
            get = get.header(header::IF_NONE_MATCH, quoted(etag));
        }
        get.send().await.map_err(|error| not_sent(&error, target))
    }

    fn get(&self, target: &Target, deadline: Instant) -> RequestBuilder {
        self.request(Method::GET, target, deadline)
    }

    fn request(&self, method: Method, target: &Target, deadline: Instant) -> RequestBuilder {
        let client = match target.reach() {
            Reach::Public => &self.public,
            Reach::Private => &self.private,
            Reach::ThisMachine => &self.this_machine,
        };
        let left = deadline.saturating_duration_since(Instant::now());
        client
            .request(method, target.url().clone())
            .header(header::ACCEPT, "*/*")
            // Anything else would be the encoded form of the file, not the file.
            .header(header::ACCEPT_ENCODING, "identity")
            .timeout(left.min(self.options.total_timeout))
    }

    async fn read_head(
        &self,
        response: Response,
        target: &Target,
        request: &CopyRequest<'_>,
    ) -> Result<Opened, CopyError> {
        let metadata = ObjectMetadata::from_headers(response.headers());
        let identity = identity(response.headers());
        let announced = identity.size_bytes;
        let ranges = rest::sends_ranges(response.headers());
        if request.known.is_some_and(|known| known.same_version(&identity)) {
            return Ok(Opened::Unchanged(identity));
        }
        let mut body = SourceBody::new(Wire::Http(response), announced, target.redacted());
        let head = body.peek(error_page::HEAD_BYTES).await?;
        if let Some(what) =
            error_page::detect(request.file_name, metadata.content_type.as_deref(), &head)
        {
            return Err(CopyError::new(
                FailureClass::ErrorPage,
                format!("{} answered with {what} instead of the file", target.redacted()),
            ));
        }
        let tags = TagHint::default();
        let open = OpenSource { body, identity, metadata, crc64_nvme: None, ranges, tags };
        Ok(Opened::Body(Box::new(open)))
    }
}

/// A request that got no answer. The error's own text is not used: it carries the URL with its query.
fn not_sent(error: &reqwest::Error, target: &Target) -> CopyError {
    let place = target.redacted();
    if let Some(forbidden) = ForbiddenName::in_chain(error) {
        return CopyError::new(FailureClass::ForbiddenAddress, format!("{place}: {forbidden}"));
    }
    if error.is_timeout() {
        return CopyError::new(
            FailureClass::SourceTimeout,
            format!("{place} did not answer in time"),
        );
    }
    if let Some(reason) = answer::distrust(error) {
        let message = format!("the certificate of `{}` {reason}", target.host());
        return CopyError::new(FailureClass::UntrustedCertificate, message);
    }
    let what = if error.is_connect() { "cannot be reached" } else { "broke the connection" };
    CopyError::new(FailureClass::SourceUnavailable, format!("{place} {what}"))
}

fn too_many(target: &Target) -> CopyError {
    CopyError::new(
        FailureClass::RedirectRefused,
        format!("more than {REDIRECTS_MAX} redirects, the last one to `{}`", target.host()),
    )
}

/// What an answer says about the version of the file.
fn identity(headers: &HeaderMap) -> SourceIdentity {
    SourceIdentity {
        size_bytes: announced_length(headers),
        etag: version_mark(headers, header::ETAG).map(|etag| etag.replace('"', "")),
        last_modified: version_mark(headers, header::LAST_MODIFIED),
    }
}

/// A mark of beyond all measure is none: it could not be kept.
fn version_mark(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    text(headers, name).filter(|mark| mark.len() <= VERSION_MARK_MAX_BYTES)
}

async fn error_body(mut response: Response) -> Vec<u8> {
    let mut body = Vec::new();
    let end = Instant::now() + ERROR_BODY_TIMEOUT;
    while body.len() < ERROR_BODY_MAX_BYTES
        && let Ok(Ok(Some(chunk))) = tokio::time::timeout_at(end, response.chunk()).await
    {
        body.extend_from_slice(&chunk);
    }
    body.truncate(ERROR_BODY_MAX_BYTES);
    body
}

/// `Content-Length` as sent. The client hides it for some answers, so the header itself is read.
fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The ledger keeps `ETag`s without quotes.
fn quoted(etag: &str) -> String {
    match etag.strip_prefix("W/") {
        Some(weak) => format!("W/\"{weak}\""),
        None => format!("\"{etag}\""),
    }
}
