//! What was found, as a person reads it.

use drayage_domain::org::Org;
use drayage_domain::switch::plan::CheckState;

use super::report::{Finding, Group, Report};
use crate::layout::painted;
use crate::output::{Look, counted, grouped, printable};

/// A narrower terminal gets what was found below the name of its check.
const WIDTH_BESIDE: usize = 60;

/// The report as text.
pub(super) fn text(report: &Report, look: Look) -> String {
    let mut lines = head(report, look);
    // Names of all groups are as wide as the widest, so that the eye finds one column.
    let names = report.checks.iter().map(|check| check.name.chars().count()).max().unwrap_or(0);
    for group in Group::ALL {
        let checks: Vec<&Finding> =
            report.checks.iter().filter(|check| check.group == group).collect();
        if checks.is_empty() {
            continue;
        }
        lines.push(String::new());
        lines.extend(wrapped(group.title(), width(look)));
        for check in checks {
            lines.extend(rows(check, names, look));
        }
    }
    lines.push(String::new());
    lines.extend(wrapped(&sum(report), width(look)));
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

fn head(report: &Report, look: Look) -> Vec<String> {
    let mut facts = vec![("stack", printable(&report.stack))];
    if let Some(org) = &report.org {
        facts.push(("org", org_line(org)));
    }
    if let Some(calls) = report.api_calls {
        let (left, max) = (grouped(calls.remaining), grouped(calls.max));
        facts.push(("API calls", format!("{left} of {max} left today")));
    }
    if let Some(records) = report.records {
        facts.push(("records", grouped(records)));
    }
    let fact = |(name, value): (&str, String)| {
        if width(look) < WIDTH_BESIDE {
            let below = beside("  ", &value, look);
            return wrapped(name, width(look)).into_iter().chain(below).collect::<Vec<_>>();
        }
        beside(&format!("{name:<9}  "), &value, look)
    };
    facts.into_iter().flat_map(fact).collect()
}

/// Which org, and plainly whether it is production.
fn org_line(org: &Org) -> String {
    let what = if org.is_sandbox { "sandbox" } else { "PRODUCTION" };
    format!("{what}: {} ({})", printable(&org.name), printable(&org.id))
}

fn sum(report: &Report) -> String {
    let warnings = u64::try_from(report.warnings()).unwrap_or(u64::MAX);
    let warnings = counted(warnings, "warning");
    format!("{} passed, {warnings}, {} failed", report.passed(), report.failed())
}

/// The lines of one check.
fn rows(check: &Finding, names: usize, look: Look) -> Vec<String> {
    let (mark, colour) = mark(check.state, look);
    let name = printable(&check.name);
    let hint = check.hint.as_deref().unwrap_or_default();
    let texts = check.found.lines().map(str::to_owned);
    let texts = texts.chain(hint.lines().map(|line| format!("hint: {line}")));
    let lines: Vec<String> = if width(look) < WIDTH_BESIDE {
        let below = texts.flat_map(|text| beside("  ", &printable(&text), look));
        let mut lines = beside(&format!("{mark} "), &name, look);
        lines.extend(below);
        lines
    } else {
        let prefix = format!(" {mark} {name:<names$}  ");
        let blank = " ".repeat(prefix.chars().count());
        let prefixes = std::iter::once(prefix).chain(std::iter::repeat(blank));
        prefixes
            .zip(texts)
            .flat_map(|(prefix, text)| beside(&prefix, &printable(&text), look))
            .collect()
    };
    if !look.colour {
        return lines;
    }
    let mut lines = lines.into_iter();
    let first = lines.next().map(|line| line.replacen(mark, &painted(look, mark, colour), 1));
    first.into_iter().chain(lines).collect()
}

/// How a check stands, in a sign or a word, with its colour (ECMA-48).
fn mark(state: CheckState, look: Look) -> (&'static str, u8) {
    match (state, look.lines) {
        (CheckState::Passed, true) => ("✔", 32),
        (CheckState::Warning, true) => ("!", 33),
        (CheckState::Failed, true) => ("✘", 31),
        (CheckState::Passed, false) => ("ok  ", 32),
        (CheckState::Warning, false) => ("WARN", 33),
        (CheckState::Failed, false) => ("FAIL", 31),
    }
}

fn width(look: Look) -> usize {
    usize::from(look.width).max(1)
}

/// Text behind a prefix; further lines are as far to the right.
fn beside(prefix: &str, text: &str, look: Look) -> Vec<String> {
    let indent = prefix.chars().count();
    let room = width(look).saturating_sub(indent).max(1);
    let lines = wrapped(text, room);
    let blank = " ".repeat(indent);
    lines
        .into_iter()
        .enumerate()
        .map(|(number, line)| {
            let before = if number == 0 { prefix } else { blank.as_str() };
            format!("{before}{line}")
        })
        .collect()
}

/// Text in lines of at most `room` characters, broken at blanks, and within words that are longer. At least one line.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        if used > 0 && used + 1 + letters.len() > room {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        for part in letters.chunks(room.max(1)) {
            if used > 0 && used + part.len() > room {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.extend(part);
            used += part.len();
        }
    }
    if used > 0 || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests;
