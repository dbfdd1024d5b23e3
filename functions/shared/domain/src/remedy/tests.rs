//! Every name has a remedy of its own.

use std::collections::BTreeSet;

use super::*;
use crate::outcome::{FailureClass, GoneReason, SkipReason, WriteFailure};

const PLAIN: [&str; 12] = [
    "planned",
    "verified",
    "unchanged",
    "account_renamed",
    "deleted",
    "kept",
    "switched",
    "already_switched",
    "restored",
    "already_original",
    "drifted",
    "conflict",
];

fn labels() -> Vec<String> {
    let mut all: Vec<String> = PLAIN.map(str::to_owned).into();
    all.extend(WriteFailure::ALL.iter().map(|reason| Outcome::NotWritten(*reason).label()));
    all.extend(SkipReason::ALL.iter().map(|reason| Outcome::Skipped(*reason).label()));
    all.extend(GoneReason::ALL.iter().map(|reason| Outcome::SourceGone(*reason).label()));
    all.extend(FailureClass::ALL.iter().map(|class| Outcome::Failed(*class).label()));
    all.extend(["match.etag", "missing", "extra", "size_differs"].map(str::to_owned));
    all.push("content_differs.bytes".to_owned());
    all
}

/// One sentence that a person can read.
fn is_a_sentence(text: &str) -> bool {
    text.ends_with('.')
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && !text.contains("  ")
        && text.matches('`').count().is_multiple_of(2)
        && text.len() > 30
}

#[test]
fn every_outcome_and_verdict_has_a_remedy_of_its_own() {
    let mut seen = BTreeSet::new();
    for label in labels() {
        let text = remedy(&label);
        assert!(is_a_sentence(text), "{label}: {text}");
        assert_ne!(text, UNKNOWN, "{label}");
        assert!(seen.insert(text), "{label} has the remedy of another: {text}");
    }
}

#[test]
fn every_doubt_has_a_remedy() {
    for doubt in Doubt::ALL {
        assert_eq!(remedy(&format!("not_verifiable.{}", doubt.label())), doubt.recommendation());
    }
}

#[test]
fn every_outcome_that_needs_a_person_tells_something_to_do() {
    for label in labels() {
        let needs = Outcome::from_label(&label).is_some_and(Outcome::needs_attention);
        let is_deliberate = label == "source_gone.record_deleted";
        assert!(!needs || is_deliberate || !remedy(&label).starts_with("Nothing"), "{label}");
    }
}

#[test]
fn a_name_of_a_newer_version_gets_a_general_sentence() {
    for label in ["", "failed.new", "not_verifiable.new", "moved", "verified.x"] {
        assert_eq!(remedy(label), UNKNOWN, "{label}");
    }
    assert!(is_a_sentence(UNKNOWN));
}

#[test]
fn every_error_name_has_a_remedy_of_its_own() {
    let (mut names, mut texts) = (BTreeSet::new(), BTreeSet::new());
    for (name, text) in ERROR_REMEDIES {
        assert!(names.insert(name), "{name} is there twice");
        assert!(texts.insert(text), "{name} has the remedy of another: {text}");
        assert!(is_a_sentence(text), "{name}: {text}");
        assert_eq!(remedy_of_error(name), *text);
    }
}

#[test]
fn names_of_the_services_and_unknown_names_have_general_sentences() {
    let names = ["Lambda.Unknown", "StepFunctions.X", "States.NoChoiceMatched", "Nonsense"];
    let texts: BTreeSet<&str> = names.into_iter().map(remedy_of_error).collect();
    assert_eq!(texts.len(), names.len());
    assert!(texts.into_iter().all(is_a_sentence));
    for name in ["Runtime.ExitError", "Sandbox.Timedout"] {
        assert_eq!(remedy_of_error(name), remedy_of_error("Lambda.Unknown"));
    }
}
