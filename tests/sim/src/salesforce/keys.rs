//! The key pair of the connected app, made when the program first needs it. No private key is kept in the source.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::DecodingKey;

/// Why there is no key pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the RSA key pair of the simulated connected app could not be made")]
pub struct KeyError;

#[derive(Debug)]
struct AppKey {
    private_pem: String,
    public_der: Vec<u8>,
}

/// Making an RSA key takes a noticeable part of a second, so all orgs of a process share one.
static APP_KEY: OnceLock<Option<AppKey>> = OnceLock::new();

fn app_key() -> Result<&'static AppKey, KeyError> {
    APP_KEY.get_or_init(generate).as_ref().ok_or(KeyError)
}

fn generate() -> Option<AppKey> {
    let pair = KeyPair::generate(KeySize::Rsa2048).ok()?;
    let private: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    Some(AppKey {
        private_pem: pem("PRIVATE KEY", private.as_ref()),
        public_der: pair.public_key().as_ref().to_vec(),
    })
}

/// Wraps DER in PEM armour with lines of 64 characters (RFC 7468).
fn pem(label: &str, der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let mut lines = vec![format!("-----BEGIN {label}-----")];
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, next) = rest.split_at(rest.len().min(64));
        lines.push(line.to_owned());
        rest = next;
    }
    lines.push(format!("-----END {label}-----\n"));
    lines.join("\n")
}

/// The private key that a client signs its assertions with, as PKCS#8 PEM.
pub(crate) fn private_pem() -> Result<&'static str, KeyError> {
    app_key().map(|key| key.private_pem.as_str())
}

/// The public key that assertions are checked with.
pub(crate) fn verifier() -> Result<DecodingKey, KeyError> {
    app_key().map(|key| DecodingKey::from_rsa_der(&key.public_der))
}
