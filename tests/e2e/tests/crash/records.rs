//! The records of a world that has an org of its own, by the simulator's own account.

use std::collections::BTreeMap;

use anyhow::Result;
use drayage_sim::salesforce::{Org, RecordState};
use serde_json::{Value, json};

/// The records of an org as they were, and how they were written since it took over its rows.
#[derive(Debug, Clone)]
pub(crate) struct Records {
    org: Org,
    records: BTreeMap<String, RecordState>,
}

impl Records {
    pub(crate) fn of(org: &Org) -> Result<Self> {
        Ok(Self { org: org.fork()?, records: org.records() })
    }

    /// Puts the records into another org, in place of its own.
    pub(crate) fn restore(&self, org: &Org) {
        org.take_rows(&self.org);
    }

    /// Everything by name: what each record holds, and every value that was written to it over the API.
    pub(crate) fn comparable(&self) -> impl Iterator<Item = (String, Value)> {
        self.records.iter().map(|(id, record)| {
            let RecordState { url, is_deleted, written, .. } = record;
            let value = json!({"url": url, "isDeleted": is_deleted, "written": written});
            (format!("salesforce {id}"), value)
        })
    }
}
