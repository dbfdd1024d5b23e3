//! Tables, headings and coloured words, for every command.

use comfy_table::{Cell, Color};

use crate::output::{Look, align_right, trimmed};

/// From this width on, a table has room for columns that only some people need.
pub(crate) const WIDE: u16 = 110;

/// A cell: a text, and how it is coloured where there are colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) colour: Option<Color>,
}

impl From<String> for Word {
    fn from(text: String) -> Self {
        Self { text, colour: None }
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl Word {
    pub(crate) fn coloured(text: impl Into<String>, colour: Color) -> Self {
        Self { text: text.into(), colour: Some(colour) }
    }
}

/// Rows under a header.
///
/// * `right`: columns of numbers.
pub(crate) fn grid<const N: usize>(
    look: Look,
    header: [&str; N],
    right: &[usize],
    rows: Vec<[Word; N]>,
) -> String {
    let mut table = look.table(header);
    for row in rows {
        table.add_row(row.map(|word| match word.colour {
            Some(colour) => look.cell(&word.text, colour),
            None => Cell::new(word.text),
        }));
    }
    align_right(&mut table, right);
    trimmed(&table)
}

/// A heading.
pub(crate) fn heading(look: Look, text: &str) -> String {
    if look.colour { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// A word in a colour, outside of tables.
pub(crate) fn painted(look: Look, text: &str, code: u8) -> String {
    if look.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_room_for_a_table_each_row_is_a_block() {
        let look = Look { width: 20, colour: true, lines: true };
        let rows = vec![
            ["migrate-1-of-1".into(), Word::coloured("1", Color::Red)],
            ["b".into(), "".into()],
        ];
        assert_eq!(
            grid(look, ["name", "files"], &[1], rows),
            "name: migrate-1-of-1\nfiles: 1\n\nname: b"
        );
    }
}
