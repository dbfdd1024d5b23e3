//! Rules about how states lead to each other.

use std::collections::BTreeSet;

use super::definition::{Machine, Scope, State};
use crate::finding::Finding;

/// `StartAt`, `Next`, `Default` and the targets of choices and catchers are states of the same scope.
pub(super) fn targets_exist(machine: &Machine<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for scope in &machine.scopes {
        let names: BTreeSet<&str> = scope.states.iter().map(|state| state.name).collect();
        match scope.start_at {
            None => findings.push(Finding::new(shown(scope), "targets", "has no StartAt")),
            Some(start) if !names.contains(start) => findings.push(Finding::new(
                shown(scope),
                "targets",
                format!("StartAt names {start}, which is no state here"),
            )),
            Some(_) => {}
        }
        for state in &scope.states {
            for target in state.targets().into_iter().filter(|target| !names.contains(target)) {
                findings.push(Finding::new(
                    &state.place,
                    "targets",
                    format!("leads to {target}, which is no state here"),
                ));
            }
        }
    }
    findings
}

/// AWS wants names that are unique in the whole machine, not only in their scope
/// (<https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html>).
pub(super) fn names_are_unique(machine: &Machine<'_>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    machine
        .states()
        .filter(|state| !seen.insert(state.name))
        .map(|state| Finding::new(&state.place, "unique", "another scope has a state of this name"))
        .collect()
}

/// Every state can be reached from its scope's start.
pub(super) fn states_are_reachable(machine: &Machine<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for scope in &machine.scopes {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&str> = scope.start_at.into_iter().collect();
        while let Some(name) = open.pop() {
            if reached.insert(name) {
                let state = scope.states.iter().find(|state| state.name == name);
                open.extend(state.into_iter().flat_map(State::targets));
            }
        }
        for state in scope.states.iter().filter(|state| !reached.contains(state.name)) {
            findings.push(Finding::new(&state.place, "reachable", "no other state leads here"));
        }
    }
    findings
}

/// Every scope has a state that ends it.
pub(super) fn every_scope_can_end(machine: &Machine<'_>) -> Vec<Finding> {
    machine
        .scopes
        .iter()
        .filter(|scope| !scope.states.iter().any(State::is_terminal))
        .map(|scope| Finding::new(shown(scope), "terminal", "no state ends it"))
        .collect()
}

/// A state either ends its scope or says what follows.
pub(super) fn states_lead_somewhere(machine: &Machine<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for state in machine.states() {
        let goes_on = state.field("Next").is_some();
        let message = match state.kind {
            "Choice" if state.field("Default").is_none() => {
                "has no Default, so that an unforeseen value ends as States.NoChoiceMatched"
            }
            "Choice" | "Succeed" | "Fail" => continue,
            _ if goes_on == state.is_terminal() => "needs either Next or End",
            _ => continue,
        };
        findings.push(Finding::new(&state.place, "terminal", message));
    }
    findings
}

fn shown(scope: &Scope<'_>) -> String {
    if scope.place.is_empty() { "top level".to_owned() } else { scope.place.clone() }
}
