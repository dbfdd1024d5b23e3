//! The handle through which tests set up, change and inspect an org.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use super::config::OrgConfig;
use super::endpoint::Endpoint;
use super::error::SaveError;
use super::faults::{FaultPlan, RowFaults};
use super::http::oauth::REFRESH_TOKEN;
use super::keys::{self, KeyError};
use super::recording::RecordedCall;
use super::state::State;
use super::store::{Actor, as_map};
use super::{id, time};

/// Why an org could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OrgError {
    /// A row that every org has was refused; a configured name is probably invalid.
    #[error("the org's own rows could not be saved")]
    OwnRows(#[from] SaveError),
    /// No key pair for the connected app.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A simulated org. Clones share the same state; several servers may serve one org.
///
/// Changes made through this handle are those of another user: they are not subject to faults, and they move
/// the logical clock as every write does.
#[derive(Debug, Clone)]
pub struct Org {
    state: Arc<Mutex<State>>,
}

impl Org {
    /// An org with its `Organization` row and two users.
    pub fn new(config: OrgConfig) -> Result<Self, OrgError> {
        Ok(Self { state: Arc::new(Mutex::new(State::new(config)?)) })
    }

    /// An org of its own with the same rows at the same time. Sessions, jobs, faults and the log of writes are not taken over.
    pub fn fork(&self) -> Result<Self, OrgError> {
        let fork = Self::new(self.config())?;
        fork.take_rows(self);
        Ok(fork)
    }

    /// Gives up all rows, and takes over those of another org at their time. The log of writes begins anew.
    pub fn take_rows(&self, other: &Self) {
        let mut store = other.lock().store.clone();
        store.log.forget();
        let mut state = self.lock();
        store.faults = RowFaults::new(state.faults.plan(), state.config.seed);
        state.store = store;
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Inserts a row and gives its 18-character id. `CreatedDate`, `LastModifiedDate` and `SystemModstamp` may be
    /// set, so that a row can be placed in the past.
    pub fn insert(&self, sobject: &str, fields: Value) -> Result<String, SaveError> {
        self.lock().store.create(Actor::Person, sobject, &as_map(fields))
    }

    /// Inserts a row under a 15- or 18-character id.
    pub fn insert_with_id(
        &self,
        sobject: &str,
        id: &str,
        fields: Value,
    ) -> Result<String, SaveError> {
        self.lock().store.create_with_id(Actor::Person, sobject, id, &as_map(fields))?;
        Ok(id::to_18(id).unwrap_or_default())
    }

    /// Changes fields of a row. `LastModifiedDate` and `SystemModstamp` may be set, as by a transaction that began
    /// earlier.
    pub fn update(&self, sobject: &str, id: &str, fields: Value) -> Result<(), SaveError> {
        self.lock().store.update(Actor::Person, sobject, id, &as_map(fields))
    }

    /// Moves a row to the recycle bin.
    pub fn soft_delete(&self, sobject: &str, id: &str) -> Result<(), SaveError> {
        self.lock().store.soft_delete(Actor::Person, sobject, id)
    }

    /// Removes a row without a trace.
    pub fn hard_delete(&self, sobject: &str, id: &str) -> Result<(), SaveError> {
        self.lock().store.hard_delete(sobject, id)
    }

    /// All fields of a row, whether or not it is in the recycle bin.
    pub fn get(&self, sobject: &str, id: &str) -> Option<Map<String, Value>> {
        let long = id::to_18(id)?;
        let state = self.lock();
        let table = state.store.table(sobject)?;
        table.rows.get(&long).map(|row| table.to_json(row))
    }

    /// All rows of an object type by id, including those in the recycle bin.
    pub fn snapshot(&self, sobject: &str) -> BTreeMap<String, Map<String, Value>> {
        let state = self.lock();
        let Some(table) = state.store.table(sobject) else { return BTreeMap::new() };
        table.rows.iter().map(|(id, row)| (id.clone(), table.to_json(row))).collect()
    }

    /// Replaces the fault plan; everything in it is counted from now.
    pub fn set_faults(&self, plan: FaultPlan) {
        self.lock().set_faults(plan);
    }

    /// The fault plan in force.
    pub fn faults(&self) -> FaultPlan {
        self.lock().faults.plan().clone()
    }

    /// Calls received so far, by endpoint.
    pub fn requests(&self) -> BTreeMap<Endpoint, u64> {
        self.lock().counters.clone()
    }

    /// Calls of one endpoint received so far.
    pub fn requests_of(&self, endpoint: Endpoint) -> u64 {
        self.lock().counters.get(&endpoint).copied().unwrap_or_default()
    }

    /// Keeps every call that is received from now on, with its body, until [`Org::take_recorded`].
    pub fn record_calls(&self) {
        self.lock().recorded = Some(Vec::new());
    }

    /// The calls since [`Org::record_calls`], in their order; no more are kept.
    pub fn take_recorded(&self) -> Vec<RecordedCall> {
        self.lock().recorded.take().unwrap_or_default()
    }

    /// Access tokens handed out so far.
    pub fn tokens_issued(&self) -> u64 {
        self.lock().sessions.issued()
    }

    /// Ends every session; the next call with an old token gets `INVALID_SESSION_ID`.
    pub fn expire_tokens(&self) {
        self.lock().sessions.revoke_all();
    }

    /// Moves the logical clock forward.
    pub fn advance_seconds(&self, seconds: i64) {
        self.lock().store.clock.advance(seconds * 1_000);
    }

    /// The logical time, as REST writes it.
    pub fn now(&self) -> String {
        time::rest(self.lock().store.now())
    }

    /// The org's settings.
    pub fn config(&self) -> OrgConfig {
        self.lock().config.clone()
    }

    /// Gives the org another name, and makes it a sandbox or a production org. Sessions stay; the audience of a login follows.
    pub fn describe_as(&self, name: &str, is_sandbox: bool) -> Result<(), SaveError> {
        self.lock().describe_as(name, is_sandbox)
    }

    /// The 18-character id of the org.
    pub fn org_id(&self) -> String {
        self.lock().store.org_id.clone()
    }

    /// The secret that Drayage reads, for the JWT bearer flow.
    pub fn jwt_secret(&self, login_url: &str) -> Result<Value, KeyError> {
        let credentials = self.config().credentials;
        Ok(json!({
            "auth": "jwt",
            "login_url": login_url,
            "client_id": credentials.client_id,
            "username": credentials.username,
            "private_key": keys::private_pem()?,
        }))
    }

    /// The secret that Drayage reads, for the client credentials flow.
    pub fn client_credentials_secret(&self, login_url: &str) -> Value {
        let credentials = self.config().credentials;
        json!({
            "auth": "client_credentials",
            "login_url": login_url,
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
        })
    }

    /// A refresh token that the token endpoint accepts.
    pub fn refresh_token(&self) -> &'static str {
        REFRESH_TOKEN
    }
}
