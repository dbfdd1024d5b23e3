//! `review.csv`: every record that a person has to look at, for spreadsheets.

use std::io::Write;

use csv::{QuoteStyle, Terminator, WriterBuilder};

use super::ReviewRow;
use crate::csv_writer::guarded;
use crate::error::ReportError;
use crate::files::REVIEW_CSV;

/// The header row.
pub const REVIEW_COLUMNS: [&str; 5] = ["record_id", "account", "outcome", "message", "surprise"];

/// Writes records to look at as rows of a table in UTF-8; cells as in `differences.csv`.
#[derive(Debug)]
pub struct ReviewWriter<W: Write> {
    out: csv::Writer<W>,
}

impl<W: Write> ReviewWriter<W> {
    /// Writes the header row to `out`.
    ///
    /// # Errors
    ///
    /// [`ReportError::Write`] if the writer fails.
    pub fn new(out: W) -> Result<Self, ReportError> {
        let mut out = WriterBuilder::new()
            .quote_style(QuoteStyle::Always)
            .terminator(Terminator::CRLF)
            .from_writer(out);
        out.write_record(REVIEW_COLUMNS).map_err(failed)?;
        Ok(Self { out })
    }

    /// Adds a row.
    ///
    /// # Errors
    ///
    /// [`ReportError::Write`] if the writer fails.
    pub fn write(&mut self, row: &ReviewRow) -> Result<(), ReportError> {
        let text = |text: &Option<String>| guarded(text.as_deref().unwrap_or_default());
        let cells = [
            guarded(&row.record_id),
            text(&row.account),
            guarded(&row.outcome),
            text(&row.message),
            text(&row.surprise),
        ];
        self.out.write_record(cells).map_err(failed)
    }

    /// Ends the file.
    ///
    /// # Errors
    ///
    /// [`ReportError::Write`] if the writer fails.
    pub fn finish(self) -> Result<W, ReportError> {
        self.out
            .into_inner()
            .map_err(|error| ReportError::Write { file: REVIEW_CSV, source: error.into_error() })
    }
}

fn failed(error: csv::Error) -> ReportError {
    ReportError::Write { file: REVIEW_CSV, source: error.into() }
}
