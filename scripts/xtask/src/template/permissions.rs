//! `docs/permissions.md`: who may do what, and why. It is made from the template, and held against it.

use std::fmt::Write as _;

use drayage_cloudformation::{
    FUNCTION, ROLE, Resource, STATE_MACHINE, Statement, Template, referred,
};
use serde_json::Value;

use super::shown::shown;

/// The page that is generated.
pub(super) const PAGE: &str = "docs/permissions.md";

const HEAD: &str = "\
# Permissions

<!-- Made by `cargo xtask permissions` from infra/template.yaml. Edit the template, and run it again. -->

Every function, every state machine and the schedule has a role of its own. A row is one statement of its only policy; what is
not listed is not allowed. `${Name}` is a parameter or a resource of the template. The reasons stand in the template, beside the
statements (`Metadata: Drayage: Reasons`). A parameter `PermissionsBoundary` bounds all of them from outside.
";

/// The whole page.
pub(super) fn page(template: &Template) -> String {
    let mut page = HEAD.to_owned();
    for role in template.of_type(ROLE) {
        let name = role.name;
        let users = users(template, name).join(", ");
        _ = write!(page, "\n## {name}\n\nUsed by {users}.\n\n");
        page.push_str("| statement | may | on | only if | why |\n|---|---|---|---|---|\n");
        for statement in role.statements() {
            page.push_str(&row(role, &statement));
        }
    }
    page
}

/// The functions, state machines and schedules that take on a role.
pub(super) fn users<'a>(template: &'a Template, role: &str) -> Vec<&'a str> {
    let of = |kind: &'static str, property: &'static str| {
        template.of_type(kind).filter(move |user| {
            user.property(property).and_then(referred).is_some_and(|used| used == role)
        })
    };
    of(FUNCTION, "/Role")
        .chain(of(STATE_MACHINE, "/Role"))
        .chain(of("AWS::Scheduler::Schedule", "/Target/RoleArn"))
        .map(|user| user.name)
        .collect()
}

fn row(role: Resource<'_>, statement: &Statement<'_>) -> String {
    let sid = statement.sid();
    let actions = statement.actions().into_iter().map(code).collect::<Vec<_>>().join("<br>");
    let resources = statement.resources().into_iter().map(|resource| code(&shown(resource)));
    let resources = resources.collect::<Vec<_>>().join("<br>");
    let when = statement.only_if.map(|name| format!("template condition `{name}`"));
    let conditions = statement.element("Condition").map(conditions).unwrap_or_default();
    let only_if = when.into_iter().chain(conditions).collect::<Vec<_>>().join("<br>");
    let reason = role.reason(sid).unwrap_or_default();
    format!("| {sid} | {actions} | {resources} | {only_if} | {reason} |\n")
}

fn conditions(condition: &Value) -> Vec<String> {
    let operators = condition.as_object().into_iter().flatten();
    let of_operator = |(operator, keys): (&String, &Value)| {
        let keys = keys.as_object().into_iter().flatten();
        let one =
            |(key, value): (&String, &Value)| format!("`{key}` {operator} `{}`", shown(value));
        keys.map(one).collect::<Vec<_>>()
    };
    operators.flat_map(of_operator).collect()
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_becomes_a_table_with_its_users_and_reasons() {
        let template = Template::parse(
            "
Resources:
  Copy: { Type: AWS::Serverless::Function, Properties: { Role: !GetAtt CopyRole.Arn } }
  CopyRole:
    Type: AWS::IAM::Role
    Metadata: { Drayage: { Reasons: { Send: To queue a batch. } } }
    Properties:
      Policies:
        - PolicyDocument:
            Statement:
              - !If
                - HasQueue
                - Sid: Send
                  Effect: Allow
                  Action: [sqs:SendMessage]
                  Resource: !GetAtt Queue.Arn
                  Condition: { StringEquals: { \"aws:A\": !Ref B } }
                - !Ref AWS::NoValue
",
        )
        .unwrap();
        let page = page(&template);
        assert!(page.contains("\n## CopyRole\n\nUsed by Copy.\n"), "{page}");
        let row = "| Send | `sqs:SendMessage` | `${Queue.Arn}` | template condition `HasQueue`<br>`aws:A` StringEquals `${B}` | To queue a batch. |";
        assert!(page.contains(row), "{page}");
    }
}
