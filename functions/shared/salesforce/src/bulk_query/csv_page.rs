//! Reads one page of CSV results, and proves that it is complete.

use csv::{ReaderBuilder, StringRecord};
use serde_json::Value;

use super::BulkPage;
use crate::error::SalesforceError;
use crate::http::Incoming;
use crate::record::Record;

const EXPECTED: &str = "a page of CSV";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads headers and body of a results answer.
pub(super) fn read(
    operation: &'static str,
    answer: &Incoming,
) -> Result<BulkPage, SalesforceError> {
    let unfit = |found: String| SalesforceError::Protocol { operation, expected: EXPECTED, found };
    if !answer.content_type().to_ascii_lowercase().starts_with("text/csv") {
        return Err(unfit(answer.content_type().to_owned()));
    }
    let number_of_records: u64 = answer
        .header("Sforce-NumberOfRecords")
        .and_then(|number| number.trim().parse().ok())
        .ok_or_else(|| unfit("no Sforce-NumberOfRecords header".to_owned()))?;
    // The last page carries the word null, not the absence of the header.
    let locator = match answer.header("Sforce-Locator").map(str::trim) {
        None => return Err(unfit("no Sforce-Locator header".to_owned())),
        Some("null" | "") => None,
        Some(locator) => Some(locator.to_owned()),
    };
    let records = rows(&answer.body).map_err(unfit)?;
    if u64::try_from(records.len()).ok() != Some(number_of_records) {
        return Err(unfit(format!(
            "{} rows where Sforce-NumberOfRecords says {number_of_records}",
            records.len()
        )));
    }
    Ok(BulkPage { records, locator })
}

/// Rows as records. The error says what is wrong and in which row, never what stands there.
fn rows(body: &[u8]) -> Result<Vec<Record>, String> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let mut reader = ReaderBuilder::new().has_headers(true).flexible(false).from_reader(body);
    let columns = reader.headers().map_err(|error| described(&error))?.clone();
    let mut names: Vec<String> = columns.iter().map(str::to_ascii_lowercase).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err("a column name that occurs twice".to_owned());
    }
    let mut records = Vec::new();
    let mut row = StringRecord::new();
    while reader.read_record(&mut row).map_err(|error| described(&error))? {
        // Every page repeats the header, and pages may arrive joined. No record equals it: its id would have to be `Id`.
        if row == columns {
            continue;
        }
        let record = columns.iter().zip(&row).map(|(name, cell)| (name.to_owned(), value(cell)));
        records.push(record.collect());
    }
    Ok(records)
}

/// Bulk writes null as an empty cell.
fn value(cell: &str) -> Value {
    if cell.is_empty() { Value::Null } else { Value::String(cell.to_owned()) }
}

fn described(error: &csv::Error) -> String {
    let row = error.position().map_or(0, csv::Position::record);
    let kind = if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) {
        "a cell that is not UTF-8"
    } else if matches!(error.kind(), csv::ErrorKind::UnequalLengths { .. }) {
        "a row with too few or too many cells"
    } else {
        "text that is not CSV"
    };
    format!("{kind} in row {row}")
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn answer(body: &'static [u8], number: &str, locator: &str) -> Incoming {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "text/csv; charset=UTF-8".parse().unwrap());
        headers.insert("sforce-numberofrecords", number.parse().unwrap());
        headers.insert("sforce-locator", locator.parse().unwrap());
        Incoming { headers, body: bytes::Bytes::from_static(body) }
    }

    #[rstest]
    #[case(b"\"Id\",\"Account__r.Name\"\n\"a\",\"Acme\"\n", json!([{"Id": "a", "Account__r.Name": "Acme"}]))]
    #[case(b"Id,X\na,\nb,\"\"\n", json!([{"Id": "a", "X": null}, {"Id": "b", "X": null}]))]
    #[case(b"Id,X\na,\"say \"\"hi\"\", ok\"\n", json!([{"Id": "a", "X": "say \"hi\", ok"}]))]
    #[case(b"Id,X\na,\"two\nlines\r\nthree\"\n", json!([{"Id": "a", "X": "two\nlines\r\nthree"}]))]
    #[case(b"Id,X\r\na,1\r\n", json!([{"Id": "a", "X": "1"}]))]
    #[case(b"\xef\xbb\xbfId,X\na,1\n", json!([{"Id": "a", "X": "1"}]))]
    #[case(b"\xef\xbb\xbf\"Id\",\"X\"\na, 1 \n", json!([{"Id": "a", "X": " 1 "}]))]
    #[case(b"Id,X\na,1\nId,X\nb,2\n", json!([{"Id": "a", "X": "1"}, {"Id": "b", "X": "2"}]))]
    #[case(b"Id\n\"\"\n", json!([{"Id": null}]))]
    #[case("Id,X\na,株式会社\n".as_bytes(), json!([{"Id": "a", "X": "株式会社"}]))]
    #[case(b"Id,X\n", json!([]))]
    #[case(b"", json!([]))]
    fn pages(#[case] body: &'static [u8], #[case] expected: Value) {
        let number = expected.as_array().unwrap().len().to_string();
        let page = read("results", &answer(body, &number, "MTAwMDA")).unwrap();
        assert_eq!(Value::Array(page.records.into_iter().map(Value::Object).collect()), expected);
        assert_eq!(page.locator.as_deref(), Some("MTAwMDA"));
    }

    #[test]
    fn the_word_null_marks_the_last_page() {
        assert_eq!(read("results", &answer(b"Id\na\n", "1", "null")).unwrap().locator, None);
    }

    #[rstest]
    #[case(b"Id\na\n", "2", "1 rows where Sforce-NumberOfRecords says 2")]
    #[case(b"Id\na\nb\n", "1", "2 rows where")]
    #[case(b"Id\na\n", "many", "no Sforce-NumberOfRecords")]
    #[case(b"Id,X\na,1\nsecret\n", "2", "too few or too many cells in row 2")]
    #[case(b"Id,X\na,\"cut off", "2", "1 rows where")]
    #[case(b"Id\n\xff\xfe\n", "1", "not UTF-8 in row 1")]
    #[case(b"Id,id\na,b\n", "1", "occurs twice")]
    fn a_page_that_is_not_whole_is_refused(
        #[case] body: &'static [u8],
        #[case] number: &str,
        #[case] problem: &str,
    ) {
        let error = read("results", &answer(body, number, "null")).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }

    #[rstest]
    #[case("content-type")]
    #[case("sforce-numberofrecords")]
    #[case("sforce-locator")]
    fn every_header_is_needed(#[case] header: &str) {
        let mut answer = answer(b"Id\na\n", "1", "null");
        answer.headers.remove(header);
        assert_eq!(read("results", &answer).unwrap_err().error_type(), "SalesforceProtocol");
    }
}
