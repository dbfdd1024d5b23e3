//! Everything that is written for a person or a program: data to standard output, everything else to standard error.

use std::io::{IsTerminal as _, Write as _};

use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, LineStyle, Table, presets};
use serde_json::Value;

use crate::failure::Failure;

/// Used where no terminal tells its width.
const WIDTH_WITHOUT_TERMINAL: u16 = 100;
/// A narrower terminal gets lines that it has to break itself.
const WIDTH_MIN: u16 = 40;

/// How text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// Columns.
    pub(crate) width: u16,
    /// Whether words may be coloured.
    pub(crate) colour: bool,
    /// Whether lines may be drawn with other characters than ASCII.
    pub(crate) lines: bool,
}

impl Look {
    /// As standard output has it, with what `NO_COLOR` says (<https://no-color.org>).
    pub(crate) fn of_standard_output() -> Self {
        let terminal = std::io::stdout().is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let width = if terminal { Table::new().width() } else { None };
        Self {
            width: width.unwrap_or(WIDTH_WITHOUT_TERMINAL).max(WIDTH_MIN),
            colour: terminal && !plain,
            lines: terminal,
        }
    }

    /// A table with a header.
    pub(crate) fn table<const N: usize>(self, header: [&str; N]) -> Table {
        let mut table = self.bare();
        let line = if self.lines { '─' } else { '-' };
        table.load_style(presets::NOTHING.header_separator(LineStyle::new(line, line, line, line)));
        table.set_header(header);
        table
    }

    /// A list of names and what belongs to them, without lines.
    pub(crate) fn list<'a>(self, rows: impl IntoIterator<Item = (&'a str, String)>) -> String {
        let mut table = self.bare();
        table.load_style(presets::NOTHING);
        for (name, value) in rows {
            table.add_row([format!(" {name}"), value]);
        }
        trimmed(&table)
    }

    fn bare(self) -> Table {
        let mut table = Table::new();
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(self.width);
        if self.colour {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        table
    }

    /// A cell in this colour, if there are colours.
    pub(crate) fn cell(self, text: &str, colour: Color) -> Cell {
        let cell = Cell::new(text);
        if self.colour { cell.fg(colour) } else { cell }
    }
}

/// Aligns columns of numbers.
pub(crate) fn align_right(table: &mut Table, columns: &[usize]) {
    for column in columns {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// The table as text, without blanks at the ends of lines.
pub(crate) fn trimmed(table: &Table) -> String {
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

/// Writes data to standard output.
pub(crate) fn data(text: &str) -> Result<(), Failure> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{text}").and_then(|()| output.flush()).map_err(|error| {
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

    #[test]
    fn colours_are_left_out_where_nobody_wants_them() {
        let text = |colour| {
            let look = Look { width: 80, colour, lines: false };
            let mut table = look.table(["check"]);
            table.add_row([look.cell("failed", Color::Red)]);
            table.to_string()
        };
        assert!(text(true).contains("\u{1b}["));
        assert!(!text(false).contains('\u{1b}'));
    }
}
