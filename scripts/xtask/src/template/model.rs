//! What the rules ask of a template: resources by type, roles and their statements, who uses a role.

use anyhow::{Context, Result};
use serde_json::Value;

use super::reader;

/// Type of a Lambda function in our templates.
pub(super) const FUNCTION: &str = "AWS::Serverless::Function";
/// Type of a state machine in our templates.
pub(super) const STATE_MACHINE: &str = "AWS::Serverless::StateMachine";
/// Type of a role.
pub(super) const ROLE: &str = "AWS::IAM::Role";

/// A template with plain functions in the place of short tags.
#[derive(Debug)]
pub(super) struct Template {
    root: Value,
}

/// A resource of a template.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resource<'a> {
    pub(super) name: &'a str,
    body: &'a Value,
}

/// A statement of a policy.
#[derive(Debug)]
pub(super) struct Statement<'a> {
    /// The condition of the template under which the statement is there.
    pub(super) only_if: Option<&'a str>,
    body: &'a Value,
}

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self> {
        Ok(Self { root: reader::read(text).context("the template cannot be read")? })
    }

    /// A part of the template, by JSON pointer.
    pub(super) fn at(&self, pointer: &str) -> Option<&Value> {
        self.root.pointer(pointer)
    }

    /// The members of a section, such as `Parameters`.
    pub(super) fn section(&self, name: &str) -> impl Iterator<Item = (&str, &Value)> {
        let members = self.root.get(name).and_then(Value::as_object);
        members.into_iter().flatten().map(|(name, member)| (name.as_str(), member))
    }

    /// All resources.
    pub(super) fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        self.section("Resources").map(|(name, body)| Resource { name, body })
    }

    /// The resources of a type.
    pub(super) fn of_type(&self, kind: &str) -> impl Iterator<Item = Resource<'_>> {
        self.resources().filter(move |resource| resource.kind() == kind)
    }

    /// The resource of that name.
    pub(super) fn resource(&self, name: &str) -> Option<Resource<'_>> {
        self.resources().find(|resource| resource.name == name)
    }

    /// A property of a function, or what `Globals` says of all.
    pub(super) fn of_function<'a>(
        &'a self,
        function: Resource<'a>,
        property: &str,
    ) -> Option<&'a Value> {
        let global = || self.at(&format!("/Globals/Function/{property}"));
        function.property(&format!("/{property}")).or_else(global)
    }
}

impl<'a> Resource<'a> {
    pub(super) fn kind(self) -> &'a str {
        self.body.get("Type").and_then(Value::as_str).unwrap_or_default()
    }

    /// A property, by JSON pointer below `Properties`.
    pub(super) fn property(self, pointer: &str) -> Option<&'a Value> {
        self.body.get("Properties")?.pointer(pointer)
    }

    /// An attribute of the resource itself, such as `DeletionPolicy`, by JSON pointer.
    pub(super) fn attribute(self, pointer: &str) -> Option<&'a Value> {
        self.body.pointer(pointer)
    }

    /// The written reason for the statement `sid` of this role.
    pub(super) fn reason(self, sid: &str) -> Option<&'a str> {
        self.body.pointer(&format!("/Metadata/Drayage/Reasons/{sid}"))?.as_str()
    }

    /// The statements of all policies that stand in this role.
    pub(super) fn statements(self) -> Vec<Statement<'a>> {
        let policies = self.property("/Policies").and_then(Value::as_array);
        let documents =
            policies.into_iter().flatten().filter_map(|policy| policy.get("PolicyDocument"));
        documents.flat_map(statements_of).collect()
    }
}

/// The statements of a policy document, those under a condition too.
pub(super) fn statements_of(document: &Value) -> Vec<Statement<'_>> {
    let listed = document.get("Statement").and_then(Value::as_array);
    listed.into_iter().flatten().flat_map(|statement| branches(statement, None)).collect()
}

fn branches<'a>(value: &'a Value, only_if: Option<&'a str>) -> Vec<Statement<'a>> {
    match condition(value) {
        Some((name, then, other)) => {
            let mut found = branches(then, Some(name));
            found.extend(branches(other, only_if));
            found
        }
        None if value.get("Effect").is_some() => vec![Statement { only_if, body: value }],
        None => Vec::new(),
    }
}

/// The name and the two values of an `Fn::If`.
pub(super) fn condition(value: &Value) -> Option<(&str, &Value, &Value)> {
    match value.get("Fn::If")?.as_array()?.as_slice() {
        [name, then, other] => Some((name.as_str()?, then, other)),
        _ => None,
    }
}

/// The name in a `Ref`, or the resource in a `Fn::GetAtt`.
pub(super) fn referred(value: &Value) -> Option<&str> {
    let by_ref = value.get("Ref").and_then(Value::as_str);
    by_ref.or_else(|| value.pointer("/Fn::GetAtt/0").and_then(Value::as_str))
}

impl<'a> Statement<'a> {
    /// The value of an element, such as `Sid`.
    pub(super) fn element(&self, name: &str) -> Option<&'a Value> {
        self.body.get(name)
    }

    pub(super) fn sid(&self) -> &'a str {
        self.element("Sid").and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn allows(&self) -> bool {
        self.element("Effect").and_then(Value::as_str) == Some("Allow")
    }

    /// The actions, whether one or a list.
    pub(super) fn actions(&self) -> Vec<&'a str> {
        self.list("Action").into_iter().filter_map(Value::as_str).collect()
    }

    /// The resources, whether one or a list.
    pub(super) fn resources(&self) -> Vec<&'a Value> {
        self.list("Resource")
    }

    fn list(&self, element: &str) -> Vec<&'a Value> {
        match self.element(element) {
            Some(Value::Array(items)) => items.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        }
    }
}
