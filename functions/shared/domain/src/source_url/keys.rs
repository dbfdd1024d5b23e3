//! Which S3 keys the path of a URL may mean.

use percent_encoding::percent_decode_str;

use crate::destination_key::KEY_LENGTH_MAX;

use super::raw::malformed;
use super::{UrlNote, UrlProblem};

/// The undecoded parts a key may be made of. `query` is given only when it may belong to the key.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyParts<'a> {
    /// Without the slash that separates it from host or bucket.
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    pub(super) fragment: Option<&'a str>,
}

impl KeyParts<'_> {
    /// The raw texts a key may be read from, likeliest first.
    fn raw_forms(&self) -> Vec<String> {
        let mut forms = vec![self.path.to_owned()];
        let mut whole = self.path.to_owned();
        for (separator, part) in [('?', self.query), ('#', self.fragment)] {
            if let Some(part) = part {
                whole.push(separator);
                whole.push_str(part);
                forms.push(whole.clone());
            }
        }
        forms
    }

    /// The longer raw texts, for retries over HTTP.
    pub(super) fn longer_forms(&self) -> Vec<String> {
        self.raw_forms().split_off(1)
    }

    /// The keys to try, never empty. Percent escapes are decoded once.
    pub(super) fn candidates(&self, notes: &mut Vec<UrlNote>) -> Result<Vec<String>, UrlProblem> {
        if self.path.is_empty() {
            return Err(malformed("it names a bucket but no key"));
        }
        self.take_notes(notes)?;
        let mut keys = Vec::new();
        for form in self.raw_forms() {
            // S3 itself reads `+` in a path as a blank; clients that encode nothing mean a plus.
            let as_blank = form.replace('+', " ");
            let decoded = [as_blank, form].map(|text| decode(&text));
            keys.extend(decoded.into_iter().flatten());
        }
        if let Some(resolved) = keys.first().and_then(|key| without_dot_segments(key)) {
            keys.push(resolved);
        }
        unique_and_short(keys)
    }

    fn take_notes(&self, notes: &mut Vec<UrlNote>) -> Result<(), UrlProblem> {
        let key = decode(self.path).ok_or(UrlProblem::NotUtf8)?;
        let mut note = |applies: bool, note: UrlNote| {
            if applies {
                notes.push(note);
            }
        };
        note(self.path.contains('+'), UrlNote::PlusAmbiguous);
        note(self.query.is_some(), UrlNote::QueryMaybeKey);
        note(self.fragment.is_some(), UrlNote::FragmentMaybeKey);
        note(has_double_encoding(self.path), UrlNote::DoubleEncoded);
        note(has_bare_percent(self.path), UrlNote::BarePercent);
        note(has_dot_segments(self.path), UrlNote::DotSegments);
        note(key.chars().any(char::is_control), UrlNote::EncodedControlCharacters);
        Ok(())
    }
}

/// The keys an `s3://bucket/key` URI may mean: as written (the AWS CLI never decodes it), then decoded, for URIs
/// that were made from a web address.
pub(super) fn uri_candidates(key: &str) -> Result<Vec<String>, UrlProblem> {
    if key.is_empty() {
        return Err(malformed("it names a bucket but no key"));
    }
    unique_and_short([Some(key.to_owned()), decode(key)].into_iter().flatten().collect())
}

/// Decodes once; `None` when the result is not UTF-8. A `%` that begins no escape stays.
pub(super) fn decode(raw: &str) -> Option<String> {
    percent_decode_str(raw).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// Whether a segment, decoded once, is `.` or `..`.
pub(super) fn has_dot_segments(raw_path: &str) -> bool {
    raw_path
        .split('/')
        .any(|segment| is_dot_segment(&segment.replace("%2e", ".").replace("%2E", ".")))
}

/// Whether an escape remains after decoding once.
pub(super) fn has_double_encoding(raw_path: &str) -> bool {
    raw_path.match_indices("%25").any(|(at, _)| {
        raw_path
            .as_bytes()
            .get(at + 3..at + 5)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// Whether a `%` is not followed by two hexadecimal digits.
pub(super) fn has_bare_percent(raw_path: &str) -> bool {
    raw_path.match_indices('%').any(|(at, _)| !is_escape(raw_path.as_bytes(), at))
}

/// Whether the `%` at this byte begins an escape.
pub(super) fn is_escape(bytes: &[u8], at: usize) -> bool {
    bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

fn is_dot_segment(segment: &str) -> bool {
    matches!(segment, "." | "..")
}

/// The key a browser asks for (RFC 3986 5.2.4); `None` when it is the same one, or empty.
fn without_dot_segments(key: &str) -> Option<String> {
    if !key.split('/').any(is_dot_segment) {
        return None;
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in key.split('/') {
        match segment {
            "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    let resolved = segments.join("/");
    (!resolved.is_empty()).then_some(resolved)
}

fn unique_and_short(keys: Vec<String>) -> Result<Vec<String>, UrlProblem> {
    let mut kept: Vec<String> = Vec::new();
    for key in keys {
        if key.len() <= KEY_LENGTH_MAX && !kept.contains(&key) {
            kept.push(key);
        }
    }
    if kept.is_empty() { Err(malformed("its key is longer than 1,024 bytes")) } else { Ok(kept) }
}
