//! A Bulk query job: the rows are read when the job completes, and its result pages never change afterwards.

use super::super::error::ApiError;
use super::super::soql::{self, Plan};
use super::super::store::Store;
use super::{JobHead, JobState, wrong_state};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// A query job.
#[derive(Debug)]
pub(crate) struct QueryJob {
    pub(crate) head: JobHead,
    plan: Plan,
    with_deleted: bool,
    /// Result lines without the header, each with its line ending.
    lines: Vec<Box<str>>,
}

/// One page of results.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) text: String,
    pub(crate) rows: usize,
    /// Locator of the next page.
    pub(crate) next: Option<String>,
}

impl QueryJob {
    pub(crate) fn new(head: JobHead, plan: Plan, with_deleted: bool) -> Self {
        Self { head, plan, with_deleted, lines: Vec::new() }
    }

    /// Moves the job on after a status poll.
    pub(crate) fn advance(&mut self, store: &Store, polls_per_state: u32, fails: bool) {
        let is_due = self.head.is_due(polls_per_state);
        match self.head.state {
            JobState::UploadComplete if is_due => {
                self.head.enter(JobState::InProgress, store.now());
            }
            JobState::InProgress if is_due => {
                if fails {
                    self.head.error =
                        Some("InternalServerError : Unable to run the query".to_owned());
                    self.head.enter(JobState::Failed, store.now());
                } else {
                    self.run(store);
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
    }

    fn run(&mut self, store: &Store) {
        let columns = self.plan.columns.as_deref().unwrap_or_default();
        self.lines = soql::run(&self.plan, store, self.with_deleted)
            .iter()
            .filter_map(|id| store.row(&self.plan.sobject, id))
            .map(|row| {
                let cells: Vec<String> =
                    columns.iter().map(|column| column.value(store, row).to_cell()).collect();
                self.head.format.line(&cells).into_boxed_str()
            })
            .collect();
    }

    /// Rows read so far.
    pub(crate) fn processed(&self) -> usize {
        self.lines.len()
    }

    /// The page at `locator`, or the first one. Every page repeats the header.
    pub(crate) fn page(&self, locator: Option<&str>, rows_max: usize) -> Result<Page, ApiError> {
        if self.head.state != JobState::JobComplete {
            return Err(wrong_state(&self.head));
        }
        let start = match locator {
            Some(text) => self.offset(text)?,
            None => 0,
        };
        let end = self.lines.len().min(start.saturating_add(rows_max.max(1)));
        let lines = self.lines.get(start..end).unwrap_or_default();
        let header: Vec<&str> = self
            .plan
            .columns
            .as_deref()
            .unwrap_or_default()
            .iter()
            .map(|column| column.path.as_str())
            .collect();
        let mut text = self.head.format.line(&header);
        for line in lines {
            text.push_str(line);
        }
        let next = (end < self.lines.len()).then(|| locator_of(end));
        Ok(Page { text, rows: lines.len(), next })
    }

    fn offset(&self, locator: &str) -> Result<usize, ApiError> {
        STANDARD_NO_PAD
            .decode(locator)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| text.parse().ok())
            .filter(|offset| *offset < self.lines.len())
            .ok_or_else(|| ApiError::bad_request("INVALIDLOCATOR", "invalid query locator"))
    }
}

/// A locator is opaque to clients; the service's are base64 without padding too.
fn locator_of(offset: usize) -> String {
    STANDARD_NO_PAD.encode(offset.to_string())
}
