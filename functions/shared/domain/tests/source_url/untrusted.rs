//! URLs that an attacker would put into a record: spellings of addresses, hosts and schemes that are not to be asked.
//!
//! `untrusted.json` lists each with the outcome of its record. The end-to-end tests read the same file; there, `{canary}` is the
//! port of a server on loopback that must see no connection, and `{allowed}` the one origin that is on the allow-list.

use drayage_domain::allow_list::{AllowList, Reach, Scheme, is_forbidden_address};
use drayage_domain::source_url::{Parsed, SourceLocation, SourceRules, parse};
use proptest::prelude::*;

const TABLE: &str = include_str!("untrusted.json");
const CANARY: &str = "9101";

fn table() -> Vec<(String, String)> {
    let rows: Vec<(String, String)> = serde_json::from_str(TABLE).unwrap();
    let filled = |url: &str| {
        url.replace("{allowed}", "127.0.0.1:9100")
            .replace("{allowed_host}", "127.0.0.1")
            .replace("{canary}", CANARY)
    };
    rows.iter().map(|(url, outcome)| (filled(url), outcome.clone())).collect()
}

/// The outcome of a record with that URL: several problems are one outcome.
fn outcome(raw: &str, s3_access: bool) -> String {
    let allow = AllowList::parse("http://127.0.0.1:9100, s3://docs, files.example.com").unwrap();
    let rules = SourceRules { allow: &allow, s3_access, own_bucket: None, custom_hosts: &[] };
    match parse(Some(raw), &rules).map_err(|problem| problem.reason()) {
        Ok(parsed) => format!("{parsed:?}"),
        Err("origin_not_allowed" | "bucket_not_allowed") => "failed.host_not_allowed".to_owned(),
        Err("control_characters") => "failed.malformed_url".to_owned(),
        Err(reason) => format!("failed.{reason}"),
    }
}

#[test]
fn every_untrusted_url_ends_as_the_table_says() {
    let table = table();
    assert!(table.len() > 300);
    let wrong: Vec<_> = table
        .iter()
        .flat_map(|(url, expected)| {
            [true, false].map(|access| (url, expected, outcome(url, access)))
        })
        .filter(|(_, expected, ended)| ended != *expected)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_outcome_of_the_table_is_one_of_the_product() {
    for (url, label) in table() {
        assert!(drayage_domain::outcome::Outcome::from_label(&label).is_some(), "{url}: {label}");
    }
}

/// Spellings of an IPv4 address that URL parsers turn into it.
fn spellings() -> impl Strategy<Value = (std::net::Ipv4Addr, String)> {
    let radix = prop::sample::select(vec!["d", "x", "X", "o", "oo"]);
    (any::<u32>(), 0_usize..4, prop::collection::vec(radix, 4), any::<bool>()).prop_map(
        |(bits, leading, radixes, dot)| {
            let octets = bits.to_be_bytes();
            let rest =
                octets.iter().skip(leading).fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
            let numbers = octets.iter().take(leading).map(|byte| u32::from(*byte)).chain([rest]);
            let parts = numbers.zip(radixes).map(|(number, radix)| match radix {
                "x" => format!("0x{number:x}"),
                "X" => format!("0X{number:X}"),
                "o" => format!("0{number:o}"),
                "oo" => format!("000{number:o}"),
                _ => number.to_string(),
            });
            let dot = if dot { "." } else { "" };
            (bits.into(), format!("{}{dot}", parts.collect::<Vec<_>>().join(".")))
        },
    )
}

/// Hosts in the spellings of those who want to be misread.
fn hosts() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "127",
        "0x7f",
        "0177",
        "1",
        "0",
        "254",
        "169",
        "2130706433",
        ".",
        "。",
        "．",
        "%2e",
        ":",
        "[",
        "]",
        "::",
        "ffff",
        "fe80",
        "64:ff9b::",
        "%25",
        "localhost",
        "LOCALHOST",
        "files.example.com",
        "evil",
        "-",
        "_",
        "xn--",
        "@",
        "\\",
        "\t",
        "１",
        "①",
        "ß",
        "\u{200d}",
        "\u{ad}",
        ",",
        ";",
        "0x",
        "9100",
        "9101",
        "+",
    ]);
    prop::collection::vec(piece, 1..9).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn an_address_is_refused_in_every_spelling((address, text) in spellings(), http in any::<bool>()) {
        let expected = if is_forbidden_address(address.into()) {
            "failed.forbidden_address"
        } else {
            "failed.host_not_allowed"
        };
        let scheme = if http { "http" } else { "https" };
        prop_assert_eq!(outcome(&format!("{scheme}://{text}/a.pdf"), true), expected, "{}", text);
    }

    /// Whatever the HTTP client's parser takes for an address, ours does not take for something to be asked; and what
    /// ours permits, the client takes for the same.
    #[test]
    fn a_host_that_clients_take_for_an_address_is_never_fetched(host in hosts(), slashes in "[/\\\\]{2}") {
        let raw = format!("https:{slashes}{host}/a.pdf");
        let allow = AllowList::parse("http://127.0.0.1:9100, files.example.com").unwrap();
        let rules = SourceRules { allow: &allow, s3_access: false, own_bucket: None, custom_hosts: &[] };
        if let Ok(Parsed::Source(source)) = parse(Some(&raw), &rules) {
            let SourceLocation::Http(location) = source.location else { panic!("{raw}") };
            let client = url::Url::parse(&location.url).unwrap();
            let as_written = url::Url::parse(&raw).unwrap();
            prop_assert_eq!(client.host_str(), Some("files.example.com"));
            prop_assert_eq!(as_written.host_str().map(|h| h.trim_end_matches('.')), client.host_str());
            prop_assert_eq!(client.port_or_known_default(), Some(443));
        }
    }

    #[test]
    fn no_reach_leads_to_the_platform(bits in any::<u128>(), v4 in any::<u32>()) {
        for address in [
            std::net::IpAddr::from(std::net::Ipv4Addr::from((169 << 24) | (254 << 16) | (v4 & 0xffff))),
            std::net::Ipv4Addr::from(v4 >> 8).into(),
            std::net::Ipv4Addr::from(v4 | 0xe000_0000).into(),
            std::net::Ipv6Addr::from((bits >> 10) | (0xfe80_u128 << 112)).into(),
            std::net::Ipv6Addr::from((bits >> 32) | (0xfd00_0ec2_u128 << 96)).into(),
            std::net::Ipv6Addr::from(bits | (0xff_u128 << 120)).into(),
        ] {
            for reach in [Reach::Public, Reach::Private, Reach::ThisMachine] {
                prop_assert!(!reach.permits(address), "{reach:?} {address}");
            }
        }
    }
}

