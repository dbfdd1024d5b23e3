//! The lines of a plan, from wherever the run takes them: the ledger, single rows of it, or a rollback file. Sorted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufReader;

use drayage_aws::objects::StorageError;
use drayage_aws::sort::{DiskError, Sorted, Sorter};
use drayage_domain::id::RecordId;
use drayage_domain::problem::Problem;
use drayage_domain::row::FileRow;
use drayage_domain::state::FileState;
use drayage_domain::switch::pick::{Picked, Picker};
use drayage_domain::switch::rollback_file::{RollbackFileError, RollbackReader, Wanted};
use drayage_domain::switch::{Direction, SwitchLine};
use drayage_lambda_kit::error::{FunctionError, ROLLBACK_FILE_INVALID, STORAGE_UNAVAILABLE};
use futures::stream::{self, StreamExt};

use crate::Context;
use crate::earlier_jobs::Runs;

/// Lines in memory before they go to the local disk, in bytes.
const SORT_MEMORY_BYTES: usize = 64 * 1024 * 1024;
/// Rows of one page of the scan; a page ends at 1 MB anyway.
const PAGE_ROWS: u32 = 2_000;
/// Lines that are handed on together.
const LINES_AT_ONCE: usize = 1_000;
/// Rows of the ledger that one call reads.
const ROWS_AT_ONCE: usize = 100;
/// Calls for rows at a time.
const READS_AT_ONCE: usize = 8;
/// Largest rollback file, in bytes: more than ten million records.
const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024 * 1024;
/// So many unknown records are named; the others are counted.
const UNKNOWN_TOLD: usize = 5;

/// What was found.
#[derive(Debug)]
pub(crate) struct Collected {
    pub(crate) lines: Sorted<SwitchLine>,
    pub(crate) tally: Tally,
}

/// What was counted of rows that are no lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// By the label of the reason.
    pub(crate) not_planned: BTreeMap<String, u64>,
    /// Rows that need a person's attention.
    pub(crate) attention: u64,
    /// Rows in the middle of the other direction: somebody has to finish that first.
    pub(crate) interrupted: u64,
    /// Whose records are in the middle of a write, in scope or not.
    pub(crate) interrupted_runs: Runs,
}

impl Tally {
    pub(crate) fn leave_out(&mut self, label: &str) {
        *self.not_planned.entry(label.to_owned()).or_default() += 1;
    }

    /// The line of a row, or its place among those that have none.
    fn take(&mut self, picker: &Picker, direction: Direction, row: &FileRow) -> Option<SwitchLine> {
        self.interrupted_runs.note_row(row);
        let label = match picker.pick(row) {
            Picked::OutOfScope => return None,
            Picked::Line(line) => return Some(line),
            Picked::NotPlanned(label) => label,
        };
        self.leave_out(&label);
        self.attention += u64::from(row.state.needs_attention());
        let other_intent = match direction {
            Direction::Switch => FileState::RestoringUrl,
            Direction::Restore => FileState::Switching,
        };
        self.interrupted += u64::from(row.state == other_intent);
        None
    }
}

impl Context {
    /// All lines in scope.
    pub(crate) async fn collect(&self) -> Result<Collected, FunctionError> {
        let picker = Picker::new(&self.options).map_err(|error| {
            FunctionError::configuration(&[Problem::from_error("NewUrlBase", &error)])
        })?;
        let mut sorter = Sorter::new(SORT_MEMORY_BYTES);
        let mut tally = Tally::default();
        match (&self.options.rollback_file, &self.options.scope.records) {
            (Some(key), _) => {
                self.read_file(key, &picker, &mut sorter, &mut tally.interrupted_runs).await?;
            }
            (None, Some(ids)) => {
                let rows = self.ledger.rows(ids).await?;
                let unknown = ids.iter().filter(|id| !rows.contains_key(*id)).map(String::as_str);
                check_unknown(
                    unknown,
                    "are not in the ledger",
                    "run a backup that includes them, or correct the ids",
                )?;
                let lines = rows
                    .values()
                    .filter_map(|row| tally.take(&picker, self.options.direction, row));
                sorter.push(lines.collect()).await.map_err(disk)?;
            }
            (None, None) => self.scan_ledger(&picker, &mut sorter, &mut tally).await?,
        }
        let lines = sorter.finish().await.map_err(disk)?;
        Ok(Collected { lines, tally })
    }

    async fn scan_ledger(
        &self,
        picker: &Picker,
        sorter: &mut Sorter<SwitchLine>,
        tally: &mut Tally,
    ) -> Result<(), FunctionError> {
        let mut cursor = None;
        loop {
            let (rows, next) = self.ledger.scan_rows(cursor.as_deref(), PAGE_ROWS).await?;
            let lines =
                rows.iter().filter_map(|row| tally.take(picker, self.options.direction, row));
            sorter.push(lines.collect()).await.map_err(disk)?;
            if next.is_none() {
                return Ok(());
            }
            cursor = next;
        }
    }

