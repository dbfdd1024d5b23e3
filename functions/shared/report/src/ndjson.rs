//! `differences.ndjson.gz`: every difference, one JSON object a line.

use std::io::Write;

use drayage_domain::reconcile::Difference;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::error::ReportError;
use crate::files::DIFFERENCES_NDJSON_GZ;

/// Writes differences as lines of JSON, compressed. The bytes depend on the differences alone: the gzip header carries no
/// time and no name.
#[derive(Debug)]
pub struct NdjsonWriter<W: Write> {
    out: GzEncoder<W>,
}

impl<W: Write> NdjsonWriter<W> {
    /// Writes to `out`.
    pub fn new(out: W) -> Self {
        Self { out: GzEncoder::new(out, Compression::default()) }
    }

    /// Adds a line.
    ///
    /// # Errors
    ///
    /// [`ReportError::Write`] if the writer fails.
    pub fn write(&mut self, difference: &Difference) -> Result<(), ReportError> {
        serde_json::to_writer(&mut self.out, difference)
            .map_err(ReportError::json(DIFFERENCES_NDJSON_GZ))?;
        self.out.write_all(b"\n").map_err(ReportError::write(DIFFERENCES_NDJSON_GZ))
    }

    /// Ends the file. A file that was not ended is damaged.
    ///
    /// # Errors
    ///
    /// [`ReportError::Write`] if the writer fails.
    pub fn finish(self) -> Result<W, ReportError> {
        self.out.finish().map_err(ReportError::write(DIFFERENCES_NDJSON_GZ))
    }
}
