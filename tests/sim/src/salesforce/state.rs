//! Everything the simulator remembers, behind one lock: calls are served one after the other, which makes every
//! test repeatable.

use std::collections::BTreeMap;

use super::bulk::Jobs;
use super::config::OrgConfig;
use super::cursors::Cursors;
use super::endpoint::Endpoint;
use super::error::SaveError;
use super::faults::{Action, CallFaults, FaultPlan, RowFaults};
use super::schema;
use super::sessions::Sessions;
use super::store::{Actor, Store};
use super::time;

/// The state of an org.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) config: OrgConfig,
    pub(crate) store: Store,
    pub(crate) sessions: Sessions,
    pub(crate) cursors: Cursors,
    pub(crate) jobs: Jobs,
    pub(crate) faults: CallFaults,
    pub(crate) counters: BTreeMap<Endpoint, u64>,
    /// Requests counted against the daily allocation.
    pub(crate) requests_used: u64,
}

impl State {
    pub(crate) fn new(config: OrgConfig) -> Result<Self, SaveError> {
        let store = Store::new(&config)?;
        Ok(Self {
            sessions: Sessions::new(&store.org_id),
            store,
            cursors: Cursors::default(),
            jobs: Jobs::default(),
            faults: CallFaults::default(),
            counters: BTreeMap::new(),
            requests_used: 0,
            config,
        })
    }

    /// Replaces the fault plan; everything in it is counted from now.
    pub(crate) fn set_faults(&mut self, plan: FaultPlan) {
        self.store.faults = RowFaults::new(&plan, self.config.seed);
        self.sessions.restart_call_counts();
        self.cursors.restart_page_counts();
        self.faults = CallFaults::new(plan);
    }

    /// Makes a change by somebody else. A change to a row that is gone meanwhile has no effect.
    pub(crate) fn apply(&mut self, action: &Action) -> Result<(), SaveError> {
        let store = &mut self.store;
        match action {
            Action::Update { sobject, id, fields } => {
                store.update(Actor::Person, sobject, id, fields)
            }
            Action::Insert { sobject, fields } => {
                store.create(Actor::Person, sobject, fields).map(drop)
            }
            Action::Delete { sobject, id } => store.soft_delete(Actor::Person, sobject, id),
            Action::HardDelete { sobject, id } => store.hard_delete(sobject, id),
            Action::LateCommit { sobject, fields, age_seconds } => {
                let past = time::rest(store.now() - age_seconds * 1_000);
                let mut fields = fields.clone();
                for name in ["CreatedDate", "LastModifiedDate", "SystemModstamp"] {
                    fields.insert(name.to_owned(), past.clone().into());
                }
                store.create(Actor::Person, sobject, &fields).map(drop)
            }
        }
    }

    /// Requests left in the daily allocation.
    pub(crate) fn requests_left(&self) -> u64 {
        self.config.daily_api_requests.saturating_sub(self.requests_used)
    }

    /// Names of the fields that the integration user can see.
    pub(crate) fn visible_fields(&self, kind: &schema::SObjectType) -> Vec<usize> {
        kind.fields
            .iter()
            .enumerate()
            .filter(|(_, field)| !self.store.faults.is_hidden(&kind.name, &field.name))
            .map(|(index, _)| index)
            .collect()
    }
}
