//! Rules about `${Substitutions}`: a definition names nothing of one account, and agrees with the template.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::finding::Finding;

/// No text holds an ARN of a fixed partition.
pub(super) fn no_arn_literals(definition: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut open = vec![(String::new(), definition)];
    while let Some((place, value)) = open.pop() {
        match value {
            Value::String(text) if text.contains("arn:aws") => findings.push(Finding::new(
                place,
                "arn",
                format!(
                    "{text:?} is an ARN literal; use a substitution, at least arn:${{Partition}}"
                ),
            )),
            Value::Object(fields) => {
                open.extend(fields.iter().map(|(name, field)| (format!("{place}/{name}"), field)));
            }
            Value::Array(items) => open.extend(items.iter().map(|item| (place.clone(), item))),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    findings
}

/// Every substitution that is used is defined, and the other way round.
pub(super) fn defined_and_used(text: &str, defined: &[String]) -> Vec<Finding> {
    let used: BTreeSet<&str> = used_in(text).collect();
    let defined: BTreeSet<&str> = defined.iter().map(String::as_str).collect();
    let missing =
        used.difference(&defined).map(|name| format!("the template does not define ${{{name}}}"));
    let unused = defined
        .difference(&used)
        .map(|name| format!("the template defines {name}, which is not used"));
    missing
        .chain(unused)
        .map(|message| Finding::new("top level", "substitutions", message))
        .collect()
}

/// The names in `${...}`, in order of appearance.
pub(super) fn used_in(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

/// The names under `DefinitionSubstitutions` of the state machine whose `DefinitionUri` ends in `file`, or `None` if
/// there is no such state machine. The template is read as text, because its tags are not plain YAML.
pub(super) fn defined_in(template: &str, file: &str) -> Option<Vec<String>> {
    let mut lines = template.lines();
    lines.find(|line| {
        line.trim()
            .strip_prefix("DefinitionUri:")
            .is_some_and(|uri| uri.trim().rsplit('/').next() == Some(file))
    })?;
    let heading = lines.find(|line| {
        let line = line.trim();
        line == "DefinitionSubstitutions:" || line.starts_with("DefinitionUri:")
    })?;
    if heading.trim() != "DefinitionSubstitutions:" {
        return None;
    }
    let depth = indentation(heading);
    let names = lines
        .take_while(|line| line.trim().is_empty() || indentation(line) > depth)
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| line.split_once(':'))
        .map(|(name, _)| name.to_owned())
        .collect();
    Some(names)
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}
