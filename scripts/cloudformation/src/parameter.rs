//! Parameters, and which values fit them: as `CloudFormation` decides it.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>

use fancy_regex::Regex;
use serde_json::Value;
use thiserror::Error;

/// A parameter's definition.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameter {
    /// Its type, such as `String`.
    pub kind: String,
    /// What it is without a value; whatever its type, as a text.
    pub default: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// A pattern that a whole text has to match.
    pub allowed_pattern: Option<String>,
    /// The only values that it takes; empty if they are not listed.
    pub allowed_values: Vec<String>,
    /// The least number.
    pub min_value: Option<f64>,
    /// The greatest number.
    pub max_value: Option<f64>,
    /// The least length of a text, in characters.
    pub min_length: Option<f64>,
    /// The greatest length of a text, in characters.
    pub max_length: Option<f64>,
    /// What people are told about a value that does not fit.
    pub constraint: Option<String>,
}

/// What a value is not.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Misfit {
    /// It is not in the list.
    #[error("is none of {}", .0.join(", "))]
    NotListed(Vec<String>),
    /// It is a text in the place of a number.
    #[error("is no number")]
    NoNumber,
    /// It is less than the least number.
    #[error("is below {0}")]
    Below(f64),
    /// It is more than the greatest number.
    #[error("is above {0}")]
    Above(f64),
    /// It has fewer characters.
    #[error("has a length below {0}")]
    Short(f64),
    /// It has more characters.
    #[error("has a length above {0}")]
    Long(f64),
    /// It does not match the pattern.
    #[error("does not match {0}")]
    Unmatched(String),
    /// The pattern itself is not understood.
    #[error("cannot be held against {0}, which is no pattern")]
    NoPattern(String),
}

impl Parameter {
    pub(crate) fn new(body: &Value) -> Self {
        let text = |name: &str| body.get(name).and_then(text);
        let number = |name: &str| text(name).and_then(|value| value.parse().ok());
        let listed = body.get("AllowedValues").and_then(Value::as_array);
        Self {
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

    /// Whether the value fits. The error says what it is not.
    pub fn fit(&self, value: &str) -> Result<(), Misfit> {
        if !self.allowed_values.is_empty()
            && !self.allowed_values.iter().any(|allowed| allowed == value)
        {
            return Err(Misfit::NotListed(self.allowed_values.clone()));
        }
        if self.kind == "Number" {
            let number = value.trim().parse().map_err(|_not_a_number| Misfit::NoNumber)?;
            return within(number, self.min_value, Misfit::Below, self.max_value, Misfit::Above);
        }
        // In practice all values are ASCII; a length in characters is the same then.
        let length = u32::try_from(value.chars().count()).unwrap_or(u32::MAX);
        within(length.into(), self.min_length, Misfit::Short, self.max_length, Misfit::Long)?;
        match &self.allowed_pattern {
            Some(pattern) => matched(pattern, value),
            None => Ok(()),
        }
    }
}

fn within(
    number: f64,
    min: Option<f64>,
    below: fn(f64) -> Misfit,
    max: Option<f64>,
    above: fn(f64) -> Misfit,
) -> Result<(), Misfit> {
    if let Some(min) = min.filter(|min| number < *min) {
        return Err(below(min));
    }
    max.filter(|max| number > *max).map_or(Ok(()), |max| Err(above(max)))
}

/// The whole value has to match, also with a line feed at its end.
fn matched(pattern: &str, value: &str) -> Result<(), Misfit> {
    let Ok(whole) = Regex::new(&format!(r"\A(?:{pattern})\z")) else {
        return Err(Misfit::NoPattern(pattern.to_owned()));
    };
    // What takes too many steps back is no match.
    let fits = whole.is_match(value).unwrap_or(false);
    fits.then_some(()).ok_or_else(|| Misfit::Unmatched(pattern.to_owned()))
}

/// A scalar as `CloudFormation` passes it on: every parameter's value is a text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_constraint_is_held_and_told() {
        let name = json!({"Type": "String", "MinLength": 2, "MaxLength": "4", "AllowedPattern": "^(?!xn)[a-z]*$"});
        let size = json!({"Type": "Number", "MinValue": 1, "MaxValue": 10, "Default": 5});
        let listed = json!({"Type": "Number", "AllowedValues": [2, 5]});
        let short = json!({"Type": "String", "MaxLength": 1});
        let broken = json!({"Type": "String", "AllowedPattern": "["});
        for (body, value, expected) in [
            (&name, "abc", None),
            (&name, "a", Some("has a length below 2")),
            (&name, "abcde", Some("has a length above 4")),
            (&name, "xna", Some("does not match ^(?!xn)[a-z]*$")),
            (&name, "ab\n", Some("does not match ^(?!xn)[a-z]*$")),
            (&size, "10", None),
            (&size, "0", Some("is below 1")),
            (&size, "10.5", Some("is above 10")),
            (&size, "many", Some("is no number")),
            (&listed, "5", None),
            (&listed, "3", Some("is none of 2, 5")),
            (&short, "ab", Some("has a length above 1")),
            (&broken, "a", Some("cannot be held against [, which is no pattern")),
        ] {
            let told = Parameter::new(body).fit(value).map_err(|misfit| misfit.to_string());
            assert_eq!(told.err().as_deref(), expected, "{value:?}");
        }
        assert_eq!(Parameter::new(&size).default.as_deref(), Some("5"));
    }
}
