//! Rules about names that the template and the sources share.

use std::collections::BTreeSet;

use drayage_cloudformation::{FUNCTION, Template};
use serde_json::Value;

use super::dependencies::Package;
use crate::finding::Finding;

const TEMPLATE: &str = "infra/template.yaml";

/// A function's package, directory, log group and policy carry one name.
pub(super) fn functions_carry_one_name(packages: &[Package], template: &str) -> Vec<Finding> {
    let functions = packages.iter().filter(|package| {
        package.directory.starts_with("functions/")
            && !package.directory.starts_with("functions/shared/")
    });
    let mut findings = Vec::new();
    for Package { name, directory, .. } in functions {
        if directory.strip_prefix("functions/") != Some(name) {
            findings.push(Finding::new(directory, "one-name", format!("holds package {name}")));
        }
        for line in [
            format!("FunctionName: !Sub \"${{AWS::StackName}}-{name}\""),
            format!("CodeUri: ../target/lambda/{name}/"),
            format!("LogGroupName: !Sub \"/aws/lambda/${{AWS::StackName}}-{name}\""),
            format!("PolicyName: {name}"),
        ] {
            let exists =
                template.lines().any(|candidate| candidate.trim().trim_start_matches("- ") == line);
            if !exists {
                findings.push(Finding::new(TEMPLATE, "one-name", format!("has no line `{line}`")));
            }
        }
    }
    findings
}

/// Every `DRAYAGE_` variable that settings read is set by the template, and the other way round.
pub(super) fn variables_are_set(template: &Template, settings: &str) -> Vec<Finding> {
    let read: BTreeSet<&str> = settings
        .lines()
        .filter(|line| line.contains("const "))
        .filter_map(|line| line.split('"').nth(1))
        .filter(|name| name.starts_with("DRAYAGE_"))
        // Log filter and stack are no settings: they are read before settings are checked.
        .chain(["DRAYAGE_LOG_LEVEL", "DRAYAGE_STACK"])
        .collect();
    let of_all = template.at("/Globals/Function/Environment/Variables");
    let of_one = template
        .of_type(FUNCTION)
        .filter_map(|function| function.property("/Environment/Variables"));
    let set: BTreeSet<&str> = of_all
        .into_iter()
        .chain(of_one)
        .filter_map(Value::as_object)
        .flat_map(|variables| variables.keys().map(String::as_str))
        .filter(|name| name.starts_with("DRAYAGE_"))
        .collect();
    let unset = read.difference(&set).map(|name| format!("does not set {name}"));
    let unread = set.difference(&read).map(|name| format!("sets {name}, which nothing reads"));
    unset.chain(unread).map(|message| Finding::new(TEMPLATE, "variables", message)).collect()
}

/// Functions on AWS talk to AWS: an endpoint on loopback, which the variable could name, opens loopback to sources (an emulator needs that,
/// and sets the variable itself).
pub(super) fn endpoint_is_not_set(template: &str) -> Vec<Finding> {
    let lines = template.lines().filter(|line| line.to_ascii_uppercase().contains("ENDPOINT_URL"));
    lines
        .map(|line| {
            let message = format!("`{}` can lead the functions away from AWS", line.trim());
            Finding::new(TEMPLATE, "endpoint", message)
        })
        .collect()
}

/// The template tells the version of the workspace, by which tools know a deployed stack.
pub(super) fn version_is_told(template: &Template, manifest: &str) -> Vec<Finding> {
    let version = manifest
        .lines()
        .skip_while(|line| line.trim() != "[workspace.package]")
        .find_map(|line| line.trim().strip_prefix("version = "))
        .unwrap_or_default()
        .trim_matches('"');
    let told = template.at("/Outputs/DrayageVersion/Value").and_then(Value::as_str);
    if told == Some(version) {
        return Vec::new();
    }
    let message = format!("has no output DrayageVersion with the workspace's version {version}");
    vec![Finding::new(TEMPLATE, "version", message)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_of_another_version_is_told() {
        let manifest = "[workspace]\nversion = \"9\"\n[workspace.package]\nversion = \"0.1.0\"\n";
        let told = |template: &str| version_is_told(&Template::parse(template).unwrap(), manifest);
        let template = "Outputs:\n  DrayageVersion:\n    Value: \"0.1.0\"\n";
        assert_eq!(told(template), []);
        assert_eq!(told(&template.replace("0.1", "0.2")).len(), 1);
        assert_eq!(told("Outputs:\n").len(), 1);
    }

    #[test]
    fn another_endpoint_than_aws_is_told() {
        assert_eq!(endpoint_is_not_set("Globals:\n  DRAYAGE_OBJECT: !Ref ObjectName\n"), []);
        for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "aws_endpoint_url"] {
            assert_eq!(endpoint_is_not_set(&format!("  {name}: !Ref Endpoint\n")).len(), 1);
        }
    }

    #[test]
    fn a_function_under_another_name_is_told() {
        let copy = Package {
            name: "copy".to_owned(),
            directory: "functions/copy".to_owned(),
            dependencies: Vec::new(),
        };
        let template = "
      FunctionName: !Sub \"${AWS::StackName}-copy\"
      CodeUri: ../target/lambda/copy/
      LogGroupName: !Sub \"/aws/lambda/${AWS::StackName}-copy\"
        - PolicyName: copy
";
        assert_eq!(functions_carry_one_name(std::slice::from_ref(&copy), template), []);
        let wrong = template.replace("PolicyName: copy", "PolicyName: copier");
        assert_eq!(functions_carry_one_name(std::slice::from_ref(&copy), &wrong).len(), 1);
        let moved = Package { directory: "functions/copier".to_owned(), ..copy };
        assert_eq!(functions_carry_one_name(&[moved], template).len(), 1);
    }

    #[test]
    fn a_variable_on_one_side_only_is_told() {
        let settings = "pub const A: &str = \"DRAYAGE_A\";";
        let template = |text: &str| Template::parse(text).unwrap();
        let both = template(
            "
Globals: { Function: { Environment: { Variables: { DRAYAGE_LOG_LEVEL: !Ref L, DRAYAGE_STACK: !Ref S } } } }
Resources:
  F: { Type: AWS::Serverless::Function, Properties: { Environment: { Variables: { DRAYAGE_A: !Ref A } } } }
",
        );
        assert_eq!(variables_are_set(&both, settings), []);
        assert_eq!(variables_are_set(&both, "").len(), 1);
        assert_eq!(variables_are_set(&template("{}"), settings).len(), 3);
    }
}
