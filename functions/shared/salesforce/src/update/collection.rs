//! Unguarded updates of up to 200 rows by the sObject collections.
//!
//! ```text
//! PATCH /services/data/v66.0/composite/sobjects
//! {"allOrNone":false,"records":[{"attributes":{"type":"DocListEntry__c"},"id":"a0B...","Document__c":"https://..."}]}
//! [{"id":"a0B...","success":true,"errors":[]},
//!  {"success":false,"errors":[{"statusCode":"UNABLE_TO_LOCK_ROW","message":"...","fields":[]}]}]
//! ```
//!
//! Results are in the order of the request, and a failed one may have no id:
//! <https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-update.html>.
//! So position joins them, and the ids that are there prove that it may.

use serde_json::{Map, Value, json};

use super::{RowAnswer, RowOutcome, RowUpdate, Sent};
use super::{all_unknown, check_ids, check_names, check_texts};
use crate::client::Client;
use crate::error::SalesforceError;
use crate::http::ApiRequest;
use crate::record::id_key;

/// Most rows of one collections update.
pub const COLLECTION_ROWS_MAX: usize = 200;

const COLLECTION: &str = "collection update";

impl Client {
    /// Writes up to [`COLLECTION_ROWS_MAX`] rows, each on its own (`allOrNone` is false). One API call. There is no
    /// guard: compare with [`Client::read_rows`] directly before. Every row given has one outcome, in the order given.
    ///
    /// # Errors
    /// Nothing was written: the arguments, the session, the allocation of API calls, or Salesforce out of order.
    pub async fn update_collection(
        &self,
        sobject: &str,
        field: &str,
        rows: &[RowUpdate<'_>],
    ) -> Result<Vec<RowOutcome>, SalesforceError> {
        check_names(COLLECTION, sobject, field)?;
        let ids: Vec<&str> = rows.iter().map(|row| row.id).collect();
        check_ids(COLLECTION, &ids, COLLECTION_ROWS_MAX)?;
        check_texts(COLLECTION, rows.iter().copied())?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let records: Vec<Value> = rows
            .iter()
            .map(|row| {
                let mut record = Map::new();
                record.insert("attributes".to_owned(), json!({"type": sobject}));
                record.insert("id".to_owned(), json!(row.id));
                record.insert(field.to_owned(), json!(row.value));
                Value::Object(record)
            })
            .collect();
        let body = json!({"allOrNone": false, "records": records});
        let path = self.data_path("composite/sobjects");
        let answer = match self.write(ApiRequest::patch(COLLECTION, path, body)).await? {
            Sent::Answered(answer) => answer,
            Sent::Lost(why) => return Ok(all_unknown(&ids, &why)),
        };
        Ok(match answer.json::<Vec<Value>>(COLLECTION, "a list of results") {
            Ok(results) => join(&ids, &results),
            Err(error) => all_unknown(&ids, &error.to_string()),
        })
    }
}

/// Gives every row the result at its position, as far as the ids prove that positions mean anything: a named result
/// counts for its own row only, a nameless one only if nothing is missing, surplus or out of place.
fn join(ids: &[&str], results: &[Value]) -> Vec<RowOutcome> {
    let names: Vec<Option<&str>> = results.iter().map(|result| text(result, "id")).collect();
    let is_in_place = |(name, id): (Option<&str>, &&str)| name.is_none_or(|n| same_row(id, n));
    let in_order = names.len() == ids.len() && names.iter().copied().zip(ids).all(is_in_place);
    let ending = |position: usize, id: &str| {
        let is_here = |name: Option<&str>| name.is_some_and(|name| same_row(id, name));
        let times = names.iter().copied().filter(|name| is_here(*name)).count();
        let here = names.get(position).copied().is_some_and(is_here);
        match results.get(position) {
            Some(result) if times == 1 && here => judge(result),
            Some(result) if times == 0 && in_order => judge_nameless(result),
            Some(_) | None => RowAnswer::Unclear(format!(
                "{} results for {} rows, not in their order",
                results.len(),
                ids.len()
            )),
        }
    };
    let rows = ids.iter().enumerate();
    rows.map(|(position, id)| RowOutcome {
        id: (*id).to_owned(),
        ending: ending(position, id).into_ending(),
    })
    .collect()
}

fn text<'a>(result: &'a Value, name: &str) -> Option<&'a str> {
    result.get(name).and_then(Value::as_str)
}

