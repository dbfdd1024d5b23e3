//! Rules about `${Substitutions}`: a definition names nothing of one account, and agrees with the template.

use std::collections::BTreeSet;

use drayage_cloudformation::{STATE_MACHINE, Template};
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
/// there is no such state machine.
pub(super) fn defined_in(template: &Template, file: &str) -> Option<Vec<String>> {
    let machine = template.of_type(STATE_MACHINE).find(|machine| {
        let uri = machine.property("/DefinitionUri").and_then(Value::as_str);
        uri.and_then(|uri| uri.rsplit('/').next()) == Some(file)
    })?;
    let defined = machine.property("/DefinitionSubstitutions")?.as_object()?;
    Some(defined.keys().cloned().collect())
}
