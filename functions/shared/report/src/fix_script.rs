//! `fix.sh`: every repair as a command of the AWS command line, for those who would rather see than trust.
//!
//! Copies are active, deletes are commented out, and what a person has to decide is a comment. A key is foreign text: it
//! stays one word of one line, whatever is in it ([`crate::shell`]).

mod command;
mod frame;

use std::io::Write;

use drayage_domain::reconcile::{Category, Difference, Report};

use crate::error::ReportError;
use crate::files::FIX_SH;
use crate::shell::quote;

use command::Places;

/// Writes the script.
#[derive(Debug)]
pub struct FixScript<W: Write> {
    out: W,
    places: Places,
}

impl<W: Write> FixScript<W> {
    /// Writes the head of the script. Of the report only the run and the places are used, which are known before the end.
    ///
    /// # Errors
    ///
    /// [`ReportError::Write`] if the writer fails.
    pub fn new(report: &Report, mut out: W) -> Result<Self, ReportError> {
        let places = Places::of(&report.source, &report.destination);
        out.write_all(frame::head(report, &places).as_bytes())
            .map_err(ReportError::write(FIX_SH))?;
        Ok(Self { out, places })
    }

    /// Adds what to do about a difference: one line.
    ///
    /// # Errors
    ///
    /// [`ReportError::Write`] if the writer fails.
    pub fn write(&mut self, difference: &Difference) -> Result<(), ReportError> {
        let line = match difference.verdict.category() {
            Category::Match => return Ok(()),
            Category::Missing | Category::SizeDiffers | Category::ContentDiffers => {
                self.places.copy(difference)
            }
            Category::Extra => self.places.delete(difference),
            Category::NotVerifiable => command::review(difference),
        };
        writeln!(self.out, "{line}").map_err(ReportError::write(FIX_SH))
    }

    /// Writes the end of the script, which tells how many commands failed.
    ///
    /// # Errors
    ///
    /// [`ReportError::Write`] if the writer fails.
    pub fn finish(mut self) -> Result<W, ReportError> {
        self.out
            .write_all(frame::foot(&self.places).as_bytes())
            .and_then(|()| self.out.flush())
            .map_err(ReportError::write(FIX_SH))?;
        Ok(self.out)
    }
}

/// A key in a comment: quoted, which keeps it on its line.
fn named(difference: &Difference) -> String {
    quote(&difference.key)
}
