//! Recognises a login or error page that was answered with 200 in place of the file.
//!
//! Copying such a page would be worse than failing: the record would point at it for ever.

use drayage_domain::extension::extension_of;

/// How much of the beginning is looked at, in bytes.
pub(super) const HEAD_BYTES: usize = 512;

/// Files that are markup themselves, sorted.
const MARKUP_EXTENSIONS: [&str; 16] = [
    "atom", "gpx", "htm", "html", "kml", "plist", "rss", "shtml", "svg", "wsdl", "xhtml", "xliff",
    "xml", "xsd", "xsl", "xslt",
];
/// Office programs save HTML and XML under these extensions, sorted.
const OFFICE_EXTENSIONS: [&str; 3] = ["doc", "mht", "xls"];

/// What was answered instead of the file, or `None` when it looks like the file.
pub(super) fn detect(
    file_name: &str,
    content_type: Option<&str>,
    head: &[u8],
) -> Option<&'static str> {
    let extension = extension_of(file_name).unwrap_or_default();
    if MARKUP_EXTENSIONS.binary_search(&extension.as_str()).is_ok() {
        return None;
    }
    let sniffed = sniff(head);
    if let Some(announced) = content_type.and_then(markup_type) {
        return Some(sniffed.unwrap_or(announced));
    }
    let office = OFFICE_EXTENSIONS.binary_search(&extension.as_str()).is_ok()
        && content_type.is_some_and(|media| {
            let media = media.trim().to_ascii_lowercase();
            media.starts_with("application/vnd.") || media.starts_with("application/msword")
        });
    sniffed.filter(|what| !office || *what == S3_ERROR)
}

const HTML: &str = "an HTML page";
const XML: &str = "an XML document";
const S3_ERROR: &str = "an S3 error";

fn markup_type(content_type: &str) -> Option<&'static str> {
    let media = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media.as_str() {
        "text/html" | "application/xhtml+xml" => Some(HTML),
        "text/xml" | "application/xml" => Some(XML),
        _ => None,
    }
}

fn sniff(head: &[u8]) -> Option<&'static str> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let text = String::from_utf8_lossy(head.trim_ascii_start()).to_ascii_lowercase();
    let after_prolog = match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").map_or("", |(_, rest)| rest.trim_start()),
        None => &text,
    };
    let starts = |tags: &[&str]| tags.iter().any(|tag| after_prolog.starts_with(tag));
    if starts(&["<!doctype html", "<html", "<head", "<body"]) {
        Some(HTML)
    } else if starts(&["<error>", "<error "]) {
        Some(S3_ERROR)
    } else if text.starts_with("<?xml") {
        Some(XML)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const S3: &[u8] = b"<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code></Error>";

    #[rstest]
    #[case::login_page("a.pdf", Some("text/html; charset=utf-8"), b"<!DOCTYPE html>", Some(HTML))]
    #[case::empty_page("a.pdf", Some("text/html"), b"", Some(HTML))]
    #[case::no_type("a.pdf", None, b"\xef\xbb\xbf \n<HTML>", Some(HTML))]
    #[case::wrong_type("a.pdf", Some("application/pdf"), b"<html>", Some(HTML))]
    #[case::s3_error("a.docx", Some("application/xml"), S3, Some(S3_ERROR))]
    #[case::s3_error_untyped("a.docx", None, S3, Some(S3_ERROR))]
    #[case::xhtml("a.png", None, b"<?xml version='1.0'?><html>", Some(HTML))]
    #[case::no_extension("contract", Some("text/html"), b"<html>", Some(HTML))]
    #[case::xml("a.zip", None, b"<?xml version='1.0'?><x/>", Some(XML))]
    #[case::html_file("a.HTML", Some("text/html"), b"<html>", None)]
    #[case::svg_file("a.svg", Some("image/svg+xml"), b"<?xml version='1.0'?><svg/>", None)]
    #[case::xml_file("a.xml", Some("text/xml"), S3, None)]
    #[case::pdf("a.pdf", Some("application/pdf"), b"%PDF-1.7", None)]
    #[case::text("a.txt", Some("text/plain"), b"a < b", None)]
    #[case::empty("a.txt", None, b"", None)]
    #[case::spreadsheet_saved_as_html(
        "a.xls",
        Some("application/vnd.ms-excel"),
        b"<html xmlns:x=",
        None
    )]
    #[case::spreadsheet_login("a.xls", Some("text/html"), b"<html>", Some(HTML))]
    #[case::spreadsheet_error("a.xls", Some("application/vnd.ms-excel"), S3, Some(S3_ERROR))]
    fn pages_are_told_from_files(
        #[case] name: &str,
        #[case] content_type: Option<&str>,
        #[case] head: &[u8],
        #[case] expected: Option<&str>,
    ) {
        assert_eq!(detect(name, content_type, head), expected);
    }

    #[test]
    fn the_lists_are_sorted_for_binary_search() {
        assert!(MARKUP_EXTENSIONS.is_sorted());
        assert!(OFFICE_EXTENSIONS.is_sorted());
    }
}
