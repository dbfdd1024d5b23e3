//! Which bucket and which keys a URL names.

use drayage_domain::source_url::UrlNote;
use rstest::rstest;

use crate::{http, s3, source};

#[rstest]
#[case::blank(" https://docs.s3.amazonaws.com/a.pdf ")]
#[case::line_break("https://docs.s3.amazonaws.com/a.pdf\r\n")]
#[case::no_break_space("\u{a0}https://docs.s3.amazonaws.com/a.pdf")]
#[case::zero_width("\u{feff}https://docs.s3.amazonaws.com/a.pdf\u{200b}")]
#[case::direction_mark("\u{202a}https://docs.s3.amazonaws.com/a.pdf\u{202c}")]
fn blanks_around_a_url_are_left_out(#[case] raw: &str) {
    let (location, notes) = s3(raw);
    assert_eq!(location.key_candidates, ["a.pdf"]);
    assert_eq!(notes, [UrlNote::TrimmedWhitespace]);
}

#[rstest]
#[case::virtual_hosted("https://docs.s3.us-west-2.amazonaws.com/f/a.pdf", Some("us-west-2"))]
#[case::virtual_hosted_global("https://docs.s3.amazonaws.com/f/a.pdf", None)]
#[case::virtual_hosted_dash("https://docs.s3-us-west-2.amazonaws.com/f/a.pdf", Some("us-west-2"))]
#[case::virtual_hosted_dual(
    "https://docs.s3.dualstack.us-west-2.amazonaws.com/f/a.pdf",
    Some("us-west-2")
)]
#[case::virtual_hosted_fips(
    "https://docs.s3-fips.us-gov-west-1.amazonaws.com/f/a.pdf",
    Some("us-gov-west-1")
)]
#[case::external_1("https://docs.s3-external-1.amazonaws.com/f/a.pdf", Some("us-east-1"))]
#[case::path_style("https://s3.us-west-2.amazonaws.com/docs/f/a.pdf", Some("us-west-2"))]
#[case::path_style_global("https://s3.amazonaws.com/docs/f/a.pdf", None)]
#[case::path_style_dash("https://s3-us-west-2.amazonaws.com/docs/f/a.pdf", Some("us-west-2"))]
#[case::path_style_dual(
    "https://s3.dualstack.us-west-2.amazonaws.com/docs/f/a.pdf",
    Some("us-west-2")
)]
#[case::accelerate("https://docs.s3-accelerate.amazonaws.com/f/a.pdf", None)]
#[case::accelerate_dual("https://docs.s3-accelerate.dualstack.amazonaws.com/f/a.pdf", None)]
#[case::website_dash("http://docs.s3-website-us-west-2.amazonaws.com/f/a.pdf", Some("us-west-2"))]
#[case::website_dot(
    "http://docs.s3-website.eu-central-1.amazonaws.com/f/a.pdf",
    Some("eu-central-1")
)]
#[case::china("https://docs.s3.cn-north-1.amazonaws.com.cn/f/a.pdf", Some("cn-north-1"))]
#[case::china_website(
    "http://docs.s3-website.cn-north-1.amazonaws.com.cn/f/a.pdf",
    Some("cn-north-1")
)]
#[case::host_case("HTTPS://DOCS.S3.US-West-2.AmazonAWS.com/f/a.pdf", Some("us-west-2"))]
#[case::default_port("https://docs.s3.us-west-2.amazonaws.com:443/f/a.pdf", Some("us-west-2"))]
#[case::trailing_dot("https://docs.s3.us-west-2.amazonaws.com./f/a.pdf", Some("us-west-2"))]
#[case::s3_uri("s3://docs/f/a.pdf", None)]
#[case::s3_uri_case("S3://docs/f/a.pdf", None)]
fn every_s3_form_gives_bucket_and_key(#[case] raw: &str, #[case] region: Option<&str>) {
    let (location, _) = s3(raw);
    assert_eq!(location.bucket, "docs");
    assert_eq!(location.key_candidates, ["f/a.pdf"]);
    assert_eq!(location.region.as_deref(), region);
    assert_eq!(source(raw, true).file_name, "a.pdf");
}

#[rstest]
#[case::dotted("https://dotted.bucket.s3.amazonaws.com/a", "dotted.bucket")]
#[case::dotted_regional("https://dotted.bucket.s3.us-west-2.amazonaws.com/a", "dotted.bucket")]
#[case::old_style_name("https://s3.amazonaws.com/Old_Bucket/a", "Old_Bucket")]
#[case::access_point(
    "https://front-123456789012.s3-accesspoint.us-west-2.amazonaws.com/a",
    "arn:aws:s3:us-west-2:123456789012:accesspoint/front"
)]
#[case::listed_by_its_host("https://listed.s3.us-west-2.amazonaws.com/a", "listed")]
#[case::custom_host("http://media.example.org/a", "media")]
fn unusual_bucket_names_are_read(#[case] raw: &str, #[case] bucket: &str) {
    assert_eq!(s3(raw).0.bucket, bucket);
}

