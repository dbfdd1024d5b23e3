//! Rules about error names: a misspelt one is a retry or a catcher that never happens.

use std::collections::BTreeSet;

use serde_json::Value;

use super::definition::{Machine, State, error_equals};
use super::known_errors::KnownErrors;
use crate::finding::Finding;

/// `Retry`, `Catch` and choices match only on names that can occur; a name that a Fail state sets itself can occur.
pub(super) fn names_are_known(machine: &Machine<'_>, known: &KnownErrors) -> Vec<Finding> {
    let own: BTreeSet<&str> = machine
        .states()
        .filter_map(|state| state.field("Error"))
        .filter_map(Value::as_str)
        .collect();
    let mut findings = Vec::new();
    for state in machine.states() {
        let matched = ["Retry", "Catch"]
            .into_iter()
            .flat_map(|field| state.entries(field))
            .flat_map(error_equals)
            .chain(names_in_choices(state));
        for name in matched.filter(|name| !known.contains(name) && !own.contains(name)) {
            findings.push(Finding::new(
                &state.place,
                "error-names",
                format!("matches on {name}, which nothing raises"),
            ));
        }
    }
    findings
}

/// Error names that conditions compare with: texts next to an `Error` field.
fn names_in_choices<'a>(state: &State<'a>) -> Vec<&'a str> {
    let mut names = Vec::new();
    for choice in state.entries("Choices") {
        if let Some(condition) = choice.get("Condition").and_then(Value::as_str) {
            let after = condition.split(".Error ").skip(1);
            names.extend(after.filter_map(|rest| rest.split(['\'', '"']).nth(1)));
        }
        let variable = choice.get("Variable").and_then(Value::as_str).unwrap_or_default();
        if variable.ends_with(".Error") {
            names.extend(choice.get("StringEquals").and_then(Value::as_str));
        }
    }
    names
}

/// Every error of ours that passes by itself is retried by some state, in a definition that invokes functions. Those of
/// Salesforce can only occur where a function that calls it is invoked.
pub(super) fn retryable_errors_are_retried(
    machine: &Machine<'_>,
    known: &KnownErrors,
) -> Vec<Finding> {
    if !machine.mentions(":::lambda:invoke") {
        return Vec::new();
    }
    let retried: BTreeSet<&str> = machine
        .states()
        .flat_map(|state| state.entries("Retry"))
        .filter(|retrier| retrier.get("MaxAttempts").and_then(Value::as_u64) != Some(0))
        .flat_map(error_equals)
        .collect();
    let salesforce = known.salesforce_functions.iter().any(|arn| machine.mentions(arn));
    known
        .retryable
        .iter()
        .filter(|name| salesforce || !known.of_salesforce.contains(*name))
        .filter(|name| !retried.contains(name.as_str()))
        .map(|name| {
            Finding::new(
                "top level",
                "error-names",
                format!("no state retries {name}, although it passes by itself"),
            )
        })
        .collect()
}
