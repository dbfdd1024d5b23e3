//! Records in one shape, whichever API they came from: field path as in the query → value.
//!
//! REST nests parents (`{"Account__r": {"Name": "Acme"}}`) and types its values; Bulk gives flat columns
//! (`Account__r.Name`) in which everything is text. Keys are made equal here; values are read through [`text()`] and
//! [`timestamp()`], which do not care about the difference.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Map, Value};

/// One record.
pub type Record = Map<String, Value>;

/// Flattens a REST record: parents become dotted keys, `attributes` are dropped. A null parent stays a null under its
/// relationship name, because the reply does not say which of its fields were asked for; see [`crate::Soql::align`].
pub(crate) fn flatten(nested: Record) -> Record {
    let mut flat = Record::new();
    flatten_into(&mut flat, "", nested);
    flat
}

fn flatten_into(flat: &mut Record, prefix: &str, nested: Record) {
    for (name, value) in nested {
        if name == "attributes" {
            continue;
        }
        let key = format!("{prefix}{name}");
        match value {
            Value::Object(parent) => flatten_into(flat, &format!("{key}."), parent),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => {
                flat.insert(key, value);
            }
        }
    }
}

/// A field's value as text; `None` for null and for a field the record does not have. Names are compared without case.
pub fn text<'a>(record: &'a Record, field: &str) -> Option<Cow<'a, str>> {
    match find(record, field)? {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        other @ (Value::Array(_) | Value::Object(_)) => Some(Cow::Owned(other.to_string())),
    }
}

/// A date-time field, in the spelling of REST (`+0000`) or Bulk (`Z`); `None` if null, absent or not a date-time.
pub fn timestamp(record: &Record, field: &str) -> Option<Timestamp> {
    text(record, field)?.parse().ok()
}

/// Whether text has the form of a record or job id: 15 or 18 letters and digits.
pub fn is_id(text: &str) -> bool {
    matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn find<'a>(record: &'a Record, field: &str) -> Option<&'a Value> {
    record.get(field).or_else(|| {
        record.iter().find(|(name, _)| name.eq_ignore_ascii_case(field)).map(|(_, value)| value)
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn record(value: Value) -> Record {
        let Value::Object(record) = value else { panic!("an object") };
        record
    }

    #[test]
    fn parents_become_dotted_keys_and_attributes_vanish() {
        let flat = flatten(record(json!({
            "attributes": {"type": "DocListEntry__c"},
            "Id": "a0B",
            "Account__r": {"attributes": {}, "Name": "Acme", "Owner": {"attributes": {}, "Name": "Jo"}},
            "Parent__r": null,
        })));
        let expected = json!({
            "Id": "a0B", "Account__r.Name": "Acme", "Account__r.Owner.Name": "Jo", "Parent__r": null,
        });
        assert_eq!(Value::Object(flat), expected);
    }

    #[test]
    fn values_read_the_same_from_both_apis() {
        let rest =
            record(json!({"n": 12, "b": true, "t": "2026-01-02T17:38:59.000+0000", "x": null}));
        let bulk = record(json!({"N": "12", "B": "true", "T": "2026-01-02T17:38:59.000Z"}));
        for each in [&rest, &bulk] {
            assert_eq!(text(each, "n").as_deref(), Some("12"));
            assert_eq!(text(each, "b").as_deref(), Some("true"));
            assert_eq!(text(each, "x"), None);
            let time: Timestamp = "2026-01-02T17:38:59Z".parse().unwrap();
            assert_eq!(timestamp(each, "t"), Some(time));
            assert_eq!(timestamp(each, "b"), None);
        }
    }

    #[rstest]
    #[case("a0B000000000001", true)]
    #[case("a0B000000000001AAA", true)]
    #[case("a0B0000000000012", false)]
    #[case("a0B00000000000'", false)]
    #[case("a0B0000000000é", false)]
    #[case("", false)]
    fn ids(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(is_id(text), expected);
    }
}
