//! What holds for every source URL, checked on random text.

#![expect(clippy::unwrap_used, reason = "helpers of tests, where a panic is the report")]

use drayage_domain::allow_list::{AllowList, Reach, Scheme, is_forbidden_address};
use drayage_domain::source_url::{
    OwnBucket, Parsed, ParsedSource, SourceLocation, SourceRules, UrlProblem, parse, redacted,
};
use proptest::prelude::*;

const ALLOWED: &str = "s3://docs files.example.com *.cdn.example.com http://127.0.0.1:9100";

fn read(raw: &str, s3_access: bool) -> Result<Parsed, UrlProblem> {
    let allow = AllowList::parse(ALLOWED).unwrap();
    let own = OwnBucket { bucket: "ours", prefix: "uploads", url_base: "https://ours.example/" };
    let own_bucket = Some(own);
    parse(Some(raw), &SourceRules { allow: &allow, s3_access, own_bucket, custom_hosts: &[] })
}

/// Texts made of the pieces URLs are made of, in any order.
fn almost_urls() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "https://",
        "http://",
        "s3://",
        "//",
        ":",
        "@",
        "/",
        "\\",
        "?",
        "#",
        "%",
        "%2e%2e",
        "%25",
        "%00",
        "%E4",
        "+",
        " ",
        "..",
        ".",
        "\t",
        "\u{200b}",
        "\u{a0}",
        "ü",
        "🦀",
        "docs",
        "files.example.com",
        "evil.example",
        "cdn.example.com",
        ".s3.amazonaws.com",
        "s3.us-west-2.amazonaws.com",
        ".s3-website-",
        "us-west-2",
        ".amazonaws.com.cn",
        "127.0.0.1",
        "0x7f.1",
        "[::1]",
        "localhost",
        ":9100",
        ":443",
        "versionId=",
        "X-Amz-Signature=1&X-Amz-Credential=2",
        "&",
        "=",
        "a.pdf",
        "ours",
        "uploads",
        "user:pw",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        almost_urls(),
        almost_urls().prop_map(|t| format!("https://{t}")),
        "https://docs\\.s3\\.amazonaws\\.com/\\PC{0,30}",
        "https://files\\.example\\.com/[ -~]{0,30}"
    ]
}

