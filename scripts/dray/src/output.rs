//! Everything that is written for a person or a program: data to standard output, everything else to standard error.

mod look;
mod narrow;

use std::io::{ErrorKind, IsTerminal as _, Write as _};

use comfy_table::{CellAlignment, Table};
use serde_json::Value;

use crate::failure::Failure;

pub(crate) use look::{ColourChoice, Look};

/// Aligns columns of numbers.
pub(crate) fn align_right(table: &mut Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// The table as text, without blanks at the ends of lines. Words are not broken, for ids and names are copied from here; where there
/// is no room for them, each row is a block of lines. In a last column with text, only words longer than others are broken.
pub(crate) fn trimmed(table: &Table) -> String {
    let mut table = table.clone();
    if !narrow::fits(&mut table) {
        return narrow::blocks(&table);
    }
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// A number with its thousands apart.
pub(crate) fn grouped(number: u64) -> String {
    indicatif::HumanCount(number).to_string()
}

/// `1 record`, `2 records`.
pub(crate) fn counted(number: u64, one: &str) -> String {
    format!("{} {one}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// A word for a POSIX shell.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Text of user data without characters that move the cursor or the reading direction.
pub(crate) fn printable(text: &str) -> String {
    let disturbing = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if disturbing(c) { '\u{fffd}' } else { c }).collect()
}

/// Writes data to standard output. A reader that has gone away, as `head` does, is an error that ends the command quietly.
pub(crate) fn data(text: &str) -> Result<(), Failure> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{text}").and_then(|()| output.flush()).map_err(|error| {
        if error.kind() == ErrorKind::BrokenPipe {
            return Failure::reader_gone();
        }
        Failure::failed(
            format!("standard output cannot be written: {error}"),
            "what was started goes on all the same",
        )
    })
}

/// Writes JSON to standard output.
pub(crate) fn json(value: &Value) -> Result<(), Failure> {
    data(&format!("{value:#}"))
}

/// Writes a line for people to standard error. That it cannot be written is no reason to stop.
pub(crate) fn note(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}

/// Whether a person can be asked.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks, and waits for a line. Nothing at the end of the input.
pub(crate) async fn ask(question: &str) -> String {
    let mut errors = std::io::stderr();
    drop(write!(errors, "{question} ").and_then(|()| errors.flush()));
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    line.await.ok().and_then(Result::ok).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_needed() {
        assert_eq!(quoted("/a/b-c.d"), "/a/b-c.d");
        assert_eq!(quoted("it's Ltd"), "'it'\\''s Ltd'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn numbers_are_told_for_people() {
        assert_eq!(counted(1, "record"), "1 record");
        assert_eq!(counted(12345, "record"), "12,345 records");
    }

    #[test]
    fn names_cannot_disturb_the_terminal() {
        assert_eq!(printable("a\u{202e}b\u{1b}[31m"), "a\u{fffd}b\u{fffd}[31m");
    }
}
