//! The signed assertion of the OAuth 2.0 JWT bearer flow:
//! <https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_jwt_flow.htm>.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

/// Salesforce accepts an expiry at most a few minutes ahead; three minutes also leave room for a clock that is off.
const LIFETIME_SECONDS: i64 = 180;

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

/// Who asks for whom, and where.
pub(super) struct Assertion<'a> {
    pub(super) client_id: &'a str,
    pub(super) username: &'a str,
    pub(super) audience: &'a str,
}

impl Assertion<'_> {
    /// The compact JWT, signed with RS256. The only error is a key that cannot sign.
    pub(super) fn sign(
        &self,
        key: &EncodingKey,
        now: Timestamp,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let now = now.as_second();
        let claims = Claims {
            iss: self.client_id,
            sub: self.username,
            aud: self.audience,
            iat: now,
            exp: now + LIFETIME_SECONDS,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, key)
    }
}

/// An RSA key pair made for this test process; no key is stored in the repository.
#[cfg(test)]
pub(crate) struct TestKey {
    pub(crate) private_pem: String,
    pub(crate) public_pem: String,
}

#[cfg(test)]
pub(crate) fn test_key() -> &'static TestKey {
    use aws_lc_rs::encoding::AsDer as _;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::KeyPair as _;
    use base64::Engine as _;

    static KEY: std::sync::LazyLock<TestKey> = std::sync::LazyLock::new(|| {
        let pem = |label: &str, der: &[u8]| {
            let text = base64::engine::general_purpose::STANDARD.encode(der);
            let lines: Vec<&str> =
                text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
            format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
        };
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let private: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let public: aws_lc_rs::encoding::PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        TestKey {
            private_pem: pem("PRIVATE KEY", private.as_ref()),
            public_pem: pem("PUBLIC KEY", public.as_ref()),
        }
    });
    &KEY
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_assertion_verifies_with_the_public_key_and_carries_the_claims() {
        let key = EncodingKey::from_rsa_pem(test_key().private_pem.as_bytes()).unwrap();
        let now: Timestamp = "2026-11-21T05:22:59Z".parse().unwrap();
        let assertion = Assertion {
            client_id: "client",
            username: "user@acme.example",
            audience: "https://login.salesforce.com",
        };
        let token = assertion.sign(&key, now).unwrap();

        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_audience(&["https://login.salesforce.com"]);
        rules.validate_exp = false;
        let public = DecodingKey::from_rsa_pem(test_key().public_pem.as_bytes()).unwrap();
        let claims = jsonwebtoken::decode::<Value>(&token, &public, &rules).unwrap().claims;
        assert_eq!(
            claims,
            serde_json::json!({
                "iss": "client",
                "sub": "user@acme.example",
                "aud": "https://login.salesforce.com",
                "iat": now.as_second(),
                "exp": now.as_second() + 180,
            })
        );
    }
}
