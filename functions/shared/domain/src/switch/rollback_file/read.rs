//! Reading a rollback file, line by line.

use std::io::{BufRead, Read};

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::{FirstLine, KIND, RecordLine, RollbackFileError, RollbackHeader, Trailer, VERSION};
use crate::switch::line::SwitchLine;

/// No line is longer, in bytes: the largest text field holds 131,072 characters, and a line has two texts.
const LINE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// What every rollback file begins with.
const BEGIN: &[u8] = b"{\"drayage\":\"rollback\",";

/// What a file has to be of.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The run; `None`: any.
    pub run: Option<&'a str>,
    /// The org, if it is known. A file that does not name its org is taken.
    pub org: Option<&'a str>,
    /// API name of the sObject.
    pub object: &'a str,
    /// API name of the URL field.
    pub field: &'a str,
}

/// The records of a rollback file, in its order. Ends without an error only when the file is whole and as it was written.
#[derive(Debug)]
pub struct RollbackReader<R: BufRead> {
    input: R,
    header: RollbackHeader,
    digest: Sha256,
    records: u64,
    lines: u64,
    ended: bool,
}

impl<R: BufRead> RollbackReader<R> {
    /// Reads the header.
    pub fn open(mut input: R) -> Result<Self, RollbackFileError> {
        let line = next_line(&mut input)?;
        let begins = line.len().min(BEGIN.len());
        if line.get(..begins) != BEGIN.get(..begins) {
            return Err(other_or_not(&line));
        }
        if !line.ends_with(b"\n") {
            return Err(RollbackFileError::Truncated { records: 0 });
        }
        let first: FirstLine = parsed(&line, 1)?;
        if first.version != VERSION {
            return Err(RollbackFileError::OtherVersion { version: first.version });
        }
        let digest = Sha256::new_with_prefix(&line);
        Ok(Self { input, header: first.header, digest, records: 0, lines: 1, ended: false })
    }

    /// What the file is of.
    pub fn header(&self) -> &RollbackHeader {
        &self.header
    }

    /// Whether the file is of what is wanted. API names are compared as Salesforce does, without case.
    pub fn check(&self, wanted: &Wanted<'_>) -> Result<(), RollbackFileError> {
        let RollbackHeader { run, org, object, field, created_at: _ } = &self.header;
        if !object.eq_ignore_ascii_case(wanted.object) || !field.eq_ignore_ascii_case(wanted.field)
        {
            return Err(RollbackFileError::OtherField {
                found: format!("{object}.{field}"),
                wanted: format!("{}.{}", wanted.object, wanted.field),
            });
        }
        if let (Some(found), Some(wanted)) = (org, wanted.org)
            && found != wanted
        {
            let (found, wanted) = (found.clone(), wanted.to_owned());
            return Err(RollbackFileError::OtherOrg { found, wanted });
        }
        match wanted.run {
            Some(wanted) if wanted != run => {
                let (found, wanted) = (run.clone(), wanted.to_owned());
                Err(RollbackFileError::OtherRun { found, wanted })
            }
            Some(_) | None => Ok(()),
        }
    }

    fn advance(&mut self) -> Result<Option<SwitchLine>, RollbackFileError> {
        let line = next_line(&mut self.input)?;
        self.lines += 1;
        let truncated = RollbackFileError::Truncated { records: self.records };
        if line.is_empty() {
            return Err(truncated);
        }
        if let Ok(trailer) = serde_json::from_slice::<Trailer>(&line) {
            // Proven by its hash, whether its own line end is there or not.
            self.check_end(&trailer)?;
            return Ok(None);
        }
        if !line.ends_with(b"\n") {
            return Err(truncated);
        }
        let record: RecordLine = parsed(&line, self.lines)?;
        self.digest.update(&line);
        self.records += 1;
        Ok(Some(record.into()))
    }

    fn check_end(&mut self, trailer: &Trailer) -> Result<(), RollbackFileError> {
        if trailer.records != self.records {
            let (told, found) = (trailer.records, self.records);
            return Err(RollbackFileError::OtherCount { told, found });
        }
        if trailer.sha256 != hex::encode(self.digest.clone().finalize()) {
            return Err(RollbackFileError::OtherHash);
        }
        if self.input.fill_buf()?.is_empty() { Ok(()) } else { Err(RollbackFileError::GoesOn) }
    }
}

impl<R: BufRead> Iterator for RollbackReader<R> {
    type Item = Result<SwitchLine, RollbackFileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let advanced = self.advance();
        self.ended = !matches!(advanced, Ok(Some(_)));
        advanced.transpose()
    }
}

/// The next line with its end; without one at the end of the file, and where a line is longer than any can be.
fn next_line(input: &mut impl BufRead) -> Result<Vec<u8>, RollbackFileError> {
    let mut line = Vec::new();
    input.take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
    Ok(line)
}

/// A first line that does not begin as ours do: of another version that spells it otherwise, or of something else.
fn other_or_not(line: &[u8]) -> RollbackFileError {
    match serde_json::from_slice::<FirstLine>(line) {
        Ok(first) if first.drayage == KIND && first.version != VERSION => {
            RollbackFileError::OtherVersion { version: first.version }
        }
        Ok(_) | Err(_) => RollbackFileError::NotARollbackFile,
    }
}

/// The parser's own words may quote a value, so only where and what kind of error it is goes on.
fn parsed<T: DeserializeOwned>(line: &[u8], number: u64) -> Result<T, RollbackFileError> {
    serde_json::from_slice(line).map_err(|error| RollbackFileError::BadLine {
        line: number,
        what: format!("{:?} error at byte {}", error.classify(), error.column()),
    })
}
