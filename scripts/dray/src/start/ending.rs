//! How an execution has ended, for people and for programs.

mod sections;

use std::fmt::Write as _;

use comfy_table::Color;
use drayage_domain::outcome::Outcome;
use drayage_domain::reconcile::Category;
use serde_json::{Value, json};

use crate::execution::{Problem, Started};
use crate::failure::Verdict;
use crate::kind::Kind;
use crate::output::{Look, align_right, grouped, printable, trimmed};
use crate::stack::Stack;
use crate::view::meaning;
use sections::{Section, sections};

/// An execution that has ended.
#[derive(Debug)]
pub(super) struct Ending<'a> {
    pub(super) kind: Kind,
    pub(super) started: &'a Started,
    /// What it has put out, or has counted before it was broken off.
    pub(super) summary: Option<Value>,
    /// Why it has failed.
    pub(super) problem: Option<Problem>,
}

impl Ending<'_> {
    /// Whether anything is left.
    pub(super) fn verdict(&self) -> Verdict {
        let summary = self.summary.clone().unwrap_or(Value::Null);
        let sections = sections(self.kind, &summary);
        let is_clean = if sections.is_empty() {
            // Of an output that this version does not know, nothing good is assumed but that it succeeded.
            summary.get("clean") != Some(&Value::Bool(false))
        } else {
            sections.iter().all(|section| section.clean)
        };
        if self.problem.is_none() && is_clean { Verdict::Clean } else { Verdict::Left }
    }

    fn status(&self) -> &'static str {
        let outcome = self.summary.as_ref().and_then(|summary| summary.get("outcome"));
        match (&self.problem, outcome.and_then(Value::as_str)) {
            (Some(_), _) => "failed",
            (None, Some("skipped")) => "skipped",
            (None, _) => "succeeded",
        }
    }

    /// The document that `--json` prints.
    pub(super) fn json(&self) -> Value {
        let Started { arn, run_id } = self.started;
        let error = self.problem.as_ref();
        let mut document = json!({
            "runId": run_id,
            "executionArn": arn,
            "status": self.status(),
            "summary": self.summary,
        });
        if let (Some(fields), Some(Problem { error, cause })) = (document.as_object_mut(), error) {
            fields.insert("error".to_owned(), json!({"name": error, "cause": cause}));
        }
        document
    }
}

/// The same for people.
pub(super) fn text(ending: &Ending<'_>, stack: &Stack, look: Look) -> String {
    let mut text = format!("{} {}: {}", ending.kind.name(), ending.started.run_id, ending.status());
    // Writing into a String cannot fail.
    let Some(summary) = &ending.summary else { return text };
    if ending.status() == "skipped" {
        let words = "another run is under way, and nothing was done";
        _ = write!(text, "\n{words}");
        return text;
    }
    let sections = sections(ending.kind, summary);
    if sections.is_empty() {
        _ = write!(text, "\n{summary:#}");
    }
    for section in &sections {
        text.push_str("\n\n");
        text.push_str(&one(section, stack, look));
    }
    text
}

fn one(section: &Section, stack: &Stack, look: Look) -> String {
    let mut text = String::new();
    if !section.counts.is_empty() {
        let mut table = look.table([section.counted, "number", "what it means"]);
        for (label, count) in &section.counts {
            let name = if attention(label) {
                look.cell(&printable(label), Color::Yellow)
            } else {
                printable(label).into()
            };
            table.add_row([name, grouped(*count).into(), meaning(label).into()]);
        }
        align_right(&mut table, &[1]);
        _ = writeln!(text, "{}\n", trimmed(&table));
    }
    text.push_str(&look.list(section.facts.clone()));
    let names = section.facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, place) in &section.places {
        // An address is copied from here, so it is not broken.
        _ = write!(text, "\n  {name:<names$}  {}", stack.state(place));
    }
    text
}

/// Whether a person has to look at what is counted under that name.
fn attention(label: &str) -> bool {
    match (Outcome::from_label(label), Category::of_label(label)) {
        (Some(outcome), _) => outcome.needs_attention(),
        (None, Some(category)) => category != Category::Match,
        // A name of a newer version: better looked at than lost.
        (None, None) => true,
    }
}

#[cfg(test)]
mod tests;
