//! What the template says of its parameters and functions. Nothing of it is repeated anywhere else.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use drayage_cloudformation::{FUNCTION, Parameter};
use serde_json::Value;

/// What a function's code is named by, in front of its name.
const CODE: &str = "../target/lambda/";

/// The parts of a template that a deployment depends on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Template {
    pub(crate) parameters: BTreeMap<String, Parameter>,
    /// Names of the functions whose code is built from this checkout, sorted.
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
        let template = drayage_cloudformation::Template::parse(text)?;
        let code = |property: &Value| property.as_str()?.strip_prefix(CODE).map(str::to_owned);
        let functions = template.of_type(FUNCTION);
        let functions =
            functions.filter_map(|function| function.property("/CodeUri").and_then(code));
        let mut functions: Vec<String> =
            functions.map(|name| name.trim_end_matches('/').to_owned()).collect();
        functions.sort();
        Ok(Self { parameters: template.parameters(), functions })
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
