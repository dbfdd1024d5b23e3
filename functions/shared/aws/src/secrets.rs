//! Secrets Manager, and the secret with the source's keys.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::Client;
use drayage_domain::allow_list::{Reach, is_local_endpoint};
use drayage_domain::problem::{Problem, joined};
use secrecy::{ExposeSecret, SecretString};

use url::Url;

use crate::net::literal_is_permitted;
use crate::sdk_error::describe;

/// Why a secret cannot be used. Never carries its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// It cannot be read.
    #[error(
        "secret {name} cannot be read: {message}; hint: check its name, and that the function's role may read it"
    )]
    Unavailable {
        /// Its name or ARN.
        name: String,
        /// What the service says.
        message: String,
    },
    /// It has no text.
    #[error("secret {name} has no text value; hint: store the JSON as the secret's string")]
    NotText {
        /// Its name or ARN.
        name: String,
    },
    /// It has not the shape that it must have.
    #[error("{}", joined(.0))]
    Shape(Vec<Problem>),
}

/// Reads secrets.
#[derive(Debug, Clone)]
pub struct Secrets {
    client: Client,
}

impl Secrets {
    /// Secrets of this client.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// The current text of a secret, by name or ARN.
    pub async fn get(&self, name: &str) -> Result<SecretString, SecretError> {
        let answer =
            self.client.get_secret_value().secret_id(name).send().await.map_err(|error| {
                SecretError::Unavailable { name: name.to_owned(), message: describe(&error) }
            })?;
        answer
            .secret_string
            .map(SecretString::from)
            .ok_or_else(|| SecretError::NotText { name: name.to_owned() })
    }
}

/// Keys of a bucket that is not reached with roles, from a secret with the JSON fields `access_key_id`, `secret_access_key` and optionally
/// `session_token`, `region`, `endpoint`.
#[derive(Debug, Clone)]
pub struct BucketKeys {
    access_key_id: SecretString,
    secret_access_key: SecretString,
    session_token: Option<SecretString>,
    /// The bucket's region; the stack's own if absent.
    pub region: Option<String>,
    /// The endpoint of an S3-compatible service; AWS if absent.
    pub endpoint: Option<String>,
}

const KEY_FIELDS: [&str; 5] =
    ["access_key_id", "secret_access_key", "session_token", "region", "endpoint"];

impl BucketKeys {
    /// Checks the secret's JSON; every problem at once.
    pub fn from_json(text: &str) -> Result<Self, SecretError> {
        let fields: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(text).map_err(|_may_quote_the_value| {
                SecretError::Shape(vec![Problem::new(
                    "secret",
                    "is not a JSON object",
                    "give {\"access_key_id\": …, \"secret_access_key\": …}",
                )])
            })?;
        let mut problems = Vec::new();
        for name in fields.keys().filter(|name| !KEY_FIELDS.contains(&name.as_str())) {
            problems.push(Problem::new(
                field_name_or_less(name),
                "is not a field of a secret with keys",
                format!("known fields: {}", KEY_FIELDS.join(", ")),
            ));
        }
        let mut text = |name: &str, required: bool| match fields.get(name) {
            Some(serde_json::Value::String(value)) if !value.trim().is_empty() => {
                let value = value.trim();
                // A service of one's own may take blanks. A line break comes from copying out of a terminal, and no header can carry it.
                if value.chars().any(char::is_control) {
                    problems.push(Problem::new(
                        name,
                        "has line breaks or other control characters in it",
                        "copy it anew, in one piece",
                    ));
                }
                Some(value.to_owned())
            }
            None | Some(serde_json::Value::Null) if !required => None,
            Some(_) | None => {
                problems.push(Problem::new(name, "is missing or not a text", "give it as text"));
                None
            }
        };
        let access_key_id = text("access_key_id", true);
        let secret_access_key = text("secret_access_key", true);
        let session_token = text("session_token", false);
        let region = text("region", false);
        let endpoint = text("endpoint", false);
        if let Some(what) = endpoint.as_deref().and_then(endpoint_problem) {
            problems.push(Problem::new(
                "endpoint",
                what,
                "give scheme and host, such as https://s3.example.com",
            ));
        }
        if region.as_deref().is_some_and(|region| !is_region(region)) {
            problems.push(Problem::new(
                "region",
                "is not the name of a region",
                "give letters, digits and hyphens, such as eu-central-1",
            ));
        }
        match (access_key_id, secret_access_key) {
            (Some(id), Some(key)) if problems.is_empty() => Ok(Self {
                access_key_id: id.into(),
                secret_access_key: key.into(),
                session_token: session_token.map(SecretString::from),
                region,
                endpoint,
            }),
            (Some(_) | None, Some(_) | None) => Err(SecretError::Shape(problems)),
        }
    }

    /// Whether requests with these keys may be sent: a numeric endpoint has to be within `reach`.
    pub fn endpoint_is_within(&self, reach: Reach) -> bool {
        let url = self.endpoint.as_deref().map(Url::parse);
        url.is_none_or(|url| {
            url.is_ok_and(|url| {
                let local =
                    url.host_str().is_some_and(|host| is_local_endpoint(&format!("http://{host}")));
                literal_is_permitted(&url, reach) && (!local || reach == Reach::ThisMachine)
            })
        })
    }

    /// Whether both lead to the same service with the same rights, so that one of them can copy for the other.
    pub fn same_access(&self, other: &Self) -> bool {
        self.access_key_id() == other.access_key_id()
            && self.secret_access_key() == other.secret_access_key()
            && self.session_token() == other.session_token()
            && self.endpoint == other.endpoint
            && self.region == other.region
    }

