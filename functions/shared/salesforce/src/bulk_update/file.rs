//! The CSV of an update job, and what such a CSV cannot say.
//!
//! Rules of the format: <https://developer.salesforce.com/docs/platform/api-asynch/guide/datafiles-prepare-csv.md> and
//! <https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_csv_valid_record_rows.htm>:
//! UTF-8; an empty cell leaves the field as it is; `#N/A` empties it; values are not trimmed. Blanks, quotes, commas,
//! line feeds and byte order marks inside a value are therefore written exactly, in quotes.

use std::fmt;

use bytes::Bytes;
use csv::{QuoteStyle, Terminator, WriterBuilder};

use crate::error::SalesforceError;
use crate::soql;
use crate::update::{RowEnding, RowOutcome, RowUpdate, check_ids};

/// Most rows of one job. Salesforce works in batches of 10,000, so that such a job is one batch, and one unit to repeat:
/// <https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_bulk_v2/datafiles_understanding_bulk2_ingest.htm>.
pub const UPDATE_JOB_ROWS_MAX: usize = 10_000;

/// Most bytes of one upload: 150 MB after Salesforce has turned it into base64.
pub const UPDATE_FILE_BYTES_MAX: usize = 100_000_000;

/// Most characters of one value:
/// <https://developer.salesforce.com/docs/platform/salesforce-app-limits-cheatsheet/guide/salesforce-app-limits-platform-bulkapi.html>.
pub const UPDATE_TEXT_CHARS_MAX: usize = 32_000;

/// How the CSV spells null.
const NULL: &str = "#N/A";

const PREPARE: &str = "bulk update prepare";

/// A text that an update job cannot write. A collections update can, except for [`UnwritableText::Empty`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnwritableText {
    /// An empty cell leaves the field as it is, and Salesforce stores no empty text.
    #[error("an empty text cannot be written; null empties a field")]
    Empty,
    /// The text would be taken for null.
    #[error("the text is #N/A, which the Bulk API takes for null")]
    NullMarker,
    /// The line ending of a job is one for the whole file, and nothing says that another one inside a value survives.
    #[error("the text has a carriage return, which the Bulk API may take for a line ending")]
    CarriageReturn,
    /// More than [`UPDATE_TEXT_CHARS_MAX`] characters.
    #[error("the text has more than 32,000 characters, the most of the Bulk API")]
    TooLong,
}

impl UnwritableText {
    /// Finds what a job could not write.
    pub fn of(text: &str) -> Option<Self> {
        if text.is_empty() {
            Some(Self::Empty)
        } else if text == NULL {
            Some(Self::NullMarker)
        } else if text.contains('\r') {
            Some(Self::CarriageReturn)
        } else if text.chars().count() > UPDATE_TEXT_CHARS_MAX {
            Some(Self::TooLong)
        } else {
            None
        }
    }

    /// The code in [`RowEnding::Refused`].
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "BULK_CANNOT_WRITE_EMPTY",
            Self::NullMarker => "BULK_CANNOT_WRITE_NULL_MARKER",
            Self::CarriageReturn => "BULK_CANNOT_WRITE_CARRIAGE_RETURN",
            Self::TooLong => "BULK_CANNOT_WRITE_TOO_LONG",
        }
    }
}

/// The rows of one job: the CSV to upload, and the rows that are not in it because no CSV can say them.
#[derive(Clone, PartialEq, Eq)]
pub struct UpdateFile {
    rows: Vec<FileRow>,
    csv: Bytes,
}

/// A row of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileRow {
    pub(super) id: String,
    /// Why it is not in the CSV.
    pub(super) unwritable: Option<UnwritableText>,
}

impl fmt::Debug for UpdateFile {
    /// Without the values: they do not belong in logs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UpdateFile")
            .field("rows", &self.rows.len())
            .field("bytes", &self.csv.len())
            .finish()
    }
}

