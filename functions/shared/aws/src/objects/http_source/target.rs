//! The URL of one hop: taken as the record has it, checked, and sent without being repaired.

use drayage_domain::allow_list::{AllowList, Reach, Scheme};
use drayage_domain::outcome::FailureClass;
use drayage_domain::source_url::{self, Parsed, SourceLocation, SourceRules};
use percent_encoding::percent_decode_str;
use reqwest::header::{self, HeaderValue};
use reqwest::{Response, Url};

use crate::net::literal_is_permitted;
use crate::objects::error::CopyError;

/// A URL that may be requested. Its host is on the allow-list.
#[derive(Debug, Clone)]
pub(super) struct Target {
    url: Url,
    presigned: bool,
    reach: Reach,
}

impl Target {
    /// The URL of a record.
    pub(super) fn first(text: &str, presigned: bool, allow: &AllowList) -> Result<Self, CopyError> {
        let url = unrepaired(text)?;
        let Some(reach) = reach(allow, &url) else {
            return Err(CopyError::new(
                FailureClass::HostNotAllowed,
                format!("{} is not on the allow-list", source_url::redacted(text)),
            ));
        };
        Ok(Self { url, presigned, reach })
    }

    /// Where a redirect leads, if the same rules as for a record permit it.
    pub(super) fn redirected(
        &self,
        response: &Response,
        allow: &AllowList,
    ) -> Result<Self, CopyError> {
        let location = response.headers().get(header::LOCATION).map(HeaderValue::as_bytes);
        let Some(location) = location.and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
            return Err(refused(&format!("{} redirects without saying where", self.redacted())));
        };
        self.follow(location, allow)
    }

    pub(super) fn follow(&self, location: &str, allow: &AllowList) -> Result<Self, CopyError> {
        let absolute = if has_scheme(location) {
            location.to_owned()
        } else {
            // A relative reference is resolved by RFC 3986; only what comes out of it is a URL.
            let joined = self.url.join(location);
            joined
                .map_err(|_invalid| refused("the source redirects to something that is not a URL"))?
                .into()
        };
        let rules = SourceRules { allow, s3_access: false, own_bucket: None, custom_hosts: &[] };
        let parsed = source_url::parse(Some(&absolute), &rules)
            .map_err(|problem| refused(&format!("the source redirects elsewhere: {problem}")))?;
        let Parsed::Source(source) = parsed else {
            return Err(refused("the source redirects into the destination"));
        };
        let SourceLocation::Http(http) = source.location else {
            return Err(refused("the source redirects to something that is not HTTP"));
        };
        let url = unrepaired(&http.url)?;
        let Some(reach) = reach(allow, &url) else {
            return Err(refused(&format!(
                "the source redirects to `{}`, which is not on the allow-list",
                http.host
            )));
        };
        if self.url.scheme() == "https" && url.scheme() == "http" {
            return Err(refused(&format!(
                "the source redirects from https to `http://{}`, where anybody in between could answer",
                http.host
            )));
        }
        Ok(Self { url, presigned: http.presigned, reach })
    }

    pub(super) const fn url(&self) -> &Url {
        &self.url
    }

    pub(super) const fn presigned(&self) -> bool {
        self.presigned
    }

    /// How far the connection may go.
    pub(super) const fn reach(&self) -> Reach {
        self.reach
    }

    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Without query.
    pub(super) fn redacted(&self) -> String {
        source_url::redacted(self.url.as_str())
    }
}

fn refused(message: &str) -> CopyError {
    CopyError::new(FailureClass::RedirectRefused, message)
}

/// How far a connection to the URL's origin may go, as the HTTP client understands it; `None` if it may not be asked.
fn reach(allow: &AllowList, url: &Url) -> Option<Reach> {
    let scheme = match url.scheme() {
        "https" => Scheme::Https,
        "http" => Scheme::Http,
        _ => return None,
    };
    let reach = allow.reach(scheme, url.host_str()?, url.port_or_known_default()?)?;
    // Nobody resolves a numeric address.
    literal_is_permitted(url, reach).then_some(reach)
}

/// The URL for the HTTP client, if the client means the same by it. Its parser resolves `..`, turns `\` into `/` and
/// drops control characters, and would then fetch another file than the one that the record names. Escapes that it
/// adds are harmless.
fn unrepaired(text: &str) -> Result<Url, CopyError> {
    let malformed = |what: &str| {
        let place = source_url::redacted(text);
        CopyError::new(FailureClass::MalformedUrl, format!("{place} cannot be requested: {what}"))
    };
    let url = Url::parse(text).map_err(|_invalid| malformed("it is not a URL"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(malformed("it carries a user name or password"));
    }
    let (path, query) = path_and_query(text);
    let same = |raw: &str, parsed: &str| percent_decode_str(raw).eq(percent_decode_str(parsed));
    let path = if path.is_empty() { "/" } else { path };
    if same(path, url.path()) && same(query, url.query().unwrap_or_default()) {
        Ok(url)
    } else {
        Err(malformed("its path has `.` or `..` segments or characters that HTTP clients change"))
    }
}

/// Path and query of a URL as they stand there; a fragment is never sent.
fn path_and_query(text: &str) -> (&str, &str) {
    let text = text.split_once('#').map_or(text, |(before, _)| before);
    let after_scheme = text.split_once("://").map_or(text, |(_, after)| after);
    let start = after_scheme.find(['/', '?', '\\']).unwrap_or(after_scheme.len());
    let (_, rest) = after_scheme.split_at(start);
    rest.split_once('?').unwrap_or((rest, ""))
}

/// Whether a reference begins with a scheme (RFC 3986 3.1).
fn has_scheme(reference: &str) -> bool {
    reference.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    })
}
