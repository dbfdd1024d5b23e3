//! What one entry of an answer says about one row.

use serde_json::Value;

use super::RowEnding;
use crate::error::{SalesforceError, classify_row};

/// One entry of an answer, before it is known whether it is the only one for its row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RowAnswer {
    /// Saved.
    Written,
    /// Not saved.
    Refused { error: SalesforceError, fields: Vec<String> },
    /// Neither.
    Unclear(String),
}

impl RowAnswer {
    /// Reads a list of errors, `[{"errorCode" or "statusCode", "message", "fields"}]`, of a row that was not saved.
    pub(crate) fn refused(operation: &'static str, status: u16, errors: &Value) -> Self {
        let error = classify_row(operation, status, errors);
        let entries = errors.as_array().map(Vec::as_slice).unwrap_or_default();
        let names = |entry: &Value| entry.get("fields").and_then(Value::as_array).cloned();
        let fields: Vec<String> = entries
            .iter()
            .filter_map(names)
            .flatten()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect();
        // A server that failed does not say how far it came.
        let failed = matches!(error, SalesforceError::Unavailable(_))
            || matches!(&error, SalesforceError::Rejected(failure) if failure.status >= 500);
        if failed { Self::Unclear(error.to_string()) } else { Self::Refused { error, fields } }
    }

    /// The ending of the row that this is the only answer for.
    pub(crate) fn into_ending(self) -> RowEnding {
        let (error, fields) = match self {
            Self::Written => return RowEnding::Written,
            Self::Unclear(why) => return RowEnding::Unknown { why },
            Self::Refused { error, fields } => (error, fields),
        };
        // With a field, something that the row refers to is gone, not the row.
        if matches!(error, SalesforceError::NotFound(_)) && fields.is_empty() {
            RowEnding::Gone
        } else if matches!(error, SalesforceError::RowLocked(_)) {
            RowEnding::Locked
        } else if matches!(error, SalesforceError::Precondition(_)) {
            RowEnding::ChangedMeanwhile
        } else if matches!(
            error,
            SalesforceError::RequestLimitExceeded(_) | SalesforceError::ConcurrencyLimit(_)
        ) {
            // Of the org, not of the row: the next call as a whole says the same.
            RowEnding::Unprocessed
        } else {
            refusal(&error, fields)
        }
    }
}

fn refusal(error: &SalesforceError, fields: Vec<String>) -> RowEnding {
    let failure = error.failure();
    let code = failure.map(|failure| failure.code.clone()).unwrap_or_default();
    let message = failure.map(|failure| failure.message.clone()).unwrap_or_default();
    RowEnding::Refused { code, message, fields }
}

/// The ending of a row with these answers: only one is an ending.
pub(crate) fn only(answers: Vec<RowAnswer>) -> RowEnding {
    let mut answers = answers.into_iter();
    match (answers.next(), answers.next()) {
        (Some(answer), None) => answer.into_ending(),
        (None, _) => RowEnding::Unknown { why: "the answer does not name the row".to_owned() },
        (Some(_), Some(_)) => {
            RowEnding::Unknown { why: "the answer names the row more than once".to_owned() }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn ending(status: u16, code: &str, fields: &Value) -> RowEnding {
        let errors = json!([{"errorCode": code, "message": "text", "fields": fields}]);
        RowAnswer::refused("update", status, &errors).into_ending()
    }

    #[rstest]
    #[case(400, "UNABLE_TO_LOCK_ROW", RowEnding::Locked)]
    #[case(412, "PRECONDITION_FAILED", RowEnding::ChangedMeanwhile)]
    #[case(412, "", RowEnding::ChangedMeanwhile)]
    #[case(404, "NOT_FOUND", RowEnding::Gone)]
    #[case(404, "ENTITY_IS_DELETED", RowEnding::Gone)]
    #[case(400, "INVALID_CROSS_REFERENCE_KEY", RowEnding::Gone)]
    fn rows_that_were_not_written(
        #[case] status: u16,
        #[case] code: &str,
        #[case] expected: RowEnding,
    ) {
        assert_eq!(ending(status, code, &json!([])), expected);
    }

    #[rstest]
    #[case(500, "UNKNOWN_EXCEPTION")]
    #[case(503, "SERVER_UNAVAILABLE")]
    #[case(501, "")]
    fn a_failure_of_the_server_leaves_the_row_unknown(#[case] status: u16, #[case] code: &str) {
        assert!(matches!(ending(status, code, &json!([])), RowEnding::Unknown { .. }));
    }

    #[test]
    fn a_refusal_keeps_code_message_and_fields() {
        let expected = RowEnding::Refused {
            code: "STRING_TOO_LONG".to_owned(),
            message: "text".to_owned(),
            fields: vec!["Document__c".to_owned()],
        };
        assert_eq!(ending(400, "STRING_TOO_LONG", &json!(["Document__c"])), expected);
    }

    #[test]
    fn a_lookup_to_something_gone_is_not_a_row_that_is_gone() {
        let ending = ending(400, "INVALID_CROSS_REFERENCE_KEY", &json!(["Account__c"]));
        assert!(matches!(ending, RowEnding::Refused { .. }), "{ending:?}");
    }

    #[test]
    fn the_shape_of_collections_is_read_too() {
        let errors = json!([{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "m", "fields": []}]);
        assert_eq!(RowAnswer::refused("update", 400, &errors).into_ending(), RowEnding::Locked);
    }
}
