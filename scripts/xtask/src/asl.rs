//! The linter of Amazon States Language definitions. The local emulator accepts definitions that AWS refuses, and neither
//! knows our own rules; this does, without an account.
//!
//! One file per group of rules; a rule is a function from a [`definition::Machine`] to findings.

mod definition;
mod emulator;
mod error_names;
pub(crate) mod known_errors;
mod query_language;
mod render;
mod resilience;
mod substitutions;
mod targets;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use drayage_cloudformation::Template;
use serde_json::Value;

use crate::finding::Finding;
use crate::workspace;

use definition::Machine;
use known_errors::KnownErrors;

const DEFINITIONS: &str = "statemachine";
const ENDING: &str = ".asl.json";
const TEMPLATE: &str = "infra/template.yaml";

/// Lints every definition of the checkout.
pub(crate) fn lint_all() -> Result<Vec<Finding>> {
    let root = workspace::root();
    let template = Template::parse(&workspace::read(&root.join(TEMPLATE))?)?;
    let known = KnownErrors::read(&root)?;
    let mut findings = Vec::new();
    for path in workspace::files_below(&root.join(DEFINITIONS), ENDING)? {
        let file = workspace::shown(&root, &path);
        let text = workspace::read(&path)?;
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match substitutions::defined_in(&template, name) {
            Some(defined) => findings.extend(lint(&file, &text, &defined, &known)),
            None => findings.push(Finding::new(
                &file,
                "substitutions",
                format!("no state machine of {TEMPLATE} has it as its DefinitionUri"),
            )),
        }
    }
    Ok(findings)
}

/// Lints one definition. `defined`: the names of its template's `DefinitionSubstitutions`.
fn lint(file: &str, text: &str, defined: &[String], known: &KnownErrors) -> Vec<Finding> {
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => return vec![Finding::new(file, "json", format!("is not JSON: {error}"))],
    };
    let machine = Machine::new(&value);
    let mut findings = Vec::new();
    findings.extend(targets::targets_exist(&machine));
    findings.extend(targets::names_are_unique(&machine));
    findings.extend(targets::states_are_reachable(&machine));
    findings.extend(targets::every_scope_can_end(&machine));
    findings.extend(targets::states_lead_somewhere(&machine));
    findings.extend(resilience::tasks_have_a_timeout(&machine));
    findings.extend(resilience::tasks_retry_with_jitter_and_a_cap(&machine));
    findings.extend(resilience::tasks_catch(&machine));
    findings.extend(resilience::all_comes_last(&machine));
    findings.extend(resilience::machine_has_a_timeout(&machine));
    findings.extend(query_language::no_top_level_jsonata(&machine));
    findings.extend(query_language::maps_are_jsonpath(&machine));
    findings.extend(query_language::fields_fit_the_language(&machine));
    findings.extend(error_names::names_are_known(&machine, known));
    findings.extend(error_names::retryable_errors_are_retried(&machine, known));
    findings.extend(emulator::no_item_batcher(&machine));
    findings.extend(emulator::result_writer_drops_the_result(&machine));
    findings.extend(substitutions::no_arn_literals(&value));
    findings.extend(substitutions::defined_and_used(text, defined));
    for finding in &mut findings {
        finding.place = format!("{file}: {}", finding.place);
    }
    findings
}

/// Writes every definition with plausible values in the place of its substitutions.
pub(crate) fn render_all(out: &Path) -> Result<()> {
    let root = workspace::root();
    fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    for path in workspace::files_below(&root.join(DEFINITIONS), ENDING)? {
        let rendered = render::rendered(&workspace::read(&path)?);
        let to = out.join(path.file_name().unwrap_or_default());
        fs::write(&to, rendered).with_context(|| format!("cannot write {}", to.display()))?;
    }
    Ok(())
}
