//! `accounts.csv`: every account that an analysis has found, for spreadsheets. Names come from strangers, so cells are guarded as
//! in `differences.csv`.

use csv::{QuoteStyle, Terminator, WriterBuilder};
use drayage_domain::analysis::AccountCount;

use crate::csv_writer::guarded;
use crate::error::ReportError;
use crate::files::ACCOUNTS_CSV;

/// The header row.
pub const ACCOUNT_COLUMNS: [&str; 4] = ["account_id", "account_name", "records", "files"];

/// The table of these accounts, in UTF-8.
///
/// * `other`: records and files of accounts that are not counted by name; they get a last row.
///
/// # Errors
///
/// [`ReportError::Write`] if a row cannot be written, which in memory does not happen.
pub fn accounts_csv(
    accounts: &[AccountCount],
    other: Option<(u64, u64)>,
) -> Result<Vec<u8>, ReportError> {
    let failed =
        |error: csv::Error| ReportError::Write { file: ACCOUNTS_CSV, source: error.into() };
    let mut out = WriterBuilder::new()
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    out.write_record(ACCOUNT_COLUMNS).map_err(failed)?;
    for account in accounts {
        let name = guarded(account.name.as_deref().unwrap_or_default());
        let row =
            [guarded(&account.id), name, account.records.to_string(), account.files.to_string()];
        out.write_record(row).map_err(failed)?;
    }
    if let Some((records, files)) = other {
        let row = ["other".to_owned(), String::new(), records.to_string(), files.to_string()];
        out.write_record(row).map_err(failed)?;
    }
    out.into_inner()
        .map_err(|error| ReportError::Write { file: ACCOUNTS_CSV, source: error.into_error() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_becomes_a_formula_or_a_row() {
        let account = |id: &str, name: &str| AccountCount {
            id: id.to_owned(),
            name: Some(name.to_owned()),
            records: 3,
            files: 2,
        };
        let accounts = [
            account("001000000000001AAA", "=HYPERLINK(\"http://x\")"),
            account("001000000000002AAA", "two\nlines, \"quoted\""),
        ];
        let table = String::from_utf8(accounts_csv(&accounts, Some((9, 8))).unwrap()).unwrap();
        let expected = "\"account_id\",\"account_name\",\"records\",\"files\"\r\n\
             \"001000000000001AAA\",\"'=HYPERLINK(\"\"http://x\"\")\",\"3\",\"2\"\r\n\
             \"001000000000002AAA\",\"two\nlines, \"\"quoted\"\"\",\"3\",\"2\"\r\n\
             \"other\",\"\",\"9\",\"8\"\r\n";
        assert_eq!(table, expected);
    }
}
