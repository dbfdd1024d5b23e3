//! Writing one field of known rows, with exactly one named ending for every row.
//!
//! Three ways, which differ in what they cost and in how they protect an edit that somebody makes in between:
//!
//! | way | rows per API call | guard |
//! |---|---|---|
//! | [`Client::update_guarded`] | 25 | Salesforce compares the row's date, to the second |
//! | [`Client::update_collection`] | 200 | none: the caller compares, then writes |
//! | [`crate::UpdateFile`] and its job | up to 10,000 in 6 calls, and one per look | none, and the job may wait in a queue |
//!
//! A write is not sent again after Salesforce may have carried it out. Where nobody can know, the ending is
//! [`RowEnding::Unknown`], and the caller reads the row before it decides anything: [`Client::read_rows`].

mod answer;
mod collection;
mod composite;
#[cfg(test)]
pub(crate) mod mangled;

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;

use crate::client::Client;
use crate::error::SalesforceError;
use crate::http::{ApiRequest, Incoming};
use crate::record;
use crate::soql;

pub(crate) use answer::RowAnswer;
pub use collection::COLLECTION_ROWS_MAX;
pub use composite::{GUARDED_ROWS_MAX, GuardCheck};

/// A new value for one field of one row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RowUpdate<'a> {
    /// Id of the row, of 15 or 18 characters.
    pub id: &'a str,
    /// The value, sent as it is; `None` empties the field. Salesforce stores no empty text, so `Some("")` is refused.
    pub value: Option<&'a str>,
}

impl fmt::Debug for RowUpdate<'_> {
    /// Without the value: it does not belong in logs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RowUpdate").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A new value, to be written only if the row is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardedUpdate<'a> {
    /// What to write.
    pub row: RowUpdate<'a>,
    /// `LastModifiedDate` of the row when it was read. Compared to the second, so that an edit within the same second
    /// passes unseen.
    pub unmodified_since: Timestamp,
}

/// How the write of one row ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowOutcome {
    /// The id as the caller spelled it.
    pub id: String,
    /// What happened.
    pub ending: RowEnding,
}

/// What happened to one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowEnding {
    /// Salesforce saved it.
    Written,
    /// Not written: somebody changed the row after it was read. Read it again; never write without the guard instead.
    ChangedMeanwhile,
    /// Not written: another transaction holds the row or its parent. Worth another try, with fewer rows at a time.
    Locked,
    /// Not written: the row is deleted, was never there, or may not be seen by the user.
    Gone,
    /// Not written, and trying again will not help.
    Refused {
        /// Salesforce's code, such as `FIELD_CUSTOM_VALIDATION_EXCEPTION`, or this client's own, such as
        /// [`crate::UnwritableText::code`] or `COMPOSITE_CANNOT_WRITE_REFERENCE`: then another way may write it.
        code: String,
        /// Salesforce's message, at most 600 characters. It may quote the value: not for logs.
        message: String,
        /// API names of the fields at fault.
        fields: Vec<String>,
    },
    /// Not written: the job ended before it came to this row, or the org takes no more calls just now.
    Unprocessed,
    /// Written or not, nobody knows. Read the row before doing anything else.
    Unknown {
        /// What was seen instead of an answer for this row.
        why: String,
    },
}

/// A write that was sent.
pub(crate) enum Sent {
    /// Salesforce answered.
    Answered(Incoming),
    /// It may or may not have been carried out.
    Lost(String),
}

impl Client {
    /// Sends a write. An error means that nothing was changed.
    pub(crate) async fn write(&self, request: ApiRequest) -> Result<Sent, SalesforceError> {
        match self.send(request).await {
            Ok(answer) => Ok(Sent::Answered(answer)),
            Err(error) if error.changed_nothing() => Err(error),
            Err(error) => Ok(Sent::Lost(error.to_string())),
        }
    }
}

/// The same ending for all rows.
fn all_unknown(ids: &[&str], why: &str) -> Vec<RowOutcome> {
    let unknown = |id: &&str| RowOutcome {
        id: (*id).to_owned(),
        ending: RowEnding::Unknown { why: why.to_owned() },
    };
    ids.iter().map(unknown).collect()
}

/// Refuses names that are no API names: they become a part of a path or a header row.
pub(crate) fn check_names(
    operation: &'static str,
    sobject: &str,
    field: &str,
) -> Result<(), SalesforceError> {
    if soql::is_identifier(sobject) && soql::is_identifier(field) {
        return Ok(());
    }
    Err(SalesforceError::InvalidArgument {
        operation,
        problem: "the object or the field is not an API name such as DocListEntry__c".to_owned(),
    })
}

/// Refuses too many ids, text that is no id, and one row given twice: its two endings could not be told apart.
pub(crate) fn check_ids(
    operation: &'static str,
    ids: &[&str],
    most: usize,
) -> Result<(), SalesforceError> {
    let refused = |problem: String| Err(SalesforceError::InvalidArgument { operation, problem });
    if ids.len() > most {
        return refused(format!("{} rows where at most {most} fit", ids.len()));
    }
    let mut seen = BTreeSet::new();
    for (index, id) in ids.iter().enumerate() {
        let Some(key) = record::id_key(id) else {
            return refused(format!("the id of row {index} is not a Salesforce id"));
        };
        if !seen.insert(key) {
            return refused(format!("row {index} is given twice"));
        }
    }
    Ok(())
}

/// Refuses an empty text, which Salesforce would turn into null.
fn check_texts<'a>(
    operation: &'static str,
    mut rows: impl Iterator<Item = RowUpdate<'a>>,
) -> Result<(), SalesforceError> {
    match rows.position(|row| row.value == Some("")) {
        None => Ok(()),
        Some(index) => Err(SalesforceError::InvalidArgument {
            operation,
            problem: format!("row {index} has an empty text; null empties a field"),
        }),
    }
}
