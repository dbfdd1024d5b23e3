//! What is requested when we hold no credentials for the source.

use drayage_domain::allow_list::Scheme;
use drayage_domain::source_url::{SourceLocation, UrlNote, redacted};
use rstest::rstest;

use crate::{http, read, s3, source};

#[rstest]
#[case::path_style_look("http://127.0.0.1:9100/docs/a.pdf", "http://127.0.0.1:9100/docs/a.pdf")]
#[case::other_spelling("http://0x7f.1:9100/a", "http://127.0.0.1:9100/a")]
#[case::v6("https://[0::1]:8443/a", "https://[::1]:8443/a")]
fn an_origin_listed_in_full_is_fetched_by_http(#[case] raw: &str, #[case] url: &str) {
    for s3_access in [true, false] {
        let SourceLocation::Http(location) = source(raw, s3_access).location else {
            panic!("{raw} was not taken for HTTP")
        };
        assert_eq!(location.url, url);
    }
}

#[rstest]
#[case::v4(
    "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK%2F1&X-Amz-Expires=60&X-Amz-Signature=s3cr3t"
)]
#[case::v2("?AWSAccessKeyId=AK&Expires=1700000000&Signature=s3cr3t%3D")]
fn a_presigned_url_is_replaced_by_our_credentials_or_used_as_it_is(#[case] query: &str) {
    let raw = format!("https://docs.s3.us-west-2.amazonaws.com/f/a.pdf{query}");
    let (location, notes) = s3(&raw);
    assert_eq!(location.key_candidates, ["f/a.pdf"]);
    assert_eq!(notes, [UrlNote::SignatureIgnored]);
    let (location, notes) = http(&raw);
    assert_eq!(location.url, raw);
    assert!(location.presigned);
    assert_eq!(location.alternatives, [""; 0]);
    assert_eq!(notes, []);
    for text in [location.redacted(), format!("{location:?}"), redacted(&raw)] {
        assert!(!text.contains("s3cr3t"), "{text}");
        assert!(text.contains("docs.s3.us-west-2.amazonaws.com/f/a.pdf"), "{text}");
    }
}

#[rstest]
#[case::dotted(
    "https://dotted.bucket.s3.us-west-2.amazonaws.com/a",
    "https://s3.us-west-2.amazonaws.com/dotted.bucket/a"
)]
#[case::website(
    "http://docs.s3-website-us-west-2.amazonaws.com/a",
    "https://docs.s3.us-west-2.amazonaws.com/a"
)]
#[case::website_dot(
    "http://docs.s3-website.eu-central-1.amazonaws.com/a",
    "https://docs.s3.eu-central-1.amazonaws.com/a"
)]
#[case::path_style("https://s3.amazonaws.com/docs/a", "https://s3.amazonaws.com/docs/a")]
#[case::shared_host_listed(
    "https://s3.eu-west-1.amazonaws.com/any-bucket/a",
    "https://s3.eu-west-1.amazonaws.com/any-bucket/a"
)]
#[case::upgraded("http://docs.s3.amazonaws.com/a", "https://docs.s3.amazonaws.com/a")]
#[case::plus_is_kept("https://docs.s3.amazonaws.com/a+b", "https://docs.s3.amazonaws.com/a+b")]
#[case::sub_resource_left_out(
    "https://docs.s3.amazonaws.com/a?acl",
    "https://docs.s3.amazonaws.com/a"
)]
#[case::uri("s3://docs/a b+c", "https://docs.s3.amazonaws.com/a%20b%2Bc")]
#[case::uri_dotted("s3://dotted.bucket/a", "https://s3.amazonaws.com/dotted.bucket/a")]
#[case::plain("https://files.example.com/a/b.pdf?id=1", "https://files.example.com/a/b.pdf?id=1")]
#[case::wildcard("https://x.y.cdn.example.com/a", "https://x.y.cdn.example.com/a")]
#[case::cloudfront("http://d111.cloudfront.net/a", "https://d111.cloudfront.net/a")]
#[case::host_form("HTTPS://Files.Example.COM.:443/A", "https://files.example.com/A")]
#[case::blank("https://files.example.com/a b", "https://files.example.com/a%20b")]
#[case::unicode("https://files.example.com/ü", "https://files.example.com/%C3%BC")]
#[case::encoded_kept(
    "https://files.example.com/%2F%2b%7E%20",
    "https://files.example.com/%2F%2b%7E%20"
)]
#[case::bare_percent(
    "https://files.example.com/100%/5%zz",
    "https://files.example.com/100%25/5%25zz"
)]
#[case::slashes_kept("https://files.example.com//a//b", "https://files.example.com//a//b")]
#[case::backslash("https://files.example.com/a\\b", "https://files.example.com/a%5Cb")]
#[case::latin_1("https://files.example.com/M%E4rz", "https://files.example.com/M%E4rz")]
#[case::fragment_left_out("https://files.example.com/a#b", "https://files.example.com/a")]
#[case::query_without_path("https://files.example.com?id=1", "https://files.example.com/?id=1")]
fn over_http_the_path_is_requested_as_written(#[case] raw: &str, #[case] url: &str) {
    assert_eq!(http(raw).0.url, url);
}

