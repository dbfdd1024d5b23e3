//! What one invocation may take: each function says its time limit itself, and has a memory size.

use drayage_cloudformation::{FUNCTION, Template};

use crate::finding::Finding;

/// Every function has a time limit of its own, and memory from itself or from `Globals`.
pub(super) fn limits_are_set(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for function in template.of_type(FUNCTION) {
        // What all share by default fits none.
        if function.property("/Timeout").is_none() {
            findings.push(Finding::new(function.name, "limits", "has no Timeout of its own"));
        }
        if template.of_function(function, "MemorySize").is_none() {
            findings.push(Finding::new(function.name, "limits", "has no MemorySize"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_without_limits_is_told() {
        let text = "
Globals: { Function: { Timeout: 3, MemorySize: 256 } }
Resources:
  F: { Type: AWS::Serverless::Function, Properties: { Timeout: 60 } }
";
        let told = |text: &str| limits_are_set(&Template::parse(text).unwrap()).len();
        assert_eq!(told(text), 0);
        assert_eq!(told(&text.replace("{ Timeout: 60 }", "{}")), 1);
        assert_eq!(told(&text.replace(", MemorySize: 256", "")), 1);
    }
}
