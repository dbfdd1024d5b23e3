//! Fields without a URL, and URLs that may not be fetched.

use rstest::rstest;

use crate::{problem, read};

#[rstest]
#[case::null(None)]
#[case::empty(Some(""))]
#[case::blanks(Some(" \t\r\n "))]
#[case::no_break_space(Some("\u{a0}"))]
#[case::zero_width(Some("\u{200b}\u{feff}\u{2060}"))]
fn a_blank_field_has_no_url(#[case] raw: Option<&str>) {
    assert_eq!(read(raw, true).unwrap_err().reason(), "no_url");
}

#[rstest]
#[case::not_anchored("https://docs.s3.amazonaws.com.evil.example/a", "host_not_allowed")]
#[case::not_anchored_left("https://docs.s3.amazonaws.comx/a", "host_not_allowed")]
#[case::amazon_in_path("https://evil.example/docs.s3.amazonaws.com/a", "host_not_allowed")]
#[case::other_bucket("https://secrets.s3.amazonaws.com/a", "bucket_not_allowed")]
#[case::other_bucket_path("https://s3.amazonaws.com/secrets/a", "bucket_not_allowed")]
#[case::other_bucket_uri("s3://secrets/a", "bucket_not_allowed")]
#[case::bucket_case("https://s3.amazonaws.com/DOCS/a", "bucket_not_allowed")]
#[case::no_bucket("https://s3.amazonaws.com/", "malformed_url")]
#[case::double_slash_bucket("https://s3.amazonaws.com//docs/a", "malformed_url")]
#[case::no_key("https://docs.s3.amazonaws.com/", "malformed_url")]
#[case::no_key_path("https://s3.amazonaws.com/docs", "malformed_url")]
#[case::no_key_uri("s3://docs/", "malformed_url")]
#[case::s3_port("https://docs.s3.amazonaws.com:8443/a", "origin_not_allowed")]
#[case::not_utf8("https://docs.s3.amazonaws.com/M%E4rz.pdf", "not_utf8_key")]
#[case::host_not_listed("https://evil.example/a", "host_not_allowed")]
#[case::parent_of_listed("https://example.com/a", "host_not_allowed")]
#[case::parent_of_wildcard("https://cdn.example.com/a", "host_not_allowed")]
#[case::suffix_of_listed("https://evilfiles.example.com/a", "host_not_allowed")]
#[case::plain_http("http://files.example.com/a", "origin_not_allowed")]
#[case::other_port("https://files.example.com:8443/a", "origin_not_allowed")]
#[case::port_zero("https://files.example.com:0/a", "malformed_url")]
#[case::port_too_large("https://files.example.com:65536/a", "malformed_url")]
#[case::port_not_a_number("https://files.example.com:a/a", "malformed_url")]
#[case::user_info("https://user:secret@files.example.com/a", "credentials_in_url")]
#[case::user_is_listed_host("https://files.example.com@evil.example/a", "credentials_in_url")]
#[case::backslash_after_host("https://evil.example\\@files.example.com/a", "malformed_url")]
#[case::backslashes_after_scheme("https:\\\\files.example.com/a", "malformed_url")]
#[case::one_slash("https:/files.example.com/a", "malformed_url")]
#[case::no_slash("https:files.example.com/a", "malformed_url")]
#[case::three_slashes("https:///files.example.com/a", "malformed_url")]
#[case::two_trailing_dots("https://files.example.com../a", "malformed_url")]
#[case::encoded_host("https://files%2eexample.com/a", "malformed_url")]
#[case::full_width_host("https://ｆiles.example.com/a", "malformed_url")]
#[case::ideographic_dot("https://files。example.com/a", "malformed_url")]
#[case::tab_inside("https://files.exam\tple.com/a", "control_characters")]
#[case::line_break_inside("https://files.example.com/a\nb", "control_characters")]
#[case::nul_inside("https://files.example.com/a\u{0}b", "control_characters")]
#[case::ftp("ftp://files.example.com/a", "unsupported_scheme")]
#[case::file("file:///etc/passwd", "unsupported_scheme")]
#[case::javascript("javascript:alert(1)", "unsupported_scheme")]
#[case::data("data:text/plain,hello", "unsupported_scheme")]
#[case::mail("mailto:a@example.com", "unsupported_scheme")]
#[case::windows_path("C:\\Users\\a.pdf", "malformed_url")]
#[case::network_path("\\\\server\\share\\a.pdf", "malformed_url")]
#[case::prose("see the attachment", "malformed_url")]
#[case::mail_address("bob@example.com", "malformed_url")]
#[case::file_name("a.pdf", "malformed_url")]
#[case::absolute_path("/f/a.pdf", "malformed_url")]
#[case::no_file("https://files.example.com/", "malformed_url")]
#[case::no_path("https://files.example.com", "malformed_url")]
#[case::no_scheme_not_listed("evil.example/a", "host_not_allowed")]
#[case::relative_scheme_not_listed("//evil.example/a", "host_not_allowed")]
fn a_url_that_may_not_be_fetched_is_refused(#[case] raw: &str, #[case] reason: &str) {
    let problem = problem(raw);
    assert_eq!(problem.reason(), reason, "{problem}");
    assert!(!problem.to_string().contains("secret@"), "{problem}");
}

