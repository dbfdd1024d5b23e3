//! Changes by somebody else around the counted read or write of one record: between a client's look and its write.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::super::id;
use super::{Action, FaultPlan};

/// A change by somebody else at a counted read or write of a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowEvent {
    /// Record id, 15 or 18 characters.
    pub id: String,
    /// On which occasion.
    pub moment: RowMoment,
    /// Which occasion, counted from 1 when the plan is set.
    pub at: u64,
    /// What is changed.
    pub action: Action,
}

/// When a record is changed by somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowMoment {
    /// Right after an answer that names the record: a query, a page or a job's result, a retrieved row. Composite answers do
    /// not count.
    AfterRead,
    /// The same, but only answers since the API has written the record are counted: 1 is its first read back.
    AfterReadBack,
    /// Right before the API writes the record, guards included; a write that is refused then counts, too.
    BeforeWrite,
}

/// The running state of a plan's row events.
#[derive(Debug, Clone, Default)]
pub(crate) struct RowEvents {
    events: Vec<RowEvent>,
    /// Occasions that matched each event.
    seen: Vec<u64>,
}

impl RowEvents {
    pub(crate) fn new(plan: &FaultPlan) -> Self {
        let long = |event: &RowEvent| RowEvent {
            id: id::to_18(&event.id).unwrap_or_else(|| event.id.clone()),
            ..event.clone()
        };
        let events: Vec<RowEvent> = plan.row_events.iter().map(long).collect();
        Self { seen: vec![0; events.len()], events }
    }

    /// Whether answers have to be looked through.
    pub(crate) fn wait_for_reads(&self) -> bool {
        self.events.iter().any(|event| event.moment != RowMoment::BeforeWrite)
    }

    /// What is changed now that `answer` tells of records, some of which the API has written before.
    pub(crate) fn after_read(&mut self, answer: &str, written: &BTreeSet<&str>) -> Vec<Action> {
        let mut due = self.due(RowMoment::AfterRead, |id| answer.contains(id));
        let read_back = |id: &str| written.contains(id) && answer.contains(id);
        due.extend(self.due(RowMoment::AfterReadBack, read_back));
        due
    }

    /// What is changed before the record with this long id is written.
    pub(crate) fn before_write(&mut self, row: &str) -> Vec<Action> {
        self.due(RowMoment::BeforeWrite, |id| id == row)
    }

    fn due(&mut self, moment: RowMoment, concerns: impl Fn(&str) -> bool) -> Vec<Action> {
        let mut due = Vec::new();
        for (event, seen) in self.events.iter().zip(self.seen.iter_mut()) {
            if event.moment == moment && concerns(&event.id) {
                *seen += 1;
                if *seen == event.at {
                    due.push(event.action.clone());
                }
            }
        }
        due
    }
}
