//! What the journey shows: a table after every step, and at the end all of it with the reasons to believe it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::PathBuf;

use anyhow::Result;
use comfy_table::{Table, presets};
use serde_json::{Value, json};

use super::check::Found;
use super::steps::Step;
use crate::overview::{align_right, printable_line, table};

/// Everything that is known about a finished journey.
#[derive(Debug, Clone)]
pub(super) struct Overview {
    pub(super) steps: Vec<Step>,
    /// From the start of the first step to the end of the check.
    pub(super) seconds: f64,
    pub(super) check: Found,
    /// Where to look further.
    pub(super) locations: BTreeMap<String, PathBuf>,
}

/// How the records of a step have ended.
pub(super) fn step_table(step: &Step) -> String {
    let mut table = plain_table(std::io::stderr().is_terminal());
    table.set_header(["outcome", "expected", "records", ""]);
    let labels: BTreeSet<&String> = step.outcomes.keys().chain(step.expected.keys()).collect();
    for label in labels {
        let [expected, actual] = [&step.expected, &step.outcomes]
            .map(|counts| counts.get(label).copied().unwrap_or_default());
        let verdict = if expected == actual { "ok" } else { "DIFFERS" };
        table.add_row([label, &expected.to_string(), &actual.to_string(), verdict]);
    }
    align_right(&mut table, &[1, 2]);
    let problems = step.problems.iter().map(|what| format!("\n  - {}", printable_line(what)));
    format!("{table}\n{:.1} s{}", step.seconds, problems.collect::<String>())
}

impl Overview {
    /// Whether every step was as it has to be, and every record is.
    pub(super) fn ok(&self) -> bool {
        self.steps.iter().all(Step::ok) && self.check.passed()
    }

    pub(super) fn json(&self) -> Result<Value> {
        let steps = self.steps.iter().map(|step| {
            let mut value = serde_json::to_value(step)?;
            if let Some(object) = value.as_object_mut() {
                object.insert("ok".to_owned(), step.ok().into());
            }
            Ok(value)
        });
        let steps = steps.collect::<Result<Vec<_>>>()?;
        Ok(json!({
            "ok": self.ok(), "seconds": self.seconds, "steps": steps, "check": self.check,
            "locations": self.locations,
        }))
    }

    /// As text, as wide as the terminal. It has no colours.
    pub(super) fn text(&self, has_terminal: bool) -> String {
        let mut text = format!("\nWhat was done\n{}\n", self.table(has_terminal));
        text.push_str("\nWhat the records hold now, and how do I know\n");
        // Writing into a String cannot fail.
        for (what, count) in &self.check.as_they_must {
            _ = writeln!(text, "  {count:>6} hold {what}");
        }
        for problem in &self.check.problems {
            _ = writeln!(text, "  - {}", printable_line(problem));
        }
        let verdict = match self.check.problem_count {
            0 => "agrees".to_owned(),
            count => format!("has {count} PROBLEMS"),
        };
        _ = writeln!(
            text,
            "  Every record was read from Salesforce itself and every new URL was opened, without Drayage: the check \
             {verdict}."
        );
        text.push_str("\nWhere to look\n");
        for (name, path) in &self.locations {
            _ = writeln!(text, "  {name:<38}{}", path.display());
        }
        text.push_str("  --keep leaves the stack running and prints the commands to look at it.\n");
        _ = write!(text, "\n{:.0} s. ", self.seconds);
        text.push_str(if self.ok() {
            "Every record holds exactly what it must."
        } else {
            "NOT as it has to be: see above."
        });
        text
    }

    fn table(&self, has_terminal: bool) -> String {
        let mut table = plain_table(has_terminal);
        table.set_header(["step", "records", "how they ended", "s", ""]);
        for step in &self.steps {
            let records: u64 = step.outcomes.values().sum();
            table.add_row([
                step.name.to_owned(),
                records.to_string(),
                kinds(&step.outcomes),
                format!("{:.1}", step.seconds),
                if step.ok() { "ok" } else { "WRONG" }.to_owned(),
            ]);
        }
        align_right(&mut table, &[1, 3]);
        table.to_string()
    }
}

/// Outcomes without their reasons: `3 failed, 5 verified`.
fn kinds(outcomes: &BTreeMap<String, u64>) -> String {
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for (label, count) in outcomes {
        let kind = label.split_once('.').map_or(label.as_str(), |(kind, _)| kind);
        *kinds.entry(kind).or_default() += count;
    }
    kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
}

fn plain_table(has_terminal: bool) -> Table {
    let mut table = table(has_terminal);
    table.load_style(if has_terminal {
        presets::UTF8_HORIZONTAL_ONLY
    } else {
        presets::ASCII_HORIZONTAL_ONLY
    });
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step() -> Step {
        let switched = BTreeMap::from([("switched".to_owned(), 5)]);
        Step {
            name: "migrate",
            run_id: "r".to_owned(),
            outcomes: switched.clone(),
            expected: switched,
            accounted_for: true,
            problems: Vec::new(),
            seconds: 1.0,
        }
    }

    fn ok(step: Step, check: Found) -> bool {
        let overview =
            Overview { steps: vec![step], seconds: 1.0, check, locations: BTreeMap::new() };
        assert_eq!(overview.text(false).contains("exactly what it must"), overview.ok());
        assert_eq!(overview.json().unwrap()["ok"], overview.ok());
        overview.ok()
    }

    #[test]
    fn anything_that_is_off_fails_the_journey() {
        assert!(ok(step(), Found::default()));
        assert!(!ok(Step { accounted_for: false, ..step() }, Found::default()));
        assert!(!ok(Step { outcomes: BTreeMap::new(), ..step() }, Found::default()));
        assert!(!ok(Step { problems: vec!["x".to_owned()], ..step() }, Found::default()));
        assert!(!ok(step(), Found { problem_count: 1, ..Found::default() }));
    }

    #[test]
    fn a_difference_is_named_after_its_step() {
        let text = step_table(&Step { outcomes: BTreeMap::new(), ..step() });
        assert!(text.contains("DIFFERS"), "{text}");
        assert!(step_table(&step()).contains("ok"));
    }
}