fn source_of(parsed: Parsed) -> Option<ParsedSource> {
    match parsed {
        Parsed::Source(source) => Some(source),
        Parsed::AlreadyMigrated { .. } => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, ..ProptestConfig::default() })]

    #[test]
    fn a_location_is_always_permitted(raw in any_text(), s3_access in any::<bool>()) {
        let allow = AllowList::parse(ALLOWED).unwrap();
        let source = read(&raw, s3_access).ok().and_then(source_of);
        match source.map(|source| source.location) {
            Some(SourceLocation::S3(location)) => {
                prop_assert!(s3_access);
                prop_assert!(allow.permits_bucket(&location.bucket), "{location:?}");
                prop_assert!(!location.key_candidates.is_empty());
                prop_assert!(location.key_candidates.iter().all(|k| (1..=1024).contains(&k.len())));
            }
            Some(SourceLocation::Http(location)) => {
                let is_s3 = location.host.ends_with(".amazonaws.com")
                    || location.host.ends_with(".amazonaws.com.cn");
                let is_docs = location.host.starts_with("docs.s3")
                    || location.url.split('/').nth(3) == Some("docs");
                let is_listed = allow.permits_origin(location.scheme, &location.host, location.port);
                prop_assert!(is_listed || (is_s3 && is_docs), "{location:?}");
                let is_forbidden = location.host.parse().is_ok_and(is_forbidden_address);
                let reach = allow.reach(location.scheme, &location.host, location.port);
                prop_assert!(!is_forbidden || reach.is_some_and(|reach| reach > Reach::Public));
            }
            None => {}
        }
    }

    #[test]
    fn a_url_to_fetch_is_complete_and_begins_with_its_origin(raw in any_text()) {
        let source = read(&raw, false).ok().and_then(source_of);
        if let Some(SourceLocation::Http(location)) = source.map(|source| source.location) {
            let is_default = location.port == location.scheme.default_port();
            let port = if is_default { String::new() } else { format!(":{}", location.port) };
            let origin = format!("{}://{}{port}/", location.scheme.as_str(), location.host);
            for url in std::iter::once(&location.url).chain(&location.alternatives) {
                prop_assert!(url.starts_with(&origin), "{url} and {origin}");
                prop_assert!(url.bytes().all(|b| b.is_ascii_graphic()), "{url}");
                prop_assert!(!url.contains(['#', '\\', '"', '<', '>']), "{url}");
            }
            prop_assert_eq!(location.scheme == Scheme::Http, location.host == "127.0.0.1");
        }
    }

    /// What is checked is what is fetched: the parser inside the HTTP client must agree with ours.
    #[test]
    fn the_http_client_reads_the_same_host_and_path(raw in any_text()) {
        let source = read(&raw, false).ok().and_then(source_of);
        let Some(ParsedSource { location: SourceLocation::Http(location), .. }) = source else {
            return Ok(());
        };
        for url in std::iter::once(&location.url).chain(&location.alternatives) {
            let client = url::Url::parse(url).unwrap();
            prop_assert_eq!(client.scheme(), location.scheme.as_str());
            prop_assert_eq!(client.host_str(), Some(location.host.as_str()));
            prop_assert_eq!(client.port_or_known_default(), Some(location.port));
            prop_assert_eq!(client.fragment(), None);
            prop_assert_eq!(client.as_str().split('?').next(), url.split('?').next());
        }
    }

    #[test]
    fn a_url_to_fetch_reads_back_as_itself(raw in any_text()) {
        let source = read(&raw, false).ok().and_then(source_of);
        if let Some(SourceLocation::Http(location)) = source.map(|source| source.location) {
            let again = read(&location.url, false).ok().and_then(source_of).map(|s| s.location);
            let Some(SourceLocation::Http(again)) = again else {
                return Err(TestCaseError::fail(location.url));
            };
            prop_assert_eq!(again.url, location.url);
        }
    }

    #[test]
    fn what_is_parsed_survives_the_manifest(raw in any_text(), s3_access in any::<bool>()) {
        if let Ok(parsed) = read(&raw, s3_access) {
            let json = serde_json::to_string(&parsed).unwrap();
            prop_assert_eq!(serde_json::from_str::<Parsed>(&json).unwrap(), parsed);
        }
    }

    #[test]
    fn the_raw_text_survives_the_manifest_byte_by_byte(raw in any::<String>()) {
        let json = serde_json::to_string(&raw).unwrap();
        prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), raw);
    }

    #[test]
    fn a_key_encoded_by_anybody_is_found(key in "[^\\p{Cc}]{1,40}", lower in any::<bool>()) {
        // Every byte as an escape: what no parser can misread.
        let encoded: String = key
            .bytes()
            .map(|byte| if lower { format!("%{byte:02x}") } else { format!("%{byte:02X}") })
            .collect();
        let source = read(&format!("https://docs.s3.amazonaws.com/{encoded}"), true);
        let Some(SourceLocation::S3(location)) = source.ok().and_then(source_of).map(|s| s.location)
        else {
            return Err(TestCaseError::fail(key));
        };
        prop_assert_eq!(location.preferred_key(), key);
    }

    #[test]
    fn messages_and_redaction_hide_the_query(secret in "[a-z]{24}", start in any_text()) {
        let raw = format!("{}?token={secret}", start.replace('#', ""));
        prop_assert!(!redacted(&raw).contains(&secret));
        let shown = match read(&raw, false).map(source_of) {
            Ok(source) => source.map_or_else(String::new, |source| match source.location {
                SourceLocation::Http(location) => format!("{location:?}"),
                SourceLocation::S3(location) => format!("{location:?}"),
            }),
            Err(problem) => problem.to_string(),
        };
        prop_assert!(!shown.contains(&secret), "{}", shown);
    }
}
