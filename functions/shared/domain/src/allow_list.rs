//! Which hosts and buckets a source URL may point at.
//!
//! Source URLs are user data, read by a function that holds a role: without this list, a record could make
//! it fetch an internal address (server-side request forgery). Everything not listed is refused; loopback,
//! private and IP hosts, plain `http` and unusual ports need an entry that names scheme, host and port.

mod address;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub(crate) use address::{Host, is_local_name, parse_host};
pub use address::{Reach, is_forbidden_address, is_local_endpoint};

/// The two schemes files are fetched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// Plain HTTP: only for origins listed with scheme, host and port.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port used when a URL names none.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A checked list of permitted hosts, origins and buckets.
///
/// | entry | permits |
/// |---|---|
/// | `files.example.com` | that host, `https`, port 443 |
/// | `*.example.com` | every subdomain (not `example.com` itself), `https`, port 443 |
/// | `http://10.0.0.5:8080` | exactly that origin, even when it is private or plain `http` |
/// | `http://127.0.0.1:9100` | the same on loopback; the settings refuse it where AWS is not played by this machine |
/// | `s3://bucket` | that bucket, in whatever form a URL names it |
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowList {
    hosts: BTreeSet<String>,
    /// Parent domains: `example.com` for `*.example.com`.
    parents: BTreeSet<String>,
    origins: BTreeSet<(Scheme, String, u16)>,
    buckets: BTreeSet<String>,
}

/// Why an entry is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AllowListError {
    /// `*` or `*.com`: a wildcard so wide that the list would protect nothing.
    #[error(
        "`{entry}` is too wide; hint: put at least two labels after the star, e.g. `*.example.com`"
    )]
    WildcardTooWide {
        /// The refused entry.
        entry: String,
    },
    /// A port without a scheme leaves open whether plain `http` is meant.
    #[error(
        "`{entry}` names a port without a scheme; hint: write the whole origin, e.g. `https://{entry}`"
    )]
    PortWithoutScheme {
        /// The refused entry.
        entry: String,
    },
    /// An origin entry that leaves out its port, for a host or scheme where that matters.
    #[error("`{entry}` must name its port; hint: write e.g. `{entry}:{port}`")]
    PortMissing {
        /// The refused entry.
        entry: String,
        /// The default port of the entry's scheme.
        port: u16,
    },
    /// A loopback, private or numeric host without scheme and port.
    #[error(
        "`{entry}` is an internal or numeric address; hint: if it is meant, write scheme, host and port, e.g. \
         `http://{entry}:80`"
    )]
    AddressNeedsOrigin {
        /// The refused entry.
        entry: String,
    },
    /// An address that no file is ever fetched from.
    #[error(
        "`{entry}` is an address of the platform (link-local, metadata service, unspecified, multicast or reserved); hint: remove \
         it, no file is there"
    )]
    NeverAFileHost {
        /// The refused entry.
        entry: String,
    },
    /// Only `http`, `https` and `s3` can be fetched.
    #[error("`{entry}` has an unsupported scheme; hint: use `https://`, `http://` or `s3://`")]
    UnsupportedScheme {
        /// The refused entry.
        entry: String,
    },
    /// The bucket of an `s3://` entry is not a possible bucket name, or is followed by a key.
    #[error("`{entry}` does not name a bucket; hint: write `s3://bucket-name`, without a key")]
    NotABucket {
        /// The refused entry.
        entry: String,
    },
    /// Anything else that is not a host name.
    #[error("`{entry}` is not a host name: {what}; hint: write e.g. `files.example.com`")]
    NotAHost {
        /// The refused entry.
        entry: String,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl AllowList {
    /// Reads a list separated by commas or blanks. All wrong entries are reported at once.
    pub fn parse(list: &str) -> Result<Self, Vec<AllowListError>> {
        let mut allowed = Self::default();
        let mut errors = Vec::new();
        let entries = list.split(|c: char| c == ',' || c.is_whitespace()).filter(|e| !e.is_empty());
        for entry in entries {
            if let Err(error) = allowed.add(entry) {
                errors.push(error);
            }
        }
        if errors.is_empty() { Ok(allowed) } else { Err(errors) }
    }

    /// Whether a request to this origin is permitted by a host or origin entry. `s3://` entries are no part
    /// of the answer, because a path-style host is shared by all buckets: to check a redirect, parse its target
    /// with [`crate::source_url::parse`].
    ///
    /// `host` may be in any letter case, with a trailing dot, and an IPv6 address with or without brackets.
    pub fn permits_origin(&self, scheme: Scheme, host: &str, port: u16) -> bool {
        let Ok(host) = parse_host(host) else { return false };
        if self.has_origin(scheme, &host, port) {
            return true;
        }
        let Host::Name(name) = host else { return false };
        scheme == Scheme::Https
            && port == scheme.default_port()
            && !is_local_name(&name)
            && self.names(&name)
    }

    /// Whether objects of this bucket may be read. Bucket names are compared byte by byte.
    pub fn permits_bucket(&self, bucket: &str) -> bool {
        self.buckets.contains(bucket)
    }

    /// How far a connection for a request to this origin may go, or `None` if the request is not permitted. A private address needs
    /// an entry that names scheme, host and port; so does loopback, and then only an entry that is loopback itself: a name never
    /// leads there. Ask [`Reach::permits`] after name resolution, for every connection.
    pub fn reach(&self, scheme: Scheme, host: &str, port: u16) -> Option<Reach> {
        if !self.permits_origin(scheme, host, port) {
            return None;
        }
        let host = parse_host(host).ok()?;
        Some(match self.has_origin(scheme, &host, port) {
            true if host.is_this_machine() => Reach::ThisMachine,
            true => Reach::Private,
            false => Reach::Public,
        })
    }

    /// Entries that name this machine: `http://127.0.0.1:9100`, `http://localhost:9100`. They are for local runs; on AWS the only
    /// thing on loopback is the Lambda runtime.
    pub fn entries_of_this_machine(&self) -> impl Iterator<Item = String> + '_ {
        self.origins
            .iter()
            .filter(|(_, host, _)| parse_host(host).is_ok_and(|host| host.is_this_machine()))
            .map(|(scheme, host, port)| format!("{}://{host}:{port}", scheme.as_str()))
    }

    /// Whether nothing at all is permitted.
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }

    pub(crate) fn has_origin(&self, scheme: Scheme, host: &Host, port: u16) -> bool {
        self.origins.contains(&(scheme, host.to_string(), port))
    }

    /// Whether a host entry or a wildcard covers the name, whatever the scheme and port.
    pub(crate) fn names(&self, name: &str) -> bool {
        let mut parents = name.match_indices('.').filter_map(|(dot, _)| name.get(dot + 1..));
        self.hosts.contains(name) || parents.any(|parent| self.parents.contains(parent))
    }

    fn add(&mut self, entry: &str) -> Result<(), AllowListError> {
        match entry.split_once("://") {
            Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
                "s3" => self.add_bucket(entry, rest),
                "http" => self.add_origin(entry, Scheme::Http, rest),
                "https" => self.add_origin(entry, Scheme::Https, rest),
                _ => Err(AllowListError::UnsupportedScheme { entry: entry.to_owned() }),
            },
            None => self.add_host(entry),
        }
    }

    fn add_bucket(&mut self, entry: &str, rest: &str) -> Result<(), AllowListError> {
        let bucket = rest.strip_suffix('/').unwrap_or(rest);
        if !is_bucket_name(bucket) && !is_access_point_arn(bucket) {
            return Err(AllowListError::NotABucket { entry: entry.to_owned() });
        }
        self.buckets.insert(bucket.to_owned());
        Ok(())
    }

    fn add_origin(
        &mut self,
        entry: &str,
        scheme: Scheme,
        rest: &str,
    ) -> Result<(), AllowListError> {
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let (host_text, port) = split_port(authority).map_err(|what| not_a_host(entry, what))?;
        let host = parse_host(host_text).map_err(|error| not_a_host(entry, error.what()))?;
        if let Host::Address(address) = host
            && !Reach::ThisMachine.permits(address)
        {
            return Err(AllowListError::NeverAFileHost { entry: entry.to_owned() });
        }
        match (port, &host) {
            (Some(port), _) => {
                self.origins.insert((scheme, host.to_string(), port));
                Ok(())
            }
            // `https://files.example.com` says no more than `files.example.com`.
            (None, Host::Name(name)) if scheme == Scheme::Https && !is_local_name(name) => {
                self.add_host(name)
            }
            (None, Host::Name(_) | Host::Address(_)) => Err(AllowListError::PortMissing {
                entry: entry.trim_end_matches('/').to_owned(),
                port: scheme.default_port(),
            }),
        }
    }

    fn add_host(&mut self, entry: &str) -> Result<(), AllowListError> {
        if let Some(tail) = entry.strip_prefix('*') {
            let parent = tail.strip_prefix('.').unwrap_or(tail);
            return match parse_host(parent) {
                Ok(Host::Name(name)) if name.contains('.') && tail.starts_with('.') => {
                    self.parents.insert(name);
                    Ok(())
                }
                Ok(_) | Err(_) => Err(AllowListError::WildcardTooWide { entry: entry.to_owned() }),
            };
        }
        let is_ipv6 = entry.starts_with('[') || entry.matches(':').count() > 1;
        if !is_ipv6 && entry.contains(':') {
            return Err(AllowListError::PortWithoutScheme { entry: entry.to_owned() });
        }
        match parse_host(entry).map_err(|error| not_a_host(entry, error.what()))? {
            Host::Name(name) if !is_local_name(&name) => {
                self.hosts.insert(name);
                Ok(())
            }
            Host::Name(_) | Host::Address(_) => {
                Err(AllowListError::AddressNeedsOrigin { entry: entry.to_owned() })
            }
        }
    }
}