#[rstest]
#[case::loopback("http://127.0.0.1/a")]
#[case::loopback_other_port("http://127.0.0.1:9101/a")]
#[case::loopback_other_scheme("https://127.0.0.1:9100/a")]
#[case::loopback_short("http://127.1/a")]
#[case::loopback_decimal("http://2130706433/a")]
#[case::loopback_octal("http://0177.0.0.1/a")]
#[case::loopback_hex("http://0x7f000001/a")]
#[case::loopback_hex_parts("http://0x7f.0x0.0x0.0x1/a")]
#[case::loopback_trailing_dot("http://127.0.0.1./a")]
#[case::loopback_v6("http://[::1]/a")]
#[case::loopback_v6_long("http://[0:0:0:0:0:0:0:1]/a")]
#[case::loopback_mapped("http://[::ffff:127.0.0.1]/a")]
#[case::loopback_compatible("http://[::127.0.0.1]/a")]
#[case::loopback_nat64("http://[64:ff9b::7f00:1]/a")]
#[case::loopback_6to4("http://[2002:7f00:1::]/a")]
#[case::metadata("http://169.254.169.254/latest/meta-data/")]
#[case::metadata_https("https://169.254.169.254/a")]
#[case::metadata_mapped("http://[::ffff:169.254.169.254]/a")]
#[case::metadata_hex("http://0xa9fea9fe/a")]
#[case::private_10("https://10.0.0.1/a")]
#[case::private_172("https://172.16.0.1/a")]
#[case::private_192("https://192.168.1.1/a")]
#[case::carrier_grade("https://100.64.0.1/a")]
#[case::unspecified("http://0.0.0.0/a")]
#[case::zero("http://0/a")]
#[case::unique_local("http://[fd00:ec2::254]/a")]
#[case::link_local("http://[fe80::1]/a")]
#[case::localhost("http://localhost/a")]
#[case::localhost_case("https://LOCALHOST./a")]
#[case::localhost_subdomain("https://files.localhost/a")]
fn internal_addresses_are_forbidden_in_every_spelling(#[case] raw: &str) {
    assert_eq!(problem(raw).reason(), "forbidden_address");
}

#[rstest]
#[case::public("https://8.8.8.8/a", "host_not_allowed")]
#[case::too_many_parts("https://1.2.3.4.5/a", "malformed_url")]
#[case::part_too_large("https://1.2.3.256/a", "malformed_url")]
#[case::bad_octal("https://1.2.3.08/a", "malformed_url")]
#[case::number_as_last_label("https://example.1/a", "malformed_url")]
#[case::v6_scope("https://[fe80::1%25eth0]/a", "malformed_url")]
#[case::v6_unclosed("https://[::1/a", "malformed_url")]
fn other_numeric_hosts_are_refused(#[case] raw: &str, #[case] reason: &str) {
    assert_eq!(problem(raw).reason(), reason);
}

#[rstest]
#[case::signed_request_to_a_shared_host("https://s3.eu-west-1.amazonaws.com/any-bucket/a")]
fn a_listed_shared_host_gives_no_access_with_our_credentials(#[case] raw: &str) {
    assert_eq!(read(Some(raw), true).unwrap_err().reason(), "bucket_not_allowed");
}

#[test]
fn a_very_long_text_is_refused() {
    let raw = format!("https://files.example.com/{}", "a".repeat(20_000));
    assert_eq!(problem(&raw).reason(), "malformed_url");
    let long_key = format!("https://docs.s3.amazonaws.com/{}", "a".repeat(1_025));
    assert_eq!(problem(&long_key).reason(), "malformed_url");
}
