//! The names that people are told, read from the sources that define them: Rust as text, like the linter of state machines does.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
use drayage_cloudformation::Template;
use serde_json::Value;

use crate::asl::known_errors::KnownErrors;
use crate::workspace;

const OUTCOMES: &str = "functions/shared/domain/src/outcome.rs";
const VERDICTS: &str = "functions/shared/domain/src/reconcile/verdict.rs";
const REMEDIES: &str = "functions/shared/domain/src/remedy/errors.rs";
/// All alarms are here.
pub(super) const ALARMS: &str = "infra/monitoring.yaml";
/// Type of an alarm.
pub(super) const ALARM: &str = "AWS::CloudWatch::Alarm";

/// Lists of reasons, by the type that holds them, and what their labels begin with.
const REASONS: [(&str, &str, &str); 5] = [
    (OUTCOMES, "FailureClass", "failed"),
    (OUTCOMES, "SkipReason", "skipped"),
    (OUTCOMES, "GoneReason", "source_gone"),
    (OUTCOMES, "WriteFailure", "not_written"),
    (VERDICTS, "Doubt", "not_verifiable"),
];
/// Outcomes without a reason that need a person.
const FOR_A_PERSON: [&str; 2] = ["drifted", "conflict"];
/// Verdicts with a detail that takes no part in what a person does.
const VERDICTS_WITH_DETAIL: [&str; 2] = ["match", "not_verifiable"];

/// Names of headings.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// Those that must be there.
    pub(super) wanted: BTreeSet<String>,
    /// Those that may be there, too.
    pub(super) also: BTreeSet<String>,
}

impl Names {
    /// Reads them.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let read = |path: &str| workspace::read(&root.join(path));
        let mut names = Self::default();
        for (file, list, kind) in REASONS {
            let labels = labels(&read(file)?, list).with_context(|| format!("{file}: {list}"))?;
            names.wanted.extend(labels.iter().map(|label| format!("{kind}.{label}")));
        }
        let categories = labels(&read(VERDICTS)?, "Category").context(VERDICTS)?;
        let bare = |category: &&String| !VERDICTS_WITH_DETAIL.contains(&category.as_str());
        names.wanted.extend(categories.iter().filter(bare).cloned());
        names.also = plain_outcomes(&read(OUTCOMES)?).context(OUTCOMES)?;
        for name in FOR_A_PERSON {
            if !names.also.remove(name) {
                bail!("{OUTCOMES} has no outcome `{name}` any more; hint: adapt the linter");
            }
            names.wanted.insert(name.to_owned());
        }
        names.wanted.extend(KnownErrors::read(root)?.ours);
        names.wanted.extend(remedied(&read(REMEDIES)?).context(REMEDIES)?);
        for path in workspace::files_below(&root.join("statemachine"), ".asl.json")? {
            let definition: Value = serde_json::from_str(&workspace::read(&path)?)
                .with_context(|| workspace::shown(root, &path))?;
            fail_states(&definition, &mut names.wanted);
        }
        names.wanted.extend(alarms(&read(ALARMS)?).context(ALARMS)?);
        Ok(names)
    }

    /// Whether a heading may be called so.
    pub(super) fn known(&self, name: &str) -> bool {
        self.wanted.contains(name) || self.also.contains(name)
    }
}

/// The labels of a list that the macro `named_reasons!` has made.
fn labels(source: &str, list: &str) -> Result<BTreeSet<String>> {
    let body = source
        .split_once(&format!("\n    {list} {{\n"))
        .and_then(|(_, rest)| rest.split_once("\n    }\n"))
        .with_context(|| format!("has no list `{list}`"))?
        .0;
    let variants = body.lines().filter(|line| !line.trim_start().starts_with("//"));
    not_empty(variants.filter_map(|line| line.split_once("=> \"")).filter_map(quoted).collect())
}

/// Labels of outcomes that have no reason.
fn plain_outcomes(source: &str) -> Result<BTreeSet<String>> {
    let body = source.split_once("pub fn label(self) -> String").context("has no `label`")?.1;
    let arms = body.lines().take_while(|line| *line != "    }");
    let plain = arms.filter(|line| line.ends_with("\".to_owned(),"));
    not_empty(plain.filter_map(|line| line.split_once("=> \"")).filter_map(quoted).collect())
}

/// Error names that a remedy is written down for.
fn remedied(source: &str) -> Result<BTreeSet<String>> {
    let body = source.split_once("ERROR_REMEDIES:").context("has no `ERROR_REMEDIES`")?.1;
    let body = body.split_once("\n];").context("`ERROR_REMEDIES` does not end")?.0;
    // An entry is one line, or is broken behind its bracket.
    let mut found = BTreeSet::new();
    for entry in body.split("\n    (").skip(1) {
        found.extend(entry.split('"').nth(1).map(str::to_owned));
    }
    not_empty(found)
}

fn quoted((_, rest): (&str, &str)) -> Option<String> {
    rest.split_once('"').map(|(label, _)| label.to_owned())
}

fn not_empty(found: BTreeSet<String>) -> Result<BTreeSet<String>> {
    if found.is_empty() {
        bail!("nothing was found; hint: adapt the linter to how the source is written now");
    }
    Ok(found)
}

/// Names that `Fail` states give themselves; others pass on what was caught.
fn fail_states(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if fields.get("Type").and_then(Value::as_str) == Some("Fail")
                && let Some(name) = fields.get("Error").and_then(Value::as_str)
                && !name.starts_with("{%")
            {
                found.insert(name.to_owned());
            }
            fields.values().for_each(|value| fail_states(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| fail_states(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Logical names of the template's alarms.
fn alarms(template: &str) -> Result<BTreeSet<String>> {
    let template = Template::parse(template)?;
    not_empty(template.of_type(ALARM).map(|alarm| alarm.name.to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sources_give_their_names() {
        let names = Names::read(&workspace::root()).unwrap();
        for name in [
            "failed.access_denied",
            "skipped.no_url",
            "source_gone.object_missing",
            "not_written.locked",
            "not_verifiable.archived",
            "missing",
            "content_differs",
            "drifted",
            "NotReady",
            "SalesforceRowLocked",
            "SumsDoNotAddUp",
            "NotAccountedFor",
            "ABORTED",
            "States.Timeout",
            "BackupMissed",
        ] {
            assert!(names.wanted.contains(name), "{name}");
        }
        assert!(names.known("kept") && !names.wanted.contains("kept"));
        for name in ["match", "not_verifiable", "failed", "{%", "Failed"] {
            assert!(!names.known(name), "{name}");
        }
    }

    #[test]
    fn a_source_that_has_moved_on_is_an_error_and_no_empty_list() {
        assert!(labels("enum FailureClass {}", "FailureClass").is_err());
        assert!(plain_outcomes("pub fn label(self) -> String {\n    }\n").is_err());
        assert!(remedied("const ERROR_REMEDIES: &[()] = &[\n];").is_err());
        assert!(alarms("Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n").is_err());
    }

    #[test]
    fn an_entry_may_be_broken_over_lines() {
        let source = "ERROR_REMEDIES: &[\n    (\"A\", \"x.\"),\n    (\n        \"B\",\n        \"y.\",\n    ),\n];";
        assert_eq!(remedied(source).unwrap(), ["A".to_owned(), "B".to_owned()].into());
    }
}
