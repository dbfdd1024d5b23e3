//! From flags to the JSON that a state machine takes. Values are not judged here: what is no number stays a text, and the domain's
//! own check names it beside every other problem.

use std::io::Read as _;

use serde_json::{Map, Value};

use crate::failure::Failure;

/// The input of an execution, field by field.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// The fields of an input that is an object; none of anything else.
    pub(crate) fn of(input: Value) -> Self {
        match input {
            Value::Object(fields) => Self(fields),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Self::default(),
        }
    }

    /// Begins with what `--input` gives: JSON, or the name of a file behind `@`; `@-` is standard input.
    pub(crate) fn raw(input: Option<&str>) -> Result<Self, Failure> {
        let Some(input) = input else { return Ok(Self::default()) };
        let text = match input.strip_prefix('@') {
            Some(file) => read(file, "give --input the name of a readable file behind the @")?,
            None => input.to_owned(),
        };
        let hint = "give a JSON object such as '{\"dryRun\": true}', or @FILE with one in it";
        match serde_json::from_str(&text) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(Failure::usage("--input is not a JSON object", hint)),
            Err(error) => Err(Failure::usage(format!("--input is not JSON: {error}"), hint)),
        }
    }

    /// A text, if there is one.
    pub(crate) fn text(mut self, name: &str, value: Option<&String>) -> Self {
        self.0.extend(value.map(|value| (name.to_owned(), Value::from(value.as_str()))));
        self
    }

    /// A whole number; what is none stays a text, which the check refuses by name.
    pub(crate) fn number(mut self, name: &str, value: Option<&String>) -> Self {
        let number = |text: &String| match text.replace('_', "").parse::<u64>() {
            Ok(number) => Value::from(number),
            Err(_) => Value::from(text.as_str()),
        };
        self.0.extend(value.map(|value| (name.to_owned(), number(value))));
        self
    }

    /// A list, if anything is in it.
    pub(crate) fn list(mut self, name: &str, values: &[String]) -> Self {
        if !values.is_empty() {
            self.0.insert(name.to_owned(), Value::from(values));
        }
        self
    }

    /// What a flag sets, if it is given.
    pub(crate) fn flag(mut self, name: &str, given: bool, value: bool) -> Self {
        if given {
            self.0.insert(name.to_owned(), Value::Bool(value));
        }
        self
    }

    /// Anything.
    pub(crate) fn value(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// Fields of a field, put over those that are there.
    pub(crate) fn within(mut self, name: &str, inner: Self) -> Self {
        if inner.0.is_empty() {
            return self;
        }
        match self.0.get_mut(name) {
            Some(Value::Object(there)) => there.extend(inner.0),
            Some(_) | None => {
                self.0.insert(name.to_owned(), Value::Object(inner.0));
            }
        }
        self
    }

    /// Whether a field is there and true.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.0.get(name) == Some(&Value::Bool(true))
    }

    /// Takes a field out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// The input.
    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

/// Ids that were given one by one, and those of a file.
pub(crate) fn ids(given: &[String], from: Option<&String>) -> Result<Vec<String>, Failure> {
    let mut ids = given.to_vec();
    if let Some(from) = from {
        ids.extend(listed(from)?);
        if ids.is_empty() {
            return Err(Failure::usage(
                format!("{from} lists no record"),
                "give a file with one id a line",
            ));
        }
    }
    Ok(ids)
}

/// Ids of a file, one a line; `-` is standard input. Blank lines and those that begin with # do not count.
pub(crate) fn listed(from: &str) -> Result<Vec<String>, Failure> {
    let text = read(from, "give a text file with one record id a line, or - for standard input")?;
    let lines = text.lines().map(str::trim);
    Ok(lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect())
}

fn read(from: &str, hint: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if from == "-" {
        std::io::stdin().read_to_string(&mut text)
    } else {
        std::fs::File::open(from).and_then(|mut file| file.read_to_string(&mut text))
    };
    read.map_err(|error| Failure::usage(format!("{from} cannot be read: {error}"), hint))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn flags_become_fields_and_what_is_not_given_does_not() {
        let text = |text: &str| Some(text.to_owned());
        let fields = Fields::default()
            .text("mode", text("full").as_ref())
            .number("maxFiles", text("1_000").as_ref())
            .number("batchSize", text("many").as_ref())
            .list("accounts", &[])
            .flag("backup", true, false)
            .flag("dryRun", false, true)
            .within("source", Fields::default().text("bucket", text("b").as_ref()));
        assert_eq!(
            fields.into_value(),
            json!({
                "mode": "full", "maxFiles": 1000, "batchSize": "many", "backup": false,
                "source": {"bucket": "b"},
            })
        );
    }

    #[test]
    fn flags_are_put_over_the_raw_input() {
        let raw = Fields::raw(Some(r#"{"a": "1", "source": {"bucket": "x", "prefix": "p"}}"#));
        let inner = Fields::default().text("bucket", Some(&"b".to_owned()));
        let fields = raw.unwrap().text("a", Some(&"2".to_owned())).within("source", inner);
        assert_eq!(
            fields.into_value(),
            json!({"a": "2", "source": {"bucket": "b", "prefix": "p"}})
        );
    }

    #[test]
    fn a_raw_input_may_be_in_a_file_and_has_to_be_an_object() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("input.json");
        std::fs::write(&path, r#"{"dryRun": true}"#).unwrap();
        let given = format!("@{}", path.display());
        assert!(Fields::raw(Some(&given)).unwrap().is_true("dryRun"));
        for bad in ["[1]", "{", "@/no/such/file"] {
            let failure = Fields::raw(Some(bad)).unwrap_err();
            assert_eq!(failure.kind, crate::failure::Kind::Usage, "{bad}");
        }
    }

    #[test]
    fn ids_come_from_flags_and_files() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ids");
        std::fs::write(&path, "# ids\n\n b \n").unwrap();
        let file = path.to_str().unwrap().to_owned();
        assert_eq!(ids(&["a".to_owned()], Some(&file)), Ok(vec!["a".to_owned(), "b".to_owned()]));
        std::fs::write(&path, "\n").unwrap();
        assert!(ids(&[], Some(&file)).is_err());
    }
}
