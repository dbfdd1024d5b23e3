//! Everything the simulator remembers, behind one lock: calls are served one after the other, which makes every
//! test repeatable.

use std::collections::BTreeMap;

use serde_json::json;

use super::bulk::Jobs;
use super::call::Call;
use super::config::OrgConfig;
use super::cursors::Cursors;
use super::endpoint::Endpoint;
use super::error::SaveError;
use super::faults::{CallFaults, FaultPlan, RowFaults};
use super::http::serve;
use super::recording::RecordedCall;
use super::schema;
use super::sessions::Sessions;
use super::store::{Actor, Store, as_map};

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
    /// Calls in the order in which they came, while somebody wants to know.
    pub(crate) recorded: Option<Vec<RecordedCall>>,
    /// Requests counted against the daily allocation.
    pub(crate) requests_used: u64,
    /// Those of them that were made before the fault plan was set.
    requests_before_plan: u64,
    /// Calls that have been answered and are not applied yet.
    pub(crate) late: Vec<LateCall>,
}

/// A call that is applied later than it was answered.
#[derive(Debug)]
pub(crate) struct LateCall {
    call: Call,
    /// Data calls to be answered before.
    after_calls: u64,
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
            recorded: None,
            requests_used: 0,
            requests_before_plan: 0,
            late: Vec::new(),
            config,
        })
    }

    /// Changes what the org says about itself.
    pub(crate) fn describe_as(&mut self, name: &str, is_sandbox: bool) -> Result<(), SaveError> {
        let fields = as_map(json!({"Name": name, "IsSandbox": is_sandbox}));
        let org_id = self.store.org_id.clone();
        self.store.update(Actor::Person, "Organization", &org_id, &fields)?;
        name.clone_into(&mut self.config.name);
        self.config.is_sandbox = is_sandbox;
        Ok(())
    }

    /// Replaces the fault plan; everything in it is counted from now.
    pub(crate) fn set_faults(&mut self, plan: FaultPlan) {
        self.store.faults = RowFaults::new(&plan, self.config.seed);
        self.sessions.restart_call_counts();
        self.cursors.restart_page_counts();
        self.requests_before_plan = self.requests_used;
        self.faults = CallFaults::new(plan);
    }

    /// Keeps a call that has been answered and is applied only later.
    pub(crate) fn apply_later(&mut self, call: &Call, after_calls: u64) {
        self.late.push(LateCall { call: call.clone(), after_calls });
        self.apply_due();
    }

    /// Counts a data call that has been answered, and applies what was to wait for it.
    pub(crate) fn data_call_answered(&mut self) {
        for late in &mut self.late {
            late.after_calls = late.after_calls.saturating_sub(1);
        }
        self.apply_due();
    }

    /// Applies everything that is to be applied later.
    pub(crate) fn apply_late_calls(&mut self) {
        self.late.iter_mut().for_each(|late| late.after_calls = 0);
        self.apply_due();
    }

    fn apply_due(&mut self) {
        let late = std::mem::take(&mut self.late);
        let (due, waiting): (Vec<_>, Vec<_>) =
            late.into_iter().partition(|late| late.after_calls == 0);
        self.late = waiting;
        for late in due {
            if let Err(error) = serve(self, &late.call) {
                tracing::debug!(?error, "a late call was refused");
            }
        }
    }

    /// Requests left in the daily allocation.
    pub(crate) fn requests_left(&self) -> u64 {
        match self.faults.plan().requests_left {
            Some(left) => left.saturating_sub(self.requests_used - self.requests_before_plan),
            None => self.config.daily_api_requests.saturating_sub(self.requests_used),
        }
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