fn same_row(id: &str, name: &str) -> bool {
    id_key(id).is_some_and(|key| id_key(name) == Some(key))
}

fn judge(result: &Value) -> RowAnswer {
    let errors = result.get("errors").and_then(Value::as_array);
    match (result.get("success").and_then(Value::as_bool), errors) {
        (Some(true), Some(errors)) if !errors.is_empty() => {
            RowAnswer::Unclear("a success with errors".to_owned())
        }
        (Some(true), _) => RowAnswer::Written,
        (Some(false), _) => refused(result),
        (None, _) => {
            RowAnswer::Unclear("a result that says neither success nor failure".to_owned())
        }
    }
}

/// A success has to name its row.
fn judge_nameless(result: &Value) -> RowAnswer {
    match result.get("success").and_then(Value::as_bool) {
        Some(false) => refused(result),
        Some(true) | None => RowAnswer::Unclear("a success without the id of its row".to_owned()),
    }
}

fn refused(result: &Value) -> RowAnswer {
    RowAnswer::refused(COLLECTION, 400, result.get("errors").unwrap_or(&Value::Null))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::update::RowEnding;
    use crate::update::mangled::{fates_and_entries, id};

    fn entry(row: usize, is_written: bool) -> Value {
        if is_written {
            json!({"id": id(row), "success": true, "errors": []})
        } else {
            json!({"success": false, "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "m"}]})
        }
    }

    fn endings(rows: usize, results: &[Value]) -> Vec<RowEnding> {
        let ids: Vec<String> = (0..rows).map(id).collect();
        let asked: Vec<&str> = ids.iter().map(String::as_str).collect();
        let outcomes = join(&asked, results);
        assert!(outcomes.iter().map(|outcome| &outcome.id).eq(&ids));
        outcomes.into_iter().map(|outcome| outcome.ending).collect()
    }

    proptest! {
        #[test]
        fn every_row_has_one_ending_and_nobody_elses_success((fates, entries) in fates_and_entries(2)) {
            let is_written = |row: usize| fates.get(row) != Some(&1);
            let answer: Vec<Value> = entries.iter().map(|row| entry(*row, is_written(*row))).collect();
            let endings = endings(fates.len(), &answer);
            let is_whole = entries.iter().copied().eq(0..fates.len());
            for (row, ending) in endings.iter().enumerate() {
                if is_whole {
                    let expected = if is_written(row) { RowEnding::Written } else { RowEnding::Locked };
                    prop_assert_eq!(ending, &expected);
                } else if *ending == RowEnding::Written {
                    prop_assert!(is_written(row) && entries[row] == row);
                }
            }
        }
    }

    #[test]
    fn a_failure_without_an_id_counts_only_in_a_whole_answer() {
        let unknown = |ending: &RowEnding| matches!(ending, RowEnding::Unknown { .. });
        let shifted = endings(3, &[entry(1, true), entry(0, false), entry(2, true)]);
        assert!(unknown(&shifted[0]) && unknown(&shifted[1]), "{shifted:?}");
        assert_eq!(shifted[2], RowEnding::Written);
        let short = endings(2, &[entry(0, false)]);
        assert!(short.iter().all(unknown), "{short:?}");
    }

    #[test]
    fn a_success_names_its_row_in_either_spelling() {
        let success = |id: &str| json!([{"id": id, "success": true}, {"success": true}]);
        let short = success(&id(0)[..15]);
        let endings = endings(2, short.as_array().unwrap());
        assert_eq!(endings[0], RowEnding::Written);
        assert!(matches!(endings[1], RowEnding::Unknown { .. }));
    }
}
