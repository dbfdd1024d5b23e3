//! The Salesforce secret: what it must contain, and everything that is wrong with it in one message.
//!
//! Whoever fills in the secret sees neither this code nor its logs, so one look must be enough: all problems are
//! reported together, each with a hint, and none repeats a value.

mod parse;

use std::fmt;

use jsonwebtoken::EncodingKey;
use secrecy::SecretString;
use url::Url;

/// API version used unless the secret names another: Spring '26.
pub(crate) const DEFAULT_API_VERSION: &str = "66.0";

/// A checked Salesforce secret. `Debug` shows nothing secret.
#[derive(Clone)]
pub struct Credentials {
    pub(crate) login_url: Url,
    pub(crate) client_id: String,
    pub(crate) api_version: String,
    pub(crate) grant: Grant,
}

/// How a token is asked for.
#[derive(Clone)]
pub(crate) enum Grant {
    /// OAuth 2.0 JWT bearer flow: a signed assertion for a pre-authorized user.
    Jwt {
        username: String,
        audience: String,
        /// Redacts itself in `Debug`.
        key: EncodingKey,
    },
    /// OAuth 2.0 client credentials flow: the connected app's Run As user.
    ClientCredentials { client_secret: SecretString },
}

impl Credentials {
    /// Reads the secret. Fields: `auth` (`jwt` or `client_credentials`), `login_url`, `client_id`, then `username` and
    /// `private_key` (PEM; `\n` may be written as two characters), or `client_secret`; optional `audience` and
    /// `api_version`.
    ///
    /// # Errors
    /// All problems at once. No value of the secret is repeated.
    pub fn from_secret_json(secret: &str) -> Result<Self, CredentialsError> {
        parse::parse(secret)
    }

    /// Where tokens are asked for, without path.
    pub(crate) fn login_url(&self) -> &str {
        self.login_url.as_str().trim_end_matches('/')
    }

    /// Whether the sign-in is at a loopback address: a simulator.
    pub fn names_this_machine(&self) -> bool {
        is_loopback(&self.login_url)
    }

    /// API version of all calls, for example `66.0`.
    pub(crate) fn api_version(&self) -> &str {
        &self.api_version
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let auth = match self.grant {
            Grant::Jwt { .. } => "jwt",
            Grant::ClientCredentials { .. } => "client_credentials",
        };
        formatter
            .debug_struct("Credentials")
            .field("auth", &auth)
            .field("login_url", &self.login_url())
            .field("api_version", &self.api_version)
            .finish_non_exhaustive()
    }
}

/// Everything that is wrong with the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialsError {
    /// One entry per problem, in the order of the documented fields.
    pub(crate) problems: Vec<CredentialsProblem>,
}

/// One thing that is wrong with the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CredentialsProblem {
    /// Name of the field, or `secret` for the whole document.
    pub(crate) field: String,
    /// What is wrong, without the value.
    pub(crate) problem: String,
    /// What to do.
    pub(crate) hint: &'static str,
}

impl std::error::Error for CredentialsError {}

impl fmt::Display for CredentialsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the Salesforce secret has {} problem(s)", self.problems.len())?;
        for problem in &self.problems {
            write!(
                formatter,
                "\n{}: {}\n  hint: {}",
                problem.field, problem.problem, problem.hint
            )?;
        }
        Ok(())
    }
}

/// Whether a URL points at this machine; the only place where plain http is acceptable.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests;
