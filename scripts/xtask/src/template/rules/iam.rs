//! Who may do what: exact actions, a written reason for each statement, a role for each user.

use std::collections::BTreeSet;

use drayage_cloudformation::{
    FUNCTION, ROLE, Resource, STATE_MACHINE, Statement, Template, referred,
};
use serde_json::Value;

use super::super::permissions::users;
use crate::finding::Finding;

/// What is allowed is named: no action with a `*`, and no `NotAction`.
pub(super) fn no_wildcard_actions(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for role in template.of_type(ROLE) {
        for statement in role.statements().into_iter().filter(Statement::allows) {
            for action in statement.actions().into_iter().filter(|action| action.contains('*')) {
                let message =
                    format!("{}: {action} is a wildcard; name the actions", statement.sid());
                findings.push(Finding::new(role.name, "iam-action", message));
            }
            for element in ["NotAction", "NotResource"] {
                if statement.element(element).is_some() {
                    let message = format!("{}: allows by {element}", statement.sid());
                    findings.push(Finding::new(role.name, "iam-action", message));
                }
            }
        }
        if role.property("/ManagedPolicyArns").is_some() {
            let message = "takes on managed policies, which may change and know no resources";
            findings.push(Finding::new(role.name, "iam-action", message));
        }
    }
    findings
}

/// A role's permissions stand in the role: what depends on the role then waits for all of them, and the table of permissions is whole.
pub(super) fn no_policies_outside_of_roles(template: &Template) -> Vec<Finding> {
    let kinds = ["AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"];
    let policies = kinds.into_iter().flat_map(|kind| template.of_type(kind));
    let message = "stands outside of its role; functions do not wait for it";
    policies.map(|policy| Finding::new(policy.name, "iam-role", message)).collect()
}

/// Every statement has a `Sid` of its own and a reason, which for `Resource: "*"` says why nothing narrower is possible; and no
/// reason is left over.
pub(super) fn every_statement_has_a_reason(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for role in template.of_type(ROLE) {
        let mut told =
            |message: String| findings.push(Finding::new(role.name, "iam-reason", message));
        let mut seen = BTreeSet::new();
        for statement in role.statements() {
            let sid = statement.sid();
            if sid.is_empty() || !seen.insert(sid) {
                told(format!("has a statement without a Sid of its own ({sid:?})"));
            }
            let everything = statement.resources().into_iter().any(is_everything);
            if role.reason(sid).is_none_or(str::is_empty) {
                let what = if everything { "every resource" } else { "something" };
                told(format!(
                    "{sid} allows {what} and says no reason in Metadata: Drayage: Reasons"
                ));
            }
        }
        let reasons = role.attribute("/Metadata/Drayage/Reasons").and_then(Value::as_object);
        for (sid, _) in
            reasons.into_iter().flatten().filter(|(sid, _)| !seen.contains(sid.as_str()))
        {
            told(format!("gives a reason for {sid}, which is no statement of it"));
        }
    }
    findings
}

fn is_everything(resource: &Value) -> bool {
    resource.as_str() == Some("*")
}

/// No function or state machine is without a role of its own, none shares it, and no role is left over.
pub(super) fn every_user_has_its_own_role(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for user in template.of_type(FUNCTION).chain(template.of_type(STATE_MACHINE)) {
        let role = user.property("/Role").and_then(referred);
        if role.is_none_or(|role| !is_role(template, role)) {
            findings.push(Finding::new(user.name, "iam-role", "has no role of this template"));
        }
    }
    for role in template.of_type(ROLE) {
        match users(template, role.name).as_slice() {
            [_] => {}
            [] => findings.push(Finding::new(role.name, "iam-role", "is used by nobody")),
            many => {
                let message = format!("is shared by {}", many.join(", "));
                findings.push(Finding::new(role.name, "iam-role", message));
            }
        }
    }
    findings
}

fn is_role(template: &Template, name: &str) -> bool {
    template.resource(name).is_some_and(|found| found.kind() == ROLE)
}

/// Every role takes on the permissions boundary, when there is one.
pub(super) fn roles_are_bounded(template: &Template) -> Vec<Finding> {
    let bounded = |role: &Resource<'_>| {
        role.property("/PermissionsBoundary/Fn::If/1").and_then(referred)
            == Some("PermissionsBoundary")
    };
    let unbounded = template.of_type(ROLE).filter(|role| !bounded(role));
    let message = "does not take on the parameter PermissionsBoundary";
    unbounded.map(|role| Finding::new(role.name, "iam-boundary", message)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "
Resources:
  F: { Type: AWS::Serverless::Function, Properties: { Role: !GetAtt R.Arn } }
  R:
    Type: AWS::IAM::Role
    Metadata: { Drayage: { Reasons: { Send: To queue. } } }
    Properties:
      PermissionsBoundary: !If [HasPermissionsBoundary, !Ref PermissionsBoundary, !Ref AWS::NoValue]
      Policies:
        - PolicyDocument:
            Statement:
              - { Sid: Send, Effect: Allow, Action: sqs:SendMessage, Resource: \"*\" }
";

    fn all(text: &str) -> Vec<String> {
        let template = Template::parse(text).unwrap();
        let mut findings = no_wildcard_actions(&template);
        findings.extend(no_policies_outside_of_roles(&template));
        findings.extend(every_statement_has_a_reason(&template));
        findings.extend(every_user_has_its_own_role(&template));
        findings.extend(roles_are_bounded(&template));
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn exact_permissions_pass() {
        assert_eq!(all(GOOD), [""; 0]);
    }

    #[test]
    fn each_breach_is_told() {
        for (from, to, expected) in [
            ("sqs:SendMessage", "\"sqs:*\"", "R: [iam-action] Send: sqs:* is a wildcard"),
            ("sqs:SendMessage", "[sqs:A, \"sqs:Send*\"]", "R: [iam-action] Send: sqs:Send*"),
            (
                "Action: sqs:SendMessage",
                "NotAction: sqs:A",
                "R: [iam-action] Send: allows by NotAction",
            ),
            (
                "      Policies:",
                "      ManagedPolicyArns: [a]\n      Policies:",
                "R: [iam-action] takes on managed",
            ),
            ("{ Send: To queue. }", "{}", "R: [iam-reason] Send allows every resource"),
            (
                "{ Send: To queue. }",
                "{ Send: a, Other: b }",
                "R: [iam-reason] gives a reason for Other",
            ),
            ("Sid: Send, ", "", "R: [iam-reason] has a statement without a Sid"),
            ("!GetAtt R.Arn", "arn:aws:iam::role/x", "F: [iam-role] has no role"),
            ("!GetAtt R.Arn", "!GetAtt Q.Arn", "R: [iam-role] is used by nobody"),
            (
                "Resources:",
                "Resources:\n  M: { Type: AWS::Serverless::StateMachine, Properties: { Role: !GetAtt R.Arn } }",
                "R: [iam-role] is shared by F, M",
            ),
            ("!Ref PermissionsBoundary,", "!Ref Other,", "R: [iam-boundary]"),
            (
                "Resources:",
                "Resources:\n  P: { Type: AWS::IAM::Policy }",
                "P: [iam-role] stands outside of its role",
            ),
        ] {
            let changed = GOOD.replacen(from, to, 1);
            assert_ne!(changed, GOOD, "{from}");
            let found = all(&changed);
            assert!(found.iter().any(|line| line.starts_with(expected)), "{expected}: {found:?}");
        }
    }
}
