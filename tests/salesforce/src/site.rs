//! An org with a few rows, its server, and a client of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use drayage_salesforce::{
    Client, ClientOptions, Credentials, CurrentRow, GuardedUpdate, RowEnding, RowOutcome,
    RowUpdate, SalesforceError,
};
use drayage_sim::salesforce::{
    Endpoint, FaultPlan, Org, OrgConfig, Server, ServerConfig, ServerHandle,
};
use jiff::Timestamp;
use serde_json::json;

pub(crate) const ENTRY: &str = "DocListEntry__c";
pub(crate) const FIELD: &str = "Document__c";

/// The two ways to write that answer at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Guarded,
    Collection,
}

impl Way {
    pub(crate) const ALL: [Self; 2] = [Self::Guarded, Self::Collection];

    pub(crate) fn endpoint(self) -> Endpoint {
        match self {
            Self::Guarded => Endpoint::Composite,
            Self::Collection => Endpoint::CollectionsUpdate,
        }
    }
}

pub(crate) struct Site {
    pub(crate) org: Org,
    pub(crate) client: Client,
    pub(crate) ids: Vec<String>,
    _server: ServerHandle,
}

impl Site {
    /// An org whose row `n` holds `https://old.example/<n>`.
    pub(crate) async fn new(rows: usize) -> Self {
        let org = Org::new(OrgConfig::default()).unwrap();
        let ids = (0..rows)
            .map(|row| org.insert(ENTRY, json!({"Name": "x", FIELD: old(row)})).unwrap())
            .collect();
        let server = Server::start(org.clone(), ServerConfig::default()).await.unwrap();
        let secret = org.client_credentials_secret(server.base_url()).to_string();
        let credentials = Credentials::from_secret_json(&secret).unwrap();
        let options = ClientOptions::new("drayage-test", Arc::new(|| Timestamp::UNIX_EPOCH));
        let client = Client::new(credentials, options).unwrap();
        Self { org, client, ids, _server: server }
    }

    pub(crate) fn faults(&self, plan: FaultPlan) {
        self.org.set_faults(plan);
    }

    pub(crate) fn ids(&self) -> Vec<&str> {
        self.ids.iter().map(String::as_str).collect()
    }

    pub(crate) async fn read(&self) -> Vec<Option<CurrentRow>> {
        self.client.read_rows(ENTRY, FIELD, &self.ids()).await.unwrap()
    }

    /// What the rows hold, by the simulator's own account.
    pub(crate) fn stored(&self) -> Vec<Option<String>> {
        let value = |id: &String| Some(self.org.get(ENTRY, id)?[FIELD].as_str()?.to_owned());
        self.ids.iter().map(value).collect()
    }

    /// Rows whose values are `new(row)`.
    pub(crate) fn rows<'a>(&'a self, values: &'a [String]) -> Vec<RowUpdate<'a>> {
        let rows = self.ids.iter().zip(values);
        rows.map(|(id, value)| RowUpdate { id, value: Some(value) }).collect()
    }

    /// Reads all rows and writes `new(row)` to each that is there.
    pub(crate) async fn read_and_write(
        &self,
        way: Way,
    ) -> Result<Vec<RowOutcome>, SalesforceError> {
        let seen = self.read().await;
        self.write(way, &seen).await
    }

    /// Writes `new(row)` to each row that was there when it was read.
    pub(crate) async fn write(
        &self,
        way: Way,
        seen: &[Option<CurrentRow>],
    ) -> Result<Vec<RowOutcome>, SalesforceError> {
        let values = all_new(self.ids.len());
        let rows = self.rows(&values);
        let rows: Vec<(RowUpdate<'_>, Timestamp)> = rows
            .into_iter()
            .zip(seen)
            .filter_map(|(row, seen)| Some((row, seen.as_ref()?.last_modified)))
            .collect();
        match way {
            Way::Guarded => {
                let rows: Vec<GuardedUpdate<'_>> = rows
                    .into_iter()
                    .map(|(row, unmodified_since)| GuardedUpdate { row, unmodified_since })
                    .collect();
                self.client.update_guarded(ENTRY, FIELD, &rows).await
            }
            Way::Collection => {
                let rows: Vec<RowUpdate<'_>> = rows.into_iter().map(|(row, _)| row).collect();
                self.client.update_collection(ENTRY, FIELD, &rows).await
            }
        }
    }
}

pub(crate) fn old(row: usize) -> String {
    format!("https://old.example/{row}")
}

pub(crate) fn new(row: usize) -> String {
    format!("https://new.example/\"{row}\", ü")
}

pub(crate) fn all_new(rows: usize) -> Vec<String> {
    (0..rows).map(new).collect()
}

pub(crate) fn endings(outcomes: &[RowOutcome]) -> Vec<&RowEnding> {
    outcomes.iter().map(|outcome| &outcome.ending).collect()
}

pub(crate) fn is_unknown(ending: &RowEnding) -> bool {
    matches!(ending, RowEnding::Unknown { .. })
}

/// Code of a refusal.
pub(crate) fn code(ending: &RowEnding) -> &str {
    if let RowEnding::Refused { code, .. } = ending { code } else { "" }
}

pub(crate) fn locks(id: &str, tries: u32) -> FaultPlan {
    FaultPlan { row_locks: BTreeMap::from([(id.to_owned(), tries)]), ..FaultPlan::default() }
}
