//! CSV as Bulk API 2.0 reads and writes it.

use serde_json::{Map, Value};

use super::super::error::ApiError;

/// Delimiter and line ending of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) delimiter: u8,
    pub(crate) crlf: bool,
}

const DELIMITERS: [(&str, u8); 6] = [
    ("COMMA", b','),
    ("TAB", b'\t'),
    ("SEMICOLON", b';'),
    ("PIPE", b'|'),
    ("CARET", b'^'),
    ("BACKQUOTE", b'`'),
];

impl Format {
    /// Reads `columnDelimiter` and `lineEnding` of a job request.
    pub(crate) fn of_request(request: &Map<String, Value>) -> Result<Self, ApiError> {
        let get = |name: &str, default: &'static str| {
            request.get(name).map_or(Some(default), Value::as_str).unwrap_or_default().to_owned()
        };
        let invalid = |what: &str, value: &str| {
            ApiError::bad_request("INVALIDJOB", format!("InvalidJob : Invalid {what}: {value}"))
        };
        let content = get("contentType", "CSV");
        if content != "CSV" {
            return Err(invalid("contentType", &content));
        }
        let wanted = get("columnDelimiter", "COMMA");
        let delimiter = DELIMITERS
            .iter()
            .find(|(name, _)| *name == wanted)
            .map(|(_, byte)| *byte)
            .ok_or_else(|| invalid("columnDelimiter", &wanted))?;
        let crlf = match get("lineEnding", "LF").as_str() {
            "LF" => false,
            "CRLF" => true,
            other => return Err(invalid("lineEnding", other)),
        };
        Ok(Self { delimiter, crlf })
    }

    pub(crate) fn delimiter_name(self) -> &'static str {
        DELIMITERS
            .iter()
            .find(|(_, byte)| *byte == self.delimiter)
            .map_or("COMMA", |(name, _)| name)
    }

    pub(crate) fn line_ending_name(self) -> &'static str {
        if self.crlf { "CRLF" } else { "LF" }
    }

    /// One line, with its ending; every cell is quoted, as the service does.
    pub(crate) fn line<S: AsRef<str>>(self, values: &[S]) -> String {
        let mut line = String::new();
        for (position, value) in values.iter().enumerate() {
            if position > 0 {
                line.push(char::from(self.delimiter));
            }
            line.push('"');
            line.push_str(&value.as_ref().replace('"', "\"\""));
            line.push('"');
        }
        line.push_str(if self.crlf { "\r\n" } else { "\n" });
        line
    }
}

/// Reads uploaded CSV: the header, then the rows. Line endings must be those of the job.
pub(crate) fn cells(
    format: Format,
    bytes: &[u8],
) -> Result<(Vec<String>, Vec<Vec<String>>), String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| format!("InvalidBatch : The data is not UTF-8: {error}"))?;
    if uses_crlf(text).is_some_and(|crlf| crlf != format.crlf) {
        return Err(format!(
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {}",
            format.line_ending_name()
        ));
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(format.delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let mut lines = reader.records().map(|record| {
        record
            .map(|record| record.iter().map(str::to_owned).collect::<Vec<String>>())
            .map_err(|error| format!("InvalidBatch : {error}"))
    });
    let header = lines.next().transpose()?.ok_or("InvalidBatch : The data is empty")?;
    let rows = lines.collect::<Result<Vec<_>, _>>()?;
    if let Some(row) = rows.iter().find(|row| row.len() != header.len()) {
        return Err(format!(
            "InvalidBatch : The number of columns in the row ({}) is not that of the header ({})",
            row.len(),
            header.len()
        ));
    }
    Ok((header, rows))
}

/// Whether the first line that ends outside quotes ends with CRLF; `None` without any line ending.
fn uses_crlf(text: &str) -> Option<bool> {
    let mut quoted = false;
    let mut previous = ' ';
    for character in text.chars() {
        match character {
            '"' => quoted = !quoted,
            '\n' if !quoted => return Some(previous == '\r'),
            _ => {}
        }
        previous = character;
    }
    None
}
