//! The ways to log in, and what a session is.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::harness::{Answer, Site};

/// Far in the future, in seconds.
const LATER: u64 = 4_102_444_800;

fn sign(site: &Site, claims: &Value) -> String {
    let secret = site.org.jwt_secret("").unwrap();
    let pem = secret["private_key"].as_str().unwrap();
    let key = EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), claims, &key).unwrap()
}

fn claims(site: &Site) -> Value {
    let secret = site.org.jwt_secret("").unwrap();
    json!({
        "iss": secret["client_id"], "sub": secret["username"],
        "aud": "https://test.salesforce.com", "exp": LATER,
    })
}

async fn present(site: &Site, assertion: &str) -> Answer {
    let form =
        [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)];
    site.send(site.anonymous(Method::POST, "/services/oauth2/token").form(&form)).await
}

#[tokio::test]
async fn a_signed_assertion_gives_a_token_without_a_lifetime() {
    let site = Site::new(0).await;
    let answer = present(&site, &sign(&site, &claims(&site))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["instance_url"], site.server.base_url());
    assert!(body["access_token"].as_str().unwrap().starts_with("00D000000000001!"));
    assert!(body.get("expires_in").is_none());
    assert!(body.get("refresh_token").is_none());
}

#[tokio::test]
async fn expiry_may_be_in_seconds_or_milliseconds_but_not_past() {
    let site = Site::new(0).await;
    let mut changed = claims(&site);
    for (exp, status) in [(LATER * 1_000, StatusCode::OK), (1_700_000_000, StatusCode::BAD_REQUEST)]
    {
        changed["exp"] = json!(exp);
        assert_eq!(present(&site, &sign(&site, &changed)).await.status, status, "{exp}");
    }
}

#[tokio::test]
async fn each_wrong_claim_has_its_own_refusal() {
    let site = Site::new(0).await;
    for (claim, value, description) in [
        ("aud", "https://login.salesforce.com", "Audience validation failed"),
        ("sub", "nobody@example.com", "user hasn't approved this consumer"),
        ("iss", "another app", "client identifier invalid"),
    ] {
        let mut changed = claims(&site);
        changed[claim] = json!(value);
        let answer = present(&site, &sign(&site, &changed)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.json()["error_description"], description);
    }
}

#[tokio::test]
async fn a_production_org_wants_the_audience_of_production() {
    let site = Site::new(0).await;
    site.org.describe_as("Acme", false).unwrap();
    let mut changed = claims(&site);
    assert_eq!(present(&site, &sign(&site, &changed)).await.status, StatusCode::BAD_REQUEST);
    changed["aud"] = json!("https://login.salesforce.com");
    assert_eq!(present(&site, &sign(&site, &changed)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_changed_assertion_is_refused() {
    let site = Site::new(0).await;
    let genuine = sign(&site, &claims(&site));
    let mut other = claims(&site);
    other["exp"] = json!(LATER + 1);
    let other = sign(&site, &other);
    let (head, signature) =
        (genuine.rsplit_once('.').unwrap().0, other.rsplit_once('.').unwrap().1);
    let answer = present(&site, &format!("{head}.{signature}")).await;
    assert_eq!(answer.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn client_credentials_come_in_the_form_or_as_basic() {
    let site = Site::new(0).await;
    let secret = site.org.client_credentials_secret("");
    let (id, key) = (secret["client_id"].as_str().unwrap(), secret["client_secret"].as_str());
    let token = || site.anonymous(Method::POST, "/services/oauth2/token");
    let basic = token().basic_auth(id, key).form(&[("grant_type", "client_credentials")]);
    assert!(site.send(basic).await.json()["issued_at"].is_string());
    let wrong = token().basic_auth(id, Some("wrong")).form(&[("grant_type", "client_credentials")]);
    assert_eq!(site.send(wrong).await.json()["error"], "invalid_client");
}

#[tokio::test]
async fn refresh_tokens_are_checked() {
    let site = Site::new(0).await;
    let secret = site.org.client_credentials_secret("");
    for (token, status) in
        [(site.org.refresh_token(), StatusCode::OK), ("old", StatusCode::BAD_REQUEST)]
    {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", secret["client_id"].as_str().unwrap()),
            ("refresh_token", token),
        ];
        let request = site.anonymous(Method::POST, "/services/oauth2/token").form(&form);
        assert_eq!(site.send(request).await.status, status);
    }
}

#[tokio::test]
async fn soap_login_ends_with_version_64() {
    let site = Site::new(0).await;
    let config = site.org.config().credentials;
    let body = format!(
        "<env:Body><n1:login><n1:username>{}</n1:username><n1:password>{}{}</n1:password></n1:login></env:Body>",
        config.username, config.password, config.security_token
    );
    for (version, status, text) in [
        ("64.0", StatusCode::OK, "<sessionId>00D000000000001!"),
        ("65.0", StatusCode::INTERNAL_SERVER_ERROR, "<sf:exceptionCode>INVALID_OPERATION"),
    ] {
        let request = site.anonymous(Method::POST, &format!("/services/Soap/u/{version}"));
        let answer = site.send(request.header("content-type", "text/xml").body(body.clone())).await;
        assert_eq!(answer.status, status);
        assert!(answer.text.contains(text), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_revoked_token_is_an_expired_session() {
    let site = Site::new(0).await;
    assert_eq!(site.get("limits").await.status, StatusCode::OK);
    let request = site.anonymous(Method::POST, "/services/oauth2/revoke");
    site.send(request.form(&[("token", &site.token)])).await;
    let answer = site.get("limits").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.code(), "INVALID_SESSION_ID");
}

#[tokio::test]
async fn a_token_leads_to_its_user() {
    let site = Site::new(0).await;
    let get = |path: &str| site.anonymous(Method::GET, path).bearer_auth(&site.token);
    let info = site.send(get("/services/oauth2/userinfo")).await.json();
    let (org, user) =
        (info["organization_id"].as_str().unwrap(), info["user_id"].as_str().unwrap());
    let identity = site.send(get(&format!("/id/{org}/{user}"))).await.json();
    assert_eq!(identity["username"], json!(site.org.config().credentials.username));
    let row = site.get(&format!("sobjects/User/{user}")).await.json();
    assert_eq!(row["Username"], identity["username"]);
}
