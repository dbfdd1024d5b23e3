//! Reads the three lists that an update job ends with, and gives every row its ending.
//!
//! ```text
//! successfulResults   "sf__Id","sf__Created","Id","Document__c"
//! failedResults       "sf__Id","sf__Error","Id","Document__c"       the error is CODE:message:Field__c,Other__c --
//! unprocessedrecords  "Id","Document__c"
//! ```
//!
//! The order is not that of the upload, `sf__Id` of a failed row may be empty, and results of batches beyond the daily
//! allocation are not recorded at all:
//! <https://developer.salesforce.com/docs/platform/api-asynch/guide/get-job-unprocessed-results.html>.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord};
use serde_json::{Value, json};

use super::file::{UpdateFile, refusal};
use crate::error::SalesforceError;
use crate::http::Incoming;
use crate::record::id_key;
use crate::soql;
use crate::update::{RowAnswer, RowEnding, RowOutcome};

const EXPECTED: &str = "a list of results as CSV";

/// A list of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Successful,
    Failed,
    Unprocessed,
}

impl List {
    pub(super) const ALL: [Self; 3] = [Self::Successful, Self::Failed, Self::Unprocessed];

    pub(super) fn resource(self) -> &'static str {
        match self {
            Self::Successful => "/successfulResults",
            Self::Failed => "/failedResults",
            Self::Unprocessed => "/unprocessedrecords",
        }
    }
}

/// What a list says about a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ResultRow {
    /// First 15 characters of the id.
    key: String,
    says: Says,
}

#[derive(Clone, Debug, PartialEq)]
enum Says {
    Answer(RowAnswer),
    Unprocessed,
}

/// Reads one list. Errors say what is wrong, never what stands there.
pub(super) fn read(
    operation: &'static str,
    list: List,
    answer: &Incoming,
) -> Result<Vec<ResultRow>, SalesforceError> {
    let unfit = |found: String| SalesforceError::Protocol { operation, expected: EXPECTED, found };
    if !answer.content_type().to_ascii_lowercase().starts_with("text/csv") {
        return Err(unfit(answer.content_type().to_owned()));
    }
    let broken = |error: csv::Error| {
        let row = error.position().map_or(0, csv::Position::record);
        unfit(format!("text that is not CSV in row {row}"))
    };
    let mut reader = ReaderBuilder::new().flexible(false).from_reader(answer.body.as_ref());
    let header = reader.headers().map_err(broken)?.clone();
    let column = |name: &str| {
        header
            .iter()
            .position(|cell| cell.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name))
    };
    let (own, given, error) = (column("sf__Id"), column("Id"), column("sf__Error"));
    let mut rows = Vec::new();
    let mut row = StringRecord::new();
    while reader.read_record(&mut row).map_err(broken)? {
        let cell = |column: Option<usize>| column.and_then(|column| row.get(column));
        let mut says = match list {
            List::Successful => Says::Answer(RowAnswer::Written),
            List::Failed => Says::Answer(failed(operation, cell(error).unwrap_or_default())),
            List::Unprocessed => Says::Unprocessed,
        };
        let keys = match (cell(own).and_then(id_key), cell(given).and_then(id_key)) {
            (Some(one), Some(other)) if one != other => {
                says = Says::Answer(RowAnswer::Unclear("a result with two ids".to_owned()));
                [Some(one), Some(other)]
            }
            (one, other) => [one.or(other), None],
        };
        if keys == [None, None] {
            tracing::warn!(operation, ?list, "a result without an id");
        }
        for key in keys.into_iter().flatten() {
            rows.push(ResultRow { key: key.to_owned(), says: says.clone() });
        }
    }
    Ok(rows)
}

/// Takes `CODE:message:Field__c --` apart.
fn failed(operation: &'static str, text: &str) -> RowAnswer {
    let text = text.trim().strip_suffix("--").unwrap_or(text).trim();
    let (code, rest) = match text.split_once(':') {
        Some((code, rest)) if soql::is_identifier(code.trim()) => (code.trim(), rest),
        Some(_) | None => ("", text),
    };
    let (message, fields) = match rest.rsplit_once(':') {
        Some((message, fields)) if names(fields).all(soql::is_identifier) => (message, fields),
        Some(_) | None => (rest, ""),
    };
    let fields: Vec<&str> = names(fields).collect();
    let errors: Value = json!([{"errorCode": code, "message": message, "fields": fields}]);
    RowAnswer::refused(operation, 400, &errors)
}

fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty())
}

/// Gives every row of the file its one ending.
pub(super) fn join(
    operation: &'static str,
    file: &UpdateFile,
    results: Vec<ResultRow>,
) -> Vec<RowOutcome> {
    let mut said: BTreeMap<String, Vec<Says>> = BTreeMap::new();
    for ResultRow { key, says } in results {
        said.entry(key).or_default().push(says);
    }
    let mut outcomes = Vec::with_capacity(file.rows().len());
    for row in file.rows() {
        let said = id_key(&row.id).and_then(|key| said.remove(key)).unwrap_or_default();
        let ending = match (row.unwritable, said.is_empty()) {
            (Some(unwritable), true) => refusal(unwritable),
            (Some(_), false) => {
                RowEnding::Unknown { why: "a result for a row that was not sent".to_owned() }
            }
            (None, _) => only(said),
        };
        outcomes.push(RowOutcome { id: row.id.clone(), ending });
    }
    if !said.is_empty() {
        tracing::warn!(operation, surplus = said.len(), "results for rows that were not sent");
    }
    outcomes
}