/// Splits `host:port`; `None` when no port is given (`host` and `host:` mean the same, RFC 3986 3.2.3).
pub(crate) fn split_port(authority: &str) -> Result<(&str, Option<u16>), &'static str> {
    let after_host = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let Some(colon) = authority.get(after_host..).and_then(|tail| tail.find(':')) else {
        return Ok((authority, None));
    };
    let (host, port) = authority.split_at(after_host + colon);
    let digits = port.strip_prefix(':').unwrap_or(port);
    if digits.is_empty() {
        return Ok((host, None));
    }
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("the port is not a number");
    }
    match digits.parse::<u16>() {
        Ok(port) if port > 0 => Ok((host, Some(port))),
        Ok(_) | Err(_) => Err("the port is not between 1 and 65535"),
    }
}

/// Whether S3 could ever have had a bucket of this name. Old buckets of us-east-1 may have upper case,
/// underscores and up to 255 characters, so this is wider than today's rule for new buckets:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>.
pub(crate) fn is_bucket_name(name: &str) -> bool {
    (3..=255).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        && name.bytes().any(|b| b.is_ascii_alphanumeric())
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
}

fn is_access_point_arn(name: &str) -> bool {
    name.starts_with("arn:aws") && name.contains(":s3:") && name.contains(":accesspoint/")
}

fn not_a_host(entry: &str, what: &'static str) -> AllowListError {
    AllowListError::NotAHost { entry: entry.to_owned(), what }
}
