//! A Bulk ingest job: one CSV upload, saved row by row. Half of the rows are saved when the job enters
//! `InProgress` and the rest when it ends, so that an abort in between leaves a real partial result.

use bytes::Bytes;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value as Json};

use super::super::error::SaveError;
use super::super::faults::FaultPlan;
use super::super::id;
use super::super::store::{Actor, Store};
use super::{JobHead, JobState, cells};

/// What a job does with its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Insert,
    Update,
    Delete,
    HardDelete,
}

impl Operation {
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        match name {
            "insert" => Some(Self::Insert),
            "update" => Some(Self::Update),
            "delete" => Some(Self::Delete),
            "hardDelete" => Some(Self::HardDelete),
            _ => None,
        }
    }
}

/// The end of one row.
#[derive(Debug, Clone)]
struct Outcome {
    row: usize,
    id: String,
    /// `None` for a saved row.
    error: Option<String>,
}

/// An ingest job.
#[derive(Debug)]
pub(crate) struct IngestJob {
    pub(crate) head: JobHead,
    operation: Operation,
    upload: Option<Bytes>,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Rows tried so far.
    tried: usize,
    outcomes: Vec<Outcome>,
    /// Outcomes that no list of results names.
    unrecorded: usize,
}

/// What decides how far a status poll moves a job.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace<'a> {
    pub(crate) polls_per_state: u32,
    pub(crate) faults: &'a FaultPlan,
    pub(crate) seed: u64,
}

impl IngestJob {
    pub(crate) fn new(head: JobHead, operation: Operation) -> Self {
        Self {
            head,
            operation,
            upload: None,
            header: Vec::new(),
            rows: Vec::new(),
            tried: 0,
            outcomes: Vec::new(),
            unrecorded: 0,
        }
    }

    pub(crate) fn has_upload(&self) -> bool {
        self.upload.is_some()
    }

    /// Takes the one upload of the job and gives its number of rows, or 0 when it cannot be read yet.
    pub(crate) fn take_upload(&mut self, body: Bytes) -> usize {
        let rows = cells(self.head.format, &body).map_or(0, |(_, rows)| rows.len());
        self.upload = Some(body);
        rows
    }

    pub(crate) fn processed(&self) -> usize {
        self.outcomes.len()
    }