    async fn read_file(
        &self,
        key: &str,
        picker: &Picker,
        sorter: &mut Sorter<SwitchLine>,
        runs: &mut Runs,
    ) -> Result<(), FunctionError> {
        let path = self.directory.path().join("file.jsonl");
        let bucket = &self.settings.state_bucket;
        match self.storage.get_to_file(bucket, key, &path, FILE_BYTES_MAX).await {
            Ok(Some(_)) => {}
            Ok(None) => {
                return Err(FunctionError::new(
                    ROLLBACK_FILE_INVALID,
                    "file: there is no such object in the state bucket; hint: give a key such as runs/<run>/rollback.jsonl",
                ));
            }
            Err(error @ StorageError::TooLarge { .. }) => {
                return Err(FunctionError::new(ROLLBACK_FILE_INVALID, error.to_string()));
            }
            Err(error) => return Err(FunctionError::new(STORAGE_UNAVAILABLE, error.to_string())),
        }
        let file = File::open(&path).map_err(|error| FunctionError::internal(&error))?;
        let reader = RollbackReader::open(BufReader::new(file)).map_err(invalid)?;
        let options = &self.options;
        reader
            .check(&Wanted {
                run: options.scope.run.as_deref(),
                org: options.org_id.as_deref(),
                object: &options.fields.object,
                field: &options.fields.url_field,
            })
            .map_err(invalid)?;
        let mut lines = FileLines::new(reader, picker, options.scope.records.as_deref());
        runs.note(&lines.run);
        while let Some(some) = lines.next_some()? {
            self.note_runs(&some, runs).await?;
            sorter.push(some).await.map_err(disk)?;
        }
        // The disk has to hold the sorted lines as well.
        std::fs::remove_file(&path).map_err(|error| FunctionError::internal(&error))?;
        let unknown = lines.not_met.iter().map(String::as_str);
        check_unknown(
            unknown,
            "are not in the rollback file",
            "correct the ids, or give the file of the run that has switched them",
        )
    }

    /// Notes the runs that have left records of the lines halfway.
    async fn note_runs(&self, lines: &[SwitchLine], runs: &mut Runs) -> Result<(), FunctionError> {
        let parts: Vec<Vec<String>> = lines
            .chunks(ROWS_AT_ONCE)
            .map(|part| part.iter().map(|line| line.record_id.clone()).collect())
            .collect();
        let mut reading = stream::iter(parts)
            .map(|ids| async move { self.ledger.rows(&ids).await })
            .buffer_unordered(READS_AT_ONCE);
        while let Some(rows) = reading.next().await {
            rows?.values().for_each(|row| runs.note_row(row));
        }
        Ok(())
    }
}

/// The lines of a rollback file that are in scope, turned around.
struct FileLines<'a> {
    reader: RollbackReader<BufReader<File>>,
    run: String,
    picker: &'a Picker,
    /// Records that were asked for and have not come yet.
    not_met: BTreeSet<String>,
}

impl<'a> FileLines<'a> {
    fn new(
        reader: RollbackReader<BufReader<File>>,
        picker: &'a Picker,
        records: Option<&[String]>,
    ) -> Self {
        let run = reader.header().run.clone();
        let not_met = records.unwrap_or_default().iter().cloned().collect();
        Self { reader, run, picker, not_met }
    }

    /// The next lines, or `None` when the file has ended as it has to.
    fn next_some(&mut self) -> Result<Option<Vec<SwitchLine>>, FunctionError> {
        let mut some = Vec::new();
        for line in self.reader.by_ref().take(LINES_AT_ONCE) {
            some.push(line.map_err(invalid)?);
        }
        if some.is_empty() {
            return Ok(None);
        }
        for line in &some {
            let id = &line.record_id;
            if RecordId::parse(id).map(String::from).as_ref() != Ok(id) {
                let message = "a line of the rollback file has no record id of 18 characters; hint: use the file that the run wrote";
                return Err(FunctionError::new(ROLLBACK_FILE_INVALID, message));
            }
            self.not_met.remove(id);
        }
        some.retain(|line| {
            let account = (line.account_id.as_deref(), line.account_name.as_deref());
            self.picker.includes(&line.record_id, account, Some(&self.run))
        });
        Ok(Some(some.into_iter().map(SwitchLine::reversed).collect()))
    }
}

/// Ids that nobody knows are a mistake of whoever gave them: nothing is planned then.
fn check_unknown<'a>(
    unknown: impl Iterator<Item = &'a str>,
    what: &str,
    hint: &str,
) -> Result<(), FunctionError> {
    let unknown: Vec<&str> = unknown.collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let told = unknown.iter().take(UNKNOWN_TOLD).copied().collect::<Vec<_>>().join(", ");
    let more = match unknown.len().saturating_sub(UNKNOWN_TOLD) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let problem = Problem::new("records", format!("{told}{more} {what}"), hint);
    Err(FunctionError::input(&[problem]))
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes it by value")]
fn invalid(error: RollbackFileError) -> FunctionError {
    if let RollbackFileError::Read(error) = &error {
        return FunctionError::internal(error);
    }
    FunctionError::new(ROLLBACK_FILE_INVALID, error.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` passes it by value")]
pub(crate) fn disk(error: DiskError) -> FunctionError {
    FunctionError::internal(&error)
}

#[cfg(test)]
mod tests;