#[rstest]
#[case::plus("https://docs.s3.amazonaws.com/a+b.pdf", &["a b.pdf", "a+b.pdf"], &[UrlNote::PlusAmbiguous])]
#[case::encoded_plus("https://docs.s3.amazonaws.com/a%2Bb.pdf", &["a+b.pdf"], &[])]
#[case::encoded_blank("https://docs.s3.amazonaws.com/a%20b.pdf", &["a b.pdf"], &[])]
#[case::raw_blank("https://docs.s3.amazonaws.com/a b.pdf", &["a b.pdf"], &[])]
#[case::other_query("https://docs.s3.amazonaws.com/a?b.pdf", &["a", "a?b.pdf"], &[UrlNote::QueryMaybeKey])]
#[case::empty_query("https://docs.s3.amazonaws.com/a.pdf?", &["a.pdf"], &[])]
#[case::response_query("https://docs.s3.amazonaws.com/a?response-content-type=x", &["a"], &[])]
#[case::fragment("https://docs.s3.amazonaws.com/a#1.pdf", &["a", "a#1.pdf"], &[UrlNote::FragmentMaybeKey])]
#[case::query_and_fragment(
    "https://docs.s3.amazonaws.com/a?b#c", &["a", "a?b", "a?b#c"],
    &[UrlNote::QueryMaybeKey, UrlNote::FragmentMaybeKey]
)]
#[case::encoded_hash("https://docs.s3.amazonaws.com/a%231.pdf", &["a#1.pdf"], &[])]
#[case::double_encoding("https://docs.s3.amazonaws.com/a%2520b", &["a%20b"], &[UrlNote::DoubleEncoded])]
#[case::bare_percent("https://docs.s3.amazonaws.com/100%.pdf", &["100%.pdf"], &[UrlNote::BarePercent])]
#[case::encoded_slash("https://docs.s3.amazonaws.com/a%2Fb", &["a/b"], &[])]
#[case::composed("https://docs.s3.amazonaws.com/M%C3%BCller", &["M\u{fc}ller"], &[])]
#[case::decomposed("https://docs.s3.amazonaws.com/Mu%CC%88ller", &["Mu\u{308}ller"], &[])]
#[case::decomposed_raw("https://docs.s3.amazonaws.com/Mu\u{308}ller", &["Mu\u{308}ller"], &[])]
#[case::emoji("https://docs.s3.amazonaws.com/🦀", &["🦀"], &[])]
#[case::leading_slash("https://docs.s3.amazonaws.com//a", &["/a"], &[])]
#[case::double_slash("https://docs.s3.amazonaws.com/a//b", &["a//b"], &[])]
#[case::parent("https://docs.s3.amazonaws.com/a/../b", &["a/../b", "b"], &[UrlNote::DotSegments])]
#[case::encoded_parent("https://docs.s3.amazonaws.com/a/%2e%2E/b", &["a/../b", "b"], &[UrlNote::DotSegments])]
#[case::current("https://docs.s3.amazonaws.com/./a", &["./a", "a"], &[UrlNote::DotSegments])]
#[case::backslash("https://docs.s3.amazonaws.com/a\\b", &["a\\b"], &[])]
#[case::encoded_nul("https://docs.s3.amazonaws.com/a%00b", &["a\u{0}b"], &[UrlNote::EncodedControlCharacters])]
#[case::folder_marker("https://docs.s3.amazonaws.com/f/", &["f/"], &[])]
#[case::upgraded("http://docs.s3.amazonaws.com/a", &["a"], &[UrlNote::UpgradedToHttps])]
#[case::trailing_dot("https://docs.s3.amazonaws.com./a", &["a"], &[UrlNote::TrailingDotRemoved])]
#[case::no_scheme("docs.s3.amazonaws.com/a", &["a"], &[UrlNote::AssumedHttps])]
#[case::relative_scheme("//docs.s3.amazonaws.com/a", &["a"], &[UrlNote::AssumedHttps])]
#[case::uri_is_not_encoded("s3://docs/a%20b+c", &["a%20b+c", "a b+c"], &[])]
#[case::uri_has_no_query("s3://docs/a?b#c", &["a?b#c"], &[])]
#[case::custom_host_signed("https://media.example.org/a?Expires=1&Signature=s&Key-Pair-Id=K", &["public/a"], &[UrlNote::SignatureIgnored])]
#[case::custom_host_prefix("https://media.example.org/a", &["public/a"], &[])]
fn keys_are_the_bytes_of_the_path(
    #[case] raw: &str,
    #[case] keys: &[&str],
    #[case] expected_notes: &[UrlNote],
) {
    let (location, notes) = s3(raw);
    assert_eq!(location.key_candidates, keys);
    assert_eq!(notes, expected_notes);
}

#[rstest]
#[case::web("https://docs.s3.amazonaws.com/a?versionId=3HL4kq%2Bx", "3HL4kq+x")]
#[case::null_version("https://docs.s3.amazonaws.com/a?x-id=GetObject&versionId=null", "null")]
#[case::uri("s3://docs/a?versionId=abc", "abc")]
fn a_version_is_honoured(#[case] raw: &str, #[case] version: &str) {
    let (location, _) = s3(raw);
    assert_eq!(location.version_id.as_deref(), Some(version));
    assert_eq!(location.key_candidates, ["a"]);
    let version = version.replace('+', "%2B");
    assert_eq!(http(raw).0.url, format!("https://docs.s3.amazonaws.com/a?versionId={version}"));
}
