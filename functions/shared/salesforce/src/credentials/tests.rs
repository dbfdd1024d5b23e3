//! Which secrets are accepted, and that every problem of a wrong one is told at once, without its values.

use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::auth::jwt::test_key;

fn jwt_secret() -> Value {
    json!({
        "auth": "jwt",
        "login_url": "https://acme.my.salesforce.com/",
        "client_id": "3MVG9consumerkey",
        "username": "drayage@acme.example",
        "private_key": test_key().private_pem,
    })
}

fn client_secret() -> Value {
    json!({
        "auth": "client_credentials",
        "login_url": "https://acme.my.salesforce.com",
        "client_id": "3MVG9consumerkey",
        "client_secret": "hunter2-hunter2",
    })
}

fn with(mut secret: Value, field: &str, value: Value) -> String {
    secret[field] = value;
    secret.to_string()
}

fn problems(secret: &str) -> Vec<(String, String)> {
    let error = Credentials::from_secret_json(secret).unwrap_err();
    error.problems.into_iter().map(|entry| (entry.field, entry.problem)).collect()
}

#[test]
fn a_jwt_secret_is_accepted() {
    let credentials = Credentials::from_secret_json(&jwt_secret().to_string()).unwrap();
    assert_eq!(credentials.login_url(), "https://acme.my.salesforce.com");
    assert_eq!(credentials.api_version(), "66.0");
    assert!(
        matches!(&credentials.grant, Grant::Jwt { audience, .. } if audience == "https://login.salesforce.com")
    );
}

#[test]
fn a_pem_with_written_out_line_ends_is_accepted() {
    let pem = test_key().private_pem.replace('\n', "\\n");
    Credentials::from_secret_json(&with(jwt_secret(), "private_key", pem.into())).unwrap();
}

#[test]
fn a_given_audience_wins() {
    let secret = with(jwt_secret(), "audience", "https://aud.example".into());
    let credentials = Credentials::from_secret_json(&secret).unwrap();
    assert!(
        matches!(&credentials.grant, Grant::Jwt { audience, .. } if audience == "https://aud.example")
    );
}

#[rstest]
#[case("66.0", "66.0")]
#[case("v66.0", "66.0")]
#[case("67", "67.0")]
fn api_versions_are_normalised(#[case] given: &str, #[case] expected: &str) {
    let secret = with(client_secret(), "api_version", given.into());
    assert_eq!(Credentials::from_secret_json(&secret).unwrap().api_version(), expected);
}

#[test]
fn all_problems_are_reported_at_once_with_hints() {
    let secret = json!({"auth": "jwt", "login_url": "http://acme.my.salesforce.com/services?x=1",
        "private_key": "-----BEGIN CERTIFICATE-----", "api_version": "latest", "usrname": "x"});
    let error = Credentials::from_secret_json(&secret.to_string()).unwrap_err();
    let found: Vec<_> =
        error.problems.iter().map(|entry| (entry.field.as_str(), entry.problem.as_str())).collect();
    assert_eq!(
        found,
        [
            ("usrname", "is not a known field"),
            ("login_url", "is not https"),
            ("login_url", "has something after the host"),
            ("client_id", "is missing"),
            ("username", "is missing"),
            ("private_key", "is a certificate or a public key"),
            ("api_version", "is not a supported API version"),
        ]
    );
    assert_eq!(error.to_string().matches("\n  hint: ").count(), 7, "{error}");
}

#[rstest]
#[case("auth", json!("password"), "is not a supported flow")]
#[case("auth", json!(null), "is missing")]
#[case("login_url", json!("acme.my.salesforce.com"), "is not a URL")]
#[case("login_url", json!("ftp://acme.my.salesforce.com"), "is not https")]
#[case("login_url", json!("http://10.0.0.1"), "is not https")]
#[case("login_url", json!("https://169.254.169.254"), "is a numeric address")]
#[case("login_url", json!("https://0xa9fea9fe"), "is a numeric address")]
#[case("login_url", json!("https://[fd00:ec2::254]"), "is a numeric address")]
#[case("login_url", json!("https://u:p@acme.my.salesforce.com"), "carries a user name or password")]
#[case("login_url", json!("https://login.salesforce.com"), "does not offer the client credentials flow")]
#[case("client_secret", json!("  "), "is empty")]
#[case("client_secret", json!(17), "is not a string")]
#[case("api_version", json!("30.0"), "is not a supported API version")]
#[case("api_version", json!("66.1"), "is not a supported API version")]
fn one_bad_field_gives_one_problem(
    #[case] field: &str,
    #[case] value: Value,
    #[case] problem: &str,
) {
    let secret = with(client_secret(), field, value);
    assert_eq!(problems(&secret), [(field.to_owned(), problem.to_owned())]);
}

#[rstest]
#[case("http://127.0.0.1:4010")]
#[case("http://localhost:4010")]
#[case("http://[::1]:4010")]
fn plain_http_is_fine_on_this_machine(#[case] login_url: &str) {
    Credentials::from_secret_json(&with(client_secret(), "login_url", login_url.into())).unwrap();
}

#[rstest]
#[case(
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
    "is protected by a passphrase"
)]
#[case(
    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
    "is not a usable RSA private key in PEM form"
)]
#[case(
    "-----BEGIN RSA PRIVATE KEY-----\nMAMCAQA=\n-----END RSA PRIVATE KEY-----",
    "is not a usable RSA private key in PEM form"
)]
#[case("sekrit", "is not a usable RSA private key in PEM form")]
fn unusable_keys_are_found_when_the_secret_is_read(#[case] pem: &str, #[case] problem: &str) {
    let secret = with(jwt_secret(), "private_key", pem.into());
    assert_eq!(problems(&secret), [("private_key".to_owned(), problem.to_owned())]);
}

#[rstest]
#[case("{\"client_secret\": \"hunter2-hunter2\", oops}")]
#[case("\"hunter2-hunter2\"")]
#[case(
    "{\"auth\": [\"hunter2-hunter2\"], \"client_secret\": {\"hunter2-hunter2\": 1}, \"login_url\": \"hunter2-hunter2\"}"
)]
#[case("{\"hunter2-hunter2\": \"\"}")]
#[case(
    "{\"auth\": \"jwt\", \"private_key\": \"hunter2-hunter2\", \"api_version\": \"hunter2-hunter2\"}"
)]
fn a_problem_never_repeats_a_value(#[case] secret: &str) {
    let error = Credentials::from_secret_json(secret).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}

#[test]
fn debug_shows_no_secret() {
    let key = test_key();
    let texts = [jwt_secret(), client_secret()].map(|secret| {
        let credentials = Credentials::from_secret_json(&secret.to_string()).unwrap();
        format!("{credentials:?} {credentials:#?}")
    });
    for text in texts {
        assert!(text.contains("login_url"));
        for secret in ["hunter2", "3MVG9", &key.private_pem[40..60]] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
