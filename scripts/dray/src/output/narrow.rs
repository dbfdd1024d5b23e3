//! Columns that break no word, and what is shown instead of a table where the terminal is too narrow for them: a block per row.
//! Lines of blocks are not broken; the terminal does that, and what is copied from it stays whole.

use comfy_table::{Cell, ColumnConstraint, Row, Table, Width};
use unicode_width::UnicodeWidthStr as _;

/// A column that shows less of a long text than this is hard to read.
const COLUMN_READABLE: u16 = 10;
/// Words of prose up to this length stay whole.
const PROSE_WORD_MAX: u16 = 24;
/// Words up to this length stay whole anywhere: ids of runs have 33 characters at most, names of outcomes 30.
const WORD_MAX: u16 = 40;
/// Of a cell, left and right.
const PADDING: u16 = 2;
/// The blank between two columns, which would be a line in other styles.
const SEPARATOR: u16 = 1;

/// Gives every column the room that its longest word needs. Whether the table then fits its width.
pub(super) fn fits(table: &mut Table) -> bool {
    let Some(width) = table.width().filter(|_| table.header().is_some()) else { return true };
    let last = table.column_count().saturating_sub(1);
    let mut needed = SEPARATOR;
    for column in 0..=last {
        let is_number = is_number(table, column);
        let is_prose = column == last && last > 0 && !is_number;
        let longest = longest(table, column, is_number);
        let least = longest.min(if is_prose { PROSE_WORD_MAX } else { WORD_MAX }) + PADDING;
        needed = needed.saturating_add(least + SEPARATOR);
        if let Some(column) = table.column_mut(column) {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
        }
    }
    needed <= width
}

/// Whether a column has numbers, perhaps with units, or times: they are read as one word.
fn is_number(table: &Table, column: usize) -> bool {
    let mut cells = cells(table.row_iter(), column).filter(|text| !text.is_empty()).peekable();
    let is_number = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_digit())
            && text.width() <= usize::from(PROSE_WORD_MAX)
    };
    cells.peek().is_some() && cells.all(|text| is_number(&text))
}

/// The longest word of a column; of a column of numbers the longest line, so that a unit stays beside its number.
fn longest(table: &Table, column: usize, is_number: bool) -> u16 {
    let header = cells(table.header().into_iter(), column);
    let longest = header.chain(cells(table.row_iter(), column)).filter_map(|text| {
        let count = |part: &str| part.width();
        if is_number {
            text.lines().map(count).max()
        } else {
            text.split_whitespace().map(count).max()
        }
    });
    u16::try_from(longest.max().unwrap_or(0)).unwrap_or(u16::MAX)
}

fn cells<'a>(rows: impl Iterator<Item = &'a Row>, column: usize) -> impl Iterator<Item = String> {
    rows.filter_map(move |row| row.cell_iter().nth(column)).map(Cell::content)
}

/// Whether a list of names and values has no room for values.
pub(super) fn list_is_too_wide(names: &[&str], width: u16) -> bool {
    let longest = names.iter().map(|name| name.width()).max().unwrap_or(0);
    longest + usize::from(COLUMN_READABLE + 2 * PADDING) > usize::from(width)
}

/// A line per cell, and an empty one between two rows.
pub(super) fn blocks(table: &Table) -> String {
    let content = |row: &Row| row.cell_iter().map(Cell::content).collect::<Vec<_>>();
    let names = table.header().map(content).unwrap_or_default();
    if table.is_empty() {
        return names.join("\n");
    }
    let block = |row: &Row| {
        let cells = names.iter().zip(content(row)).filter(|(_, text)| !text.trim().is_empty());
        let lines = cells.map(|(name, text)| format!("{name}: {}", indented(&text)));
        lines.collect::<Vec<_>>().join("\n")
    };
    table.row_iter().map(block).collect::<Vec<_>>().join("\n\n")
}

/// Each name over its value.
pub(super) fn list(rows: &[(&str, String)]) -> String {
    let lines = rows.iter().map(|(name, value)| format!("{name}\n  {}", indented(value)));
    let lines = lines.collect::<Vec<_>>().join("\n");
    lines.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Further lines of a text stand under what they belong to.
fn indented(text: &str) -> String {
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n  ")
}
