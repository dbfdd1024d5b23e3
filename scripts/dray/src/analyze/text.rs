//! An analysis as a person reads it.

use drayage_domain::analysis::Analysis;
use unicode_width::UnicodeWidthStr as _;

use super::sections;
use crate::human::Moment;
use crate::layout::{Word, grid, heading};
use crate::output::{Look, printable};
use crate::stack::Stack;

/// The analysis as text.
pub(super) fn text(analysis: &Analysis, stack: &Stack, moment: &Moment, look: Look) -> String {
    let mut sections = vec![format!(
        "Analysis {}\n\n{}",
        analysis.run_id,
        sections::scope(analysis, stack, moment, look)
    )];
    sections.push(section(look, "Records by planned outcome", &sections::outcomes(analysis, look)));
    sections.push(section(look, "Hosts and buckets", &sections::hosts(analysis, look)));
    sections.push(section(look, "File types", &sections::file_types(analysis, look)));
    sections.push(section(look, "Sizes", &sections::sizes(analysis, look)));
    sections.push(section(look, "Hazards", &sections::hazards(analysis, look)));
    sections.push(section(
        look,
        "Accounts with the most files",
        &sections::accounts(analysis, look),
    ));
    sections.push(section(look, "Estimate of the copying", &sections::estimate(analysis, look)));
    sections.push(section(look, "Salesforce API calls", &sections::salesforce(analysis, look)));
    sections.push(section(look, "Recommendation", &sections::recommendation(analysis, look)));
    sections.join("\n\n")
}

fn section(look: Look, name: &str, body: &str) -> String {
    format!("{}\n{body}", heading(look, name))
}

/// A table.
///
/// * `numbers`: columns that are aligned at their ends.
pub(super) fn table<const N: usize>(
    look: Look,
    header: [&str; N],
    rows: Vec<[Word; N]>,
    numbers: &[usize],
) -> String {
    if rows.is_empty() { "  none".to_owned() } else { grid(look, header, numbers, rows) }
}

/// A name of user data; what is empty is said to be.
pub(super) fn name(text: Option<&str>) -> String {
    match text {
        Some(text) if !text.trim().is_empty() => printable(text),
        Some(_) | None => "(none)".to_owned(),
    }
}

/// A sentence in lines of the width.
///
/// * `indents`: of the first line, and of the others.
pub(super) fn wrapped(text: &str, indents: [&str; 2], look: Look) -> String {
    let width = usize::from(look.width).max(20);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(format!("{}{word}", indents[1])),
            None => lines.push(format!("{}{word}", indents[0])),
        }
    }
    lines.join("\n")
}
