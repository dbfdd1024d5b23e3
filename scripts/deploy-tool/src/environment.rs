//! A file of `infra/environments`: what one deployment of the template looks like. The format is the one that `aws cloudformation
//! deploy --parameter-overrides file://` takes, `{"Parameters": {…}, "Tags": {…}}`, with the stack's name and Region beside it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::problems::Problem;

/// One deployment of the template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct File {
    stack_name: Option<String>,
    region: Option<String>,
    parameters: BTreeMap<String, Value>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

/// What a file and the command line say together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Environment {
    pub(crate) stack_name: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Environment {
    /// Reads the environment `named` so, and puts the parameters `NAME=VALUE` over it.
    pub(crate) fn read(root: &Path, named: &str, over: &[String]) -> Result<Self, Vec<Problem>> {
        let path = path(root, named);
        let text = std::fs::read_to_string(&path).map_err(|error| {
            let hint = format!("copy infra/environments/example.json; there are {}", known(root));
            vec![Problem::new(format!("{} cannot be read: {error}", path.display()), hint)]
        })?;
        let mut environment = Self::parse(&text).map_err(|message| {
            let hint = "infra/environments/example.json shows the format";
            vec![Problem::new(format!("{}: {message}", path.display()), hint)]
        })?;
        let mut problems = Vec::new();
        for assignment in over {
            match assignment.split_once('=') {
                Some((name, value)) if !name.is_empty() => {
                    environment.parameters.insert(name.to_owned(), value.to_owned());
                }
                Some(_) | None => problems.push(Problem::new(
                    format!("--parameter {assignment} is no NAME=VALUE"),
                    "such as --parameter LogLevel=debug",
                )),
            }
        }
        if problems.is_empty() { Ok(environment) } else { Err(problems) }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut parameters = BTreeMap::new();
        for (name, value) in file.parameters {
            let value = match value {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                Value::Bool(flag) => flag.to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => {
                    return Err(format!("the value of {name} is neither text nor number"));
                }
            };
            parameters.insert(name, value);
        }
        Ok(Self { stack_name: file.stack_name, region: file.region, parameters, tags: file.tags })
    }
}

/// A name is a file of the checkout; anything that looks like a path is one.
fn path(root: &Path, named: &str) -> PathBuf {
    if named.contains('/') || Path::new(named).extension().is_some_and(|ending| ending == "json") {
        return PathBuf::from(named);
    }
    root.join("infra").join("environments").join(format!("{named}.json"))
}

fn known(root: &Path) -> String {
    let entries = std::fs::read_dir(root.join("infra").join("environments"));
    let files = entries.into_iter().flatten().flatten().map(|entry| entry.path());
    let named = files.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let mut names: Vec<String> = named
        .filter_map(|path| path.file_stem().map(|name| name.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("x.json");
        std::fs::write(&file, text).unwrap();
        let read = Environment::read(Path::new("/nowhere"), file.to_str().unwrap(), &[]);
        read.unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn values_may_be_texts_numbers_and_flags_and_the_command_line_wins() {
        let directory = tempfile::tempdir().unwrap();
        let environments = directory.path().join("infra/environments");
        std::fs::create_dir_all(&environments).unwrap();
        let text = r#"{"StackName": "s", "Parameters": {"A": "a", "B": 7, "C": true}, "Tags": {"t": "u"}}"#;
        std::fs::write(environments.join("prod.json"), text).unwrap();
        let over = ["A=b=c".to_owned(), "D=".to_owned()];
        let read = Environment::read(directory.path(), "prod", &over).unwrap();
        let parameters: Vec<(&str, &str)> =
            read.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(parameters, [("A", "b=c"), ("B", "7"), ("C", "true"), ("D", "")]);
        assert_eq!((read.stack_name.as_deref(), read.tags.len()), (Some("s"), 1));
        let wrong = Environment::read(directory.path(), "prod", &["A".to_owned()]).unwrap_err();
        assert!(wrong[0].to_string().contains("--parameter A is no NAME=VALUE"));
        let missing = Environment::read(directory.path(), "other", &[]).unwrap_err();
        assert!(missing[0].to_string().contains("there are prod"), "{missing:?}");
    }

    #[test]
    fn a_file_that_is_none_is_refused_by_what_is_wrong() {
        assert!(told("{").contains("x.json"));
        assert!(told(r#"{"Parameters": {"A": [1]}}"#).contains("value of A"));
        assert!(told(r#"{"Parameters": {}, "Params": {}}"#).contains("Params"));
    }
}
