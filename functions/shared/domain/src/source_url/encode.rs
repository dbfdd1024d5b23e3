//! Percent-encoding that completes a URL and changes nothing that is already encoded.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::keys::is_escape;

/// What a path may not hold in the clear (RFC 3986 3.3). `\` is among them: an HTTP client that follows the
/// browsers' rules would turn it into `/`.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// What a query may not hold in the clear. Everything else stays, so that a signature stays valid.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\\');

/// Everything but unreserved characters and `/`.
const KEY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A raw path, fit for a request: escapes, `+`, `..` and `//` stay as they are; a `%` that begins no escape
/// becomes `%25`.
pub(super) fn path(raw: &str) -> String {
    let mut encoded = String::with_capacity(raw.len());
    for (at, part) in raw.split_inclusive('%').scan(0, |next, part| {
        *next += part.len();
        Some((*next, part))
    }) {
        let plain = part.strip_suffix('%');
        encoded.extend(utf8_percent_encode(plain.unwrap_or(part), PATH));
        if plain.is_some() {
            encoded.push_str(if is_escape(raw.as_bytes(), at - 1) { "%" } else { "%25" });
        }
    }
    encoded
}

/// A raw query, fit for a request.
pub(super) fn query(raw: &str) -> String {
    utf8_percent_encode(raw, QUERY).to_string()
}

/// A decoded key as a path.
pub(super) fn key(decoded: &str) -> String {
    utf8_percent_encode(decoded, KEY).to_string()
}
