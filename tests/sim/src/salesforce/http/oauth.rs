//! The OAuth endpoints: token (four grants), revoke, userinfo, and the identity URL.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::call::{Call, Reply};
use super::super::error::ApiError;
use super::super::state::State;
use super::super::{keys, time};

/// Largest `exp` that can be seconds; a larger one is milliseconds (some clients send those).
const EXPIRY_SECONDS_MAX: f64 = 100_000_000_000.0;

/// A refusal: HTTP 400 with an OAuth error object.
type Refusal = Reply;

fn refuse(error: &str, description: &str) -> Refusal {
    let body = json!({"error": error, "error_description": description});
    Reply::json(StatusCode::BAD_REQUEST, body)
}

/// `POST /services/oauth2/token`.
pub(super) fn token(state: &mut State, call: &Call) -> Reply {
    let form: BTreeMap<String, String> =
        url::form_urlencoded::parse(&call.body).into_owned().collect();
    let get = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let granted = match get("grant_type") {
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
            check_assertion(state, call, get("assertion")).map(|()| Extra::None)
        }
        "client_credentials" => check_client(state, call, &form).map(|()| Extra::IssuedAt),
        "password" => check_client(state, call, &form)
            .and_then(|()| check_password(state, get("username"), get("password")))
            .map(|()| Extra::IssuedAt),
        "refresh_token" => check_client_id(state, get("client_id"))
            .and_then(|()| check_refresh_token(get("refresh_token")))
            .map(|()| Extra::IssuedAt),
        _ => Err(refuse("unsupported_grant_type", "grant type not supported")),
    };
    match granted {
        Ok(extra) => Reply::ok(grant(state, call, &extra)),
        Err(refusal) => refusal,
    }
}

/// Members that only some grants have. No grant names a lifetime.
enum Extra {
    None,
    IssuedAt,
}

fn grant(state: &mut State, call: &Call, extra: &Extra) -> Value {
    let mut body = json!({
        "access_token": state.sessions.issue(),
        "scope": "api",
        "instance_url": call.instance_url,
        "id": identity_url(state, call),
        "token_type": "Bearer",
    });
    if let (Extra::IssuedAt, Some(members)) = (extra, body.as_object_mut()) {
        members.insert("issued_at".to_owned(), json!(state.store.now().to_string()));
        members.insert("signature".to_owned(), json!(STANDARD.encode([0x5a; 32])));
    }
    body
}

fn identity_url(state: &State, call: &Call) -> String {
    format!("{}/id/{}/{}", call.instance_url, state.store.org_id, state.store.api_user)
}

#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Value,
    /// A number, or a number in quotes (simple-salesforce sends that).
    exp: Value,
}

