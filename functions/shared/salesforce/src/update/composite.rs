//! Guarded updates: a composite call whose subrequests each carry `If-Unmodified-Since`.
//!
//! ```text
//! POST /services/data/v66.0/composite
//! {"allOrNone":false,"compositeRequest":[{"method":"PATCH","url":"/services/data/v66.0/sobjects/DocListEntry__c/a0B...",
//!   "referenceId":"r0_a0B...","httpHeaders":{"If-Unmodified-Since":"Sat, 21 Nov 2026 05:22:59 GMT"},
//!   "body":{"Document__c":"https://..."}}]}
//! {"compositeResponse":[{"body":null,"httpHeaders":{},"httpStatusCode":204,"referenceId":"r0_a0B..."}]}
//! ```
//!
//! That a composite call counts as one API call and takes headers per subrequest is documented at
//! <https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-composite-post.html>, the header
//! and its 412 at <https://developer.salesforce.com/docs/platform/api-rest/guide/resources-sobject-retrieve-patch.html>.
//! Nothing documents both together for custom objects, therefore [`Client::canary`]. Subrequests with headers of their
//! own are not worked on together, which makes this the slowest way:
//! <https://developer.salesforce.com/docs/atlas.en-us.246.0.api_rest.meta/api_rest/resources_composite_graph_composite_subrequest.htm>.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{GuardedUpdate, RowAnswer, RowEnding, RowOutcome, RowUpdate, Sent, answer};
use super::{all_unknown, check_ids, check_names, check_texts};
use crate::client::Client;
use crate::error::SalesforceError;
use crate::http::{ApiRequest, Incoming};

/// Most rows of one guarded update: Salesforce takes 25 subrequests per composite call.
pub const GUARDED_ROWS_MAX: usize = 25;

const GUARDED: &str = "guarded update";
const CANARY: &str = "guarded update canary";
const EXPECTED: &str = "a compositeResponse";
const REFERENCE_PROBLEM: &str =
    "the text has @{, which a composite call takes for a reference to another of its subrequests";

/// Older than any row of any org.
const LONG_AGO: Timestamp = Timestamp::constant(631_152_000, 0);

/// Whether the org compares dates before it updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardCheck {
    /// A write that should not happen did not: [`Client::update_guarded`] protects edits made in between.
    Works,
    /// The header was ignored and the row saved with its own value: [`Client::update_guarded`] protects nothing.
    Ignored,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    composite_response: Vec<Value>,
}

impl Client {
    /// Writes up to [`GUARDED_ROWS_MAX`] rows, each only if it has not been changed since it was read. One API call.
    /// Every row given has one outcome, in the order given; an answer is joined to its row by `referenceId`. A text with
    /// `@{` is not sent but [`RowEnding::Refused`]: a composite call would take it for a reference.
    ///
    /// # Errors
    /// Nothing was written: the arguments, the session, the allocation of API calls, or Salesforce out of order.
    pub async fn update_guarded(
        &self,
        sobject: &str,
        field: &str,
        rows: &[GuardedUpdate<'_>],
    ) -> Result<Vec<RowOutcome>, SalesforceError> {
        check_arguments(GUARDED, sobject, field, rows)?;
        let sendable: Vec<GuardedUpdate<'_>> =
            rows.iter().filter(|row| !has_reference(row.row)).copied().collect();
        let sent = self.send_guarded(sobject, field, &sendable).await?;
        let mut sent = sent.into_iter();
        let outcome = |GuardedUpdate { row, .. }: &GuardedUpdate<'_>| {
            if has_reference(*row) { Some(refusal(row.id)) } else { sent.next() }
        };
        Ok(rows.iter().filter_map(outcome).collect())
    }

    async fn send_guarded(
        &self,
        sobject: &str,
        field: &str,
        rows: &[GuardedUpdate<'_>],
    ) -> Result<Vec<RowOutcome>, SalesforceError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<&str> = rows.iter().map(|row| row.row.id).collect();
        let request = self.guarded_request(GUARDED, sobject, field, rows)?;
        let answer = match self.write(request).await? {
            Sent::Answered(answer) => answer,
            Sent::Lost(why) => return Ok(all_unknown(&ids, &why)),
        };
        Ok(match read(GUARDED, &answer) {
            Ok(entries) => join(GUARDED, &ids, &entries),
            Err(error) => all_unknown(&ids, &error.to_string()),
        })
    }

