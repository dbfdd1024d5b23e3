//! How messages name objects.

use std::borrow::Cow;

/// `s3://bucket/key`, readable on one line.
pub(super) fn place(bucket: &str, key: &str) -> String {
    format!("s3://{bucket}/{}", shown(key))
}

/// The key with control characters escaped as in Rust source: S3 allows line ends in keys, which would break messages.
pub(super) fn shown(key: &str) -> Cow<'_, str> {
    if !key.chars().any(char::is_control) {
        return Cow::Borrowed(key);
    }
    let mut text = String::with_capacity(key.len() + 8);
    for character in key.chars() {
        if character.is_control() {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_messages() {
        assert_eq!(place("b", "a b/ü+%.pdf"), "s3://b/a b/ü+%.pdf");
        assert_eq!(place("b", "a\nb\u{1}"), "s3://b/a\\nb\\u{1}");
    }
}
