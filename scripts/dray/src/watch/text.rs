//! Progress as text: some lines for a terminal, one line for a log. Pure, so that both can be looked at in tests.

use std::time::Duration;

use crate::human::{bytes_per_second, duration, per_second, percent, size, wrapped};
use crate::layout::painted;
use crate::output::{Look, counted, grouped, printable};
use crate::view::{PhaseState, Progress};

const CYAN: u8 = 36;
const YELLOW: u8 = 33;
/// Columns of a bar: as many as fit, between these.
const BAR_WIDTHS: (u16, u16) = (6, 40);

/// Some lines: which run, its phases, how far it is, and what it waits for.
pub(crate) fn text(progress: &Progress, look: Look) -> String {
    let run = &progress.run;
    let mode = run.mode.as_ref().map_or_else(String::new, |mode| format!(", {mode}"));
    let dry_run = if run.dry_run { ", dry run" } else { "" };
    let head = format!(
        "{} ({}{mode}{dry_run}), {} for {}",
        run.run_id,
        run.kind,
        run.status.words(),
        duration(progress.elapsed_seconds)
    );
    let mut lines = vec![wrapped(&head, look.width, " ")];
    lines.extend(body(progress, &numbers(progress), look, " "));
    lines.join("\n")
}

/// The same for somebody who has just started it: without its name, and with the time that it has taken.
pub(super) fn block(progress: &Progress, look: Look) -> String {
    // The spinner and the blank behind it stand before the first line.
    let look = Look { width: look.width.saturating_sub(2), ..look };
    let mut told = vec![duration(progress.elapsed_seconds)];
    told.extend(numbers(progress));
    body(progress, &told, look, "").join("\n")
}

/// One line for a log.
pub(crate) fn line(progress: &Progress) -> String {
    let done = progress.phase_done.map(|done| done_of(progress, done));
    let mut parts: Vec<String> = done.into_iter().collect();
    parts.push(duration(progress.elapsed_seconds));
    parts.extend(numbers(progress));
    let waits = progress.waiting_for.as_deref();
    let waits = waits.map_or_else(String::new, |what| format!("; waits for {}", printable(what)));
    format!("{:<10} {}{waits}", progress.phase(), parts.join(", "))
}

/// That the connection is lost.
pub(super) fn lost(why: &str, pause: Duration) -> String {
    format!(
        "connection lost, trying again in {} s; the execution goes on meanwhile ({})",
        pause.as_secs().max(1),
        printable(why)
    )
}

/// What fits a line of that width.
pub(super) fn cut(text: &str, width: u16) -> String {
    // Room for the spinner.
    let width = usize::from(width).saturating_sub(2).max(1);
    drayage_domain::words::shortened(text, width)
}

fn body(progress: &Progress, numbers: &[String], look: Look, indent: &str) -> Vec<String> {
    let mut lines = vec![wrapped(&phases(progress), look.width, indent)];
    if let Some(done) = progress.phase_done {
        lines.push(measured(progress, done, look, indent));
    }
    if !numbers.is_empty() {
        lines.push(wrapped(&numbers.join(", "), look.width, indent));
    }
    if let Some(waiting) = &progress.waiting_for {
        let waits = wrapped(&format!("waits for {}", printable(waiting)), look.width, indent);
        lines.push(painted(look, &waits, YELLOW));
    }
    lines
}

fn phases(progress: &Progress) -> String {
    let words = progress.phases.iter().map(|phase| match phase.state {
        PhaseState::Done => format!("{} ok", phase.name),
        PhaseState::Active => format!("[{}]", phase.name),
        PhaseState::Failed => format!("{} failed", phase.name),
        PhaseState::Pending => phase.name.to_owned(),
    });
    words.collect::<Vec<_>>().join(" > ")
}

fn done_of(progress: &Progress, done: u64) -> String {
    let unit = progress.unit.unwrap_or("items");
    match progress.phase_total {
        Some(total) => format!("{} of {} {unit}", grouped(done), grouped(total)),
        None => format!("{} {unit}", grouped(done)),
    }
}

fn measured(progress: &Progress, done: u64, look: Look, indent: &str) -> String {
    let words = done_of(progress, done);
    let Some(total) = progress.phase_total.filter(|total| *total > 0) else {
        return wrapped(&words, look.width, indent);
    };
    let share = percent(done, total);
    let words = format!("{share} %  {words}");
    let taken = words.chars().count() + indent.len() + 3;
    let taken = u16::try_from(taken).unwrap_or(u16::MAX);
    let (least, most) = BAR_WIDTHS;
    let width = look.width.saturating_sub(taken).min(most);
    if width < least {
        return wrapped(&words, look.width, indent);
    }
    #[expect(clippy::cast_precision_loss, reason = "a fraction of some columns")]
    let bar = look.bar(done as f64 / total as f64, width);
    format!("{indent}{}  {words}", painted(look, &bar, CYAN))
}

fn numbers(progress: &Progress) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(rates) = &progress.rates {
        parts.push(per_second(rates.items_per_second));
        if rates.bytes_per_second > 0.0 {
            parts.push(bytes_per_second(rates.bytes_per_second));
        }
        if let Some(seconds) = rates.eta_seconds {
            parts.push(format!("ETA {}", duration(seconds)));
        }
    }
    if progress.run.bytes_copied > 0 {
        parts.push(format!("{} copied", size(progress.run.bytes_copied)));
    }
    if progress.run.needs_attention > 0 {
        let count = progress.run.needs_attention;
        let verb = if count == 1 { "needs" } else { "need" };
        parts.push(format!("{} {verb} a person so far", counted(count, "record")));
    }
    parts
}

#[cfg(test)]
mod tests;
