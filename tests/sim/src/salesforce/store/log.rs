//! Every write of the field that holds document links: who wrote what, in their order.

use super::super::schema::SObjectType;
use super::{Actor, Value};

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoggedWrite {
    pub(crate) row: String,
    pub(crate) by: Actor,
    /// `None` for null.
    pub(crate) value: Option<String>,
}

/// The writes of one field. Creating a row is none.
#[derive(Debug, Clone)]
pub(crate) struct WriteLog {
    object: String,
    field: String,
    writes: Vec<LoggedWrite>,
    /// Writes before the transaction that is open.
    before: usize,
}

impl WriteLog {
    pub(super) fn new(object: &str, field: &str) -> Self {
        Self { object: object.to_owned(), field: field.to_owned(), writes: Vec::new(), before: 0 }
    }

    pub(crate) fn writes(&self) -> &[LoggedWrite] {
        &self.writes
    }

    pub(crate) fn forget(&mut self) {
        self.writes.clear();
        self.before = 0;
    }

    pub(super) fn begin(&mut self) {
        self.before = self.writes.len();
    }

    pub(super) fn roll_back(&mut self) {
        self.writes.truncate(self.before);
    }

    /// Takes a value that a row gets, if its field is the one that is watched.
    pub(super) fn note(
        &mut self,
        kind: &SObjectType,
        field: usize,
        (by, row): (Actor, &str),
        value: &Value,
    ) {
        let is_watched =
            |name: &str| kind.name == self.object && name.eq_ignore_ascii_case(&self.field);
        if kind.fields.get(field).is_some_and(|field| is_watched(&field.name)) {
            let value = value.text().map(str::to_owned);
            self.writes.push(LoggedWrite { row: row.to_owned(), by, value });
        }
    }
}
