//! Answers of Salesforce and the class that each becomes.

use std::collections::BTreeSet;

use super::*;

#[expect(clippy::unnecessary_box_returns, reason = "the variants hold boxes")]
fn failure(code: &str, message: &str) -> Box<ApiFailure> {
    Box::new(ApiFailure {
        operation: "query",
        status: 400,
        code: code.to_owned(),
        message: message.to_owned(),
        retry_after: None,
    })
}

fn one_of_each() -> Vec<SalesforceError> {
    let answers: [fn(Box<ApiFailure>) -> SalesforceError; 17] = [
        SalesforceError::Auth,
        SalesforceError::LoginRateExceeded,
        SalesforceError::SessionExpired,
        SalesforceError::RequestLimitExceeded,
        SalesforceError::ConcurrencyLimit,
        SalesforceError::RowLocked,
        SalesforceError::Unavailable,
        SalesforceError::Permission,
        SalesforceError::NotFound,
        SalesforceError::InvalidQuery,
        SalesforceError::QueryLocatorExpired,
        SalesforceError::QueryTimeout,
        SalesforceError::Precondition,
        SalesforceError::ApiVersionRetired,
        SalesforceError::BulkNotSupported,
        SalesforceError::JobFailed,
        SalesforceError::Rejected,
    ];
    let mut all: Vec<SalesforceError> =
        answers.iter().map(|build| build(failure("CODE", "text"))).collect();
    all.push(SalesforceError::Timeout { operation: "query", after: Duration::from_secs(1) });
    all.push(SalesforceError::Network {
        operation: "query",
        detail: "reset".to_owned(),
        sent: true,
    });
    all.push(SalesforceError::Protocol {
        operation: "query",
        expected: "json",
        found: "html".to_owned(),
    });
    all.push(SalesforceError::InvalidArgument { operation: "query", problem: "bad".to_owned() });
    all
}

#[test]
fn the_list_of_error_types_is_exactly_what_the_errors_return() {
    let raised: Vec<_> = one_of_each().iter().map(SalesforceError::error_type).collect();
    assert_eq!(raised.iter().copied().collect::<BTreeSet<_>>(), BTreeSet::from(ERROR_TYPES));
    assert_eq!(raised.len(), ERROR_TYPES.len());
    assert!(ERROR_TYPES.is_sorted());
}

#[test]
fn every_error_has_a_hint_and_names_its_operation() {
    for error in one_of_each() {
        assert!(!error.hint().is_empty());
        assert_eq!(error.operation(), "query");
        assert!(!error.to_string().ends_with('.'), "{error}");
    }
}

#[test]
fn display_carries_code_and_message() {
    let error = SalesforceError::InvalidQuery(failure("MALFORMED_QUERY", "unexpected token"));
    assert_eq!(
        error.to_string(),
        "Salesforce rejected the query: query: HTTP 400 MALFORMED_QUERY: unexpected token"
    );
}

#[test]
fn login_hints_follow_the_message() {
    let hint = |message: &str| SalesforceError::Auth(failure("invalid_grant", message)).hint();
    assert!(hint("user hasn't approved this consumer").contains("pre-authorize"));
    assert!(hint("Audience validation failed").contains("test.salesforce.com"));
    assert!(hint("no client credentials user enabled").contains("Run As"));
}
