//! `differences.csv`: every difference, for spreadsheets.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula, and some strip tabs, line breaks and
//! spaces first. Keys come from strangers, so every cell that begins like that gets an apostrophe in front
//! (<https://owasp.org/www-community/attacks/CSV_Injection>). A cell that begins with an apostrophe gets a second one, so
//! that taking one leading apostrophe away always gives back what was meant ([`unguarded`]). Every cell is quoted as well:
//! line breaks, quotes and separators inside a key do not begin a cell.

use std::io::Write;

use csv::{QuoteStyle, Terminator, WriterBuilder};
use drayage_domain::reconcile::{Difference, Level, Seen, Verdict};

use crate::error::ReportError;
use crate::files::DIFFERENCES_CSV;

/// The header row.
pub const COLUMNS: [&str; 16] = [
    "key",
    "verdict",
    "level",
    "reason",
    "source_size_bytes",
    "source_etag",
    "source_last_modified",
    "source_storage_class",
    "destination_size_bytes",
    "destination_etag",
    "destination_last_modified",
    "destination_storage_class",
    "account_id",
    "record_id",
    "problem",
    "recommendation",
];

/// Writes differences as rows of a table in UTF-8.
#[derive(Debug)]
pub struct CsvWriter<W: Write> {
    out: csv::Writer<W>,
}

impl<W: Write> CsvWriter<W> {
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
        out.write_record(COLUMNS).map_err(failed)?;
        Ok(Self { out })
    }

    /// Adds a row.
    ///
    /// # Errors
    ///
    /// [`ReportError::Write`] if the writer fails.
    pub fn write(&mut self, difference: &Difference) -> Result<(), ReportError> {
        let (level, reason) = evidence(difference.verdict);
        let text = |text: &Option<String>| guarded(text.as_deref().unwrap_or_default());
        let mut row = vec![
            guarded(&difference.key),
            difference.verdict.category().label().to_owned(),
            level.map_or("", Level::name).to_owned(),
            reason.to_owned(),
        ];
        row.extend(seen(difference.source.as_ref()));
        row.extend(seen(difference.destination.as_ref()));
        row.extend([
            text(&difference.account_id),
            text(&difference.record_id),
            text(&difference.problem),
            difference.recommendation().to_owned(),
        ]);
        self.out.write_record(row).map_err(failed)
    }

    /// Ends the file.
    ///
    /// # Errors
    ///
    /// [`ReportError::Write`] if the writer fails.
    pub fn finish(self) -> Result<W, ReportError> {
        self.out.into_inner().map_err(|error| ReportError::Write {
            file: DIFFERENCES_CSV,
            source: error.into_error(),
        })
    }
}

fn evidence(verdict: Verdict) -> (Option<Level>, &'static str) {
    match verdict {
        Verdict::Match { level } | Verdict::ContentDiffers { level } => (Some(level), ""),
        Verdict::NotVerifiable { level, reason } => (Some(level), reason.label()),
        Verdict::Missing | Verdict::Extra | Verdict::SizeDiffers => (None, ""),
    }
}

fn seen(seen: Option<&Seen>) -> [String; 4] {
    let text = |text: &Option<String>| guarded(text.as_deref().unwrap_or_default());
    seen.map_or_else(Default::default, |seen| {
        [
            seen.size_bytes.to_string(),
            text(&seen.etag),
            text(&seen.last_modified),
            text(&seen.storage_class),
        ]
    })
}

fn failed(error: csv::Error) -> ReportError {
    ReportError::Write { file: DIFFERENCES_CSV, source: error.into() }
}

/// `cell` as it is written: no spreadsheet takes it for a formula.
pub fn guarded(cell: &str) -> String {
    let begins_formula = cell
        .trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}')
        .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let begins_control = cell.starts_with(|c: char| c.is_control() || c == '\u{feff}');
    if begins_formula || begins_control || cell.starts_with('\'') {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// What was meant by a cell of text.
pub fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}
