//! The rows of a data file, decompressed and parsed as they arrive. Everything here blocks its thread.

use std::io::{self, Read};

use bytes::{Buf, Bytes};
use csv::ByteRecord;
use drayage_domain::reconcile::Object;
use drayage_domain::reconcile::ranges::KeyRange;
use flate2::read::MultiGzDecoder;
use tokio::sync::mpsc;

use super::super::key_text::decoded;
use super::error::S3InventoryError;
use super::manifest::Columns;

/// Objects that are handed on at once.
const PAGE_OBJECTS: usize = 1_000;
/// The longest row that is read, in bytes: a key has up to 1,024 bytes, each of which may be escaped as three; the rest is short.
const LINE_MAX_BYTES: usize = 64 * 1024;

/// Which rows are wanted, and where their fields are.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) columns: Columns,
    pub(super) prefix: String,
    /// Of keys relative to the prefix.
    pub(super) range: KeyRange,
    /// For messages.
    pub(super) place: String,
}

/// Reads chunks that another task sends.
#[derive(Debug)]
pub(super) struct ChunkReader {
    chunks: mpsc::Receiver<Bytes>,
    current: Bytes,
}

impl ChunkReader {
    pub(super) fn new(chunks: mpsc::Receiver<Bytes>) -> Self {
        Self { chunks, current: Bytes::new() }
    }
}

impl Read for ChunkReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.current = chunk,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.current.len());
        self.current.split_to(length).copy_to_slice(buffer.get_mut(..length).unwrap_or_default());
        Ok(length)
    }
}

/// Hands the wanted rows on, page by page, until `take` says that nobody wants more.
pub(super) fn read_rows(
    compressed: impl Read,
    wanted: &Wanted,
    mut take: impl FnMut(Vec<Object>) -> bool,
) -> Result<(), S3InventoryError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(ShortLines::new(MultiGzDecoder::new(compressed)));
    let mut record = ByteRecord::new();
    let mut page = Vec::new();
    for row in 1.. {
        let bad = |message: String| S3InventoryError::BadRow {
            place: wanted.place.clone(),
            row,
            message,
        };
        let more = reader.read_byte_record(&mut record).map_err(|error| bad(error.to_string()))?;
        if !more {
            break;
        }
        page.extend(wanted.object(&record).map_err(|message| bad(message.to_owned()))?);
        if page.len() == PAGE_OBJECTS && !take(std::mem::take(&mut page)) {
            return Ok(());
        }
    }
    take(page);
    Ok(())
}

/// Refuses a line that no report has: a few bytes of a compressed file can become gigabytes, and a row is held in memory.
struct ShortLines<R> {
    inner: R,
    line_bytes: usize,
}

impl<R> ShortLines<R> {
    const fn new(inner: R) -> Self {
        Self { inner, line_bytes: 0 }
    }
}

impl<R: Read> Read for ShortLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        let new = buffer.get(..length).unwrap_or_default();
        self.line_bytes = match new.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => length - end - 1,
            None => self.line_bytes.saturating_add(length),
        };
        if self.line_bytes > LINE_MAX_BYTES {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("it has more than {LINE_MAX_BYTES} bytes"),
            ));
        }
        Ok(length)
    }
}

impl Wanted {
    /// The object of a row, or `None` if the row is not wanted.
    fn object(&self, record: &ByteRecord) -> Result<Option<Object>, &'static str> {
        let columns = &self.columns;
        let field = |position: usize| {
            let bytes =
                record.get(position).ok_or("it has fewer columns than the manifest says")?;
            std::str::from_utf8(bytes).map_err(|_not_utf8| "it is not UTF-8")
        };
        let optional = |position: Option<usize>| -> Result<Option<String>, &'static str> {
            let text = position.map(field).transpose()?;
            Ok(text.filter(|text| !text.is_empty()).map(str::to_owned))
        };
        let latest = optional(columns.is_latest)?.is_none_or(|text| text != "false");
        let delete_marker = optional(columns.is_delete_marker)?.is_some_and(|text| text == "true");
        if !latest || delete_marker {
            return Ok(None);
        }
        let key = decoded(field(columns.key)?).ok_or("its key is not UTF-8")?.into_owned();
        let Some(key) = key.strip_prefix(&self.prefix).filter(|key| self.range.contains(key))
        else {
            return Ok(None);
        };
        Ok(Some(Object {
            size_bytes: field(columns.size)?
                .parse()
                .map_err(|_no_number| "its size is no number")?,
            key: key.to_owned(),
            etag: optional(Some(columns.etag))?,
            last_modified: optional(columns.last_modified)?,
            storage_class: optional(columns.storage_class)?,
            ..Object::default()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_end_is_refused_and_many_short_ones_are_not() {
        let short = "a,b,c\n".repeat(2 * LINE_MAX_BYTES);
        assert!(io::copy(&mut ShortLines::new(short.as_bytes()), &mut io::sink()).is_ok());
        let mut endless = ShortLines::new(io::repeat(b'a'));
        let refused = io::copy(&mut endless, &mut io::sink()).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
    }
}
