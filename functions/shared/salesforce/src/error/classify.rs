//! The one place where a status and an error code become a class.
//!
//! Codes come in several spellings: REST says `INVALID_SESSION_ID`, Bulk says `InvalidSessionId`; REST errors carry
//! `errorCode`, collection results `statusCode`, the token endpoint `error`. They are compared without case and
//! underscores. A code is more precise than a status, so codes are looked at first.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde_json::Value;

use super::{ApiFailure, SalesforceError};

/// Longest piece of a Salesforce message that is kept, in characters.
const MESSAGE_CHARS_MAX: usize = 600;

/// 401 texts after which a new login gives the same 401 again, for ever (the list is jsforce's).
const SESSION_TEXTS_WITHOUT_REMEDY: [&str; 2] = [
    "Connected app is not attached to Agent",
    "This session is not valid for use with the REST API",
];

/// Turns any unsuccessful answer of the data API into its class.
pub(crate) fn classify(
    operation: &'static str,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> SalesforceError {
    by_code(Box::new(told(operation, status, headers, body))).unwrap_or_else(by_status)
}

/// What an unsuccessful answer tells.
fn told(
    operation: &'static str,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> ApiFailure {
    let (code, message) = code_and_message(body);
    let retry_after = retry_after(headers);
    ApiFailure { operation, status: status.as_u16(), code, message, retry_after }
}

/// Turns the refusal of one row, inside an answer that is a success as a whole, into its class. `errors` is a list as in
/// REST (`errorCode`) or in collections (`statusCode`).
pub(crate) fn classify_row(
    operation: &'static str,
    status: u16,
    errors: &Value,
) -> SalesforceError {
    let (code, message) = code_and_message_of(errors);
    let failure = ApiFailure { operation, status, code, message, retry_after: None };
    by_code(Box::new(failure)).unwrap_or_else(by_status)
}

/// Turns an unsuccessful answer of the token endpoint into its class. A 400 here is a refusal of the credentials.
pub(crate) fn classify_token_reply(
    operation: &'static str,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> SalesforceError {
    let failure = Box::new(told(operation, status, headers, body));
    if failure.message.to_lowercase().contains("login rate exceeded") {
        SalesforceError::LoginRateExceeded(failure)
    } else if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        SalesforceError::Unavailable(failure)
    } else {
        SalesforceError::Auth(failure)
    }
}

/// Class of a bulk job's `errorMessage`, which names the code in running text:
/// `InvalidBatch : Failed to process query: INVALID_FIELD: ...`.
pub(crate) fn classify_job_message(operation: &'static str, message: &str) -> SalesforceError {
    let failure = |code: &str| {
        Box::new(ApiFailure {
            operation,
            status: 200,
            code: code.to_owned(),
            message: cleaned(message),
            retry_after: None,
        })
    };
    message
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| word.len() > 5 && word.contains('_'))
        .find_map(|word| by_code(failure(word)).ok())
        .or_else(|| by_code(failure("")).ok())
        .unwrap_or_else(|| SalesforceError::JobFailed(failure("")))
}

