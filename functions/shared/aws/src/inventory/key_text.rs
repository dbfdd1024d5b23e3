//! Keys as S3 writes them into listings and inventory reports.
//!
//! XML 1.0 has no way to write most control characters, so a listing with such a key cannot be parsed. With
//! `encoding-type=url`, S3 encodes keys as HTML forms do: a blank is `+`, and `+` is `%2B`
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>). The CSV files of S3 Inventory do the same.

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// The key that S3 has encoded, or `None` if the bytes are no UTF-8.
pub(super) fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Some(Cow::Borrowed(text));
    }
    let blanks: Vec<u8> = text.bytes().map(|byte| if byte == b'+' { b' ' } else { byte }).collect();
    String::from_utf8(percent_decode(&blanks).collect()).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain("a/b-c.pdf", Some("a/b-c.pdf"))]
    #[case::blank("a+b", Some("a b"))]
    #[case::plus("a%2Bb", Some("a+b"))]
    #[case::percent("100%25", Some("100%"))]
    #[case::newline("a%0Ab", Some("a\nb"))]
    #[case::control("%01", Some("\u{1}"))]
    #[case::unicode("%ED%95%9C/x", Some("한/x"))]
    #[case::lower_case("%c3%a4", Some("ä"))]
    #[case::not_an_escape("50%", Some("50%"))]
    #[case::not_utf8("%ff", None)]
    fn keys_are_decoded_as_s3_encodes_them(#[case] sent: &str, #[case] key: Option<&str>) {
        assert_eq!(decoded(sent).as_deref(), key);
    }
}
