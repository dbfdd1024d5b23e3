//! How text is laid out: width, colours, and which characters lines are drawn with.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use clap::ValueEnum;
use comfy_table::{Attribute, Cell, Color, ContentArrangement, LineStyle, Table, presets};

use super::narrow;

/// Used where neither a terminal nor `COLUMNS` tells the width.
const WIDTH_DEFAULT: u16 = 100;
/// A narrower terminal breaks the lines itself.
const WIDTH_MIN: u16 = 10;

/// What `--color` says; set once, when the command line is known.
static COLOUR: OnceLock<ColourChoice> = OnceLock::new();

/// When words are coloured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColourChoice {
    /// On a terminal, unless the environment says otherwise
    #[default]
    Auto,
    /// Also into files and pipes
    Always,
    /// Never
    Never,
}

impl ColourChoice {
    /// Makes this the choice of the whole process. Only the first call counts.
    pub(crate) fn choose(self) {
        // A second choice can only come from a test in the same process.
        _ = COLOUR.set(self);
    }

    /// What `auto` means, by <https://no-color.org> and <https://bixense.com/clicolors/>.
    fn colours(self, terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if is_set("NO_COLOR") => false,
            Self::Auto if is_set("CLICOLOR_FORCE") => {
                variable("CLICOLOR_FORCE").is_some_and(|value| value != "0")
                    || (terminal && !is_dumb(&variable))
            }
            Self::Auto => terminal && !is_dumb(&variable),
        }
    }
}

fn is_dumb(variable: &impl Fn(&str) -> Option<String>) -> bool {
    variable("TERM").is_some_and(|term| term == "dumb")
}

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
    /// As standard output has it, with what the environment and `--color` say.
    pub(crate) fn of_standard_output() -> Self {
        let terminal = std::io::stdout().is_terminal();
        Self::here(terminal, if terminal { Table::new().width() } else { None })
    }

    /// As standard error has it.
    pub(crate) fn of_standard_error() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let mut table = Table::new();
        table.use_stderr();
        Self::here(terminal, if terminal { table.width() } else { None })
    }

    fn here(terminal: bool, width: Option<u16>) -> Self {
        let choice = COLOUR.get().copied().unwrap_or_default();
        Self::of(terminal, width, choice, |name| {
            std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
        })
    }

    /// * `width`: of the terminal, if it tells one.
    fn of(
        terminal: bool,
        width: Option<u16>,
        choice: ColourChoice,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let told = || variable("COLUMNS")?.trim().parse().ok().filter(|columns| *columns > 0);
        let width = width.filter(|width| *width > 0).or_else(told).unwrap_or(WIDTH_DEFAULT);
        Self {
            width: width.max(WIDTH_MIN),
            colour: choice.colours(terminal, &variable),
            lines: terminal && !is_dumb(&variable),
        }
    }

    /// A table with a header. Print it by [`super::trimmed`], which makes blocks of its rows where it is too wide.
    pub(crate) fn table<const N: usize>(self, header: [&str; N]) -> Table {
        let mut table = self.bare();
        let line = if self.lines { '─' } else { '-' };
        table.load_style(presets::NOTHING.header_separator(LineStyle::new(line, line, line, line)));
        table.set_header(header.map(|name| {
            let cell = Cell::new(name);
            if self.colour { cell.add_attribute(Attribute::Bold) } else { cell }
        }));
        table
    }

    /// A list of names and what belongs to them, without lines.
    pub(crate) fn list<'a>(self, rows: impl IntoIterator<Item = (&'a str, String)>) -> String {
        let rows: Vec<_> = rows.into_iter().collect();
        let names: Vec<&str> = rows.iter().map(|(name, _)| *name).collect();
        if narrow::list_is_too_wide(&names, self.width) {
            return narrow::list(&rows);
        }
        let mut table = self.bare();
        table.load_style(presets::NOTHING);
        for (name, value) in rows {
            table.add_row([format!(" {name}"), value]);
        }
        super::trimmed(&table)
    }

    fn bare(self) -> Table {
        let mut table = Table::new();
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(self.width);
        if self.colour {
            table.enforce_styling();
            // Coloured blanks at the end of a line could not be cut off.
            table.style_text_only();
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

    /// How much of something is done, in so many columns; `[###---]` where only ASCII can be drawn.
    ///
    /// * `fraction`: from 0 to 1; what is beyond, or not a number, counts as the nearest end.
    pub(crate) fn bar(self, fraction: f64, width: u16) -> String {
        let fraction = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) };
        let (open, full, empty, close) =
            if self.lines { ("", "█", "░", "") } else { ("[", "#", "-", "]") };
        let columns = usize::from(width).saturating_sub(open.len() + close.len());
        let done = cells(fraction, columns);
        format!("{open}{}{}{close}", full.repeat(done), empty.repeat(columns - done))
    }

    /// A bar beside others, in so many columns at most. What is there at all has one column at least.
    ///
    /// * `most`: the number of the longest bar.
    pub(crate) fn share(self, number: u64, most: u64, width: u16) -> String {
        let columns = (u128::from(number) * u128::from(width)).div_ceil(u128::from(most.max(1)));
        let columns = usize::try_from(columns.min(width.into())).unwrap_or(0);
        (if self.lines { "█" } else { "#" }).repeat(columns)
    }
}

/// Rounded down, so that a full bar means that all is done.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "columns of a terminal, and a fraction from 0 to 1"
)]
fn cells(fraction: f64, columns: usize) -> usize {
    ((fraction * columns as f64).floor() as usize).min(columns)
}

#[cfg(test)]
mod tests;
