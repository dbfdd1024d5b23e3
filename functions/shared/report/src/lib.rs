//! What a reconciliation found, as files that people and machines read. Pure: the model of
//! [`drayage_domain::reconcile`] goes in, bytes come out; there is no I/O but the writers that are handed in, and no clock.
//!
//! Each run has a folder `runs/<run>/report/` in the state bucket:
//!
//! | file | what it is | made by |
//! |---|---|---|
//! | [`SUMMARY_JSON`] | the whole [`Report`](drayage_domain::reconcile::Report), for programs | [`write_summary`] |
//! | [`DIFFERENCES_NDJSON_GZ`] | every difference, one JSON object a line, compressed | [`NdjsonWriter`] |
//! | [`DIFFERENCES_CSV`] | every difference, for spreadsheets | [`CsvWriter`] |
//! | [`FIX_SH`] | every repair as a command of the AWS command line | [`FixScript`] |
//! | [`INDEX_HTML`] | one page for people, readable without a network | [`render_page`] |
//!
//! [`DifferencesWriter`] feeds the three streams at once. Memory does not grow with the number of differences; the page
//! shows only those that the report itself carries.
//!
//! A run that writes into Salesforce has a page of its own ([`render_switch_page`]) in the same place, and beside the folder a
//! table of the records to look at, [`REVIEW_CSV`] ([`ReviewWriter`]). An analysis has a table of accounts ([`accounts_csv`]).

mod accounts;
mod csv_writer;
mod differences;
mod error;
mod files;
mod fix_script;
mod ndjson;
mod page;
mod shell;
mod summary;
mod switch;
mod text;
mod visible;

pub use accounts::{ACCOUNT_COLUMNS, accounts_csv};
pub use csv_writer::{COLUMNS, CsvWriter, guarded, unguarded};
pub use differences::DifferencesWriter;
pub use error::ReportError;
pub use files::{
    ACCOUNTS_CSV, ALL_FILES, DIFFERENCES_CSV, DIFFERENCES_NDJSON_GZ, FIX_SH, INDEX_HTML,
    REVIEW_CSV, SUMMARY_JSON, content_type,
};
pub use fix_script::FixScript;
pub use ndjson::NdjsonWriter;
pub use page::{Page, SwitchPage, render_page, render_switch_page};
pub use summary::{SCHEMA_VERSION, Summary, read_summary, write_summary};
pub use switch::{REVIEW_COLUMNS, REVIEW_SHOWN_MAX, ReviewRow, ReviewWriter, SwitchReport};
