//! What the demo shows at its end: one row per step, and why it can be believed.

use std::fmt::Write as _;

use anyhow::Result;
use comfy_table::presets;
use indicatif::HumanBytes;
use serde_json::{Value, json};

use super::steps::Step;
use crate::overview::{align_right, printable_line, table};

/// Everything that is known about a finished demo.
#[derive(Debug, Clone)]
pub(super) struct Overview {
    pub(super) steps: Vec<Step>,
    /// Where the report page of each step is.
    pub(super) pages: Vec<String>,
}

impl Overview {
    /// Whether every step was as it has to be.
    pub(super) fn ok(&self) -> bool {
        self.steps.iter().all(Step::ok)
    }

    pub(super) fn json(&self) -> Result<Value> {
        let steps = self.steps.iter().zip(&self.pages).map(|(step, page)| {
            let mut value = serde_json::to_value(step)?;
            if let Some(object) = value.as_object_mut() {
                object.insert("ok".to_owned(), step.ok().into());
                object.insert("page".to_owned(), page.clone().into());
            }
            Ok(value)
        });
        let steps = steps.collect::<Result<Vec<_>>>()?;
        Ok(json!({"ok": self.ok(), "steps": steps}))
    }

    /// As text, as wide as the terminal. It has no colours.
    pub(super) fn text(&self, has_terminal: bool) -> String {
        let mut text = format!("\nWhat was done\n{}\n", self.table(has_terminal));
        if let Some(dry) = self.steps.iter().find(|step| step.summary.dry_run) {
            let planned = dry.summary.planned;
            let (objects, bytes) = (planned.objects, HumanBytes(planned.bytes));
            let usd = dry.summary.estimate.as_ref().map_or(0.0, |estimate| estimate.cost_usd);
            // Writing into a String cannot fail.
            _ = writeln!(
                text,
                "\nThe dry run announced {objects} objects, {bytes}, about ${usd:.4} for requests."
            );
        }
        _ = writeln!(
            text,
            "Requests are those that the other service has answered, by its own count."
        );
        text.push_str("\nIs every object accounted for, and how do I know\n");
        for step in &self.steps {
            _ = writeln!(text, "  {:<10} {}", step.name, sentence(step));
            for problem in &step.check.problems {
                _ = writeln!(text, "    - {}", printable_line(problem));
            }
        }
        _ = writeln!(
            text,
            "  Both sides were listed and read without Drayage: bytes, content headers, metadata, tags."
        );
        text.push_str("\nThe report of each step\n");
        for page in &self.pages {
            _ = writeln!(text, "  {page}");
        }
        text.push_str(if self.ok() {
            "\nEvery object of the source is in the destination, byte for byte, and nothing else is."
        } else {
            "\nNOT as it has to be: see above."
        });
        text
    }

    fn table(&self, has_terminal: bool) -> String {
        let mut table = table(has_terminal);
        // Without lines between the columns it fits 80 characters.
        table.load_style(if has_terminal {
            presets::UTF8_HORIZONTAL_ONLY
        } else {
            presets::ASCII_HORIZONTAL_ONLY
        });
        table.set_header([
            "step",
            "listed",
            "copied",
            "bytes",
            "deleted",
            "verified by",
            "requests",
            "s",
            "check",
        ]);
        for step in &self.steps {
            let summary = &step.summary;
            table.add_row([
                step.name.to_owned(),
                summary.source.objects.to_string(),
                summary.copied.objects.to_string(),
                HumanBytes(summary.copied.bytes).to_string(),
                step.deleted().to_string(),
                verified(step),
                step.source_requests.to_string(),
                format!("{:.1}", step.seconds),
                if step.ok() { "ok" } else { "WRONG" }.to_owned(),
            ]);
        }
        align_right(&mut table, &[1, 2, 3, 4, 6, 7]);
        for column in table.column_iter_mut() {
            column.set_padding((0, 0));
        }
        table.to_string()
    }
}

/// Matches by the evidence that they rest on.
fn verified(step: &Step) -> String {
    let matches = step.summary.verdicts.iter().filter_map(|(label, count)| {
        let level = label.strip_prefix("match.")?;
        Some(format!("{level} {count}"))
    });
    let matches: Vec<String> = matches.collect();
    if matches.is_empty() { "-".to_owned() } else { matches.join("\n") }
}

fn sentence(step: &Step) -> String {
    let (summary, check) = (&step.summary, &step.check);
    let sums = if summary.accounted_for { "accounted for" } else { "NOT ACCOUNTED FOR" };
    let verdict = match check.problem_count {
        0 => "agrees".to_owned(),
        count => format!("has {count} PROBLEMS"),
    };
    if summary.dry_run {
        return format!("{sums}; the destination is still empty: the check {verdict}");
    }
    let (copies, deletes) = step.expected;
    let extra = match check.extra {
        0 => String::new(),
        count => format!(", {count} extra ones listed and kept"),
    };
    let done = if (summary.copied.objects, step.deleted()) == step.expected {
        format!("{copies} to copy and {deletes} to delete, done")
    } else {
        format!("{copies} TO COPY AND {deletes} TO DELETE, OTHERS WERE")
    };
    format!("{sums}; {done}; {} equal on both sides{extra}: the check {verdict}", check.equal)
}
