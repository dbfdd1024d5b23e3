//! What there is of a stack.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::aws::Aws;

/// A stack that exists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stack {
    /// Its ARN, under which it can still be found when it is deleted.
    pub(crate) id: String,
    pub(crate) status: String,
    pub(crate) reason: String,
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) protected: bool,
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) logical: String,
    pub(crate) physical: String,
    pub(crate) kind: String,
}

impl Stack {
    /// The stack of that name, or `None` if there is none.
    pub(crate) fn find(aws: &Aws, name: &str) -> Result<Option<Self>> {
        let asked = ["cloudformation", "describe-stacks", "--stack-name", name];
        match aws.json("look at the stack", &asked) {
            Ok(answer) => Ok(answer.pointer("/Stacks/0").map(of)),
            Err(error) if error.to_string().contains("does not exist") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The same, for a stack that has to be there.
    pub(crate) fn get(aws: &Aws, name: &str) -> Result<Self> {
        let found = Self::find(aws, name)?;
        found.with_context(|| {
            format!("there is no stack {name} in {}; hint: --stack-name, --region", aws.region())
        })
    }

    /// Whether there is nothing of it but a change set.
    pub(crate) fn is_new(&self) -> bool {
        self.status == "REVIEW_IN_PROGRESS"
    }
}

fn of(stack: &Value) -> Stack {
    let pairs = |list: &str, name: &str, value: &str| {
        let listed = stack.get(list).and_then(Value::as_array).into_iter().flatten();
        listed.filter_map(|it| Some((text(it, name)?, text(it, value)?))).collect()
    };
    Stack {
        id: text(stack, "StackId").unwrap_or_default(),
        status: text(stack, "StackStatus").unwrap_or_default(),
        reason: text(stack, "StackStatusReason").unwrap_or_default(),
        outputs: pairs("Outputs", "OutputKey", "OutputValue"),
        parameters: pairs("Parameters", "ParameterKey", "ParameterValue"),
        protected: stack.get("EnableTerminationProtection").and_then(Value::as_bool) == Some(true),
    }
}

/// The resources of a stack.
pub(crate) fn resources(aws: &Aws, name: &str) -> Result<Vec<Resource>> {
    let asked = ["cloudformation", "list-stack-resources", "--stack-name", name];
    let answer = aws.json("list the stack's resources", &asked)?;
    let listed = answer.get("StackResourceSummaries").and_then(Value::as_array);
    let resource = |resource: &Value| {
        // What a failed deployment has taken back goes on being listed.
        if text(resource, "ResourceStatus").as_deref() == Some("DELETE_COMPLETE") {
            return None;
        }
        Some(Resource {
            logical: text(resource, "LogicalResourceId")?,
            physical: text(resource, "PhysicalResourceId").unwrap_or_default(),
            kind: text(resource, "ResourceType")?,
        })
    };
    Ok(listed.into_iter().flatten().filter_map(resource).collect())
}

/// Logical ids of what stays when the stack is deleted, from the template that it was deployed with.
pub(crate) fn retained(aws: &Aws, name: &str) -> Result<Vec<String>> {
    let asked =
        ["cloudformation", "get-template", "--stack-name", name, "--template-stage", "Processed"];
    let answer = aws.json("read the stack's template", &asked)?;
    let template = match answer.get("TemplateBody") {
        Some(Value::String(text)) => {
            serde_json::from_str(text).context("the stack's template is no JSON")?
        }
        Some(template) => template.clone(),
        None => bail!("the stack has no template"),
    };
    Ok(kept(&template))
}

fn kept(template: &Value) -> Vec<String> {
    let resources = template.get("Resources").and_then(Value::as_object);
    let keeps = |body: &Value| {
        body.get("DeletionPolicy")
            .and_then(Value::as_str)
            .is_some_and(|it| it.starts_with("Retain"))
    };
    let kept = resources.into_iter().flatten().filter(|(_, body)| keeps(body));
    kept.map(|(name, _)| name.clone()).collect()
}

pub(crate) fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_retained_comes_from_the_template() {
        let template = json!({"Resources": {
            "Table": {"DeletionPolicy": "Retain"}, "Queue": {}, "Key": {"DeletionPolicy": "Delete"},
            "Bucket": {"DeletionPolicy": "RetainExceptOnCreate"},
        }});
        assert_eq!(kept(&template), ["Bucket", "Table"]);
    }
}
