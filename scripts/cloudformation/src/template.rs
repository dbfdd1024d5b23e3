//! What is asked of a template: its parts, its parameters, resources by type, and what refers to what.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::parameter::Parameter;
use crate::policy::{Statement, statements_of};
use crate::reader::{self, Unreadable};

/// Type of a Lambda function in our templates.
pub const FUNCTION: &str = "AWS::Serverless::Function";
/// Type of a state machine in our templates.
pub const STATE_MACHINE: &str = "AWS::Serverless::StateMachine";
/// Type of a role.
pub const ROLE: &str = "AWS::IAM::Role";

/// A template with plain functions in the place of short tags.
#[derive(Debug)]
pub struct Template {
    root: Value,
}

/// A resource of a template.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'a> {
    /// Its logical name.
    pub name: &'a str,
    body: &'a Value,
}

impl Template {
    /// Reads a template from its YAML.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        Ok(Self { root: reader::read(text)? })
    }

    /// A part of the template, by JSON pointer.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        self.root.pointer(pointer)
    }

    /// The members of a section, such as `Parameters`.
    pub fn section(&self, name: &str) -> impl Iterator<Item = (&str, &Value)> {
        let members = self.root.get(name).and_then(Value::as_object);
        members.into_iter().flatten().map(|(name, member)| (name.as_str(), member))
    }

    /// All parameters, by name.
    pub fn parameters(&self) -> BTreeMap<String, Parameter> {
        let section = self.section("Parameters");
        section.map(|(name, body)| (name.to_owned(), Parameter::new(body))).collect()
    }

    /// All resources.
    pub fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        self.section("Resources").map(|(name, body)| Resource { name, body })
    }

    /// The resources of a type.
    pub fn of_type(&self, kind: &str) -> impl Iterator<Item = Resource<'_>> {
        self.resources().filter(move |resource| resource.kind() == kind)
    }

    /// The resource of that name.
    pub fn resource(&self, name: &str) -> Option<Resource<'_>> {
        self.resources().find(|resource| resource.name == name)
    }

    /// A property of a function, or what `Globals` says of all.
    pub fn of_function<'a>(&'a self, function: Resource<'a>, property: &str) -> Option<&'a Value> {
        let global = || self.at(&format!("/Globals/Function/{property}"));
        function.property(&format!("/{property}")).or_else(global)
    }
}

impl<'a> Resource<'a> {
    /// Its type, such as `AWS::S3::Bucket`.
    pub fn kind(self) -> &'a str {
        self.body.get("Type").and_then(Value::as_str).unwrap_or_default()
    }

    /// A property, by JSON pointer below `Properties`.
    pub fn property(self, pointer: &str) -> Option<&'a Value> {
        self.body.get("Properties")?.pointer(pointer)
    }

    /// An attribute of the resource itself, such as `DeletionPolicy`, by JSON pointer.
    pub fn attribute(self, pointer: &str) -> Option<&'a Value> {
        self.body.pointer(pointer)
    }

    /// The written reason for the statement `sid` of this role.
    pub fn reason(self, sid: &str) -> Option<&'a str> {
        self.body.pointer(&format!("/Metadata/Drayage/Reasons/{sid}"))?.as_str()
    }

    /// The statements of all policies that stand in this role.
    pub fn statements(self) -> Vec<Statement<'a>> {
        let policies = self.property("/Policies").and_then(Value::as_array);
        let documents =
            policies.into_iter().flatten().filter_map(|policy| policy.get("PolicyDocument"));
        documents.flat_map(statements_of).collect()
    }
}

/// The name and the two values of an `Fn::If`.
pub fn condition(value: &Value) -> Option<(&str, &Value, &Value)> {
    match value.get("Fn::If")?.as_array()?.as_slice() {
        [name, then, other] => Some((name.as_str()?, then, other)),
        _ => None,
    }
}

/// The name in a `Ref`, or the resource in a `Fn::GetAtt`.
pub fn referred(value: &Value) -> Option<&str> {
    let by_ref = value.get("Ref").and_then(Value::as_str);
    by_ref.or_else(|| value.pointer("/Fn::GetAtt/0").and_then(Value::as_str))
}
