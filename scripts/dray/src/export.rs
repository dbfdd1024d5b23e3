//! Files that people take elsewhere: JSON as `--json` prints it, and tables for spreadsheets.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::failure::Failure;
use crate::output::note;

/// What a file is to hold, by the ending of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// The document that `--json` prints.
    Json,
    /// One row per run, account or record.
    Csv,
}

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Export {
    pub(crate) path: PathBuf,
    pub(crate) format: Format,
}

impl Export {
    /// A file of that name; its ending says what it is to hold.
    pub(crate) fn to(path: &Path) -> Result<Self, Failure> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let format = match ending.to_lowercase().as_str() {
            "json" => Format::Json,
            "csv" => Format::Csv,
            _ => {
                return Err(Failure::usage(
                    format!("{} ends neither in .json nor in .csv", path.display()),
                    "the ending of the name says what is written",
                ));
            }
        };
        if let Some(folder) = path.parent()
            && !folder.as_os_str().is_empty()
            && !folder.is_dir()
        {
            return Err(Failure::usage(
                format!("there is no folder {}", folder.display()),
                "make it, or name another file",
            ));
        }
        Ok(Self { path: path.to_owned(), format })
    }

    /// Writes the document, or the table.
    pub(crate) fn write(&self, document: &Value, table: &Table) -> Result<(), Failure> {
        let text = match self.format {
            Format::Json => format!("{document:#}\n"),
            Format::Csv => table.text()?,
        };
        std::fs::write(&self.path, text).map_err(|error| {
            Failure::failed(
                format!("{} cannot be written: {error}", self.path.display()),
                "check the folder and its rights, or name another file",
            )
        })?;
        note(&format!("written to {}", self.path.display()));
        Ok(())
    }
}

/// A table for spreadsheets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) header: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// All cells quoted, so that names may hold whatever they like.
    fn text(&self) -> Result<String, Failure> {
        let failed = |error: String| Failure::failed(format!("no table: {error}"), "report this");
        let mut out = csv::WriterBuilder::new()
            .quote_style(csv::QuoteStyle::Always)
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        out.write_record(&self.header).map_err(|error| failed(error.to_string()))?;
        for row in &self.rows {
            let cells = row.iter().map(|cell| guarded(cell));
            out.write_record(cells).map_err(|error| failed(error.to_string()))?;
        }
        let bytes = out.into_inner().map_err(|error| failed(error.to_string()))?;
        String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
    }
}

/// A cell that a spreadsheet would take for a formula gets an apostrophe in front, as in the tables of reports
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
fn guarded(cell: &str) -> String {
    let begins = cell.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
    if begins
        .starts_with(['=', '+', '-', '@', '\'', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
    {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_cells_quoted() {
        let table = Table {
            header: vec!["name"],
            rows: vec![
                vec!["=1+1".to_owned()],
                vec!["\t@x".to_owned()],
                vec!["a \"b\", c".to_owned()],
            ],
        };
        assert_eq!(
            table.text().unwrap(),
            "\"name\"\r\n\"'=1+1\"\r\n\"'\t@x\"\r\n\"a \"\"b\"\", c\"\r\n"
        );
    }

    #[test]
    fn the_ending_says_what_is_written() {
        assert_eq!(Export::to(Path::new("a.CSV")).map(|file| file.format), Ok(Format::Csv));
        assert_eq!(Export::to(Path::new("a.json")).map(|file| file.format), Ok(Format::Json));
        for wrong in ["a.txt", "a", "/no/such/folder/a.csv"] {
            let failure = Export::to(Path::new(wrong)).unwrap_err();
            assert_eq!(failure.kind, crate::failure::Kind::Usage, "{wrong}");
        }
    }

    #[test]
    fn a_file_holds_the_document_or_the_table() {
        let folder = tempfile::tempdir().unwrap();
        let table = Table { header: vec!["a"], rows: vec![vec!["1".to_owned()]] };
        for (name, held) in [("x.json", "{\n  \"a\": 1\n}\n"), ("x.csv", "\"a\"\r\n\"1\"\r\n")] {
            let path = folder.path().join(name);
            Export::to(&path).unwrap().write(&serde_json::json!({"a": 1}), &table).unwrap();
            assert_eq!(std::fs::read_to_string(path).unwrap(), held);
        }
    }
}