    pub(crate) fn failed(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.error.is_some()).count()
    }

    /// Moves the job on after a status poll.
    pub(crate) fn advance(&mut self, store: &mut Store, pace: Pace<'_>) {
        self.unrecorded = pace.faults.ingest_results_unrecorded;
        let is_due = self.head.is_due(pace.polls_per_state);
        match self.head.state {
            JobState::UploadComplete if is_due => match self.read_upload(store) {
                Ok(()) => {
                    self.head.enter(JobState::InProgress, store.now());
                    let half = self.rows.len() / 2;
                    self.save_until(half, store, pace);
                }
                Err(message) => self.fail(message, store),
            },
            JobState::InProgress if is_due => {
                self.save_until(self.rows.len(), store, pace);
                if self.head.state == JobState::InProgress {
                    self.head.enter(JobState::JobComplete, store.now());
                }
            }
            JobState::Open
            | JobState::UploadComplete
            | JobState::InProgress
            | JobState::JobComplete
            | JobState::Failed
            | JobState::Aborted => {}
        }
        if self.head.state.is_terminal() && pace.faults.shuffle_bulk_results {
            self.outcomes.sort_by_key(|outcome| outcome.row);
            self.outcomes.shuffle(&mut ChaCha8Rng::seed_from_u64(pace.seed));
        }
    }

    fn fail(&mut self, message: String, store: &Store) {
        self.head.error = Some(message);
        self.head.enter(JobState::Failed, store.now());
    }

    /// Reads the upload and checks its header.
    fn read_upload(&mut self, store: &Store) -> Result<(), String> {
        let body = self.upload.clone().unwrap_or_default();
        (self.header, self.rows) = cells(self.head.format, &body)?;
        let table = store.table(&self.head.object).ok_or("InvalidJob : unknown object")?;
        for name in &self.header {
            let known = table.kind.field(name);
            if known.is_none_or(|(_, field)| store.faults.is_hidden(&table.kind.name, &field.name))
            {
                return Err(format!("InvalidBatch : Field name not found : {name}"));
            }
        }
        if self.operation != Operation::Insert && self.id_column().is_none() {
            return Err("InvalidBatch : Field name not found : Id".to_owned());
        }
        self.upload = None;
        Ok(())
    }

    fn id_column(&self) -> Option<usize> {
        self.header.iter().position(|name| name.eq_ignore_ascii_case("Id"))
    }

    fn save_until(&mut self, end: usize, store: &mut Store, pace: Pace<'_>) {
        let most = pace.faults.ingest_fails_after_rows;
        while self.tried < end {
            if most.is_some_and(|most| u64::try_from(self.tried).is_ok_and(|tried| tried >= most)) {
                let message = "InternalServerError : Unable to process the batch after 20 retries";
                self.fail(message.to_owned(), store);
                return;
            }
            let outcome = self.save(self.tried, store);
            self.outcomes.push(outcome);
            self.tried += 1;
        }
    }

    fn save(&self, row: usize, store: &mut Store) -> Outcome {
        let mut given_id = String::new();
        let mut fields = Map::new();
        let values = self.rows.get(row).map(Vec::as_slice).unwrap_or_default();
        for (name, value) in self.header.iter().zip(values) {
            if name.eq_ignore_ascii_case("Id") {
                given_id.clone_from(value);
            } else if value == "#N/A" {
                fields.insert(name.clone(), Json::Null);
            } else if !value.is_empty() {
                fields.insert(name.clone(), Json::String(value.clone()));
            }
        }
        match self.write(store, &given_id, &fields) {
            Ok(id) => Outcome { row, id, error: None },
            Err(error) => {
                // The service names the row only when it knows it.
                let id = id::to_18(&given_id)
                    .filter(|id| store.row(&self.head.object, id).is_some())
                    .unwrap_or_default();
                Outcome { row, id, error: Some(error.bulk_text()) }
            }
        }
    }

    fn write(
        &self,
        store: &mut Store,
        given_id: &str,
        fields: &Map<String, Json>,
    ) -> Result<String, SaveError> {
        let object = self.head.object.as_str();
        if self.operation != Operation::Insert && given_id.is_empty() {
            return Err(SaveError::new("MISSING_ARGUMENT", "Id not specified in an update call"));
        }
        store.write_begins(given_id);
        match self.operation {
            Operation::Insert => return store.create(Actor::Api, object, fields),
            Operation::Update => store.update(Actor::Api, object, given_id, fields)?,
            Operation::Delete => store.soft_delete(Actor::Api, object, given_id)?,
            Operation::HardDelete => store.hard_delete(object, given_id)?,
        }
        Ok(id::to_18(given_id).unwrap_or_default())
    }

    /// `successfulResults`.
    pub(crate) fn successful_csv(&self) -> String {
        let created = if self.operation == Operation::Insert { "true" } else { "false" };
        self.results_csv("sf__Created", |outcome| match outcome.error {
            None => Some(created.to_owned()),
            Some(_) => None,
        })
    }

    /// `failedResults`.
    pub(crate) fn failed_csv(&self) -> String {
        self.results_csv("sf__Error", |outcome| outcome.error.clone())
    }

    fn results_csv(&self, second: &str, value: impl Fn(&Outcome) -> Option<String>) -> String {
        let format = self.head.format;
        let own = |first: &str, second: &str, rest: &[String]| {
            let mut line = vec![first.to_owned(), second.to_owned()];
            line.extend(rest.iter().cloned());
            format.line(&line)
        };
        let mut text = own("sf__Id", second, &self.header);
        for outcome in self.outcomes.iter().skip(self.unrecorded) {
            if let (Some(value), Some(row)) = (value(outcome), self.rows.get(outcome.row)) {
                text.push_str(&own(&outcome.id, &value, row));
            }
        }
        text
    }

    /// `unprocessedrecords`: the rows that were never tried.
    pub(crate) fn unprocessed_csv(&self) -> String {
        if let Some(body) = &self.upload {
            // Nothing was read, so everything is unprocessed, as it was sent.
            return String::from_utf8_lossy(body).into_owned();
        }
        let format = self.head.format;
        let mut text = format.line(&self.header);
        for row in self.rows.iter().skip(self.tried) {
            text.push_str(&format.line(row));
        }
        text
    }
}
