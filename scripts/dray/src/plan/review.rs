//! The records that need a person's attention: the first of them, and where the others are.

use drayage_domain::switch::summary::{SwitchSummary, review_key};
use serde_json::{Map, Value, json};

use crate::connection::Connection;
use crate::failure::Failure;
use crate::layout::WIDE;
use crate::output::{Look, counted, grouped, printable, trimmed};

/// So many are shown; the file has all.
const SHOWN: usize = 20;
/// Some ten thousand records. A longer file is only pointed at.
const BYTES_MAX: u64 = 4 * 1024 * 1024;

/// The beginning of a run's list for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Review {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Rows of the whole list.
    total: u64,
}

/// Reads the list of a run; it is empty where the run has none.
pub(crate) async fn read(
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

/// The records of a run's list that were to be written and were not; `None` where the list is too long to be read here.
pub(crate) async fn not_written(
    connection: &Connection,
    run_id: &str,
) -> Result<Option<Vec<String>>, Failure> {
    use drayage_aws::objects::StorageError;
    let (bucket, key) = (&connection.stack.state_bucket, review_key(run_id));
    match connection.storage.get_bounded(bucket, &key, BYTES_MAX).await {
        Ok(None) => Ok(Some(Vec::new())),
        Ok(Some(bytes)) => match ids_not_written(&bytes) {
            Ok(ids) => Ok(Some(ids)),
            Err(why) => Err(Failure::failed(
                format!("s3://{bucket}/{key} is damaged: {why}"),
                "start the same command again: it takes up only what is left",
            )),
        },
        Err(StorageError::TooLarge { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// All of them or an error: a list that was read in part would leave records out without a word.
fn ids_not_written(bytes: &[u8]) -> Result<Vec<String>, String> {
    let mut reader = csv::Reader::from_reader(bytes);
    let columns = reader.headers().map(words).map_err(|error| error.to_string())?;
    let place = |name: &str| columns.iter().position(|column| column == name);
    let (Some(id), Some(outcome)) = (place("record_id"), place("outcome")) else {
        return Err("it has no columns record_id and outcome".to_owned());
    };
    let mut left = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| error.to_string())?;
        if row.get(outcome).is_some_and(|it| it.starts_with("not_written.")) {
            left.extend(row.get(id).map(str::to_owned));
        }
    }
    Ok(left)
}

impl Review {
    /// The list, whatever its columns are. A line that is not CSV ends it.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
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
    pub(crate) fn json(&self) -> Value {
        let row = |row: &Vec<String>| {
            let pairs = self.columns.iter().zip(row);
            pairs.map(|(name, value)| (name.clone(), json!(value))).collect::<Map<_, _>>()
        };
        let rows: Vec<_> = self.rows.iter().map(row).collect();
        json!({"records": self.total, "first": rows})
    }

    /// The shown rows as a table; `None` if there is none.
    pub(crate) fn text(&self, look: Look) -> Option<String> {
        if self.rows.is_empty() {
            return None;
        }
        let mut table = look.table([]);
        // A column without a word in it only takes room, and an account is told by the file.
        let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
        let is_wanted = |name: &String| look.width >= WIDE || name != "account";
        let columns: Vec<usize> = (0..self.columns.len())
            .filter(|column| self.columns.get(*column).is_some_and(is_wanted))
            .filter(|column| self.rows.iter().any(|row| !cell(row, *column).is_empty()))
            .collect();
        table.set_header(columns.iter().map(|column| cell(&self.columns, *column)));
        for row in &self.rows {
            table.add_row(columns.iter().map(|column| printable(&cell(row, *column))));
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
    fn only_what_was_not_written_can_be_written_again() {
        let csv = b"record_id,account,outcome\na,x,conflict\nb,y,not_written.locked\nc,z,drifted\n";
        assert_eq!(ids_not_written(csv), Ok(vec!["b".to_owned()]));
    }

    #[test]
    fn a_damaged_list_is_not_taken_for_a_shorter_one() {
        let damaged: [&[u8]; 4] = [
            b"",
            b"id,outcome\nb,not_written.locked\n",
            b"record_id,outcome\na,not_written.locked\nb\n",
            b"record_id,outcome\na,not_written.locked\n\xff,not_written.locked\n",
        ];
        for csv in damaged {
            assert!(ids_not_written(csv).is_err(), "{csv:?}");
        }
    }

    #[test]
    fn an_empty_list_is_not_shown() {
        let review = Review::parse(b"record,outcome\n");
        assert_eq!(review.text(Look { width: 80, colour: false, lines: false }), None);
    }
}
