//! Writing a rollback file, line by line.

use std::io::{self, Write};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{FirstLine, KIND, RollbackHeader, Trailer, VERSION};
use crate::switch::line::SwitchLine;

/// Writes a rollback file. What is not finished is no rollback file.
#[derive(Debug)]
pub struct RollbackWriter<W: Write> {
    out: W,
    digest: Sha256,
    records: u64,
    /// Reused for each line.
    line: Vec<u8>,
}

impl<W: Write> RollbackWriter<W> {
    /// Writes the header to `out`, which should be buffered.
    pub fn new(out: W, header: &RollbackHeader) -> io::Result<Self> {
        let mut writer = Self { out, digest: Sha256::new(), records: 0, line: Vec::new() };
        let header = header.clone();
        writer.put(&FirstLine { drayage: KIND.to_owned(), version: VERSION, header })?;
        Ok(writer)
    }

    /// Adds a record, in direction [`Switch`](crate::switch::Direction::Switch): `from` is the original.
    pub fn write(&mut self, line: &SwitchLine) -> io::Result<()> {
        self.put(line)?;
        self.records += 1;
        Ok(())
    }

    /// Writes the trailer and gives the writer back, flushed.
    pub fn finish(mut self) -> io::Result<W> {
        let sha256 = hex::encode(self.digest.clone().finalize());
        let records = self.records;
        self.put(&Trailer { records, sha256 })?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn put(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, value)?;
        self.line.push(b'\n');
        self.digest.update(&self.line);
        self.out.write_all(&self.line)
    }
}