/// The class of a known code or message; gives the failure back when neither says anything.
fn by_code(failure: Box<ApiFailure>) -> Result<SalesforceError, Box<ApiFailure>> {
    use SalesforceError as Class;
    let message = failure.message.to_lowercase();
    let class: fn(Box<ApiFailure>) -> SalesforceError = match folded(&failure.code).as_str() {
        "INVALIDSESSIONID" => session_class(&failure),
        "INVALIDAUTHHEADER" => Class::Auth,
        "REQUESTLIMITEXCEEDED" if message.contains("concurrent") => Class::ConcurrencyLimit,
        "REQUESTLIMITEXCEEDED" => Class::RequestLimitExceeded,
        "UNABLETOLOCKROW" | "TOOMANYLOCKFAILURE" => Class::RowLocked,
        "SERVERUNAVAILABLE" => Class::Unavailable,
        _ if refuses_bulk(&failure, &message) => Class::BulkNotSupported,
        "INVALIDFIELD"
        | "INVALIDFIELDFORINSERTUPDATE"
        | "INVALIDTYPE"
        | "INSUFFICIENTACCESS"
        | "INSUFFICIENTACCESSORREADONLY"
        | "INSUFFICIENTACCESSONCROSSREFERENCEENTITY"
        | "APIDISABLEDFORORG"
        | "APICURRENTLYDISABLED"
        | "FUNCTIONALITYNOTENABLED" => Class::Permission,
        "ENTITYISDELETED" | "NOTFOUND" | "INVALIDCROSSREFERENCEKEY" => Class::NotFound,
        "INVALIDQUERYLOCATOR" => Class::QueryLocatorExpired,
        "QUERYTIMEOUT" => Class::QueryTimeout,
        "MALFORMEDQUERY"
        | "MALFORMEDID"
        | "INVALIDQUERYFILTEROPERATOR"
        | "NUMBEROUTSIDEVALIDRANGE"
        | "QUERYTOOCOMPLICATED" => Class::InvalidQuery,
        "UNSUPPORTEDAPIVERSION" | "INVALIDVERSION" => Class::ApiVersionRetired,
        _ if message.contains("no such column") => Class::Permission,
        _ if message.contains("running for too long") => Class::QueryTimeout,
        _ => return Err(failure),
    };
    Ok(class(failure))
}

fn by_status(failure: Box<ApiFailure>) -> SalesforceError {
    use SalesforceError as Class;
    let class: fn(Box<ApiFailure>) -> SalesforceError = match failure.status {
        // An unknown code on a 401 is not an expired session; an empty or unreadable body may well be one.
        401 if failure.code.is_empty() => session_class(&failure),
        401 => Class::Auth,
        403 => Class::Permission,
        404 => Class::NotFound,
        410 => Class::ApiVersionRetired,
        412 => Class::Precondition,
        429 | 500 | 502 | 503 | 504 => Class::Unavailable,
        _ => Class::Rejected,
    };
    class(failure)
}

fn session_class(failure: &ApiFailure) -> fn(Box<ApiFailure>) -> SalesforceError {
    if SESSION_TEXTS_WITHOUT_REMEDY.iter().any(|text| failure.message.contains(text)) {
        SalesforceError::Auth
    } else {
        SalesforceError::SessionExpired
    }
}

/// Bulk refusals have no code of their own; they are known by where they happen and what they say.
fn refuses_bulk(failure: &ApiFailure, message: &str) -> bool {
    let not_there = message.contains("not supported") || message.contains("not enabled");
    failure.operation.starts_with("bulk ")
        && (message.contains("bulk") && not_there || folded(&failure.code) == "FEATURENOTENABLED")
}

fn folded(code: &str) -> String {
    code.chars().filter(|letter| *letter != '_').map(|letter| letter.to_ascii_uppercase()).collect()
}

/// Code and message of `[{"errorCode","message"}]`, of a bare object, or of an OAuth error; empty for anything else.
fn code_and_message(body: &[u8]) -> (String, String) {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return (String::new(), String::new());
    };
    code_and_message_of(&value)
}

fn code_and_message_of(value: &Value) -> (String, String) {
    let entry = value.as_array().map_or(Some(value), |entries| entries.first());
    let first = |names: &[&str]| {
        names.iter().find_map(|name| entry?.get(name)?.as_str()).unwrap_or_default()
    };
    let code = first(&["errorCode", "statusCode", "exceptionCode", "error"]);
    let message = first(&["message", "exceptionMessage", "error_description"]);
    (code.chars().take(80).collect(), cleaned(message))
}

/// Shortens a message and removes session ids, which have the form `00D<org>!<secret>`.
fn cleaned(message: &str) -> String {
    let words: Vec<&str> = message
        .split_whitespace()
        .map(|word| if word.contains("00D") && word.contains('!') { "[session id]" } else { word })
        .collect();
    words.join(" ").chars().take(MESSAGE_CHARS_MAX).collect()
}

