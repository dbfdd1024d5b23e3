//! Logging in, and staying logged in.

use std::collections::HashMap;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::support::*;
use crate::auth::jwt::test_key;
use crate::{Client, Credentials};

fn form(request: &wiremock::Request) -> HashMap<String, String> {
    url::form_urlencoded::parse(&request.body).into_owned().collect()
}

#[tokio::test]
async fn jwt_login_sends_an_assertion_that_the_public_key_verifies() {
    let server = server_with_login().await;
    let secret = json!({"auth": "jwt", "login_url": server.uri(), "client_id": "consumer-key",
        "username": "drayage@acme.example", "private_key": test_key().private_pem});
    let credentials = Credentials::from_secret_json(&secret.to_string()).unwrap();
    let info = Client::new(credentials, options()).unwrap().login().await.unwrap();
    assert_eq!(info.api_version, "66.0");
    assert_eq!(info.organization_id.as_deref(), Some("00D000000000062EAA"));

    let sent = form(&requests_to(&server, TOKEN_PATH).await[0]);
    assert_eq!(sent["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let mut rules = Validation::new(Algorithm::RS256);
    rules.validate_exp = false;
    rules.set_audience(&[server.uri()]);
    rules.set_issuer(&["consumer-key"]);
    let public = DecodingKey::from_rsa_pem(test_key().public_pem.as_bytes()).unwrap();
    let claims = jsonwebtoken::decode::<Value>(&sent["assertion"], &public, &rules).unwrap().claims;
    let now = NOW.parse::<jiff::Timestamp>().unwrap().as_second();
    assert_eq!(claims["sub"], "drayage@acme.example");
    assert_eq!(claims["exp"], now + 180);
}

#[tokio::test]
async fn client_credentials_go_into_the_form() {
    let server = server_with_login().await;
    client(&server).login().await.unwrap();
    let sent = form(&requests_to(&server, TOKEN_PATH).await[0]);
    assert_eq!(sent["grant_type"], "client_credentials");
    assert_eq!(sent["client_id"], "consumer-key");
    assert_eq!(sent["client_secret"], "consumer-secret");
}

#[tokio::test]
async fn one_login_serves_all_calls() {
    let server = server_with_login().await;
    Mock::given(path(LIMITS_PATH))
        .and(header("authorization", "Bearer 00Dx!token1"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
        .expect(3)
        .mount(&server)
        .await;
    let client = client(&server);
    let (first, second, third) = tokio::join!(client.limits(), client.limits(), client.limits());
    assert!(first.is_ok() && second.is_ok() && third.is_ok());
    assert_eq!(requests_to(&server, TOKEN_PATH).await.len(), 1);
}

#[tokio::test]
async fn concurrent_expiries_make_one_new_login() {
    let server = server_with_login().await;
    // The delay keeps all calls under way with the old token before the first of them sees the 401.
    Mock::given(path(LIMITS_PATH))
        .and(header("authorization", "Bearer 00Dx!token1"))
        .respond_with(expired().set_delay(Duration::from_millis(200)))
        .expect(3)
        .mount(&server)
        .await;
    Mock::given(path(LIMITS_PATH))
        .and(header("authorization", "Bearer 00Dx!token2"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
        .expect(3)
        .mount(&server)
        .await;
    let client = client(&server);
    client.login().await.unwrap();
    let (first, second, third) = tokio::join!(client.limits(), client.limits(), client.limits());
    assert!(first.is_ok() && second.is_ok() && third.is_ok());
    assert_eq!(requests_to(&server, TOKEN_PATH).await.len(), 2);
}

#[tokio::test]
async fn a_session_refused_twice_is_an_error_and_not_a_loop() {
    let server = server_with_login().await;
    Mock::given(path(LIMITS_PATH)).respond_with(expired()).expect(2).mount(&server).await;
    let error = client(&server).limits().await.unwrap_err();
    assert_eq!(error.error_type(), "SalesforceSessionExpired");
    assert_eq!(requests_to(&server, TOKEN_PATH).await.len(), 2);
}

#[tokio::test]
async fn the_401_that_no_login_heals_causes_no_login() {
    let server = server_with_login().await;
    let text = "This session is not valid for use with the REST API";
    let refusal = ResponseTemplate::new(401).set_body_json(error_body("INVALID_SESSION_ID", text));
    Mock::given(path(LIMITS_PATH)).respond_with(refusal).expect(1).mount(&server).await;
    let error = client(&server).limits().await.unwrap_err();
    assert_eq!(error.error_type(), "SalesforceAuthFailed");
    assert_eq!(requests_to(&server, TOKEN_PATH).await.len(), 1);
}

#[tokio::test]
async fn a_refused_login_is_tried_once_even_by_several_waiters() {
    let server = MockServer::start().await;
    let body = json!({"error": "invalid_grant", "error_description": "user hasn't approved this consumer"});
    let refusal =
        ResponseTemplate::new(400).set_body_json(body).set_delay(Duration::from_millis(200));
    Mock::given(path(TOKEN_PATH)).respond_with(refusal).expect(1).mount(&server).await;
    let client = client(&server);
    let (first, second) = tokio::join!(client.limits(), client.versions());
    let (first, second) = (first.unwrap_err(), second.unwrap_err());
    assert_eq!(first, second);
    assert!(first.to_string().contains("invalid_grant: user hasn't approved"), "{first}");
    assert!(first.hint().contains("pre-authorize"), "{}", first.hint());
}

#[tokio::test]
async fn the_token_is_not_sent_to_an_instance_without_tls() {
    let server = MockServer::start().await;
    for instance_url in ["http://acme.example", "https://acme.example/evil?x=", "nonsense"] {
        server.reset().await;
        let reply = json!({"access_token": "00Dx!t", "instance_url": instance_url});
        Mock::given(path(TOKEN_PATH))
            .respond_with(ResponseTemplate::new(200).set_body_json(reply))
            .mount(&server)
            .await;
        let error = client(&server).login().await.unwrap_err();
        assert_eq!(error.error_type(), "SalesforceProtocol", "{instance_url}");
    }
}

#[tokio::test]
async fn an_answer_that_repeats_a_secret_is_told_without_it() {
    let server = MockServer::start().await;
    let mark = "MARK/secret+of&an \"app\"";
    let secret = json!({"auth": "client_credentials", "login_url": server.uri(), "client_id": "c", "client_secret": mark});
    let client =
        Client::new(Credentials::from_secret_json(&secret.to_string()).unwrap(), options())
            .unwrap();
    let body = json!({"error": "invalid_client", "error_description": format!("wrong: {mark}")});
    Mock::given(path(TOKEN_PATH))
        .respond_with(ResponseTemplate::new(400).set_body_json(body))
        .mount(&server)
        .await;
    let error = client.login().await.unwrap_err().to_string();
    assert!(error.contains("wrong: [redacted]") && !error.contains("MARK"), "{error}");
}

#[tokio::test]
async fn a_token_reply_beyond_all_measure_is_not_read_to_its_end() {
    let server = MockServer::start().await;
    let reply = json!({"access_token": "x".repeat(70_000), "instance_url": server.uri()});
    Mock::given(path(TOKEN_PATH))
        .respond_with(ResponseTemplate::new(200).set_body_json(reply))
        .expect(1)
        .mount(&server)
        .await;
    let error = client(&server).login().await.unwrap_err();
    assert!(error.to_string().contains("more than 65536 bytes"), "{error}");
}

#[tokio::test]
async fn secrets_and_tokens_appear_in_no_debug_and_no_error() {
    let server = server_with_login().await;
    let echo = error_body("X", "your token 00Dx!token1 and query are bad");
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(400).set_body_json(echo))
        .mount(&server)
        .await;
    let client = client(&server);
    let info = client.login().await.unwrap();
    let error = client.count("SELECT COUNT() FROM Account").await.unwrap_err();
    let text = format!("{client:?} {client:#?} {info:?} {error} {error:?} {:?}", options());
    for secret in ["token1", "consumer-secret", "consumer-key"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
