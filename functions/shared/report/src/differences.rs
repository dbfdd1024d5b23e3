//! All files that list every difference, written in one pass.

use std::io::Write;

use drayage_domain::reconcile::{Difference, Report};

use crate::csv_writer::CsvWriter;
use crate::error::ReportError;
use crate::fix_script::FixScript;
use crate::ndjson::NdjsonWriter;

/// Feeds `differences.ndjson.gz`, `differences.csv` and `fix.sh` at once.
#[derive(Debug)]
pub struct DifferencesWriter<W: Write> {
    ndjson: NdjsonWriter<W>,
    csv: CsvWriter<W>,
    fix: FixScript<W>,
}

impl<W: Write> DifferencesWriter<W> {
    /// Begins all three files. Of the report only the run and the places are used, which are known before the end.
    ///
    /// # Errors
    ///
    /// [`ReportError::Write`] if a writer fails.
    pub fn new(report: &Report, ndjson: W, csv: W, fix: W) -> Result<Self, ReportError> {
        Ok(Self {
            ndjson: NdjsonWriter::new(ndjson),
            csv: CsvWriter::new(csv)?,
            fix: FixScript::new(report, fix)?,
        })
    }

    /// Adds a difference to each.
    ///
    /// # Errors
    ///
    /// [`ReportError::Write`] if a writer fails.
    pub fn write(&mut self, difference: &Difference) -> Result<(), ReportError> {
        self.ndjson.write(difference)?;
        self.csv.write(difference)?;
        self.fix.write(difference)
    }

    /// Ends all three files and gives the writers back in the order of [`DifferencesWriter::new`].
    ///
    /// # Errors
    ///
    /// [`ReportError::Write`] if a writer fails.
    pub fn finish(self) -> Result<(W, W, W), ReportError> {
        Ok((self.ndjson.finish()?, self.csv.finish()?, self.fix.finish()?))
    }
}
