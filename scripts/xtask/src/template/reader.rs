//! `CloudFormation`'s YAML as plain JSON: short tags (`!Sub`) become the functions that they stand for (`Fn::Sub`), and aliases
//! the nodes that they point at, so that rules know one spelling only.

use anyhow::{Context, Result, bail, ensure};
use saphyr::{LoadableYamlNode, ScalarOwned, YamlOwned};
use serde_json::{Map, Value, json};

/// Reads a template.
pub(super) fn read(text: &str) -> Result<Value> {
    let documents = YamlOwned::load_from_str(text).context("is not YAML")?;
    let [document] = documents.as_slice() else {
        bail!("holds {} documents instead of one", documents.len());
    };
    plain(document)
}

fn plain(node: &YamlOwned) -> Result<Value> {
    Ok(match node {
        YamlOwned::Value(scalar) => of_scalar(scalar),
        YamlOwned::Representation(text, _, _) => Value::String(text.clone()),
        YamlOwned::Sequence(items) => Value::Array(items.iter().map(plain).collect::<Result<_>>()?),
        YamlOwned::Mapping(fields) => {
            let mut object = Map::new();
            for (name, field) in fields {
                let name = plain(name)?;
                let name = name.as_str().map_or_else(|| name.to_string(), str::to_owned);
                let value = plain(field).with_context(|| format!("in {name}"))?;
                ensure!(object.insert(name.clone(), value).is_none(), "{name} stands twice");
            }
            Value::Object(object)
        }
        YamlOwned::Tagged(tag, inner) => of_tag(&tag.suffix, plain(inner)?),
        YamlOwned::Alias(_) | YamlOwned::BadValue => bail!("holds a node that cannot be read"),
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
}