    pub(crate) fn access_key_id(&self) -> &str {
        self.access_key_id.expose_secret()
    }

    pub(crate) fn secret_access_key(&self) -> &str {
        self.secret_access_key.expose_secret()
    }

    pub(crate) fn session_token(&self) -> Option<&str> {
        self.session_token.as_ref().map(ExposeSecret::expose_secret)
    }
}

/// A name that does not look like one may be a pasted key: it is not repeated.
fn field_name_or_less(name: &str) -> &str {
    let plain =
        name.len() <= 32 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if plain { name } else { "(a field)" }
}

/// Other services than AWS have names of their own (`auto`, `fr-par`, `RegionOne`). What begins like an access key is one.
fn is_region(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.len() <= 32
        && text.bytes().all(plain)
        && !["AKIA", "ASIA"].iter().any(|key| text.starts_with(key))
}

/// What is wrong with an endpoint. Its text is not repeated: whoever mistakes the fields puts a key there.
fn endpoint_problem(endpoint: &str) -> Option<&'static str> {
    let Ok(url) = Url::parse(endpoint) else { return Some("is not a URL") };
    if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
        return Some("is not an http or https URL");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("carries a user name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Some("has something after the host");
    }
    // Which addresses somebody may have meant is decided where it is known whether this is AWS.
    (!literal_is_permitted(&url, Reach::ThisMachine))
        .then_some("is an address of the platform (link-local, metadata service, unspecified, multicast or reserved)")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn with_endpoint(endpoint: &str) -> Result<BucketKeys, SecretError> {
        let secret = serde_json::json!({"access_key_id": "a", "secret_access_key": "b", "endpoint": endpoint});
        BucketKeys::from_json(&secret.to_string())
    }

    #[rstest]
    #[case("ftp://s3.example.com")]
    #[case("https://")]
    #[case("s3.example.com")]
    #[case("https://u:ENDMARK@s3.example.com")]
    #[case("https://s3.example.com/?ENDMARK")]
    #[case("http://169.254.169.254")]
    #[case("http://2852039166/")]
    #[case("http://[fd00:ec2::254]")]
    #[case("http://[::ffff:a9fe:aa02]")]
    #[case("http://0.0.0.0:9001")]
    fn an_endpoint_that_keys_may_not_be_sent_to_is_refused(#[case] endpoint: &str) {
        let error = with_endpoint(endpoint).unwrap_err();
        assert!(matches!(&error, SecretError::Shape(problems) if problems.len() == 1), "{error}");
        assert!(!error.to_string().contains("ENDMARK"), "{error}");
    }

    #[rstest]
    // Keys entered as names and values, one for the other.
    #[case(r#"{"AKIAENDMARK": "b"}"#, 3)]
    #[case(r#"{"access_key_id": "a", "secret_access_key": "END\tMARK"}"#, 1)]
    #[case(r#"{"access_key_id": "a", "secret_access_key": "b", "session_token": "END\nMARK"}"#, 1)]
    #[case(r#"{"access_key_id": "a", "secret_access_key": "b", "region": "ENDMARK 1"}"#, 1)]
    #[case(r#"{"access_key_id": "a", "secret_access_key": "b", "region": "AKIAENDMARK"}"#, 1)]
    fn what_cannot_be_keys_is_refused_and_not_repeated(#[case] text: &str, #[case] count: usize) {
        let error = BucketKeys::from_json(text).unwrap_err();
        let shape = matches!(&error, SecretError::Shape(problems) if problems.len() == count);
        assert!(shape && !format!("{error} {error:?}").contains("END"), "{error:?}");
    }

    #[rstest]
    #[case("https://s3.example.com", Reach::Private, true)]
    #[case("https://10.0.0.5:9000", Reach::Private, true)]
    #[case("http://127.0.0.1:9001", Reach::Private, false)]
    #[case("http://0x7f.1:9001", Reach::Private, false)]
    #[case("http://[::1]:9001", Reach::Private, false)]
    #[case("http://localhost:9001", Reach::Private, false)]
    #[case("http://127.0.0.1:9000", Reach::ThisMachine, true)]
    #[case("http://localhost:9000", Reach::ThisMachine, true)]
    fn loopback_is_an_endpoint_of_local_runs_only(
        #[case] endpoint: &str,
        #[case] reach: Reach,
        #[case] expected: bool,
    ) {
        assert_eq!(with_endpoint(endpoint).unwrap().endpoint_is_within(reach), expected);
    }

    #[test]
    fn keys_are_read_and_never_shown() {
        let keys = BucketKeys::from_json(
            r#"{"access_key_id": "AKIDMARK", "secret_access_key": "KEYMARK", "region": "eu-west-1"}"#,
        )
        .unwrap();
        assert_eq!(keys.access_key_id(), "AKIDMARK");
        let shown = format!("{keys:?}");
        assert!(!shown.contains("MARK"), "{shown}");
    }

    #[test]
    fn every_problem_is_told_without_a_value() {
        let error = BucketKeys::from_json(
            r#"{"secret_access_key": 5, "extra": "VALUEMARK", "endpoint": "nowhere"}"#,
        )
        .unwrap_err();
        let SecretError::Shape(problems) = &error else { panic!("{error}") };
        let places: Vec<_> = problems.iter().map(|problem| problem.place.as_str()).collect();
        assert_eq!(places, ["extra", "access_key_id", "secret_access_key", "endpoint"]);
        assert!(!error.to_string().contains("VALUEMARK"));
    }
}