#[test]
fn a_private_address_needs_an_entry_and_loopback_a_local_one() {
    let allow = AllowList::parse(
        "http://10.0.0.5:8080, http://intranet.example:80, http://127.0.0.1:9100, http://localhost:9100, https://8.8.8.8:443, \
         files.example.com",
    )
    .unwrap();
    let reach = |scheme, host, port| allow.reach(scheme, host, port);
    assert_eq!(reach(Scheme::Http, "10.0.0.5", 8080), Some(Reach::Private));
    assert_eq!(reach(Scheme::Http, "intranet.example", 80), Some(Reach::Private));
    assert_eq!(reach(Scheme::Https, "intranet.example", 80), None);
    assert_eq!(reach(Scheme::Http, "10.0.0.5", 80), None);
    assert_eq!(reach(Scheme::Http, "127.1", 9100), Some(Reach::ThisMachine));
    assert_eq!(reach(Scheme::Http, "LOCALHOST.", 9100), Some(Reach::ThisMachine));
    assert_eq!(reach(Scheme::Https, "8.8.8.8", 443), Some(Reach::Private));
    assert_eq!(reach(Scheme::Https, "files.example.com", 443), Some(Reach::Public));
    let permits = |reach: Reach, address: &str| reach.permits(address.parse().unwrap());
    for private in ["10.0.0.5", "100.64.0.1", "fd00::1", "::ffff:192.168.0.1"] {
        assert!(permits(Reach::Private, private) && !permits(Reach::Public, private), "{private}");
    }
    for local in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        assert!(permits(Reach::ThisMachine, local) && !permits(Reach::Private, local), "{local}");
    }
    for never in
        ["169.254.170.2", "100.100.100.200", "0.0.0.0", "::", "64:ff9b::a9fe:a9fe", "::127.0.0.1"]
    {
        assert!(!permits(Reach::ThisMachine, never), "{never}");
    }
}