#[test]
fn an_http_location_names_its_origin() {
    let (location, _) = http("http://127.0.0.1:9100/a");
    assert_eq!((location.scheme, location.port), (Scheme::Http, 9100));
    assert_eq!(location.host, "127.0.0.1");
}

#[rstest]
#[case::s3_query("https://docs.s3.amazonaws.com/a?b+c", "https://docs.s3.amazonaws.com/a%3Fb+c")]
#[case::s3_fragment("https://docs.s3.amazonaws.com/a#b", "https://docs.s3.amazonaws.com/a%23b")]
#[case::fragment("https://files.example.com/a#b", "https://files.example.com/a%23b")]
fn over_http_an_unencoded_key_is_the_alternative(#[case] raw: &str, #[case] url: &str) {
    assert_eq!(http(raw).0.alternatives, [url]);
}

#[rstest]
#[case::elsewhere("https://files.example.com/a/../b.pdf")]
#[case::encoded("https://files.example.com/a/%2e%2E/b.pdf")]
#[case::current("https://files.example.com/./b.pdf")]
#[case::at_the_end("https://files.example.com/a/..")]
#[case::anonymous_s3("https://docs.s3.amazonaws.com/a/../b.pdf")]
#[case::s3_uri("s3://docs/a/../b.pdf")]
fn a_path_that_http_clients_would_change_is_refused(#[case] raw: &str) {
    assert_eq!(read(Some(raw), false).unwrap_err().reason(), "malformed_url");
}

#[rstest]
#[case("https://files.example.com/a#/../b")]
#[case("https://docs.s3.amazonaws.com/a?x/../b")]
fn an_alternative_that_http_clients_would_change_is_left_out(#[case] raw: &str) {
    assert!(http(raw).0.alternatives.is_empty());
}

#[rstest]
#[case::decoded("https://files.example.com/x/a%20b.pdf", "a b.pdf")]
#[case::folder("https://files.example.com/x/", "")]
#[case::latin_1("https://files.example.com/M%E4rz.pdf", "M\u{fffd}rz.pdf")]
#[case::plus_elsewhere("https://files.example.com/a+b.pdf", "a+b.pdf")]
#[case::plus_in_s3("https://docs.s3.amazonaws.com/a+b.pdf", "a b.pdf")]
fn the_file_name_is_the_decoded_last_segment(#[case] raw: &str, #[case] name: &str) {
    assert_eq!(source(raw, false).file_name, name);
}

#[rstest]
#[case::query("https://docs.s3.amazonaws.com/what?.pdf", true, &["what?.pdf"])]
#[case::query_over_http("https://docs.s3.amazonaws.com/what?.pdf", false, &["what?.pdf"])]
#[case::fragment("https://docs.s3.amazonaws.com/x/no#7.pdf", true, &["no#7.pdf"])]
#[case::fragment_over_http("https://files.example.com/x/no#7%20b.pdf", false, &["no#7 b.pdf"])]
#[case::one_reading("https://docs.s3.amazonaws.com/x/a.pdf", true, &[])]
fn other_readings_have_other_file_names(
    #[case] raw: &str,
    #[case] s3_access: bool,
    #[case] names: &[&str],
) {
    assert_eq!(source(raw, s3_access).other_file_names(), names);
}

#[rstest]
#[case("https://user:secret@h/p?X-Amz-Signature=secret#secret", "https://h/p?[redacted]")]
#[case("https://h/p", "https://h/p")]
#[case("no url", "no url")]
fn redaction_hides_credentials_query_and_fragment(#[case] raw: &str, #[case] shown: &str) {
    assert_eq!(redacted(raw), shown);
}
