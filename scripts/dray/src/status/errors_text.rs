//! Records that need a person.

use std::collections::BTreeMap;

use drayage_domain::remedy::remedy;

use crate::human::{Moment, wrapped};
use crate::layout::{WIDE, grid};
use crate::output::{Look, counted, grouped, printable};
use crate::view::{Attention, AttentionRow, meaning};

pub(super) fn text(found: &Attention, run: Option<&str>, look: Look, moment: &Moment) -> String {
    let of_run = run.map_or_else(String::new, |run| format!(" of {run}"));
    if found.total() == 0 {
        return wrapped(&format!("No record{of_run} needs a person."), look.width, "");
    }
    let total = found.total();
    let verb = if total == 1 { "needs" } else { "need" };
    let mut parts = vec![
        wrapped(&format!("{}{of_run} {verb} a person.", counted(total, "record")), look.width, ""),
        outcomes(&found.counts, look),
    ];
    let blocks: Vec<String> = found.rows.iter().map(|row| block(row, look, moment)).collect();
    parts.extend(blocks);
    let shown = u64::try_from(found.rows.len()).unwrap_or(u64::MAX);
    if shown < total {
        let run = run.map_or_else(String::new, |run| format!(" --run {run}"));
        // A command is copied from here, so it is not broken.
        parts.push(format!(
            "The newest {} of {}. All of them:\n  dray status --errors {}{run} --export all.csv",
            grouped(shown),
            grouped(total),
            total.min(100_000)
        ));
    }
    parts.join("\n\n")
}

/// How many, by outcome, and what to do about each.
pub(super) fn outcomes(counts: &BTreeMap<String, u64>, look: Look) -> String {
    let mut counts: Vec<(&String, &u64)> = counts.iter().filter(|(_, count)| **count > 0).collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    if look.width >= WIDE {
        let rows = counts.into_iter().map(|(outcome, count)| {
            let (meaning, remedy) = (meaning(outcome).into(), remedy(outcome).into());
            [grouped(*count).into(), outcome.as_str().into(), meaning, remedy]
        });
        let header = ["records", "outcome", "what it means", "what to do"];
        return grid(look, header, &[0], rows.collect());
    }
    let rows = counts.into_iter().map(|(outcome, count)| {
        let told = format!("{}.\n{}", meaning(outcome), remedy(outcome));
        [grouped(*count).into(), outcome.as_str().into(), told.into()]
    });
    grid(look, ["records", "outcome", "what it means, and what to do"], &[0], rows.collect())
}

fn block(row: &AttentionRow, look: Look, moment: &Moment) -> String {
    let account = match (&row.account_name, &row.account_id) {
        (Some(name), Some(id)) => format!(", {} ({id})", printable(name)),
        (Some(name), None) => format!(", {}", printable(name)),
        (None, Some(id)) => format!(", {id}"),
        (None, None) => String::new(),
    };
    let head = format!("{}{account}: {}", row.record_id, row.outcome);
    let mut lines = vec![wrapped(&head, look.width, "")];
    let message = row.message.as_deref().unwrap_or(&row.meaning);
    lines.push(wrapped(&printable(message), look.width, "  "));
    if let Some(url) = &row.url {
        lines.push(cut(&printable(url), look.width));
    }
    let tries =
        if row.attempts == 1 { "once".to_owned() } else { format!("{} times", row.attempts) };
    let found = format!("{} by {}, tried {tries}", moment.local(&row.at), row.run_id);
    lines.push(wrapped(&found, look.width, "  "));
    lines.join("\n")
}

/// In one line; the file's name at the end tells more than the middle.
fn cut(url: &str, width: u16) -> String {
    let room = usize::from(width).saturating_sub(2).max(8);
    let length = url.chars().count();
    if length <= room {
        return format!("  {url}");
    }
    let half = (room - 1) / 2;
    let start: String = url.chars().take(half).collect();
    let end: String = url.chars().skip(length - half).collect();
    format!("  {start}…{end}")
}
