//! Execution inputs: JSON objects that people type into a console, checked field by field.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::problem::Problem;

/// Reads an execution input. `fields` names every field of `T` as it is spelled in JSON, and what it takes. Returns every
/// problem at once, each naming its field; `null` is the default.
pub(crate) fn parse<T: DeserializeOwned + Default>(
    input: &Value,
    fields: &[(&str, &str)],
) -> Result<T, Vec<Problem>> {
    let object = match input {
        Value::Null => return Ok(T::default()),
        Value::Object(object) => object,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return Err(vec![Problem::new(
                "input",
                "is not a JSON object",
                "start the execution with {} or an object of options",
            )]);
        }
    };
    let mut problems = Vec::new();
    for (name, value) in object {
        match fields.iter().find(|(known, _)| known == name) {
            None => problems.push(unknown_field(name, fields)),
            Some((_, takes)) => {
                let alone = serde_json::json!({ name: value });
                if serde_json::from_value::<T>(alone).is_err() {
                    problems.push(Problem::new(
                        name,
                        format!("{} does not fit", shown(value, takes)),
                        format!("takes {takes}"),
                    ));
                }
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    serde_json::from_value(input.clone())
        .map_err(|error| vec![Problem::new("input", error.to_string(), "correct the input")])
}

/// A value as a refusal may repeat it, which logs and notices do, too. Lists hold names of accounts.
fn shown(value: &Value, takes: &str) -> String {
    match value {
        Value::Array(_) => "a list with something else in it".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::String(_) if takes.starts_with("a list") => "a text".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

fn unknown_field(name: &str, fields: &[(&str, &str)]) -> Problem {
    let folded = name.replace(['_', '-'], "").to_lowercase();
    let near = fields.iter().find(|(known, _)| known.to_lowercase() == folded);
    let hint = match near {
        Some((known, _)) => format!("did you mean `{known}`?"),
        None => format!(
            "known fields: {}",
            fields.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(", ")
        ),
    };
    Problem::new(name, "is not a field of the input", hint)
}
