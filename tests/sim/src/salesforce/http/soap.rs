//! The SOAP `login()` call, the only part of the SOAP API that is served. It ends with API version 64.0.

use axum::http::StatusCode;

use super::super::call::{Call, Reply};
use super::super::state::State;
use super::oauth;

/// Last API version with `login()`.
const LOGIN_VERSION_MAX: f64 = 64.0;

/// `POST /services/Soap/u/{version}`.
pub(super) fn login(state: &mut State, call: &Call) -> Reply {
    let parts = call.parts();
    let version = parts.get(3).copied().unwrap_or_default();
    let body = String::from_utf8_lossy(&call.body);
    if version.parse::<f64>().unwrap_or_default() > LOGIN_VERSION_MAX {
        return fault(
            "INVALID_OPERATION",
            &format!(
                "The SOAP Login operation is not available in the API version specified ({version})."
            ),
        );
    }
    let username = element(&body, "username").unwrap_or_default();
    let password = element(&body, "password").unwrap_or_default();
    if !oauth::password_is_right(state, &username, &password) {
        return fault(
            "INVALID_LOGIN",
            "Invalid username, password, security token; or user locked out.",
        );
    }
    let (org, user) = (state.store.org_id.clone(), state.store.api_user.clone());
    let token = state.sessions.issue();
    let base = &call.instance_url;
    let server_url = format!("{base}/services/Soap/u/{version}/{}", org.get(..15).unwrap_or(&org));
    let result = format!(
        "<metadataServerUrl>{base}/services/Soap/m/{version}/{org}</metadataServerUrl>\
         <passwordExpired>false</passwordExpired><sandbox>{}</sandbox>\
         <serverUrl>{server_url}</serverUrl><sessionId>{token}</sessionId><userId>{user}</userId>\
         <userInfo><organizationId>{org}</organizationId><userId>{user}</userId>\
         <userName>{}</userName></userInfo>",
        state.config.is_sandbox,
        escape(&username),
    );
    Reply::xml(
        StatusCode::OK,
        envelope(
            "xmlns=\"urn:partner.soap.sforce.com\"",
            &format!("<loginResponse><result>{result}</result></loginResponse>"),
        ),
    )
}

fn fault(code: &str, message: &str) -> Reply {
    let detail = format!(
        "<soapenv:Fault><faultcode>sf:{code}</faultcode><faultstring>{code}: {message}</faultstring>\
         <detail><sf:LoginFault xsi:type=\"sf:LoginFault\"><sf:exceptionCode>{code}</sf:exceptionCode>\
         <sf:exceptionMessage>{message}</sf:exceptionMessage></sf:LoginFault></detail></soapenv:Fault>"
    );
    let names = "xmlns:sf=\"urn:fault.partner.soap.sforce.com\"";
    Reply::xml(StatusCode::INTERNAL_SERVER_ERROR, envelope(names, &detail))
}

fn envelope(namespaces: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" {namespaces} \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>{body}</soapenv:Body>\
         </soapenv:Envelope>"
    )
}

/// Text of the first element called `name`, with or without a namespace prefix. A login request has no nesting
/// or attributes that would need a full XML parser.
fn element(xml: &str, name: &str) -> Option<String> {
    xml.split('<').find_map(|piece| {
        let (tag, text) = piece.split_once('>')?;
        let local = tag.rsplit(':').next().unwrap_or(tag);
        (local == name).then(|| unescape(text))
    })
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
