//! Lists of records that a run is limited to, as people write them into an execution's input.

use std::collections::BTreeSet;

use crate::id::RecordId;
use crate::problem::Problem;

/// A list of records is a part of an execution's input, which is limited to 256 KiB
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>).
pub const RECORDS_MAX: usize = 5_000;
/// So many bad ids are named; the others are counted.
const BAD_IDS_TOLD: usize = 5;

/// A list of records: ids of 15 or 18 characters, each once.
pub(crate) fn check_records(records: Option<&[String]>, problems: &mut Vec<Problem>) {
    let Some(records) = records else { return };
    let mut problem = |message: String, hint: &str| {
        problems.push(Problem::new("records", message, hint));
    };
    if records.is_empty() {
        problem("is an empty list, which would select nothing".to_owned(), "leave the field out");
    }
    if records.len() > RECORDS_MAX {
        problem(
            format!("has {} entries, more than {RECORDS_MAX}", records.len()),
            "split the run, or select by account",
        );
    }
    let bad: Vec<&String> = records.iter().filter(|id| RecordId::parse(id).is_err()).collect();
    if !bad.is_empty() {
        let told: Vec<String> = bad.iter().take(BAD_IDS_TOLD).map(|id| format!("{id:?}")).collect();
        let more = bad.len().saturating_sub(BAD_IDS_TOLD);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        problem(
            format!("has entries that are no Salesforce ids: {}{more}", told.join(", ")),
            "an id has 15 or 18 letters and digits; the last three of 18 check the others",
        );
    }
    let mut seen = BTreeSet::new();
    let twice = records
        .iter()
        .filter_map(|id| RecordId::parse(id).ok())
        .find(|id| !seen.insert(id.as_str().to_owned()));
    if let Some(id) = twice {
        problem(format!("names {id} twice"), "name each record once");
    }
}

/// Ids in their 18-character form; names as they are.
pub(crate) fn full_ids(names: &[String]) -> Vec<String> {
    names
        .iter()
        .map(|name| match RecordId::parse(name) {
            Ok(id) => id.as_str().to_owned(),
            Err(_) => name.clone(),
        })
        .collect()
}
