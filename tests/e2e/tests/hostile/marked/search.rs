//! Finds marked values in whatever text they may have come into.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// What a marked value is, and so where it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A key, a password or a token: in Secrets Manager only.
    Secret,
    /// The signature of a URL, which is part of the original URL: where rollbacks need that, byte for byte.
    Signature,
    /// A name of a person's or a company's: where the files are listed.
    Personal,
}

/// A value that stands nowhere else.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub(crate) kind: Kind,
    pub(crate) name: &'static str,
    /// Every way in which it may be written.
    spellings: Vec<String>,
}

impl Mark {
    pub(crate) fn new(kind: Kind, name: &'static str, value: &str) -> Self {
        Self { kind, name, spellings: spellings(value) }
    }

    /// The spelling that stands in `text`.
    pub(crate) fn found_in(&self, text: &str) -> Option<&str> {
        self.spellings.iter().map(String::as_str).find(|spelling| text.contains(*spelling))
    }
}

/// The value itself, and as JSON (also inside of JSON), URLs, forms, markup, hexadecimal and base64 write it.
fn spellings(value: &str) -> Vec<String> {
    let json = |text: &str| {
        let quoted = serde_json::Value::from(text).to_string();
        quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
    };
    let percent = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
    let mut all = BTreeSet::from([
        value.to_owned(),
        json(value),
        json(&json(value)),
        json(value).replace('/', "\\/"),
        value.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e"),
        value.replace('&', "&amp;"),
        percent.replace("%20", "+"),
        percent.replace("%2D", "-").replace("%5F", "_").replace("%2E", "."),
        percent.to_lowercase(),
        percent,
        hex::encode(value),
        hex::encode_upper(value),
    ]);
    // Base64 depends on where in the text the value begins, and its first and last letters on the neighbours.
    for before in 0..3 {
        let encoded = STANDARD_NO_PAD.encode([&b"\0\0\0"[..before], value.as_bytes()].concat());
        let whole = encoded.len() - usize::from(!(before + value.len()).is_multiple_of(3)) * 2;
        let inner = encoded.get(if before == 0 { 0 } else { 4 }..whole).unwrap_or_default();
        if inner.len() >= 8 {
            all.insert(inner.replace('+', "-").replace('/', "_"));
            all.insert(inner.to_owned());
        }
    }
    all.into_iter().collect()
}

#[test]
fn a_planted_value_is_found_in_every_spelling() {
    let value = "MARK key/with+all=of & \"it\" ü";
    let mark = Mark::new(Kind::Secret, "key", value);
    let json = serde_json::json!({"cause": serde_json::json!({"secret": value}).to_string()});
    let mut texts = vec![
        value.to_owned(),
        json.to_string(),
        json["cause"].as_str().unwrap_or_default().to_owned(),
        utf8_percent_encode(value, NON_ALPHANUMERIC).to_string(),
        url_form(value),
        hex::encode(value),
        value.replace('&', "&amp;"),
    ];
    for neighbours in ["", "a", "ab", "abc", "abcd"] {
        texts.push(STANDARD_NO_PAD.encode(format!("{neighbours}{value}{neighbours}")));
        let url_safe = base64::engine::general_purpose::URL_SAFE;
        texts.push(url_safe.encode(format!("{neighbours}{value}")));
    }
    for text in texts {
        let text = format!("before {text} behind");
        assert!(mark.found_in(&text).is_some(), "{text}");
    }
    assert_eq!(mark.found_in("MARK key"), None);
}

#[cfg(test)]
fn url_form(value: &str) -> String {
    utf8_percent_encode(value, NON_ALPHANUMERIC).to_string().replace("%20", "+")
}
