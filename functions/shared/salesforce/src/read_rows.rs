//! Reading known rows back: what a field holds now, and when the row was last changed.
//!
//! ```text
//! POST /services/data/v66.0/composite/sobjects/DocListEntry__c
//! {"ids":["a0B...","a0B..."],"fields":["Id","Document__c","LastModifiedDate","SystemModstamp"]}
//! [{"attributes":{...},"Id":"a0B...","Document__c":"https://...","LastModifiedDate":"2026-01-02T17:38:59.000+0000",...},
//!  null]
//! ```
//!
//! The list has one entry per id, null for a row that is gone or may not be seen:
//! <https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-retrieve-post.html>.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::client::Client;
use crate::error::SalesforceError;
use crate::http::ApiRequest;
use crate::record::{Record, id_key};
use crate::retry::Replay;
use crate::update::{check_ids, check_names};

/// Most rows of one [`Client::read_rows`].
pub const READ_ROWS_MAX: usize = 2_000;

const READ_ROWS: &str = "read rows";
const EXPECTED: &str = "the rows that were asked for";

/// A row as it is now.
#[derive(Clone, PartialEq, Eq)]
pub struct CurrentRow {
    /// The field's text, byte for byte; `None` where it is null.
    pub value: Option<String>,
    /// When a user or this client last changed the row; the date that [`crate::GuardedUpdate`] wants.
    pub last_modified: Timestamp,
    /// When anything last changed the row, system processes included. Not before `last_modified`.
    pub system_modstamp: Timestamp,
}

impl fmt::Debug for CurrentRow {
    /// Without the value: it does not belong in logs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CurrentRow")
            .field("last_modified", &self.last_modified)
            .field("system_modstamp", &self.system_modstamp)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Reads one field of up to [`READ_ROWS_MAX`] rows, in the order of `ids`; `None` for a row that is gone. One API
    /// call.
    ///
    /// # Errors
    /// [`SalesforceError::Permission`] if the user may not see the field; [`SalesforceError::Protocol`] if the answer
    /// is not exactly the rows that were asked for, in their order.
    pub async fn read_rows(
        &self,
        sobject: &str,
        field: &str,
        ids: &[&str],
    ) -> Result<Vec<Option<CurrentRow>>, SalesforceError> {
        check_names(READ_ROWS, sobject, field)?;
        check_ids(READ_ROWS, ids, READ_ROWS_MAX)?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let fields = ["Id", field, "LastModifiedDate", "SystemModstamp"];
        let path = self.data_path(&format!("composite/sobjects/{sobject}"));
        let body = json!({"ids": ids, "fields": fields});
        let mut request = ApiRequest::post(READ_ROWS, path, body);
        request.replay = Replay::Always;
        let entries: Vec<Option<Record>> = self.json(request, EXPECTED).await?;
        if entries.len() != ids.len() {
            return Err(unfit(format!("{} rows for {} ids", entries.len(), ids.len())));
        }
        let rows = ids.iter().zip(&entries).enumerate();
        rows.map(|(index, (id, entry))| {
            let entry = entry.as_ref();
            entry
                .map(|entry| current(id, field, entry))
                .transpose()
                .map_err(|found| unfit(format!("{found} in row {index}")))
        })
        .collect()
    }
}

fn unfit(found: String) -> SalesforceError {
    SalesforceError::Protocol { operation: READ_ROWS, expected: EXPECTED, found }
}

/// The error says what is wrong, never what stands there.
fn current(id: &str, field: &str, entry: &Record) -> Result<CurrentRow, &'static str> {
    let get = |name: &str| {
        entry.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    let own = get("Id").and_then(Value::as_str);
    if own.and_then(id_key) != id_key(id) {
        return Err("another id");
    }
    let value = match get(field) {
        Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            return Err("a value that is not text");
        }
        None => return Err("no value"),
    };
    let date = |name: &str| {
        get(name).and_then(Value::as_str).and_then(|text| text.parse().ok()).ok_or("no date")
    };
    Ok(CurrentRow {
        value,
        last_modified: date("LastModifiedDate")?,
        system_modstamp: date("SystemModstamp")?,
    })
}
