//! What the template says of its parameters and functions. Nothing of it is repeated anywhere else.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use saphyr::{LoadableYamlNode as _, ScalarOwned, YamlOwned};

/// What a function's code is named by, in front of its name.
const CODE: &str = "CodeUri: ../target/lambda/";

/// A parameter's definition.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Parameter {
    pub(crate) kind: String,
    pub(crate) default: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) allowed_pattern: Option<String>,
    pub(crate) allowed_values: Vec<String>,
    pub(crate) min_value: Option<f64>,
    pub(crate) max_value: Option<f64>,
    pub(crate) min_length: Option<f64>,
    pub(crate) max_length: Option<f64>,
    pub(crate) constraint: Option<String>,
}

/// The parts of a template that a deployment depends on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Template {
    pub(crate) parameters: BTreeMap<String, Parameter>,
    /// Names of the functions whose code is built from this checkout, in the template's order.
    pub(crate) functions: Vec<String>,
}

impl Template {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| {
            format!("{} cannot be read; hint: the checkout is not complete", path.display())
        })?;
        Self::parse(&text).with_context(|| format!("{} cannot be understood", path.display()))
    }

    pub(crate) fn parse(text: &str) -> Result<Self> {
        let documents = YamlOwned::load_from_str(text).context("is not YAML")?;
        let [document] = documents.as_slice() else {
            bail!("holds {} documents instead of one", documents.len());
        };
        let mut parameters = BTreeMap::new();
        for (name, body) in fields(field(document, "Parameters")) {
            parameters.insert(name, parameter(body));
        }
        let code = text.lines().filter_map(|line| line.trim().strip_prefix(CODE));
        let functions = code.map(|name| name.trim_end_matches('/').to_owned()).collect();
        Ok(Self { parameters, functions })
    }
}

fn parameter(body: &YamlOwned) -> Parameter {
    let text = |name: &str| field(body, name).and_then(text);
    let number = |name: &str| text(name).and_then(|value| value.parse().ok());
    let listed = field(body, "AllowedValues").and_then(YamlOwned::as_sequence);
    Parameter {
        kind: text("Type").unwrap_or_default(),
        default: text("Default"),
        description: text("Description"),
        allowed_pattern: text("AllowedPattern"),
        allowed_values: listed.into_iter().flatten().filter_map(self::text).collect(),
        min_value: number("MinValue"),
        max_value: number("MaxValue"),
        min_length: number("MinLength"),
        max_length: number("MaxLength"),
        constraint: text("ConstraintDescription"),
    }
}

fn fields(node: Option<&YamlOwned>) -> impl Iterator<Item = (String, &YamlOwned)> {
    let mapping = node.and_then(YamlOwned::as_mapping);
    mapping.into_iter().flatten().filter_map(|(name, body)| Some((text(name)?, body)))
}

fn field<'a>(node: &'a YamlOwned, name: &str) -> Option<&'a YamlOwned> {
    node.as_mapping()?.iter().find(|(key, _)| key.as_str() == Some(name)).map(|(_, body)| body)
}

/// A scalar as CloudFormation passes it on: every parameter's value is a text.
fn text(node: &YamlOwned) -> Option<String> {
    let YamlOwned::Value(scalar) = node else { return None };
    match scalar {
        ScalarOwned::String(text) => Some(text.clone()),
        ScalarOwned::Integer(number) => Some(number.to_string()),
        ScalarOwned::FloatingPoint(number) => Some(number.to_string()),
        ScalarOwned::Boolean(flag) => Some(flag.to_string()),
        ScalarOwned::Null => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_products_template_is_understood() {
        let template =
            Template::read(&crate::checkout::root().join("infra/template.yaml")).unwrap();
        let size = &template.parameters["BatchSize"];
        assert_eq!((size.kind.as_str(), size.min_value), ("Number", Some(1.0)));
        assert_eq!(size.default.as_deref(), Some("100"));
        let source = &template.parameters["SourceAccess"];
        assert_eq!(source.allowed_values, ["role", "keys", "https"]);
        assert!(template.functions.iter().any(|name| name == "copy"));
        // Every parameter says what fits, for the message that refuses another value.
        for (name, parameter) in &template.parameters {
            assert!(
                parameter.constraint.is_some() || parameter.allowed_pattern.is_none(),
                "{name}"
            );
        }
    }

    #[test]
    fn a_template_that_is_no_yaml_is_refused() {
        assert!(Template::parse("Parameters: [").is_err());
    }
}