impl UpdateFile {
    /// Writes the CSV: `"Id","<field>"`, then one line per row. Equal rows give equal bytes, so that a file can be made
    /// again after a crash.
    ///
    /// # Errors
    /// [`SalesforceError::InvalidArgument`]: more than [`UPDATE_JOB_ROWS_MAX`] rows or [`UPDATE_FILE_BYTES_MAX`] bytes,
    /// text that is no id, a row given twice, a field that is no API name.
    pub fn new(field: &str, rows: &[RowUpdate<'_>]) -> Result<Self, SalesforceError> {
        let refused =
            |problem: String| SalesforceError::InvalidArgument { operation: PREPARE, problem };
        if !soql::is_identifier(field) {
            return Err(refused("the field is not an API name such as Document__c".to_owned()));
        }
        let ids: Vec<&str> = rows.iter().map(|row| row.id).collect();
        check_ids(PREPARE, &ids, UPDATE_JOB_ROWS_MAX)?;
        let rows: Vec<(&RowUpdate<'_>, Option<UnwritableText>)> =
            rows.iter().map(|row| (row, row.value.and_then(UnwritableText::of))).collect();
        let written = rows.iter().filter(|(_, unwritable)| unwritable.is_none());
        let lines = written.map(|(row, _)| [row.id, row.value.unwrap_or(NULL)]);
        let csv = csv_of(std::iter::once(["Id", field]).chain(lines)).map_err(refused)?;
        if csv.len() > UPDATE_FILE_BYTES_MAX {
            return Err(refused(format!(
                "{} bytes of CSV where at most {UPDATE_FILE_BYTES_MAX} fit",
                csv.len()
            )));
        }
        let rows = rows.into_iter();
        let rows = rows.map(|(row, unwritable)| FileRow { id: row.id.to_owned(), unwritable });
        Ok(Self { rows: rows.collect(), csv: csv.into() })
    }

    /// Rows that are in the CSV. With none there is no job to make.
    pub fn rows_to_write(&self) -> usize {
        self.rows.iter().filter(|row| row.unwritable.is_none()).count()
    }

    /// The rows that are not in the CSV, with the reason. They are among the outcomes of the job as well.
    pub fn refused(&self) -> Vec<RowOutcome> {
        let refused = self.rows.iter().filter_map(|row| {
            let ending = row.unwritable.map(refusal)?;
            Some(RowOutcome { id: row.id.clone(), ending })
        });
        refused.collect()
    }

    /// What is uploaded.
    pub(super) fn csv(&self) -> Bytes {
        self.csv.clone()
    }

    pub(super) fn rows(&self) -> &[FileRow] {
        &self.rows
    }
}

pub(super) fn refusal(unwritable: UnwritableText) -> RowEnding {
    RowEnding::Refused {
        code: unwritable.code().to_owned(),
        message: unwritable.to_string(),
        fields: Vec::new(),
    }
}

fn csv_of<'a>(lines: impl Iterator<Item = [&'a str; 2]>) -> Result<Vec<u8>, String> {
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::Any(b'\n'))
        .from_writer(Vec::new());
    for line in lines {
        writer.write_record(line).map_err(|error| error.to_string())?;
    }
    writer.into_inner().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const ID: &str = "a0B000000000001AAA";

    fn file(value: Option<&str>) -> UpdateFile {
        UpdateFile::new("Document__c", &[RowUpdate { id: ID, value }]).unwrap()
    }

    #[rstest]
    #[case(Some("https://x/a b"), "\"https://x/a b\"")]
    #[case(None, "\"#N/A\"")]
    #[case(Some(" #N/A"), "\" #N/A\"")]
    #[case(Some("  blanks  "), "\"  blanks  \"")]
    #[case(Some("say \"hi\", ok"), "\"say \"\"hi\"\", ok\"")]
    #[case(Some("two\nlines"), "\"two\nlines\"")]
    #[case(Some("\u{feff}mark"), "\"\u{feff}mark\"")]
    #[case(Some("株式会社"), "\"株式会社\"")]
    fn every_byte_is_written(#[case] value: Option<&str>, #[case] cell: &str) {
        let expected = format!("\"Id\",\"Document__c\"\n\"{ID}\",{cell}\n");
        assert_eq!(file(value).csv(), expected);
    }

    #[rstest]
    #[case("", "BULK_CANNOT_WRITE_EMPTY")]
    #[case("#N/A", "BULK_CANNOT_WRITE_NULL_MARKER")]
    #[case("a\r\nb", "BULK_CANNOT_WRITE_CARRIAGE_RETURN")]
    #[case(&"x".repeat(32_001), "BULK_CANNOT_WRITE_TOO_LONG")]
    fn what_csv_cannot_say_is_refused_by_name(#[case] value: &str, #[case] expected: &str) {
        let file = file(Some(value));
        assert_eq!(
            (file.rows_to_write(), file.csv().as_ref()),
            (0, &b"\"Id\",\"Document__c\"\n"[..])
        );
        let refused = file.refused();
        assert!(
            matches!(&refused[0].ending, RowEnding::Refused { code, .. } if code == expected),
            "{refused:?}"
        );
    }

    #[test]
    fn a_file_has_limits() {
        let row = RowUpdate { id: ID, value: None };
        let ids: Vec<String> = (0..10_001).map(|number| format!("a0B{number:012}AAA")).collect();
        let rows: Vec<RowUpdate<'_>> = ids.iter().map(|id| RowUpdate { id, ..row }).collect();
        let long = "x".repeat(UPDATE_TEXT_CHARS_MAX);
        let wide: Vec<RowUpdate<'_>> =
            rows.iter().take(3_200).map(|row| RowUpdate { value: Some(&long), ..*row }).collect();
        for (field, rows, problem) in [
            ("Document__c", &rows[..], "10001 rows"),
            ("Document__c", &wide[..], "bytes of CSV"),
            ("Document__c", &[row, row][..], "row 1 is given twice"),
            ("Document__c", &[RowUpdate { id: "a0B1", value: None }][..], "not a Salesforce id"),
            ("Account__r.Name", &[row][..], "not an API name"),
        ] {
            let error = UpdateFile::new(field, rows).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
    }
}
