//! The independent reader: what the records hold, and by whom they were written, straight from the org's state. Nothing that
//! the product reads passes through here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::org::Org;
use super::schema;
use super::state::State;
use super::store::{Actor, Row};
use super::time;

/// A record of the object that holds document links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordState {
    /// 18-character id.
    pub id: String,
    /// The URL field, byte for byte; `None` for null.
    pub url: Option<String>,
    /// `LastModifiedDate`, as REST writes it.
    pub last_modified: String,
    /// Whether it is in the recycle bin.
    pub is_deleted: bool,
    /// Every write of the URL field over the API that was saved, by the value written; `None` for null.
    pub written: Vec<Option<String>>,
    /// Every edit of the URL field by somebody else.
    pub edits: Vec<Option<String>>,
}

/// Every record by id, with the writes since the log was begun. What was removed without a trace is not there.
pub(crate) fn records(state: &State) -> BTreeMap<String, RecordState> {
    let config = &state.config;
    let Some(table) = state.store.table(&config.object) else { return BTreeMap::new() };
    let Some((field, _)) = table.kind.field(&config.url_field) else { return BTreeMap::new() };
    let read = |row: &Row| RecordState {
        id: row.id().to_owned(),
        url: row.get(field).text().map(str::to_owned),
        last_modified: time::rest(row.time(schema::LAST_MODIFIED_DATE)),
        is_deleted: row.is_deleted(),
        written: Vec::new(),
        edits: Vec::new(),
    };
    let mut records: BTreeMap<String, RecordState> =
        table.rows.iter().map(|(id, row)| (id.clone(), read(row))).collect();
    for write in state.store.log.writes() {
        let Some(record) = records.get_mut(&write.row) else { continue };
        match write.by {
            Actor::Api => record.written.push(write.value.clone()),
            Actor::Person => record.edits.push(write.value.clone()),
        }
    }
    records
}

impl Org {
    /// Every record of the object that holds document links, by id, with the writes since [`Org::forget_writes`].
    pub fn records(&self) -> BTreeMap<String, RecordState> {
        records(&self.lock())
    }

    /// Begins the log of writes anew.
    pub fn forget_writes(&self) {
        self.lock().store.log.forget();
    }

    /// Calls that have been answered and are not applied yet.
    pub fn late_calls(&self) -> usize {
        self.lock().late.len()
    }

    /// Applies those calls now.
    pub fn apply_late_calls(&self) {
        self.lock().apply_late_calls();
    }
}
