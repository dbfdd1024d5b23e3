//! The sorted lines, written down once: as the list that a person reviews, and as the file that batches are cut from, which is
//! the rollback file as well.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use csv::{QuoteStyle, Terminator, WriterBuilder};
use drayage_aws::sort::Sorted;
use drayage_domain::switch::lane::LaneCutter;
use drayage_domain::switch::plan::PlanHasher;
use drayage_domain::switch::rollback_file::{RollbackHeader, RollbackReader, RollbackWriter};
use drayage_domain::switch::{Direction, SwitchLine};
use drayage_lambda_kit::error::{FunctionError, ROLLBACK_FILE_INVALID};
use drayage_report::guarded;

use crate::Context;
use crate::collect::{Tally, disk};

/// The header row of the list.
const COLUMNS: [&str; 5] = ["record_id", "account_id", "account_name", "from", "to"];
/// The label of records beyond the most that were asked for.
const BEYOND_MAX_RECORDS: &str = "max_records";
/// Lines that are kept for a try; what one call reads
/// ([`drayage_salesforce::READ_ROWS_MAX`]).
const FIRST_LINES: usize = drayage_salesforce::READ_ROWS_MAX;

/// A plan before anybody was asked.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) records: u64,
    /// Accounts that they belong to.
    pub(crate) accounts: u64,
    pub(crate) hash: String,
    /// The first lines.
    pub(crate) first: Vec<SwitchLine>,
    /// Where the lines are on the local disk: as a rollback file, so always from the original to the new URL.
    pub(crate) lines: LineFile,
    /// Where the list for people is on the local disk.
    pub(crate) list: PathBuf,
}

/// Lines on the local disk.
#[derive(Debug, Clone)]
pub(crate) struct LineFile {
    path: PathBuf,
    direction: Direction,
}

impl LineFile {
    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The lines in the order and the direction of the plan.
    pub(crate) fn read(
        &self,
    ) -> Result<impl Iterator<Item = Result<SwitchLine, FunctionError>> + use<>, FunctionError>
    {
        let file = File::open(&self.path).map_err(|error| FunctionError::internal(&error))?;
        let reader = RollbackReader::open(BufReader::new(file))
            .map_err(|error| FunctionError::internal(&error))?;
        let direction = self.direction;
        Ok(reader.map(move |line| {
            let line = line.map_err(|error| FunctionError::internal(&error))?;
            Ok(as_planned(direction, line))
        }))
    }
}

/// Between the file, which always goes from the original to the new URL, and the plan.
fn as_planned(direction: Direction, line: SwitchLine) -> SwitchLine {
    match direction {
        Direction::Switch => line,
        Direction::Restore => line.reversed(),
    }
}

impl Context {
    /// Writes sorted lines down, at most as many as were asked for.
    pub(crate) async fn draft(
        &self,
        lines: &mut Sorted<SwitchLine>,
        tally: &mut Tally,
    ) -> Result<Draft, FunctionError> {
        let Self { run, options, directory, .. } = self;
        let header = RollbackHeader {
            run: run.run_id.clone(),
            org: options.org_id.clone(),
            object: options.fields.object.clone(),
            field: options.fields.url_field.clone(),
            // Not the time now: another invocation has to write the same bytes.
            created_at: run.started_at.clone(),
        };
        let mut drafting = Drafting::new(directory.path(), options.direction, &header)?;
        let max = options.scope.max_records.unwrap_or(u64::MAX);
        while let Some(page) = lines.next_items().await.map_err(disk)? {
            for line in page {
                if drafting.records < max {
                    drafting.push(line)?;
                } else {
                    tally.leave_out(BEYOND_MAX_RECORDS);
                }
            }
        }
        drafting.finish()
    }
}

struct Drafting {
    records: u64,
    accounts: u64,
    hasher: PlanHasher,
    first: Vec<SwitchLine>,
    last: Option<SwitchLine>,
    line_file: LineFile,
    lines: RollbackWriter<BufWriter<File>>,
    list_path: PathBuf,
    list: csv::Writer<BufWriter<File>>,
}