/// `Retry-After` in either form: seconds, or an HTTP date compared with the answer's own `Date`.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let parser = jiff::fmt::rfc2822::DateTimeParser::new();
    let until = parser.parse_timestamp(value).ok()?;
    let now = parser.parse_timestamp(headers.get(DATE)?.to_str().ok()?).ok()?;
    Duration::try_from(until.duration_since(now)).ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn class_of(status: u16, body: &str) -> SalesforceError {
        let status = StatusCode::from_u16(status).unwrap();
        classify("bulk query submit", status, &HeaderMap::new(), body.as_bytes())
    }

    #[rstest]
    #[case(401, "INVALID_SESSION_ID", "Session expired or invalid", "SalesforceSessionExpired")]
    #[case(400, "InvalidSessionId", "Invalid session id", "SalesforceSessionExpired")]
    #[case(
        401,
        "INVALID_SESSION_ID",
        "This session is not valid for use with the REST API",
        "SalesforceAuthFailed"
    )]
    #[case(
        401,
        "INVALID_SESSION_ID",
        "Connected app is not attached to Agent",
        "SalesforceAuthFailed"
    )]
    #[case(401, "INVALID_AUTH_HEADER", "", "SalesforceAuthFailed")]
    #[case(401, "SOMETHING_ELSE", "", "SalesforceAuthFailed")]
    #[case(
        403,
        "REQUEST_LIMIT_EXCEEDED",
        "TotalRequests Limit exceeded.",
        "SalesforceRequestLimitExceeded"
    )]
    #[case(
        403,
        "REQUEST_LIMIT_EXCEEDED",
        "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
        "SalesforceConcurrencyLimit"
    )]
    #[case(
        403,
        "REQUEST_LIMIT_EXCEEDED",
        "ConcurrentPerOrgLongTxn Limit exceeded.",
        "SalesforceConcurrencyLimit"
    )]
    #[case(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access", "SalesforceRowLocked")]
    #[case(503, "SERVER_UNAVAILABLE", "busy", "SalesforceUnavailable")]
    #[case(500, "UNKNOWN_EXCEPTION", "oops", "SalesforceUnavailable")]
    #[case(400, "INVALID_FIELD", "No such column 'X__c' on entity 'Y'", "SalesforcePermission")]
    #[case(400, "OTHER", "No such column 'X__c' on entity 'Y'", "SalesforcePermission")]
    #[case(400, "INVALID_TYPE", "sObject type 'Y' is not supported.", "SalesforcePermission")]
    #[case(403, "API_DISABLED_FOR_ORG", "", "SalesforcePermission")]
    #[case(403, "FUNCTIONALITY_NOT_ENABLED", "", "SalesforcePermission")]
    #[case(403, "ANYTHING", "", "SalesforcePermission")]
    #[case(404, "NOT_FOUND", "", "SalesforceNotFound")]
    #[case(404, "ENTITY_IS_DELETED", "", "SalesforceNotFound")]
    #[case(400, "INVALID_CROSS_REFERENCE_KEY", "", "SalesforceNotFound")]
    #[case(400, "INVALID_QUERY_LOCATOR", "invalid query locator", "SalesforceQueryLocatorExpired")]
    #[case(400, "QUERY_TIMEOUT", "", "SalesforceQueryTimeout")]
    #[case(400, "OTHER", "Your query request was running for too long.", "SalesforceQueryTimeout")]
    #[case(400, "MALFORMED_QUERY", "unexpected token", "SalesforceInvalidQuery")]
    #[case(400, "NUMBER_OUTSIDE_VALID_RANGE", "", "SalesforceInvalidQuery")]
    #[case(412, "PRECONDITION_FAILED", "", "SalesforcePreconditionFailed")]
    #[case(410, "UNSUPPORTED_API_VERSION", "", "SalesforceApiVersionRetired")]
    #[case(500, "UNSUPPORTED_API_VERSION", "", "SalesforceApiVersionRetired")]
    #[case(400, "InvalidVersion", "", "SalesforceApiVersionRetired")]
    #[case(
        400,
        "InvalidEntity",
        "Entity 'X' is not supported by the Bulk API.",
        "SalesforceBulkNotSupported"
    )]
    #[case(
        403,
        "FUNCTIONALITY_NOT_ENABLED",
        "Bulk API is not enabled",
        "SalesforceBulkNotSupported"
    )]
    #[case(400, "FeatureNotEnabled", "", "SalesforceBulkNotSupported")]
    #[case(409, "CONFLICT", "", "SalesforceRejected")]
    fn a_code_and_a_status_have_one_class(
        #[case] status: u16,
        #[case] code: &str,
        #[case] message: &str,
        #[case] expected: &str,
    ) {
        let body = serde_json::json!([{"errorCode": code, "message": message}]).to_string();
        let error = class_of(status, &body);
        assert_eq!(error.error_type(), expected, "{error}");
        assert_eq!(error.failure().unwrap().code, code);
    }

    #[rstest]
    #[case(401, "SalesforceSessionExpired")]
    #[case(403, "SalesforcePermission")]
    #[case(404, "SalesforceNotFound")]
    #[case(410, "SalesforceApiVersionRetired")]
    #[case(412, "SalesforcePreconditionFailed")]
    #[case(429, "SalesforceUnavailable")]
    #[case(500, "SalesforceUnavailable")]
    #[case(502, "SalesforceUnavailable")]
    #[case(503, "SalesforceUnavailable")]
    #[case(504, "SalesforceUnavailable")]
    #[case(418, "SalesforceRejected")]
    fn a_body_that_is_no_json_is_classed_by_status(#[case] status: u16, #[case] expected: &str) {
        assert_eq!(class_of(status, "<html>maintenance</html>").error_type(), expected);
    }

    #[rstest]
    #[case(400, "invalid_grant", "user hasn't approved this consumer", "SalesforceAuthFailed")]
    #[case(
        400,
        "unknown_error",
        "retry your request / Login Rate Exceeded",
        "SalesforceLoginRateExceeded"
    )]
    #[case(400, "invalid_client_id", "", "SalesforceAuthFailed")]
    #[case(503, "", "", "SalesforceUnavailable")]
    #[case(429, "", "", "SalesforceUnavailable")]
    fn token_replies(
        #[case] status: u16,
        #[case] code: &str,
        #[case] description: &str,
        #[case] expected: &str,
    ) {
        let body = serde_json::json!({"error": code, "error_description": description}).to_string();
        let status = StatusCode::from_u16(status).unwrap();
        let error = classify_token_reply("login", status, &HeaderMap::new(), body.as_bytes());
        assert_eq!(error.error_type(), expected, "{error}");
    }

    #[rstest]
    #[case(
        "InvalidBatch : Failed to process query: INVALID_FIELD: No such column",
        "SalesforcePermission"
    )]
    #[case("QUERY_TIMEOUT: Your query request was running for too long.", "SalesforceQueryTimeout")]
    #[case("Your query request was running for too long.", "SalesforceQueryTimeout")]
    #[case("InternalServerError : something", "SalesforceJobFailed")]
    #[case("", "SalesforceJobFailed")]
    fn job_messages(#[case] message: &str, #[case] expected: &str) {
        assert_eq!(classify_job_message("bulk query", message).error_type(), expected);
    }

    #[test]
    fn session_ids_never_reach_a_message() {
        let body = r#"[{"errorCode":"X","message":"session 00D000000000062!AQcAQH0dMHEX is bad"}]"#;
        let text = class_of(400, body).to_string();
        assert!(
            text.contains("session [session id] is bad") && !text.contains("AQcAQH0"),
            "{text}"
        );
    }

    #[rstest]
    #[case("7", Some(7))]
    #[case("Sat, 21 Nov 2026 05:23:59 GMT", Some(60))]
    #[case("Sat, 21 Nov 2026 05:20:59 GMT", None)]
    #[case("soon", None)]
    fn retry_after_is_read_in_both_forms(#[case] value: &str, #[case] seconds: Option<u64>) {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        headers.insert(DATE, "Sat, 21 Nov 2026 05:22:59 GMT".parse().unwrap());
        assert_eq!(retry_after(&headers), seconds.map(Duration::from_secs));
    }
}