    /// Finds out whether guarded updates work in this org: writes the value that `row` already has, on the condition
    /// that the row is unchanged since 1990, which no row is. One API call. If the guard is ignored, the row is saved
    /// with the same value: its dates move, and its automation runs once.
    ///
    /// # Errors
    /// Every other answer, because it says nothing about the guard.
    pub async fn canary(
        &self,
        sobject: &str,
        field: &str,
        row: RowUpdate<'_>,
    ) -> Result<GuardCheck, SalesforceError> {
        let rows = [GuardedUpdate { row, unmodified_since: LONG_AGO }];
        check_arguments(CANARY, sobject, field, &rows)?;
        if has_reference(row) {
            return Err(SalesforceError::InvalidArgument {
                operation: CANARY,
                problem: format!("{REFERENCE_PROBLEM}; take another row"),
            });
        }
        let answer = self.send(self.guarded_request(CANARY, sobject, field, &rows)?).await?;
        let unfit = |found: String| SalesforceError::Protocol {
            operation: CANARY,
            expected: "status 412, or 204 where the guard is ignored",
            found,
        };
        let mut answers = by_reference(CANARY, &read(CANARY, &answer)?);
        let answers = answers.remove(&reference(0, row.id)).unwrap_or_default();
        match <[RowAnswer; 1]>::try_from(answers) {
            Ok([RowAnswer::Written]) => Ok(GuardCheck::Ignored),
            Ok([RowAnswer::Refused { error: SalesforceError::Precondition(_), .. }]) => {
                Ok(GuardCheck::Works)
            }
            Ok([RowAnswer::Refused { error, .. }]) => Err(error),
            Ok([RowAnswer::Unclear(why)]) => Err(unfit(why)),
            Err(answers) => Err(unfit(format!("{} answers for one row", answers.len()))),
        }
    }

    fn guarded_request(
        &self,
        operation: &'static str,
        sobject: &str,
        field: &str,
        rows: &[GuardedUpdate<'_>],
    ) -> Result<ApiRequest, SalesforceError> {
        let mut subrequests = Vec::with_capacity(rows.len());
        for (index, GuardedUpdate { row, unmodified_since }) in rows.iter().enumerate() {
            let mut fields = Map::new();
            fields.insert(field.to_owned(), json!(row.value));
            subrequests.push(json!({
                "method": "PATCH",
                "url": self.data_path(&format!("sobjects/{sobject}/{}", row.id)),
                "referenceId": reference(index, row.id),
                "httpHeaders": {"If-Unmodified-Since": http_date(operation, *unmodified_since)?},
                "body": fields,
            }));
        }
        let body = json!({"allOrNone": false, "compositeRequest": subrequests});
        Ok(ApiRequest::post(operation, self.data_path("composite"), body))
    }
}

fn check_arguments(
    operation: &'static str,
    sobject: &str,
    field: &str,
    rows: &[GuardedUpdate<'_>],
) -> Result<(), SalesforceError> {
    check_names(operation, sobject, field)?;
    let ids: Vec<&str> = rows.iter().map(|row| row.row.id).collect();
    check_ids(operation, &ids, GUARDED_ROWS_MAX)?;
    check_texts(operation, rows.iter().map(|row| row.row))
}

/// Whether Salesforce would take a part of the text for a reference to another subrequest, `@{referenceId.Field}`.
/// Nothing documents how to write such a text as it is.
fn has_reference(row: RowUpdate<'_>) -> bool {
    row.value.is_some_and(|value| value.contains("@{"))
}

fn refusal(id: &str) -> RowOutcome {
    let ending = RowEnding::Refused {
        code: "COMPOSITE_CANNOT_WRITE_REFERENCE".to_owned(),
        message: REFERENCE_PROBLEM.to_owned(),
        fields: Vec::new(),
    };
    RowOutcome { id: id.to_owned(), ending }
}

/// Unique in its call, and tied to the row: an answer that belongs to another call cannot match.
fn reference(index: usize, id: &str) -> String {
    format!("r{index}_{id}")
}

/// `EEE, dd MMM yyyy HH:mm:ss z`; fractions of a second are dropped.
fn http_date(operation: &'static str, time: Timestamp) -> Result<String, SalesforceError> {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&time).map_err(|error| {
        SalesforceError::InvalidArgument { operation, problem: format!("the date: {error}") }
    })
}

