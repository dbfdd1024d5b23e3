//! The allow-list: what its entries permit, what is refused, and the addresses that are always forbidden.

#![expect(clippy::unwrap_used, reason = "helpers of tests, where a panic is the report")]

use std::net::IpAddr;

use drayage_domain::allow_list::{AllowList, Scheme, is_forbidden_address};
use rstest::rstest;

fn list(text: &str) -> AllowList {
    AllowList::parse(text).unwrap()
}

#[test]
fn an_empty_list_permits_nothing() {
    assert!(list(" , ").is_empty());
    assert!(!list("").permits_origin(Scheme::Https, "files.example.com", 443));
}

#[rstest]
#[case::exact("files.example.com", Scheme::Https, 443, true)]
#[case::letter_case("FILES.Example.com.", Scheme::Https, 443, true)]
#[case::plain_http("files.example.com", Scheme::Http, 80, false)]
#[case::http_on_443("files.example.com", Scheme::Http, 443, false)]
#[case::other_port("files.example.com", Scheme::Https, 8443, false)]
#[case::subdomain_of_host("x.files.example.com", Scheme::Https, 443, false)]
#[case::subdomain("a.cdn.example.com", Scheme::Https, 443, true)]
#[case::deep_subdomain("a.b.cdn.example.com", Scheme::Https, 443, true)]
#[case::parent("cdn.example.com", Scheme::Https, 443, false)]
#[case::not_a_label_boundary("evilcdn.example.com", Scheme::Https, 443, false)]
#[case::origin("127.0.0.1", Scheme::Http, 9100, true)]
#[case::origin_other_spelling("0x7f.1", Scheme::Http, 9100, true)]
#[case::origin_other_port("127.0.0.1", Scheme::Http, 80, false)]
#[case::origin_other_scheme("127.0.0.1", Scheme::Https, 9100, false)]
#[case::origin_v6("::1", Scheme::Https, 8443, true)]
#[case::origin_v6_brackets("[::1]", Scheme::Https, 8443, true)]
#[case::origin_without_port("plain.example.com", Scheme::Https, 443, true)]
#[case::bucket_is_no_host("bucket", Scheme::Https, 443, false)]
#[case::not_a_host("", Scheme::Https, 443, false)]
fn an_origin_is_permitted_by_its_entry(
    #[case] host: &str,
    #[case] scheme: Scheme,
    #[case] port: u16,
    #[case] permitted: bool,
) {
    let list = list(
        "files.example.com, *.cdn.example.com, http://127.0.0.1:9100 https://[::1]:8443/, \
         https://plain.example.com/, s3://bucket",
    );
    assert_eq!(list.permits_origin(scheme, host, port), permitted);
}

#[test]
fn a_bucket_is_permitted_by_name() {
    let list = list("s3://Acme.Docs_1/, *.example.com");
    assert!(list.permits_bucket("Acme.Docs_1"));
    assert!(!list.permits_bucket("acme.docs_1"));
    assert!(!list.permits_bucket("a.example.com"));
}

#[rstest]
#[case::star("*", "too wide")]
#[case::star_with_one_label("*.com", "too wide")]
#[case::star_inside("*example.com", "too wide")]
#[case::star_and_address("*.0.0.1", "too wide")]
#[case::port_without_scheme("files.example.com:8443", "without a scheme")]
#[case::loopback("127.0.0.1", "write scheme, host and port")]
#[case::loopback_short("127.1", "write scheme, host and port")]
#[case::public_address("8.8.8.8", "write scheme, host and port")]
#[case::v6("::1", "write scheme, host and port")]
#[case::localhost("localhost", "write scheme, host and port")]
#[case::localhost_subdomain("a.localhost", "write scheme, host and port")]
#[case::http_without_port("http://files.example.com/", "`http://files.example.com:80`")]
#[case::address_without_port("https://10.0.0.1", "`https://10.0.0.1:443`")]
#[case::path("https://files.example.com:443/f", "is not a host name")]
#[case::host_with_path("files.example.com/f", "is not a host name")]
#[case::credentials("https://user@files.example.com:443", "is not a host name")]
#[case::metadata("http://169.254.169.254:80", "an address of the platform")]
#[case::metadata_of_containers("http://0xa9feaa02:80", "an address of the platform")]
#[case::metadata_v6("http://[fd00:ec2::254]:80", "an address of the platform")]
#[case::metadata_in_a_shared_range("http://100.100.100.200:80", "an address of the platform")]
#[case::unspecified("http://0.0.0.0:9001", "an address of the platform")]
#[case::multicast("https://[ff02::1]:443", "an address of the platform")]
#[case::ftp("ftp://files.example.com", "unsupported scheme")]
#[case::bucket_and_key("s3://bucket/key", "does not name a bucket")]
#[case::bucket_wildcard("s3://*", "does not name a bucket")]
#[case::bucket_too_short("s3://ab", "does not name a bucket")]
#[case::bad_port("http://127.0.0.1:99999", "the port is not between")]
#[case::empty_label("a..example.com", "empty label")]
#[case::not_ascii("münchen.example", "punycode")]
fn a_wrong_entry_is_refused_with_a_hint(#[case] entry: &str, #[case] message: &str) {
    let errors = AllowList::parse(entry).unwrap_err();
    let text = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert_eq!(errors.len(), 1, "{text}");
    assert!(text.contains(message) && text.contains("hint: "), "{text}");
}

#[test]
fn every_wrong_entry_is_reported() {
    assert_eq!(AllowList::parse("*, files.example.com, 127.0.0.1\nftp://x").unwrap_err().len(), 3);
}

#[rstest]
#[case::loopback(&["127.0.0.1", "127.255.255.255", "::1"])]
#[case::unspecified(&["0.0.0.0", "0.1.2.3", "::"])]
#[case::private(&["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1"])]
#[case::link_local(&["169.254.169.254", "169.254.170.2", "fe80::1", "febf::1", "fec0::1"])]
#[case::carrier_grade(&["100.64.0.0", "100.127.255.255"])]
#[case::unique_local(&["fc00::1", "fd00:ec2::254"])]
#[case::multicast(&["224.0.0.1", "239.255.255.255", "ff02::1"])]
#[case::reserved(&["240.0.0.1", "255.255.255.255", "192.0.0.8", "192.88.99.1", "100::1", "5f00::1"])]
#[case::documentation(&["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"])]
#[case::benchmark(&["198.18.0.1", "198.19.255.255", "2001:2::1"])]
#[case::mapped(&["::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1"])]
#[case::compatible(&["::127.0.0.1", "::10.0.0.1", "::8.8.8.8"])]
#[case::translated(&["::ffff:0:127.0.0.1"])]
#[case::nat64(&["64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::1"])]
#[case::six_to_four(&["2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:a00:1::"])]
#[case::teredo(&["2001::1"])]
fn addresses_that_are_no_public_host_are_forbidden(#[case] addresses: &[&str]) {
    for address in addresses {
        assert!(is_forbidden_address(address.parse::<IpAddr>().unwrap()), "{address}");
    }
}

#[rstest]
#[case::v4(&["8.8.8.8", "52.216.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "198.20.0.1"])]
#[case::v6(&["2606:4700::1", "2a05:d000::1", "2600:1f00::1", "2001:4860::1"])]
#[case::carrying_a_public_one(&["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"])]
fn public_addresses_are_not_forbidden(#[case] addresses: &[&str]) {
    for address in addresses {
        assert!(!is_forbidden_address(address.parse::<IpAddr>().unwrap()), "{address}");
    }
}
