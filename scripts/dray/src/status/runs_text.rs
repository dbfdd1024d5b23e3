//! Runs as a table.

use comfy_table::Color;

use crate::human::{Moment, wrapped};
use crate::layout::{WIDE, Word, grid};
use crate::output::{Look, grouped, printable};
use crate::view::{RunStatus, RunView, Runs};

pub(super) fn text(runs: &Runs, look: Look, moment: &Moment) -> String {
    if runs.runs.is_empty() {
        return wrapped(
            "No run yet. Begin with `dray doctor`, then `dray analyze`, then `dray backup`.",
            look.width,
            "",
        );
    }
    let mut parts = vec![table(&runs.runs, look, moment)];
    for run in &runs.runs {
        parts.extend(why(run, look));
    }
    if runs.more {
        let more = format!(
            "There are older ones: dray status --runs {}",
            runs.runs.len().saturating_mul(2)
        );
        parts.push(wrapped(&more, look.width, ""));
    }
    parts.join("\n\n")
}

/// One row per run; where there is little room, its start stands under its id.
pub(super) fn table(runs: &[RunView], look: Look, moment: &Moment) -> String {
    let started = |run: &RunView| moment.local(&run.started_at);
    if look.width >= WIDE {
        let rows = runs.iter().map(|run| {
            [run.run_id.as_str().into(), started(run).into(), status(run), done(run), left(run)]
        });
        let header = ["run", "started", "status", "done", "attention"];
        return grid(look, header, &[3, 4], rows.collect());
    }
    let rows = runs.iter().map(|run| {
        let run_and_start = format!("{}\n{}", run.run_id, started(run));
        [run_and_start.into(), status(run), done(run), left(run)]
    });
    grid(look, ["run", "status", "done", "attention"], &[2, 3], rows.collect())
}

fn done(run: &RunView) -> Word {
    match run.total {
        Some(total) => format!("{} of {}", grouped(run.done), grouped(total)).into(),
        None if run.done > 0 => grouped(run.done).into(),
        None => "".into(),
    }
}

fn left(run: &RunView) -> Word {
    match run.needs_attention {
        0 => "".into(),
        count => Word::coloured(grouped(count), Color::Yellow),
    }
}

fn status(run: &RunView) -> Word {
    let words = run.status.words();
    let text = if run.dry_run { format!("{words}, dry run") } else { words.to_owned() };
    let colour = match run.status {
        RunStatus::Succeeded => Color::Green,
        RunStatus::Failed | RunStatus::Stopped | RunStatus::TimedOut | RunStatus::Lost => {
            Color::Red
        }
        RunStatus::Running => Color::Cyan,
        RunStatus::WaitingForApproval | RunStatus::Paused | RunStatus::Skipped => Color::Yellow,
    };
    Word::coloured(text, colour)
}

/// Why it failed, and what to do.
pub(super) fn why(run: &RunView, look: Look) -> Option<String> {
    let error = run.error.as_ref()?;
    let cause = if error.cause.is_empty() {
        String::new()
    } else {
        format!(": {}", printable(&error.cause))
    };
    let said = format!("{}: {}{cause}", run.run_id, error.name);
    let hint = format!("hint: {}", printable(&error.hint));
    Some(format!("{}\n{}", wrapped(&said, look.width, ""), wrapped(&hint, look.width, "  ")))
}