fn read(operation: &'static str, answer: &Incoming) -> Result<Vec<Value>, SalesforceError> {
    Ok(answer.json::<Reply>(operation, EXPECTED)?.composite_response)
}

/// What each subrequest was answered. Entries without a reference are left out.
fn by_reference(operation: &'static str, entries: &[Value]) -> BTreeMap<String, Vec<RowAnswer>> {
    let mut answers: BTreeMap<String, Vec<RowAnswer>> = BTreeMap::new();
    for entry in entries {
        if let Some(reference) = entry.get("referenceId").and_then(Value::as_str) {
            answers.entry(reference.to_owned()).or_default().push(judge(operation, entry));
        }
    }
    answers
}

fn judge(operation: &'static str, entry: &Value) -> RowAnswer {
    let status = entry.get("httpStatusCode").and_then(Value::as_u64);
    match status.and_then(|status| u16::try_from(status).ok()) {
        Some(200 | 204) => RowAnswer::Written,
        Some(408) | None => RowAnswer::Unclear("no status for the row".to_owned()),
        Some(status @ 400..) => {
            let errors = entry.get("body").unwrap_or(&Value::Null);
            RowAnswer::refused(operation, status, errors)
        }
        Some(status) => RowAnswer::Unclear(format!("status {status} for the row")),
    }
}

fn join(operation: &'static str, ids: &[&str], entries: &[Value]) -> Vec<RowOutcome> {
    let mut answers = by_reference(operation, entries);
    let outcome = |(index, id): (usize, &&str)| {
        let answers = answers.remove(&reference(index, id)).unwrap_or_default();
        RowOutcome { id: (*id).to_owned(), ending: answer::only(answers) }
    };
    let outcomes = ids.iter().enumerate().map(outcome).collect();
    if !answers.is_empty() {
        tracing::warn!(operation, surplus = answers.len(), "answers to nothing that was asked");
    }
    outcomes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::update::mangled::{fates_and_entries, id, times};

    proptest! {
           #[test]
           fn every_row_has_one_ending_and_its_own((fates, entries) in fates_and_entries(2)) {
               let answer: Vec<Value> = entries.iter().map(|row| {
                   let status = if fates.get(*row) == Some(&1) { 412 } else { 204 };
                   json!({"referenceId": reference(*row, &id(*row)), "httpStatusCode": status, "body": null})
               }).collect();
               let ids: Vec<String> = (0..fates.len()).map(id).collect();
               let asked: Vec<&str> = ids.iter().map(String::as_str).collect();
               let outcomes = join(GUARDED, &asked, &answer);
               prop_assert_eq!(outcomes.len(), fates.len());
               for (row, outcome) in outcomes.iter().enumerate() {
                   prop_assert_eq!(&outcome.id, &ids[row]);
                   match (times(&entries, row), fates[row]) {
                       (1, 0) => prop_assert_eq!(&outcome.ending, &RowEnding::Written),
                       (1, _) => prop_assert_eq!(&outcome.ending, &RowEnding::ChangedMeanwhile),
                       _ => {
    let is_unknown = matches!(outcome.ending, RowEnding::Unknown { .. });
    prop_assert!(is_unknown, "{:?}", outcome);
    }
                   }
               }
           }
       }

    #[test]
    fn an_entry_that_makes_no_sense_leaves_its_row_unknown() {
        for entry in [
            json!({"httpStatusCode": 204}),
            json!({"referenceId": "r0_a0B000000000000AAA"}),
            json!({"referenceId": "r0_a0B000000000000AAA", "httpStatusCode": "204"}),
            json!({"referenceId": "r0_a0B000000000000AAA", "httpStatusCode": 302}),
            json!({"referenceId": "r0_a0B000000000000AAA", "httpStatusCode": 70_000}),
            json!({"referenceId": "r1_a0B000000000000AAA", "httpStatusCode": 204}),
            json!("r0_a0B000000000000AAA"),
        ] {
            let outcomes = join(GUARDED, &[&id(0)], std::slice::from_ref(&entry));
            assert!(matches!(outcomes[0].ending, RowEnding::Unknown { .. }), "{entry}");
        }
    }
}
