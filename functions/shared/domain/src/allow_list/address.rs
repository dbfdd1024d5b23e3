//! Host names and IP addresses in every spelling a URL parser accepts, and the addresses never to connect to.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longest DNS name, in bytes (RFC 1035 2.3.4).
const NAME_LENGTH_MAX: usize = 253;
/// Longest DNS label, in bytes.
const LABEL_LENGTH_MAX: usize = 63;

/// The host of a URL in one canonical form: equal hosts compare equal, however they were spelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    /// A DNS name: lower case, no trailing dot.
    Name(String),
    /// A numeric address.
    Address(IpAddr),
}

/// Why a text is not a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostError {
    Empty,
    NotAscii,
    BadCharacter,
    BadLabel,
    TooLong,
    BadAddress,
}

impl HostError {
    pub(crate) const fn what(self) -> &'static str {
        match self {
            Self::Empty => "the host is empty",
            Self::NotAscii => {
                "the host has letters outside ASCII (write its punycode form, xn--...)"
            }
            Self::BadCharacter => "the host has a character that host names do not have",
            Self::BadLabel => "the host has an empty label, or one of more than 63 characters",
            Self::TooLong => "the host is longer than 253 characters",
            Self::BadAddress => "the host looks like a numeric address but is not one",
        }
    }
}

impl fmt::Display for Host {
    /// The form used inside a URL: IPv6 addresses in brackets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => formatter.write_str(name),
            Self::Address(IpAddr::V4(address)) => write!(formatter, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(formatter, "[{address}]"),
        }
    }
}

/// Reads a host: a DNS name, an IPv6 address (with or without brackets), or an IPv4 address in any spelling
/// that URL parsers turn into one (`127.1`, `0x7f000001`, `0177.0.0.1`, `2130706433`;
/// <https://url.spec.whatwg.org/#ipv4-number-parser>).
pub(crate) fn parse_host(text: &str) -> Result<Host, HostError> {
    if text.is_empty() {
        return Err(HostError::Empty);
    }
    if !text.is_ascii() {
        return Err(HostError::NotAscii);
    }
    if text.contains([':', '[', ']']) {
        let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
        let address: Result<Ipv6Addr, _> = inner.parse();
        return address.map(|a| Host::Address(IpAddr::V6(a))).or(Err(HostError::BadAddress));
    }
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    if name.len() > NAME_LENGTH_MAX {
        return Err(HostError::TooLong);
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')) {
        return Err(HostError::BadCharacter);
    }
    if name.split('.').any(|label| label.is_empty() || label.len() > LABEL_LENGTH_MAX) {
        return Err(HostError::BadLabel);
    }
    if name.rsplit('.').next().is_some_and(is_numeric_label) {
        return parse_ipv4(&name)
            .map(|a| Host::Address(IpAddr::V4(a)))
            .ok_or(HostError::BadAddress);
    }
    Ok(Host::Name(name))
}

/// Names that mean this machine on every resolver (RFC 6761 6.3).
pub(crate) fn is_local_name(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether no source file may ever be fetched from this address: loopback, link-local (the metadata services
/// of Lambda, EC2 and ECS), private, carrier-grade NAT, multicast, unspecified, reserved, documentation and
/// benchmark ranges, and every IPv6 form that carries such an IPv4 address.
///
/// Ranges: <https://www.iana.org/assignments/iana-ipv4-special-registry> and
/// <https://www.iana.org/assignments/iana-ipv6-special-registry>.
pub fn is_forbidden_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_forbidden_v4(v4),
        IpAddr::V6(v6) => is_forbidden_v6(v6),
    }
}

/// How far a connection may go. Everything that connects to a host whose name or address comes from outside asks
/// [`Reach::permits`] about each address, after the name was resolved and right before it is connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Public addresses.
    Public,
    /// Private networks, too: 10/8, 172.16/12, 192.168/16, 100.64/10 and `fc00::/7`. Somebody has named the host on purpose.
    Private,
    /// Loopback, too: only where this machine plays AWS ([`is_local_endpoint`]).
    ThisMachine,
}

impl Reach {
    /// Whether this address may be connected to. Link-local addresses (the metadata services of Lambda, EC2, ECS and EKS, under every
    /// name), unspecified, multicast, reserved and documentation ranges never may.
    pub fn permits(self, address: IpAddr) -> bool {
        !is_forbidden_address(address)
            || (self >= Self::Private && is_private_network(address))
            || (self >= Self::ThisMachine && is_this_machine(address))
    }
}

