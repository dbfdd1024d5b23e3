//! Statements of policies, whichever resource holds them.

use serde_json::Value;

use crate::template::condition;

/// A statement of a policy.
#[derive(Debug)]
pub struct Statement<'a> {
    /// The condition of the template under which the statement is there.
    pub only_if: Option<&'a str>,
    body: &'a Value,
}

impl<'a> Statement<'a> {
    /// The value of an element, such as `Sid`.
    pub fn element(&self, name: &str) -> Option<&'a Value> {
        self.body.get(name)
    }

    /// Its name in its policy, empty if it has none.
    pub fn sid(&self) -> &'a str {
        self.element("Sid").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether it is there to allow something.
    pub fn allows(&self) -> bool {
        self.element("Effect").and_then(Value::as_str) == Some("Allow")
    }

    /// The actions, whether one or a list.
    pub fn actions(&self) -> Vec<&'a str> {
        self.list("Action").into_iter().filter_map(Value::as_str).collect()
    }

    /// The resources, whether one or a list.
    pub fn resources(&self) -> Vec<&'a Value> {
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

/// The statements of a policy document, those under a condition too.
pub fn statements_of(document: &Value) -> Vec<Statement<'_>> {
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
