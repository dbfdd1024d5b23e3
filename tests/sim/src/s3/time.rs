//! Times in the two forms of S3's API.

use jiff::Timestamp;

/// For `Last-Modified`.
pub(super) fn http_date(seconds: i64) -> String {
    at(seconds).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// For XML.
pub(super) fn iso_date(seconds: i64) -> String {
    at(seconds).strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_those_of_s3() {
        assert_eq!(http_date(1_767_225_600), "Thu, 01 Jan 2026 00:00:00 GMT");
        assert_eq!(iso_date(1_767_225_600), "2026-01-01T00:00:00.000Z");
    }
}
