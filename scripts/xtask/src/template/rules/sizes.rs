//! Limits of AWS that a template grows towards
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>,
//! <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>).

use std::path::Path;

use anyhow::Result;
use drayage_cloudformation::{FUNCTION, ROLE, Template};
use serde_json::Value;

use crate::finding::Finding;
use crate::workspace;

const TEMPLATE_BYTES_MAX: usize = 1_000_000;
const DEFINITION_BYTES_MAX: usize = 1_000_000;
const RESOURCES_MAX: usize = 500;
const PARAMETERS_MAX: usize = 200;
const OUTPUTS_MAX: usize = 200;
/// All inline policies of a role together, without white space.
const POLICY_CHARACTERS_MAX: usize = 10_240;
/// What a reference becomes, at most, in characters: ARNs with a stack's name, lists of a few names.
const REFERENCE_CHARACTERS: usize = 100;

/// A template is within the limits of `CloudFormation`. The transform adds an event source mapping for each event of a function.
pub(super) fn of_template(text: &str, template: &Template) -> Vec<Finding> {
    let events = template.of_type(FUNCTION).filter_map(|function| function.property("/Events"));
    let events: usize = events.filter_map(Value::as_object).map(serde_json::Map::len).sum();
    let counts = [
        ("bytes", text.len(), TEMPLATE_BYTES_MAX),
        ("resources", template.resources().count() + events, RESOURCES_MAX),
        ("parameters", template.section("Parameters").count(), PARAMETERS_MAX),
        ("outputs", template.section("Outputs").count(), OUTPUTS_MAX),
    ];
    let too_many = counts.into_iter().filter(|(_, count, max)| count > max);
    too_many
        .map(|(what, count, max)| {
            Finding::new("the template", "size", format!("has {count} {what} of at most {max}"))
        })
        .collect()
}

/// The inline policies of a role are within the limit of IAM, with every condition of the template fulfilled.
pub(super) fn of_policies(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for role in template.of_type(ROLE) {
        let characters = role.property("/Policies").map_or(0, characters);
        if characters > POLICY_CHARACTERS_MAX {
            let message = format!(
                "its policies have about {characters} characters of at most {POLICY_CHARACTERS_MAX}"
            );
            findings.push(Finding::new(role.name, "size", message));
        }
    }
    findings
}

/// About how long a value is as compact JSON when references are resolved.
fn characters(value: &Value) -> usize {
    match value {
        Value::Object(fields) => match fields.iter().next() {
            Some((name, argument)) if fields.len() == 1 => match (name.as_str(), argument) {
                ("Fn::If", Value::Array(parts)) => {
                    parts.iter().skip(1).map(characters).max().unwrap_or_default()
                }
                ("Ref" | "Fn::GetAtt" | "Fn::Split" | "Fn::Join", _) => REFERENCE_CHARACTERS,
                ("Fn::Sub", text) => {
                    let text = text.get(0).unwrap_or(text).as_str().unwrap_or_default();
                    text.len() + REFERENCE_CHARACTERS
                }
                _ => name.len() + 5 + characters(argument),
            },
            _ => {
                fields.iter().map(|(name, field)| name.len() + 4 + characters(field)).sum::<usize>()
                    + 2
            }
        },
        Value::Array(items) => items.iter().map(|item| characters(item) + 1).sum::<usize>() + 2,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            value.to_string().len()
        }
    }
}

/// Every definition of a state machine is within the limit of Step Functions.
pub(super) fn definitions(root: &Path) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for path in workspace::files_below(&root.join("statemachine"), ".asl.json")? {
        let bytes = workspace::read(&path)?.len();
        if bytes > DEFINITION_BYTES_MAX {
            let message = format!("has {bytes} bytes of at most {DEFINITION_BYTES_MAX}");
            findings.push(Finding::new(workspace::shown(root, &path), "size", message));
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_told() {
        let small = "Outputs: { A: { Value: 1 } }\n";
        let template = Template::parse(small).unwrap();
        assert_eq!(of_template(small, &template), []);
        assert_eq!(of_template(&" ".repeat(TEMPLATE_BYTES_MAX + 1), &template).len(), 1);
        let outputs: Vec<_> = (0..201).map(|n| format!("  O{n}: {{ Value: 1 }}")).collect();
        let large = format!("Outputs:\n{}\n", outputs.join("\n"));
        let found = of_template(&large, &Template::parse(&large).unwrap());
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("201 outputs"), "{found:?}");
    }

    #[test]
    fn a_policy_that_iam_would_refuse_is_told() {
        let role = |statements: usize| {
            let statement =
                "            - { Effect: Allow, Action: s3:GetObject, Resource: !GetAtt B.Arn }\n";
            format!(
                "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      Policies:\n        - PolicyDocument:\n           Statement:\n{}",
                statement.repeat(statements)
            )
        };
        let told = |text: &str| of_policies(&Template::parse(text).unwrap()).len();
        assert_eq!(told(&role(20)), 0);
        assert_eq!(told(&role(80)), 1);
    }
}
