//! Takes the raw text of a URL apart without changing any of its parts.

use crate::allow_list::{Host, Scheme, parse_host, split_port};

use super::{UrlNote, UrlProblem};

/// Longest text read as a URL, in bytes: four times a presigned URL with a long session token.
const URL_LENGTH_MAX: usize = 16 * 1024;
/// Longest scheme repeated in an error message, in characters.
const SCHEME_QUOTED_MAX: usize = 20;

/// A URL in its raw parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RawUrl {
    /// `s3://bucket/key`: the key is not percent-encoded by definition, and has no query.
    S3Uri { bucket: String, key: String },
    /// `http://` or `https://`, or no scheme at all.
    Web(WebUrl),
}

/// The parts of an `http` or `https` URL, undecoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WebUrl {
    pub(super) scheme: Scheme,
    pub(super) host: Host,
    pub(super) port: u16,
    /// Empty, or begins with `/`.
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) fragment: Option<String>,
}

impl RawUrl {
    /// Splits the text. Blanks and invisible characters around it are left out.
    pub(super) fn read(raw: Option<&str>, notes: &mut Vec<UrlNote>) -> Result<Self, UrlProblem> {
        let raw = raw.unwrap_or("");
        let text = raw.trim_matches(is_invisible);
        if text.is_empty() {
            return Err(UrlProblem::NoUrl);
        }
        if text.len() != raw.len() {
            notes.push(UrlNote::TrimmedWhitespace);
        }
        if text.len() > URL_LENGTH_MAX {
            return Err(malformed("it is longer than 16 KiB"));
        }
        if let Some((index, control)) = text.chars().enumerate().find(|(_, c)| c.is_control()) {
            let code = u32::from(control);
            return Err(UrlProblem::ControlCharacters { code, position: index + 1 });
        }
        let (scheme, rest) = split_scheme(text)?;
        match scheme {
            RawScheme::S3 => {
                let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
                Ok(Self::S3Uri { bucket: bucket.to_owned(), key: key.to_owned() })
            }
            RawScheme::Web(scheme) => split_web(scheme, rest, notes).map(Self::Web),
            RawScheme::None => {
                // Prose and mail addresses end up here too, so whatever is wrong is told as one thing.
                let url = split_web(Scheme::Https, rest, notes)
                    .ok()
                    .filter(|url| url.host.to_string().contains(['.', ':']) && !url.path.is_empty())
                    .ok_or(malformed("it has no scheme, and does not begin with host and path"))?;
                notes.push(UrlNote::AssumedHttps);
                Ok(Self::Web(url))
            }
        }
    }
}

impl WebUrl {
    /// `host` or `host:port`, the port only when it is not the scheme's default.
    pub(super) fn authority(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// A URL for logs and reports: without credentials, query and fragment. Works on any text.
pub fn redacted(raw: &str) -> String {
    let visible = raw.split(['?', '#']).next().unwrap_or(raw);
    let hidden = if visible.len() == raw.len() { "" } else { "?[redacted]" };
    let (scheme, rest) = match visible.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), visible),
    };
    let path_start = rest.find(['/', '\\']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(path_start);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}{host}{path}{hidden}")
}

pub(super) fn malformed(what: &'static str) -> UrlProblem {
    UrlProblem::Malformed { what }
}

#[derive(Clone, Copy)]
enum RawScheme {
    S3,
    Web(Scheme),
    None,
}

/// Splits off the scheme and the two slashes. A text without scheme keeps its whole content.
fn split_scheme(text: &str) -> Result<(RawScheme, &str), UrlProblem> {
    if let Some(rest) = text.strip_prefix("//") {
        return Ok((RawScheme::None, rest));
    }
    let head = text.split(['/', '?', '#', '\\']).next().unwrap_or(text);
    let Some((name, after_colon)) = head.split_once(':') else {
        return Ok((RawScheme::None, text));
    };
    let rest = text.get(name.len() + 1..).unwrap_or("");
    let scheme = name.to_ascii_lowercase();
    let known = match scheme.as_str() {
        "s3" => Some(RawScheme::S3),
        "http" => Some(RawScheme::Web(Scheme::Http)),
        "https" => Some(RawScheme::Web(Scheme::Https)),
        _ => None,
    };
    match (known, rest.strip_prefix("//")) {
        (Some(known), Some(rest)) => Ok((known, rest)),
        // `https:/host` and `https:\\host` are repaired by browsers: a gap between what is checked and fetched.
        (Some(_), None) => Err(malformed("`//` does not follow the scheme")),
        (None, None) if name.contains(['.', '[']) || starts_with_digit(after_colon) => {
            Ok((RawScheme::None, text))
        }
        (None, _) if name.len() == 1 => Err(malformed("it is a path on somebody's disk")),
        (None, _) if is_scheme(name) => Err(UrlProblem::UnsupportedScheme {
            scheme: scheme.chars().take(SCHEME_QUOTED_MAX).collect(),
        }),
        (None, _) => Err(malformed("it has no scheme")),
    }
}

fn split_web(scheme: Scheme, rest: &str, notes: &mut Vec<UrlNote>) -> Result<WebUrl, UrlProblem> {
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(authority_end);
    // Browsers read `\` as `/`, other clients as part of the host: whoever checks must not be the one who differs.
    if authority.contains('\\') {
        return Err(malformed("a backslash is in or right after the host"));
    }
    if authority.contains('@') {
        return Err(UrlProblem::UserInfo);
    }
    let (host_text, port) = split_port(authority).map_err(malformed)?;
    let is_bare_ipv6 = host_text.contains(':') && !host_text.starts_with('[');
    let host = parse_host(host_text).map_err(|error| malformed(error.what()))?;
    if is_bare_ipv6 {
        return Err(malformed("an IPv6 address must be in brackets"));
    }
    if host_text.ends_with('.') {
        notes.push(UrlNote::TrailingDotRemoved);
    }
    let (before_fragment, fragment) = split_optional(tail, '#');
    let (path, query) = split_optional(before_fragment, '?');
    Ok(WebUrl {
        scheme,
        host,
        port: port.unwrap_or(scheme.default_port()),
        path: path.to_owned(),
        query: query.map(str::to_owned),
        fragment: fragment.map(str::to_owned),
    })
}

/// An empty part after the separator counts as absent: `a.pdf?` names the same file as `a.pdf`.
fn split_optional(text: &str, separator: char) -> (&str, Option<&str>) {
    match text.split_once(separator) {
        Some((before, "")) => (before, None),
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// Blanks, controls, and the invisible marks that come along when a link is copied from a document.
fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}' | '\u{feff}'
        )
}

/// The syntax of RFC 3986 3.1.
fn is_scheme(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}