impl Drafting {
    fn new(
        directory: &Path,
        direction: Direction,
        header: &RollbackHeader,
    ) -> Result<Self, FunctionError> {
        let path = directory.join("rollback.jsonl");
        let list_path = directory.join("plan.csv");
        let create = |path: &Path| {
            File::create(path).map(BufWriter::new).map_err(|error| FunctionError::internal(&error))
        };
        Ok(Self {
            records: 0,
            accounts: 0,
            hasher: PlanHasher::default(),
            first: Vec::new(),
            last: None,
            lines: RollbackWriter::new(create(&path)?, header)
                .map_err(|error| FunctionError::internal(&error))?,
            line_file: LineFile { path, direction },
            list: list_writer(create(&list_path)?)
                .map_err(|error| FunctionError::internal(&error))?,
            list_path,
        })
    }

    fn push(&mut self, line: SwitchLine) -> Result<(), FunctionError> {
        let last = self.last.as_ref();
        if last.is_some_and(|last| last.record_id == line.record_id) {
            let message = format!("record {} stands twice in it", line.record_id);
            return Err(FunctionError::new(
                ROLLBACK_FILE_INVALID,
                format!("{message}; hint: use the rollback file that the run wrote"),
            ));
        }
        let same_account = last.is_some_and(|last| last.account_id == line.account_id);
        self.accounts += u64::from(line.account_id.is_some() && !same_account);
        self.records += 1;
        self.hasher.push(&line);
        write_row(&mut self.list, &line).map_err(|error| FunctionError::internal(&error))?;
        let in_file = as_planned(self.line_file.direction, line.clone());
        self.lines.write(&in_file).map_err(|error| FunctionError::internal(&error))?;
        if self.first.len() < FIRST_LINES {
            self.first.push(line.clone());
        }
        self.last = Some(line);
        Ok(())
    }

    fn finish(mut self) -> Result<Draft, FunctionError> {
        self.lines.finish().map_err(|error| FunctionError::internal(&error))?;
        self.list.flush().map_err(|error| FunctionError::internal(&error))?;
        Ok(Draft {
            records: self.records,
            accounts: self.accounts,
            hash: self.hasher.finish(),
            first: self.first,
            lines: self.line_file,
            list: self.list_path,
        })
    }
}

/// The list for people. A spreadsheet takes some cells for formulas, so those get an apostrophe in front, and so does a cell
/// that begins with one: taking one leading apostrophe away gives the exact text. An empty cell is null, because Salesforce stores no empty text.
fn list_writer<W: Write>(out: W) -> csv::Result<csv::Writer<W>> {
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::CRLF)
        .from_writer(out);
    writer.write_record(COLUMNS)?;
    Ok(writer)
}

fn write_row<W: Write>(list: &mut csv::Writer<W>, line: &SwitchLine) -> csv::Result<()> {
    let SwitchLine { record_id, account_id, account_name, from, to } = line;
    let cells =
        [Some(record_id), account_id.as_ref(), account_name.as_ref(), from.as_ref(), to.as_ref()];
    list.write_record(cells.map(|cell| guarded(cell.map_or("", String::as_str))))
}

/// How many batches and lanes the lines make.
pub(crate) fn count_batches(lines: &LineFile, size: u32) -> Result<(u32, u32), FunctionError> {
    let mut cutter = LaneCutter::new(size);
    let (mut batches, mut lanes) = (0, 0);
    let mut count = |cut: Vec<drayage_domain::switch::lane::CutBatch>| {
        for batch in cut {
            batches += 1;
            lanes += u32::from(batch.ended_lane.is_some());
        }
    };
    for line in lines.read()? {
        count(cutter.push(line?));
    }
    count(cutter.finish());
    Ok((batches, lanes))
}

#[cfg(test)]
pub(crate) mod tests;
