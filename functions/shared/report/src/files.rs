//! The names of the files in a report's folder. They never change once released: people link to them.

/// The whole report, for programs.
pub const SUMMARY_JSON: &str = "summary.json";
/// Every difference, one JSON object a line, compressed with gzip.
pub const DIFFERENCES_NDJSON_GZ: &str = "differences.ndjson.gz";
/// Every difference, for spreadsheets.
pub const DIFFERENCES_CSV: &str = "differences.csv";
/// Every repair as a command of the AWS command line.
pub const FIX_SH: &str = "fix.sh";
/// The page for people.
pub const INDEX_HTML: &str = "index.html";
/// Every record that a person has to look at, of a run that writes into Salesforce.
pub const REVIEW_CSV: &str = "review.csv";
/// Every account, of an analysis.
pub const ACCOUNTS_CSV: &str = "accounts.csv";

/// Every file of a report, the page first.
pub const ALL_FILES: [&str; 5] =
    [INDEX_HTML, SUMMARY_JSON, DIFFERENCES_NDJSON_GZ, DIFFERENCES_CSV, FIX_SH];

/// The `Content-Type` to store a file of a report with. The script and the table are plain text on purpose: a browser
/// shows them instead of handing them to a program.
pub fn content_type(file: &str) -> &'static str {
    match file {
        INDEX_HTML => "text/html; charset=utf-8",
        SUMMARY_JSON => "application/json",
        DIFFERENCES_NDJSON_GZ => "application/gzip",
        DIFFERENCES_CSV | REVIEW_CSV | ACCOUNTS_CSV => "text/csv; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}
