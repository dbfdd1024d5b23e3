//! Whether records could be repointed now.

use comfy_table::Color;
use drayage_domain::switch::plan::CheckState;

use crate::human::wrapped;
use crate::layout::{Word, grid};
use crate::output::{Look, printable};
use crate::view::Readiness;

pub(super) fn text(readiness: &Readiness, look: Look) -> String {
    let head = if readiness.ready {
        "Nothing stands in the way of a migration. Its plan checks the org as well: dray migrate"
    } else {
        "Records cannot be repointed now."
    };
    let rows = readiness.checks.iter().map(|check| {
        let state = match check.state {
            CheckState::Passed => Word::coloured("passed", Color::Green),
            CheckState::Warning => Word::coloured("warning", Color::Yellow),
            CheckState::Failed => Word::coloured("failed", Color::Red),
        };
        [state, check.name.as_str().into(), printable(&check.found).into()]
    });
    let table = grid(look, ["state", "check", "found"], &[], rows.collect());
    format!("{}\n\n{table}", wrapped(head, look.width, ""))
}
