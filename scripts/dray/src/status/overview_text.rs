//! The stack at a glance: first whether every file is accounted for, then what goes on, what needs a person, and what was.

use super::{errors_text, runs_text};
use crate::execution::command_for;
use crate::human::{Moment, wrapped};
use crate::layout::{heading, painted};
use crate::output::{Look, counted, grouped, printable};
use crate::view::{Overview, RunView};
use crate::watch;

const GREEN: u8 = 32;
const RED: u8 = 31;
const YELLOW: u8 = 33;
/// Runs that are shown; `--runs` shows more.
const RUNS_SHOWN: usize = 5;

pub(super) fn text(overview: &Overview, look: Look, moment: &Moment) -> String {
    let (answer, colour) = answer(overview, moment);
    let mut parts = vec![painted(look, &wrapped(&answer, look.width, ""), colour)];
    parts.push(about(overview, look, moment));
    if let Some(pause) = &overview.paused {
        let said = format!(
            "Paused since {} by {}. Nothing is copied or written until: {}",
            moment.local(&pause.since),
            printable(&pause.by),
            command_for(&overview.stack.name, "resume")
        );
        parts.push(painted(look, &wrapped(&said, look.width, ""), YELLOW));
    }
    let current = overview.current.iter().map(|progress| watch::text::text(progress, look));
    let current: Vec<String> = current.collect();
    let what = if current.is_empty() { " nothing".to_owned() } else { current.join("\n\n") };
    parts.push(format!("{}\n{what}", heading(look, "Under way")));
    parts.push(format!("{}\n{}", heading(look, "Needs a person"), needs(overview, look)));
    let newest: Vec<RunView> = overview.runs.iter().take(RUNS_SHOWN).cloned().collect();
    if !newest.is_empty() {
        let table = runs_text::table(&newest, look, moment);
        parts.push(format!("{}\n{table}", heading(look, "Last runs")));
    }
    // Why the newest of each kind failed.
    parts.extend(overview.latest.iter().filter_map(|run| runs_text::why(run, look)));
    if !overview.notes.is_empty() {
        let notes = overview.notes.iter();
        let notes =
            notes.map(|note| wrapped(&format!("note: {}", printable(note)), look.width, ""));
        parts.push(notes.collect::<Vec<_>>().join("\n"));
    }
    parts.join("\n\n")
}

/// Whether every file is accounted for, in a sentence with numbers.
fn answer(overview: &Overview, moment: &Moment) -> (String, u8) {
    let Some(accounted_for) = overview.accounted_for else {
        let said = "No backup of all files has ended yet, so not every file is accounted for. Begin with `dray doctor`, then `dray analyze`, then `dray backup`.";
        return (said.to_owned(), YELLOW);
    };
    let told = overview.last_backup.as_ref().map_or_else(
        || ", by the newest backup".to_owned(),
        |run| {
            let total = run.total.unwrap_or(run.done);
            let at = run.ended_at.as_deref().unwrap_or(&run.started_at);
            format!(
                ": {} of {} have an outcome, by {} of {}",
                grouped(run.done),
                counted(total, "record"),
                run.run_id,
                moment.with_age(at)
            )
        },
    );
    if accounted_for {
        (format!("Every file is accounted for{told}."), GREEN)
    } else {
        let missing: Vec<String> = overview.missing.iter().map(|it| printable(it)).collect();
        let missing =
            if missing.is_empty() { String::new() } else { format!("; {}", missing.join("; ")) };
        let backup = command_for(&overview.stack.name, "backup");
        (
            format!("Not every file is accounted for{told}{missing}. Start another one: {backup}"),
            RED,
        )
    }
}

fn about(overview: &Overview, look: Look, moment: &Moment) -> String {
    let stack = &overview.stack;
    let mut rows = vec![("stack", format!("{} in {}", stack.name, stack.region))];
    if let Some(org) = &overview.org {
        let what = match org.is_sandbox {
            Some(true) => ", sandbox",
            Some(false) => ", production",
            None => "",
        };
        rows.push((
            "org",
            match &org.name {
                Some(name) => format!("{} ({}{what})", printable(name), org.id),
                None => format!("{}{what}", org.id),
            },
        ));
    }
    let prefix = &stack.destination_prefix;
    rows.push(("destination", format!("s3://{}/{prefix}", stack.destination_bucket)));
    if let Some(schedule) = &overview.schedule {
        let mut said = match (schedule.enabled, &schedule.next_at) {
            (false, _) => "disabled".to_owned(),
            (true, Some(next)) => format!("next backup {}", moment.local(next)),
            (true, None) => schedule.expression.clone(),
        };
        if schedule.undelivered > 0 {
            said.push_str("; ");
            said.push_str(&counted(schedule.undelivered, "start"));
            said.push_str(" could not be delivered");
        }
        rows.push(("schedule", said));
    }
    let lines = rows.iter().map(|(name, value)| {
        let line = format!("{name:<12} {value}");
        if line.chars().count() < usize::from(look.width) {
            format!(" {line}")
        } else {
            wrapped(&format!("{name}: {value}"), look.width, " ")
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn needs(overview: &Overview, look: Look) -> String {
    let ledger = &overview.ledger;
    let mut parts = Vec::new();
    if ledger.needs_attention.values().any(|count| *count > 0) {
        parts.push(errors_text::outcomes(&ledger.needs_attention, look));
        let of_stack = |words| command_for(&overview.stack.name, words);
        parts.push(format!(
            " each of them           {}\n try again what failed  {}",
            of_stack("status --errors"),
            of_stack("retry last-backup")
        ));
    }
    if ledger.dead_letters > 0 {
        let (batches, verb) = match ledger.dead_letters {
            1 => ("1 batch of records".to_owned(), "waits"),
            count => (format!("{} batches of records", grouped(count)), "wait"),
        };
        let said = format!(
            "{batches} failed in every delivery and {verb} in the dead-letter queue (failed.dead_lettered): {}",
            command_for(&overview.stack.name, "retry last-backup")
        );
        parts.push(wrapped(&said, look.width, " "));
    }
    if parts.is_empty() { " nothing".to_owned() } else { parts.join("\n\n") }
}
