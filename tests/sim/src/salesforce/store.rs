//! The rows of the org: typed tables, and the rules under which a row may be saved.
//!
//! Two kinds of writer exist. The API writer is subject to field-level security, locks and validation rules;
//! a person (a test, or an event of the fault plan) is not. Both move the logical clock.

mod log;
mod table;
mod write;

use serde_json::{Map, Value as Json};

use super::config::OrgConfig;
use super::error::SaveError;
use super::faults::{Action, RowFaults};
use super::id;
use super::schema::{self, SObjectType};
use super::time::{self, LogicalClock, Millis};

pub(crate) use log::WriteLog;
pub(crate) use table::{Row, Table, Value};

/// Who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Actor {
    /// The integration user, over the API.
    Api,
    /// Somebody else.
    Person,
}

/// A row as it was before a write, kept while a transaction may still be rolled back.
#[derive(Debug, Clone)]
struct Undo {
    table: usize,
    id: String,
    before: Option<Row>,
}

/// All rows of the org.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    tables: Vec<Table>,
    pub(crate) clock: LogicalClock,
    pub(crate) faults: RowFaults,
    pub(crate) org_id: String,
    pub(crate) api_user: String,
    pub(crate) other_user: String,
    pub(crate) log: WriteLog,
    undo: Option<Vec<Undo>>,
}

impl Store {
    /// An org that holds its `Organization` row and two users, and nothing else.
    pub(crate) fn new(config: &OrgConfig) -> Result<Self, SaveError> {
        let tables: Vec<Table> = schema::standard(config).into_iter().map(Table::new).collect();
        let mut store = Self {
            tables,
            clock: LogicalClock::new(config.clock_start, config.clock_step_ms),
            faults: RowFaults::default(),
            org_id: id::from_serial("00D", 1),
            api_user: id::from_serial("005", 1),
            other_user: id::from_serial("005", 2),
            log: WriteLog::new(&config.object, &config.url_field),
            undo: None,
        };
        let user = |name: &str, login: &str| serde_json::json!({"Name": name, "Username": login, "Email": login, "IsActive": true});
        let username = &config.credentials.username;
        store.create(Actor::Person, "User", &as_map(user("Integration User", username)))?;
        store.create(Actor::Person, "User", &as_map(user("Pat Example", "pat@example.com")))?;
        let organization = serde_json::json!({
            "Name": config.name, "IsSandbox": config.is_sandbox,
            "OrganizationType": "Enterprise Edition", "InstanceName": "SIM1",
        });
        store.create(Actor::Person, "Organization", &as_map(organization))?;
        Ok(store)
    }

    /// Finds a table by object name; names are not case-sensitive.
    pub(crate) fn table(&self, sobject: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.kind.name.eq_ignore_ascii_case(sobject))
    }

    /// Object types in a fixed order.
    pub(crate) fn types(&self) -> impl Iterator<Item = &SObjectType> {
        self.tables.iter().map(|table| &*table.kind)
    }

    fn table_index(&self, sobject: &str) -> Option<usize> {
        self.tables.iter().position(|table| table.kind.name.eq_ignore_ascii_case(sobject))
    }

    /// A row, whether or not it is in the recycle bin. `id` is in its long form.
    pub(crate) fn row(&self, sobject: &str, id: &str) -> Option<&Row> {
        self.table(sobject)?.rows.get(id)
    }

    /// Starts a transaction that [`Store::roll_back`] can undo.
    pub(crate) fn begin(&mut self) {
        self.undo = Some(Vec::new());
        self.log.begin();
    }

    /// Ends the transaction and keeps its writes.
    pub(crate) fn commit(&mut self) {
        self.undo = None;
    }

    /// Ends the transaction and restores every row it wrote. The clock keeps its new time.
    pub(crate) fn roll_back(&mut self) {
        self.log.roll_back();
        for undo in self.undo.take().into_iter().flatten().rev() {
            let Some(table) = self.tables.get_mut(undo.table) else { continue };
            match undo.before {
                Some(row) => drop(table.rows.insert(undo.id, row)),
                None => drop(table.rows.remove(&undo.id)),
            }
        }
    }

    /// Puts a row in place and remembers what was there.
    fn put(&mut self, table: usize, id: &str, row: Option<Row>) {
        let Some(target) = self.tables.get_mut(table) else { return };
        let before = match row {
            Some(row) => target.rows.insert(id.to_owned(), row),
            None => target.rows.remove(id),
        };
        if let Some(undo) = &mut self.undo {
            undo.push(Undo { table, id: id.to_owned(), before });
        }
    }

    /// Gives somebody else the chance to come first. To be called before the API looks at the row that it is about to write.
    pub(crate) fn write_begins(&mut self, given_id: &str) {
        let long = id::to_18(given_id).unwrap_or_default();
        for action in self.faults.events.before_write(&long) {
            self.apply_or_warn(&action);
        }
    }

    /// What somebody else does now that `answer` has told of rows.
    pub(crate) fn rows_were_read(&mut self, answer: &str) -> Vec<Action> {
        let by_api = self.log.writes().iter().filter(|write| write.by == Actor::Api);
        let written = by_api.map(|write| write.row.as_str()).collect();
        self.faults.events.after_read(answer, &written)
    }

    /// Makes a change by somebody else. A change to a row that is gone meanwhile has no effect.
    pub(crate) fn apply(&mut self, action: &Action) -> Result<(), SaveError> {
        match action {
            Action::Update { sobject, id, fields } => {
                self.update(Actor::Person, sobject, id, fields)
            }
            Action::Insert { sobject, fields } => {
                self.create(Actor::Person, sobject, fields).map(drop)
            }
            Action::Delete { sobject, id } => self.soft_delete(Actor::Person, sobject, id),
            Action::HardDelete { sobject, id } => self.hard_delete(sobject, id),
            Action::LateCommit { sobject, fields, age_seconds } => {
                let past = time::rest(self.now() - age_seconds * 1_000);
                let mut fields = fields.clone();
                for name in ["CreatedDate", "LastModifiedDate", "SystemModstamp"] {
                    fields.insert(name.to_owned(), past.clone().into());
                }
                self.create(Actor::Person, sobject, &fields).map(drop)
            }
        }
    }

    /// The same for a change whose failure is no fault of the call that has brought it about.
    pub(crate) fn apply_or_warn(&mut self, action: &Action) {
        if let Err(error) = self.apply(action) {
            tracing::warn!(%error, ?action, "an event of the fault plan had no effect");
        }
    }

    fn user_of(&self, actor: Actor) -> String {
        match actor {
            Actor::Api => self.api_user.clone(),
            Actor::Person => self.other_user.clone(),
        }
    }

    /// The time as clients see it.
    pub(crate) fn now(&self) -> Millis {
        self.clock.now()
    }
}

/// The members of a JSON object; anything else has none.
pub(crate) fn as_map(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            Map::new()
        }
    }
}