fn check_assertion(state: &State, call: &Call, assertion: &str) -> Result<(), Refusal> {
    let Ok(key) = keys::verifier() else {
        return Err(refuse("server_error", "the simulator has no key pair"));
    };
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = match jsonwebtoken::decode::<Claims>(assertion, &key, &validation) {
        Ok(decoded) => decoded.claims,
        Err(error) => {
            tracing::debug!(%error, "assertion refused");
            return Err(refuse("invalid_grant", "invalid assertion"));
        }
    };
    check_client_id(state, &claims.iss)?;
    if claims.sub != state.config.credentials.username {
        return Err(refuse("invalid_grant", "user hasn't approved this consumer"));
    }
    if !audience_is_right(state, call, &claims.aud) {
        return Err(refuse("invalid_grant", "Audience validation failed"));
    }
    let expires = match &claims.exp {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse::<f64>().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let Some(expires) = expires else {
        return Err(refuse("invalid_grant", "invalid assertion"));
    };
    let expires_ms = if expires > EXPIRY_SECONDS_MAX { expires } else { expires * 1_000.0 };
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century fit a double")]
    if expires_ms <= time::wall_clock() as f64 {
        return Err(refuse("invalid_grant", "expired authorization code"));
    }
    Ok(())
}

/// The login host for the kind of org, or the address that the client used; a trailing slash does not matter.
fn audience_is_right(state: &State, call: &Call, audience: &Value) -> bool {
    let login = if state.config.is_sandbox {
        "https://test.salesforce.com"
    } else {
        "https://login.salesforce.com"
    };
    let host = call.header("host").unwrap_or_default();
    let own = [
        login.to_owned(),
        call.instance_url.clone(),
        format!("http://{host}"),
        format!("https://{host}"),
    ];
    let is_right = |text: &str| own.iter().any(|accepted| accepted == text.trim_end_matches('/'));
    match audience {
        Value::String(text) => is_right(text),
        Value::Array(list) => list.iter().filter_map(Value::as_str).any(is_right),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

fn check_client_id(state: &State, client_id: &str) -> Result<(), Refusal> {
    if client_id == state.config.credentials.client_id {
        return Ok(());
    }
    Err(refuse("invalid_client_id", "client identifier invalid"))
}

/// Client id and secret, from the form or from HTTP Basic.
fn check_client(
    state: &State,
    call: &Call,
    form: &BTreeMap<String, String>,
) -> Result<(), Refusal> {
    let (id, secret) = match form.get("client_id") {
        Some(id) => (id.clone(), form.get("client_secret").cloned().unwrap_or_default()),
        None => basic_credentials(call).unwrap_or_default(),
    };
    check_client_id(state, &id)?;
    if secret == state.config.credentials.client_secret {
        return Ok(());
    }
    Err(refuse("invalid_client", "invalid client credentials"))
}

fn basic_credentials(call: &Call) -> Option<(String, String)> {
    let encoded = call.header("authorization")?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

fn check_password(state: &State, username: &str, password: &str) -> Result<(), Refusal> {
    if password_is_right(state, username, password) {
        return Ok(());
    }
    Err(refuse("invalid_grant", "authentication failure"))
}

/// The password alone (from a trusted address) or followed by the security token.
pub(super) fn password_is_right(state: &State, username: &str, password: &str) -> bool {
    let known = &state.config.credentials;
    let with_token = format!("{}{}", known.password, known.security_token);
    username == known.username && (password == known.password || password == with_token)
}

/// The refresh token that tests and the sample secret use.
pub(crate) const REFRESH_TOKEN: &str = "5Aep861SIMULATED.REFRESH.TOKEN";

fn check_refresh_token(token: &str) -> Result<(), Refusal> {
    if token == REFRESH_TOKEN {
        return Ok(());
    }
    Err(refuse("invalid_grant", "expired access/refresh token"))
}

/// `POST` or `GET /services/oauth2/revoke`.
pub(super) fn revoke(state: &mut State, call: &Call) -> Reply {
    let token = call.query.get("token").cloned().or_else(|| {
        url::form_urlencoded::parse(&call.body)
            .find(|(name, _)| name == "token")
            .map(|(_, value)| value.into_owned())
    });
    if token.is_some_and(|token| state.sessions.revoke(&token)) {
        return Reply::empty(StatusCode::OK);
    }
    refuse("unsupported_token_type", "this token type is not supported")
}

/// `GET /services/oauth2/userinfo`.
pub(super) fn user_info(state: &State, call: &Call) -> Reply {
    let username = &state.config.credentials.username;
    Reply::ok(json!({
        "sub": identity_url(state, call),
        "user_id": state.store.api_user,
        "organization_id": state.store.org_id,
        "preferred_username": username,
        "nickname": "integration",
        "name": "Integration User",
        "email": username,
        "email_verified": true,
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_US",
        "urls": urls(call),
        "active": true,
    }))
}

/// `GET /id/{org}/{user}`.
pub(super) fn identity(state: &State, call: &Call) -> Result<Reply, ApiError> {
    match call.parts().as_slice() {
        ["id", org, user] if *org == state.store.org_id && *user == state.store.api_user => {
            let username = &state.config.credentials.username;
            Ok(Reply::ok(json!({
                "id": identity_url(state, call),
                "asserted_user": true,
                "user_id": user,
                "organization_id": org,
                "username": username,
                "display_name": "Integration User",
                "email": username,
                "active": true,
                "user_type": "STANDARD",
                "urls": urls(call),
            })))
        }
        _ => Err(ApiError::not_found()),
    }
}

fn urls(call: &Call) -> Value {
    let base = &call.instance_url;
    json!({
        "rest": format!("{base}/services/data/v{{version}}/"),
        "sobjects": format!("{base}/services/data/v{{version}}/sobjects/"),
        "query": format!("{base}/services/data/v{{version}}/query/"),
        "partner": format!("{base}/services/Soap/u/{{version}}/{}", "00D"),
    })
}
