//! Rules about `JSONPath` and `JSONata`: a top level in `JSONPath` (the default) may have single states in `JSONata`, not
//! the other way round (<https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html>).

use serde_json::Value;

use super::definition::{Machine, QueryLanguage, State, language_of};
use crate::finding::Finding;

/// Fields that exist only in `JSONPath` states.
const JSONPATH_ONLY: [&str; 15] = [
    "InputPath",
    "OutputPath",
    "ResultPath",
    "ResultSelector",
    "Parameters",
    "ItemsPath",
    "SecondsPath",
    "TimestampPath",
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
    "MaxConcurrencyPath",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentagePath",
    "ErrorPath",
    "CausePath",
];
/// Fields that exist only in `JSONata` states.
const JSONATA_ONLY: [&str; 4] = ["Arguments", "Output", "Condition", "Items"];

/// A top level in `JSONata` forbids `JSONPath` everywhere, and Map states need it for the emulator's sake.
pub(super) fn no_top_level_jsonata(machine: &Machine<'_>) -> Vec<Finding> {
    if language_of(machine.top) != Some(QueryLanguage::Jsonata) {
        return Vec::new();
    }
    let mixed: Vec<_> = machine
        .states()
        .filter(|state| state.language == QueryLanguage::JsonPath)
        .map(|state| state.name)
        .collect();
    let message = if mixed.is_empty() {
        "must be JSONPath (the default), with JSONata in single states".to_owned()
    } else {
        format!("is JSONata, which forbids the JSONPath of {}", mixed.join(", "))
    };
    vec![Finding::new("top level", "query-language", message)]
}

/// The emulator does not evaluate `JSONata` in an `ItemReader`.
pub(super) fn maps_are_jsonpath(machine: &Machine<'_>) -> Vec<Finding> {
    machine
        .maps()
        .filter(|state| state.language == QueryLanguage::Jsonata)
        .map(|state| Finding::new(&state.place, "query-language", "a Map state must be JSONPath"))
        .collect()
}

/// No field of the other language in a state, its choices and its catchers; no expressions of the other language in
/// values.
pub(super) fn fields_fit_the_language(machine: &Machine<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for state in machine.states() {
        let wrong: &[&str] = match state.language {
            QueryLanguage::Jsonata => &JSONPATH_ONLY,
            QueryLanguage::JsonPath => &JSONATA_ONLY,
        };
        let nested = ["Choices", "Catch"].into_iter().flat_map(|name| state.entries(name));
        let objects = std::iter::once(state.fields).chain(nested.filter_map(Value::as_object));
        for name in objects.flat_map(serde_json::Map::keys) {
            if wrong.contains(&name.as_str()) {
                findings.push(Finding::new(
                    &state.place,
                    "query-language",
                    format!("{name} is no field of a {} state", shown(state.language)),
                ));
            }
        }
        findings.extend(foreign_expressions(state));
    }
    findings
}

fn foreign_expressions(state: &State<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let own = state
        .fields
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "ItemProcessor" | "Iterator" | "Branches"));
    let mut open: Vec<(&String, &Value)> = own.collect();
    while let Some((name, value)) = open.pop() {
        let foreign = match (state.language, value) {
            (QueryLanguage::JsonPath, Value::String(text)) => text.starts_with("{%"),
            (QueryLanguage::Jsonata, _) => name.ends_with(".$"),
            (QueryLanguage::JsonPath, _) => false,
        };
        if foreign {
            findings.push(Finding::new(
                &state.place,
                "query-language",
                format!("{name} holds an expression, but the state is {}", shown(state.language)),
            ));
        }
        match value {
            Value::Object(fields) => open.extend(fields),
            Value::Array(items) => open.extend(items.iter().map(|item| (name, item))),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    findings
}

fn shown(language: QueryLanguage) -> &'static str {
    match language {
        QueryLanguage::JsonPath => "JSONPath",
        QueryLanguage::Jsonata => "JSONata",
    }
}