/// Whether this is the address of an AWS endpoint on this machine, which is an emulator: `http://127.0.0.1:4566`. On AWS no such
/// endpoint is configured, and nothing on loopback (the Lambda runtime API) is anybody's file.
pub fn is_local_endpoint(url: &str) -> bool {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let authority = rest.and_then(|rest| rest.split(['/', '?', '#', '\\']).next());
    let host =
        authority.and_then(|authority| super::split_port(authority).ok()).map(|(host, _)| host);
    host.and_then(|host| parse_host(host).ok()).is_some_and(|host| host.is_this_machine())
}

impl Host {
    /// A loopback address, or a name that means one.
    pub(crate) fn is_this_machine(&self) -> bool {
        match self {
            Self::Name(name) => is_local_name(name),
            Self::Address(address) => is_this_machine(*address),
        }
    }
}

/// The IPv4 address inside an IPv4-mapped one: what is connected to.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

fn is_this_machine(address: IpAddr) -> bool {
    canonical(address).is_loopback()
}

fn is_private_network(address: IpAddr) -> bool {
    match canonical(address) {
        // 100.100.100.200 is a metadata service in a range that networks use.
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private()
                || (a == 100 && (64..128).contains(&b) && v4 != Ipv4Addr::new(100, 100, 100, 200))
        }
        // fd00:ec2::/32 are services of the EC2 platform, the metadata service fd00:ec2::254 among them.
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            first & 0xfe00 == 0xfc00 && (first, second) != (0xfd00, 0x0ec2)
        }
    }
}

fn is_forbidden_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_loopback()
        || address.is_link_local()
        || address.is_private()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        // Reserved, and the limited broadcast address.
        || a >= 240
        // Carrier-grade NAT, 100.64.0.0/10.
        || (a == 100 && (64..128).contains(&b))
        // IETF protocol assignments, 192.0.0.0/24.
        || (a == 192 && b == 0 && c == 0)
        // The retired 6to4 relay, 192.88.99.0/24.
        || (a == 192 && b == 88 && c == 99)
        // Benchmarks, 198.18.0.0/15.
        || (a == 198 && (b == 18 || b == 19))
}

fn is_forbidden_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let [first, second, third, fourth, fifth, sixth, high, low] = segments;
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_forbidden_v4(Ipv4Addr::new(a, b, c, d))
    };
    // Covers ::, ::1, IPv4-compatible ::a.b.c.d and the rest of ::/32 at once; IPv4-mapped follows.
    if [first, second, third, fourth, fifth] == [0; 5] {
        return sixth != 0xffff || embedded(high, low);
    }
    match first {
        // NAT64, 64:ff9b::/96; its local-use sibling 64:ff9b:1::/48 is never public.
        0x0064 if second == 0xff9b => {
            [third, fourth, fifth, sixth] != [0; 4] || embedded(high, low)
        }
        // 2001::/23 holds Teredo, ORCHID and benchmarks; 2001:db8::/32 is documentation.
        0x2001 => second < 0x0200 || second == 0x0db8,
        // 6to4 carries its IPv4 address in the next 32 bits.
        0x2002 => embedded(second, third),
        // Documentation, 3fff::/20.
        0x3fff => second < 0x1000,
        // What is allocated for the public is in 2000::/3. Outside it: IPv4-translated (::ffff:0:a.b.c.d),
        // discard-only, segment routing, unique local, link-local, the retired site-local, and multicast.
        _ => first & 0xe000 != 0x2000,
    }
}

/// Whether a last label makes URL parsers treat the whole host as an IPv4 address.
fn is_numeric_label(label: &str) -> bool {
    label.bytes().all(|byte| byte.is_ascii_digit()) || parse_ipv4_number(label).is_some()
}

fn parse_ipv4(text: &str) -> Option<Ipv4Addr> {
    let mut numbers = Vec::new();
    for part in text.split('.') {
        numbers.push(parse_ipv4_number(part)?);
    }
    let (last, leading) = numbers.split_last()?;
    if leading.len() > 3 || leading.iter().any(|number| *number > 255) {
        return None;
    }
    // The last number fills all remaining bytes: `127.1` is 127.0.0.1.
    let free_bits = 32 - 8 * u32::try_from(leading.len()).ok()?;
    if *last >= 1_u64 << free_bits {
        return None;
    }
    let prefix = leading.iter().fold(0_u64, |value, number| (value << 8) | number);
    u32::try_from((prefix << free_bits) | last).ok().map(Ipv4Addr::from)
}

fn parse_ipv4_number(part: &str) -> Option<u64> {
    let (digits, radix) = if let Some(hex) = part.strip_prefix("0x") {
        (hex, 16)
    } else if part.len() > 1 && part.starts_with('0') {
        (part.trim_start_matches('0'), 8)
    } else {
        (part, 10)
    };
    if digits.is_empty() {
        // `0x` and `00` are zero; an empty part is not a number.
        return if part.is_empty() { None } else { Some(0) };
    }
    if digits.starts_with('+') {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}
