//! Rules about failure: timeouts, retries and catchers.

use serde_json::Value;

use super::definition::{Machine, State, error_equals};
use crate::finding::Finding;

/// Retries above this number hide an outage instead of riding it out.
const MAX_ATTEMPTS_MAX: u64 = 20;

/// A Task without a timeout waits for up to a year.
pub(super) fn tasks_have_a_timeout(machine: &Machine<'_>) -> Vec<Finding> {
    machine
        .tasks()
        .filter(|state| {
            state.field("TimeoutSeconds").is_none() && state.field("TimeoutSecondsPath").is_none()
        })
        .map(|state| Finding::new(&state.place, "timeout", "a Task needs TimeoutSeconds"))
        .collect()
}

/// The machine as a whole ends some day.
pub(super) fn machine_has_a_timeout(machine: &Machine<'_>) -> Vec<Finding> {
    if machine.top.get("TimeoutSeconds").is_some_and(Value::is_u64) {
        Vec::new()
    } else {
        vec![Finding::new("top level", "timeout", "the state machine needs TimeoutSeconds")]
    }
}

/// Every Task retries; every retrier backs off with jitter, up to a cap and a number of attempts.
pub(super) fn tasks_retry_with_jitter_and_a_cap(machine: &Machine<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for state in machine.tasks() {
        if state.entries("Retry").is_empty() {
            findings.push(Finding::new(&state.place, "retry", "a Task needs Retry"));
        }
    }
    for state in machine.states() {
        for retrier in state.entries("Retry") {
            findings.extend(retrier_problems(retrier).map(|problem| {
                let errors: Vec<_> = error_equals(retrier).collect();
                Finding::new(&state.place, "retry", format!("{}: {problem}", errors.join(", ")))
            }));
        }
    }
    findings
}

fn retrier_problems(retrier: &Value) -> impl Iterator<Item = &'static str> {
    let attempts = retrier.get("MaxAttempts").and_then(Value::as_u64);
    // An entry that exempts errors from the retriers after it.
    let exempts = attempts == Some(0);
    let number = |field: &str| retrier.get(field).and_then(Value::as_f64);
    [
        (attempts.is_none_or(|count| count > MAX_ATTEMPTS_MAX), "MaxAttempts must be from 0 to 20"),
        (
            !exempts && number("BackoffRate").is_none_or(|rate| rate <= 1.0),
            "BackoffRate must be above 1",
        ),
        (!exempts && number("IntervalSeconds").is_none(), "IntervalSeconds is missing"),
        (!exempts && number("MaxDelaySeconds").is_none(), "MaxDelaySeconds is missing"),
        (
            !exempts && retrier.get("JitterStrategy").and_then(Value::as_str) != Some("FULL"),
            "JitterStrategy must be FULL",
        ),
    ]
    .into_iter()
    .filter_map(|(broken, message)| broken.then_some(message))
}

/// Every Task and every Map catches whatever is left over.
pub(super) fn tasks_catch(machine: &Machine<'_>) -> Vec<Finding> {
    machine
        .tasks()
        .chain(machine.maps())
        .filter(|state| !catches_all(state))
        .map(|state| {
            Finding::new(
                &state.place,
                "catch",
                format!("a {} needs a Catch of States.ALL", state.kind),
            )
        })
        .collect()
}

fn catches_all(state: &State<'_>) -> bool {
    state.entries("Catch").iter().flat_map(error_equals).any(|error| error == "States.ALL")
}

/// Entries are tried in order, so what follows `States.ALL` is never looked at, and AWS wants it alone. An error that an
/// earlier entry of the same list names is not reached either.
pub(super) fn all_comes_last(machine: &Machine<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for state in machine.states() {
        for field in ["Retry", "Catch"] {
            let entries = state.entries(field);
            let mut seen: Vec<&str> = Vec::new();
            for (index, entry) in entries.iter().enumerate() {
                let errors: Vec<_> = error_equals(entry).collect();
                let all = errors.contains(&"States.ALL");
                if all && (index + 1 < entries.len() || errors.len() > 1) {
                    findings.push(Finding::new(
                        &state.place,
                        "order",
                        format!("States.ALL must stand alone in the last entry of {field}"),
                    ));
                }
                for error in errors.iter().filter(|error| seen.contains(error)) {
                    findings.push(Finding::new(
                        &state.place,
                        "order",
                        format!("{field} names {error} twice; the later entry is never reached"),
                    ));
                }
                seen.extend(errors);
            }
        }
    }
    findings
}
