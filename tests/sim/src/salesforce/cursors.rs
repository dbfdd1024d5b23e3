//! Open REST query results. A cursor keeps the ids that matched when the query ran; each page reads the rows as
//! they are then, so rows deleted in between are missing and rows inserted in between do not appear.

use std::collections::BTreeMap;

use super::id;
use super::soql::Plan;

/// One query's result.
#[derive(Debug, Clone)]
pub(crate) struct Cursor {
    pub(crate) plan: Plan,
    pub(crate) ids: Vec<String>,
    pub(crate) page_rows: usize,
    pub(crate) with_deleted: bool,
    pages_served: u64,
}

/// All open cursors.
#[derive(Debug, Default)]
pub(crate) struct Cursors {
    open: BTreeMap<String, Cursor>,
    opened: u64,
}

impl Cursors {
    /// Keeps a result and gives its locator.
    pub(crate) fn open(
        &mut self,
        plan: Plan,
        ids: Vec<String>,
        page_rows: usize,
        with_deleted: bool,
    ) -> String {
        self.opened += 1;
        let locator = id::from_serial("01g", self.opened);
        let cursor = Cursor { plan, ids, page_rows, with_deleted, pages_served: 0 };
        self.open.insert(locator.clone(), cursor);
        locator
    }

    /// Finds a cursor for one further page, unless it is unknown or has expired.
    pub(crate) fn page(&mut self, locator: &str, expires_after: Option<u64>) -> Option<Cursor> {
        let cursor = self.open.get_mut(locator)?;
        if expires_after.is_some_and(|pages| cursor.pages_served >= pages) {
            self.open.remove(locator);
            return None;
        }
        cursor.pages_served += 1;
        Some(cursor.clone())
    }

    pub(crate) fn restart_page_counts(&mut self) {
        self.open.values_mut().for_each(|cursor| cursor.pages_served = 0);
    }
}