fn only(said: Vec<Says>) -> RowEnding {
    let mut said = said.into_iter();
    match (said.next(), said.next()) {
        (Some(Says::Answer(answer)), None) => answer.into_ending(),
        (Some(Says::Unprocessed), None) => RowEnding::Unprocessed,
        (None, _) => RowEnding::Unknown { why: "no result names the row".to_owned() },
        (Some(_), Some(_)) => {
            RowEnding::Unknown { why: "more than one result names the row".to_owned() }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::HeaderMap;
    use rstest::rstest;

    use super::*;
    use crate::update::RowUpdate;
    use crate::update::mangled::{fates_and_entries, id, times};

    fn answer(body: String) -> Incoming {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "text/csv; charset=UTF-8".parse().unwrap());
        Incoming { headers, body: body.into() }
    }

    fn file(rows: usize) -> UpdateFile {
        let ids: Vec<String> = (0..rows).map(id).collect();
        let rows: Vec<RowUpdate<'_>> =
            ids.iter().map(|id| RowUpdate { id, value: Some("new") }).collect();
        UpdateFile::new("Document__c", &rows).unwrap()
    }

    /// The three lists with these rows, in this order.
    fn read_all(rows: &[usize], list_of: impl Fn(usize) -> List) -> Vec<ResultRow> {
        let mut all = Vec::new();
        for (list, mut body) in [
            (List::Successful, "\"sf__Id\",\"sf__Created\",\"Id\",\"Document__c\"\n".to_owned()),
            (List::Failed, "\"sf__Id\",\"sf__Error\",\"Id\",\"Document__c\"\n".to_owned()),
            (List::Unprocessed, "\"Id\",\"Document__c\"\n".to_owned()),
        ] {
            for row in rows.iter().filter(|row| list_of(**row) == list) {
                let id = id(*row);
                let line = match list {
                    List::Successful => format!("{id},false,{id},new\n"),
                    List::Failed => format!("\"\",UNABLE_TO_LOCK_ROW:x:--,{id},new\n"),
                    List::Unprocessed => format!("{id},new\n"),
                };
                body.push_str(&line);
            }
            all.extend(read("results", list, &answer(body)).unwrap());
        }
        all
    }

    proptest! {
           #[test]
           fn every_row_has_one_ending_and_its_own((fates, entries) in fates_and_entries(3)) {
               let list_of = |row: usize| match fates.get(row) {
                   Some(1) => List::Failed,
                   Some(2) => List::Unprocessed,
                   Some(_) | None => List::Successful,
               };
               let outcomes = join("results", &file(fates.len()), read_all(&entries, list_of));
               prop_assert_eq!(outcomes.len(), fates.len());
               for (row, outcome) in outcomes.iter().enumerate() {
                   prop_assert_eq!(&outcome.id, &id(row));
                   match (times(&entries, row), list_of(row)) {
                       (1, List::Successful) => prop_assert_eq!(&outcome.ending, &RowEnding::Written),
                       (1, List::Failed) => prop_assert_eq!(&outcome.ending, &RowEnding::Locked),
                       (1, List::Unprocessed) => prop_assert_eq!(&outcome.ending, &RowEnding::Unprocessed),
                       _ => {
    let is_unknown = matches!(outcome.ending, RowEnding::Unknown { .. });
    prop_assert!(is_unknown, "{:?}", outcome);
    }
                   }
               }
           }
       }

    #[test]
    fn a_result_with_two_ids_is_nobodys() {
        let body = format!("sf__Id,sf__Created,Id\n{},false,{}\n", id(0), id(1));
        let rows = read("results", List::Successful, &answer(body)).unwrap();
        for outcome in join("results", &file(2), rows) {
            assert!(matches!(outcome.ending, RowEnding::Unknown { .. }), "{outcome:?}");
        }
    }

    #[test]
    fn a_list_may_be_empty_but_not_broken() {
        let read = |body: &str| read("results", List::Successful, &answer(body.to_owned()));
        assert_eq!(read("").unwrap(), []);
        assert_eq!(read("sf__Id,sf__Created,Id\n").unwrap(), []);
        let error = read("sf__Id,sf__Created,Id\na0B000000000001AAA,fal").unwrap_err();
        assert!(error.to_string().contains("not CSV in row 1"), "{error}");
    }

    fn refused(code: &str, message: &str, fields: &[&str]) -> RowEnding {
        RowEnding::Refused {
            code: code.to_owned(),
            message: message.to_owned(),
            fields: fields.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[rstest]
    #[case("UNABLE_TO_LOCK_ROW:unable to obtain exclusive access: a0B:--", RowEnding::Locked)]
    #[case("TooManyLockFailure : 9", RowEnding::Locked)]
    #[case("ENTITY_IS_DELETED:entity is deleted:--", RowEnding::Gone)]
    #[case("INVALID_CROSS_REFERENCE_KEY:invalid cross reference id: --", RowEnding::Gone)]
    #[case(
        "STRING_TOO_LONG:Document: data value too large: https://x:Document__c --",
        refused("STRING_TOO_LONG", "Document: data value too large: https://x", &["Document__c"])
    )]
    #[case(
        "FIELD_CUSTOM_VALIDATION_EXCEPTION:Not here: ask:A__c, B__c --",
        refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Not here: ask", &["A__c", "B__c"])
    )]
    #[case("no code at all", refused("", "no code at all", &[]))]
    #[case("", refused("", "", &[]))]
    fn error_texts(#[case] text: &str, #[case] expected: RowEnding) {
        assert_eq!(failed("bulk update results", text).into_ending(), expected);
    }
}
