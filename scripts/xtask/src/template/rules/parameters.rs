//! What people fill in: a value that does not fit is refused before anything is made, by the parameter's name.

use std::collections::BTreeSet;

use drayage_cloudformation::Template;
use serde_json::Value;

use crate::finding::Finding;

#[cfg(test)]
#[path = "parameters/values.rs"]
mod values;

/// Every parameter says which values it takes, and its refusal begins with its name.
pub(super) fn are_constrained(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, parameter) in template.section("Parameters") {
        let mut told = |message: &str| findings.push(Finding::new(name, "parameter", message));
        let has = |constraint: &str| parameter.get(constraint).is_some();
        let is_number = parameter.get("Type").and_then(Value::as_str) == Some("Number");
        let bounded =
            if is_number { has("MinValue") && has("MaxValue") } else { has("AllowedPattern") };
        if !bounded && !has("AllowedValues") {
            told(
                "takes any value: it needs a pattern, a list of values, or a least and a greatest one",
            );
        }
        let pattern = parameter.get("AllowedPattern").and_then(Value::as_str);
        if pattern.is_some_and(|pattern| !(pattern.starts_with('^') && pattern.ends_with('$'))) {
            told("its pattern does not hold for the whole value");
        }
        let refusal = parameter.get("ConstraintDescription").and_then(Value::as_str);
        if !refusal.is_some_and(|text| text.starts_with(&format!("{name} must "))) {
            told("its ConstraintDescription does not begin with its name and `must`");
        }
        if parameter.get("Description").and_then(Value::as_str).is_none_or(str::is_empty) {
            told("has no Description");
        }
    }
    findings
}

/// Every parameter is in one group of the console's form, and groups name parameters only.
pub(super) fn are_grouped(template: &Template) -> Vec<Finding> {
    let groups = template.at("/Metadata/AWS::CloudFormation::Interface/ParameterGroups");
    let groups = groups.and_then(Value::as_array).into_iter().flatten();
    let listed = groups.filter_map(|group| group.get("Parameters")?.as_array()).flatten();
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for name in listed.filter_map(Value::as_str) {
        if !seen.insert(name) || template.at(&format!("/Parameters/{name}")).is_none() {
            findings.push(Finding::new(name, "parameter", "stands in two groups, or is none"));
        }
    }
    for (name, _) in template.section("Parameters").filter(|(name, _)| !seen.contains(name)) {
        findings.push(Finding::new(name, "parameter", "is in no group of parameters"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "
Metadata: { AWS::CloudFormation::Interface: { ParameterGroups: [{ Parameters: [A, B] }] } }
Parameters:
  A: { Type: String, AllowedPattern: \"^a$\", Description: What it is., ConstraintDescription: A must be a. }
  B: { Type: Number, MinValue: 1, MaxValue: 2, Description: What it is., ConstraintDescription: B must be 1. }
";

    fn told(text: &str) -> Vec<String> {
        let template = Template::parse(text).unwrap();
        let mut findings = are_constrained(&template);
        findings.extend(are_grouped(&template));
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn constrained_parameters_pass() {
        assert_eq!(told(GOOD), [""; 0]);
    }

    #[test]
    fn parameters_that_take_anything_are_told() {
        for (from, to, expected) in [
            ("AllowedPattern: \"^a$\", ", "", "A: [parameter] takes any value"),
            ("MaxValue: 2, ", "", "B: [parameter] takes any value"),
            ("\"^a$\"", "\"^a\"", "A: [parameter] its pattern"),
            ("A must be", "It must be", "A: [parameter] its ConstraintDescription"),
            ("Description: What it is., ", "", "A: [parameter] has no Description"),
            ("[A, B]", "[A]", "B: [parameter] is in no group"),
            ("[A, B]", "[A, B, C]", "C: [parameter] stands in two groups"),
        ] {
            let changed = GOOD.replacen(from, to, 1);
            assert_ne!(changed, GOOD, "{from}");
            let found = told(&changed);
            assert!(found.iter().any(|line| line.starts_with(expected)), "{expected}: {found:?}");
        }
    }
}
