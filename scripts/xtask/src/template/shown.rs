//! How a value of the template reads in a table: references in `${...}`, as people write them.

use drayage_cloudformation::condition;
use serde_json::Value;

/// The value as one line of text.
pub(super) fn shown(value: &Value) -> String {
    if let Some((name, then, other)) = condition(value) {
        return format!("{} if {name}, else {}", shown(then), shown(other));
    }
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => match fields.iter().next() {
            Some((name, argument)) if fields.len() == 1 => call(name, argument),
            _ => value.to_string(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn call(name: &str, argument: &Value) -> String {
    match (name, argument) {
        ("Ref", Value::String(text)) if text == "AWS::NoValue" => "nothing".to_owned(),
        ("Ref", Value::String(text)) => format!("${{{text}}}"),
        ("Fn::Sub", Value::String(text)) => text.clone(),
        ("Fn::Sub", Value::Array(parts)) => match parts.as_slice() {
            [Value::String(text), Value::Object(variables)] => {
                variables.iter().fold(text.clone(), |text, (name, value)| {
                    text.replace(&format!("${{{name}}}"), &shown(value))
                })
            }
            _ => format!("{name} {argument}"),
        },
        ("Fn::GetAtt", Value::Array(parts)) => {
            format!("${{{}}}", parts.iter().map(shown).collect::<Vec<_>>().join("."))
        }
        // A list that was made of a text: what stands between its separators is the same for every item.
        ("Fn::Split", Value::Array(parts)) => parts.get(1).map(shown).unwrap_or_default(),
        ("Fn::Join", Value::Array(parts)) => joined(parts),
        // The name of a secret, out of a name or an ARN.
        ("Fn::Select", Value::Array(parts)) => match parts.as_slice() {
            [_, of] => name_of_secret(of).unwrap_or_else(|| format!("{name} {argument}")),
            _ => format!("{name} {argument}"),
        },
        _ => format!("{name} {argument}"),
    }
}

/// `!Join ["/*,arn:aws:s3:::", !Split [",", !Ref Names]]` is each of the names.
fn joined(parts: &[Value]) -> String {
    match parts {
        [Value::String(_), of] if of.get("Fn::Split").is_some() => {
            let list = shown(of);
            list.strip_prefix("${").map_or(list.clone(), |name| format!("${{each of {name}"))
        }
        [Value::String(with), Value::Array(items)] => {
            items.iter().map(shown).collect::<Vec<_>>().join(with)
        }
        _ => "?".to_owned(),
    }
}

fn name_of_secret(split: &Value) -> Option<String> {
    let text = split.pointer("/Fn::Split/1/Fn::Sub")?.as_str()?;
    let (name, _) = text.strip_prefix("${")?.split_once('}')?;
    Some(format!("${{name of {name}}}"))
}

#[cfg(test)]
mod tests {
    use drayage_cloudformation::Template;

    use super::*;

    #[test]
    fn values_read_as_people_write_them() {
        for (yaml, expected) in [
            ("!GetAtt CopyQueue.Arn", "${CopyQueue.Arn}"),
            ("!Ref Backup", "${Backup}"),
            ("!Sub \"${StateBucket.Arn}/runs/*\"", "${StateBucket.Arn}/runs/*"),
            ("!If [Has, !Ref A, !Ref AWS::NoValue]", "${A} if Has, else nothing"),
            (
                "!Split [\",\", !Join [\"\", [\"arn:aws:s3:::\", !Join [\"/*,arn:aws:s3:::\", !Split [\",\", !Ref Names]], \"/*\"]]]",
                "arn:aws:s3:::${each of Names}/*",
            ),
            (
                "!Sub [\"secret:${Name}-??????\", { Name: !Select [1, !Split [\":secret:\", !Sub \"${S}:secret:${S}\"]] }]",
                "secret:${name of S}-??????",
            ),
        ] {
            let template = Template::parse(&format!("a: {yaml}")).unwrap();
            assert_eq!(shown(template.at("/a").unwrap()), expected);
        }
    }
}
