//! `CloudFormation`'s YAML as plain JSON: short tags (`!Sub`) become the functions that they stand for (`Fn::Sub`), and aliases
//! the nodes that they point at, so that everybody else knows one spelling only.

use saphyr::{LoadableYamlNode, ScalarOwned, ScanError, YamlOwned};
use serde_json::{Map, Value, json};
use thiserror::Error;

/// Why a text is no template. Places are JSON pointers, empty for the top level.
#[derive(Debug, Error)]
pub enum Unreadable {
    /// The text has a syntax error.
    #[error("the template is not YAML: {0}")]
    NotYaml(#[from] ScanError),
    /// A template is one document.
    #[error("the template holds {0} documents instead of one")]
    Documents(usize),
    /// Two fields of a mapping have one name.
    #[error("the template has {0} twice")]
    Twice(String),
    /// An alias without its anchor, or a value that does not fit its tag.
    #[error("the template holds a node that cannot be read, in {0:?}")]
    Node(String),
}

/// Reads a template.
pub(crate) fn read(text: &str) -> Result<Value, Unreadable> {
    let documents = YamlOwned::load_from_str(text)?;
    match documents.as_slice() {
        [document] => plain(document, ""),
        others => Err(Unreadable::Documents(others.len())),
    }
}

fn plain(node: &YamlOwned, place: &str) -> Result<Value, Unreadable> {
    Ok(match node {
        YamlOwned::Value(scalar) => of_scalar(scalar),
        YamlOwned::Representation(text, _, _) => Value::String(text.clone()),
        YamlOwned::Sequence(items) => {
            Value::Array(items.iter().map(|item| plain(item, place)).collect::<Result<_, _>>()?)
        }
        YamlOwned::Mapping(fields) => {
            let mut object = Map::new();
            for (name, field) in fields {
                let name = plain(name, place)?;
                let name = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
                let place = format!("{place}/{name}");
                let value = plain(field, &place)?;
                if object.insert(name, value).is_some() {
                    return Err(Unreadable::Twice(place));
                }
            }
            Value::Object(object)
        }
        YamlOwned::Tagged(tag, inner) => of_tag(&tag.suffix, plain(inner, place)?),
        YamlOwned::Alias(_) | YamlOwned::BadValue => {
            return Err(Unreadable::Node(place.to_owned()));
        }
    })
}

fn of_scalar(scalar: &ScalarOwned) -> Value {
    match scalar {
        ScalarOwned::Null => Value::Null,
        ScalarOwned::Boolean(value) => json!(value),
        ScalarOwned::Integer(value) => json!(value),
        ScalarOwned::FloatingPoint(value) => json!(value.into_inner()),
        ScalarOwned::String(value) => json!(value),
    }
}

/// `!Ref` and `!Condition` keep their names; all other functions begin with `Fn::`.
fn of_tag(tag: &str, value: Value) -> Value {
    match (tag, value) {
        ("Ref" | "Condition", value) => json!({ tag: value }),
        ("GetAtt", Value::String(text)) => {
            let (resource, attribute) = text.split_once('.').unwrap_or((&text, ""));
            json!({ "Fn::GetAtt": [resource, attribute] })
        }
        (_, value) => json!({ (format!("Fn::{tag}")): value }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_tags_and_anchors_become_plain_functions() {
        let text = "
a: &role !GetAtt Role.Arn
b: [!Ref Bucket, !Sub \"${Bucket}/*\", 7, true, \"true\"]
c: &statement
  If: !If [Has, { Sid: One }, !Ref AWS::NoValue]
d: [*role, *statement]
e: !Sub
  - \"${Name}\"
  - Name: !Select [1, !Split [\",\", !Ref List]]
f: !Equals [!Ref A, \"true\"]
";
        let read = read(text).unwrap();
        assert_eq!(
            read,
            json!({
                "a": {"Fn::GetAtt": ["Role", "Arn"]},
                "b": [{"Ref": "Bucket"}, {"Fn::Sub": "${Bucket}/*"}, 7, true, "true"],
                "c": {"If": {"Fn::If": ["Has", {"Sid": "One"}, {"Ref": "AWS::NoValue"}]}},
                "d": [
                    {"Fn::GetAtt": ["Role", "Arn"]},
                    {"If": {"Fn::If": ["Has", {"Sid": "One"}, {"Ref": "AWS::NoValue"}]}}
                ],
                "e": {"Fn::Sub": ["${Name}", {"Name": {"Fn::Select": [1, {"Fn::Split": [",", {"Ref": "List"}]}]}}]},
                "f": {"Fn::Equals": [{"Ref": "A"}, "true"]}
            })
        );
    }

    #[test]
    fn two_documents_or_none_are_refused() {
        assert!(read("a: 1\n---\nb: 2\n").is_err());
        assert!(read("").is_err());
        assert!(read("a: [").is_err());
    }

    #[test]
    fn a_name_that_stands_twice_is_told_with_its_place() {
        let told = read("a: { b: { 1: x, \"1\": y } }").unwrap_err().to_string();
        assert_eq!(told, "the template has /a/b/1 twice");
    }
}
