//! The records that need a person's attention: the first of them, and where the others are.

use comfy_table::ColumnConstraint;
use drayage_domain::switch::summary::{SwitchSummary, review_key};
use serde_json::{Map, Value, json};

use crate::connection::Connection;
use crate::failure::Failure;
use crate::output::{Look, counted, grouped, printable, trimmed};

/// So many are shown; the file has all.
const SHOWN: usize = 20;
/// Ids have 18 characters, and the longest name of an outcome 26.
const ID_CHARS_MAX: usize = 26;
/// Some ten thousand records. A longer file is only pointed at.
const BYTES_MAX: u64 = 4 * 1024 * 1024;

/// The beginning of a run's list for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Review {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Rows of the whole list.
    total: u64,
}

/// Reads the list of a run; it is empty where the run has none.
pub(super) async fn read(
    connection: &Connection,
    summary: &SwitchSummary,
) -> Result<Review, Failure> {
    use drayage_aws::objects::StorageError;
    if summary.review.is_none() {
        return Ok(Review::default());
    }
    let (bucket, key) = (&connection.stack.state_bucket, review_key(&summary.run_id));
    match connection.storage.get_bounded(bucket, &key, BYTES_MAX).await {
        Ok(bytes) => Ok(Review::parse(&bytes.unwrap_or_default())),
        Err(StorageError::TooLarge { .. }) => Ok(Review::default()),
        Err(error) => Err(error.into()),
    }
}

impl Review {
    /// The list, whatever its columns are. A line that is not CSV ends it.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
        let columns = reader.headers().map(words).unwrap_or_default();
        let mut review = Self { columns, ..Self::default() };
        for record in reader.records().map_while(Result::ok) {
            review.total += 1;
            if review.rows.len() < SHOWN {
                review.rows.push(words(&record));
            }
        }
        review
    }

    /// The shown rows, each with the names of its columns.
    pub(super) fn json(&self) -> Value {
        let row = |row: &Vec<String>| {
            let pairs = self.columns.iter().zip(row);
            pairs.map(|(name, value)| (name.clone(), json!(value))).collect::<Map<_, _>>()
        };
        let rows: Vec<_> = self.rows.iter().map(row).collect();
        json!({"records": self.total, "first": rows})
    }

    /// The shown rows as a table; `None` if there is none.
    pub(super) fn text(&self, look: Look) -> Option<String> {
        if self.rows.is_empty() {
            return None;
        }
        let mut table = look.table([]);
        // A column without a word in it only takes room.
        let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
        let columns: Vec<usize> = (0..self.columns.len())
            .filter(|column| self.rows.iter().any(|row| !cell(row, *column).is_empty()))
            .collect();
        table.set_header(columns.iter().map(|column| cell(&self.columns, *column)));
        for row in &self.rows {
            table.add_row(columns.iter().map(|column| printable(&cell(row, *column))));
        }
        for (at, column) in columns.iter().enumerate() {
            let is_short = self.rows.iter().all(|row| is_id(&cell(row, *column)));
            if let Some(column) = table.column_mut(at)
                && is_short
            {
                // Ids are copied from here, so they are not broken.
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        let text = trimmed(&table);
        let shown = u64::try_from(self.rows.len()).unwrap_or(u64::MAX);
        if shown == self.total {
            return Some(text);
        }
        let total = counted(self.total, "record");
        Some(format!("{text}\nThe first {} of {total}.", grouped(shown)))
    }
}

/// Whether a text is short and one word, as ids and names of outcomes are.
fn is_id(text: &str) -> bool {
    text.chars().count() <= ID_CHARS_MAX && !text.contains(char::is_whitespace)
}

fn words(record: &csv::StringRecord) -> Vec<String> {
    record.iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn the_first_are_shown_and_all_are_counted() {
        let mut csv = "record,outcome\n".to_owned();
        for number in 0..25 {
            writeln!(csv, "r{number},conflict").unwrap();
        }
        let review = Review::parse(csv.as_bytes());
        let text = review.text(Look { width: 80, colour: false, lines: false }).unwrap();
        assert!(text.contains("r19") && !text.contains("r20"));
        assert!(text.ends_with("The first 20 of 25 records."));
        assert_eq!(review.json()["first"][0], json!({"record": "r0", "outcome": "conflict"}));
    }

    #[test]
    fn an_empty_list_is_not_shown() {
        let review = Review::parse(b"record,outcome\n");
        assert_eq!(review.text(Look { width: 80, colour: false, lines: false }), None);
    }
}
