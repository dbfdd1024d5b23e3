//! The host or bucket that a URL names, as an entry of the allow-list would.

use crate::allow_list::{Host, Scheme};

use super::raw::{RawUrl, WebUrl};
use super::s3_host::{self, HostForm};

/// The host or bucket that the text of a URL field names, spelled as the allow-list does: `files.example.com`,
/// `http://127.0.0.1:9100` or `s3://bucket`. `None` for a text that names none, or hides it behind a user name. Whether it is
/// permitted is another question.
pub fn origin_of(raw: &str) -> Option<String> {
    match RawUrl::read(Some(raw), &mut Vec::new()).ok()? {
        RawUrl::S3Uri { bucket, .. } => (!bucket.is_empty()).then(|| format!("s3://{bucket}")),
        RawUrl::Web(url) => {
            Some(bucket_of(&url).map_or_else(|| origin(&url), |b| format!("s3://{b}")))
        }
    }
}

fn origin(url: &WebUrl) -> String {
    if url.scheme == Scheme::Https && url.port == Scheme::Https.default_port() {
        return url.host.to_string();
    }
    format!("{}://{}:{}", url.scheme.as_str(), url.host, url.port)
}

fn bucket_of(url: &WebUrl) -> Option<String> {
    let Host::Name(name) = &url.host else { return None };
    match s3_host::recognise(name)?.form {
        HostForm::VirtualHosted { bucket } | HostForm::Website { bucket } => Some(bucket),
        HostForm::PathStyle => {
            let bucket = url.path.trim_start_matches('/').split('/').next()?;
            (!bucket.is_empty()).then(|| bucket.to_owned())
        }
        HostForm::AccessPoint { arn } => Some(arn),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://Files.Example.com/a.pdf?b", Some("files.example.com"))]
    #[case("http://127.0.0.1:9100/a", Some("http://127.0.0.1:9100"))]
    #[case("https://docs.s3.eu-west-1.amazonaws.com/a", Some("s3://docs"))]
    #[case("https://s3.us-east-1.amazonaws.com/docs/a", Some("s3://docs"))]
    #[case("s3://docs/a", Some("s3://docs"))]
    #[case(
        "https://docs.s3.amazonaws.com.example.net/a",
        Some("docs.s3.amazonaws.com.example.net")
    )]
    #[case("https://user:secret@files.example.com/a", None)]
    #[case("javascript:alert(1)", None)]
    #[case("shared drive/a.pdf", None)]
    #[case("", None)]
    fn the_place_is_spelled_as_in_the_allow_list(
        #[case] url: &str,
        #[case] expected: Option<&str>,
    ) {
        assert_eq!(origin_of(url).as_deref(), expected);
    }
}
