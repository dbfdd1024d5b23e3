//! Records in one shape, whichever API they came from: field path as in the query → value.
//!
//! REST nests parents (`{"Account__r": {"Name": "Acme"}}`) and types its values; Bulk gives flat columns
//! (`Account__r.Name`) in which everything is text. Keys are made equal here; values stay as they came.

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

/// The record's id, in whatever case the query spells `Id`.
pub(crate) fn id(record: &Record) -> Option<&str> {
    record.iter().find(|(name, _)| name.eq_ignore_ascii_case("Id"))?.1.as_str()
}

/// Whether text has the form of a record or job id: 15 or 18 letters and digits.
pub(crate) fn is_id(text: &str) -> bool {
    matches!(text.len(), 15 | 18) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// What two spellings of one id have in common: the first 15 characters. The other three are a checksum of their case:
/// <https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/field_types.htm>.
pub(crate) fn id_key(id: &str) -> Option<&str> {
    if is_id(id) { id.get(..15) } else { None }
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

    #[rstest]
    #[case(json!({"Name": "x", "Id": "a0B"}), Some("a0B"))]
    #[case(json!({"ID": "a0B"}), Some("a0B"))]
    #[case(json!({"Id": null}), None)]
    #[case(json!({"Name": "x"}), None)]
    fn the_id_is_found_in_any_case(#[case] fields: Value, #[case] expected: Option<&str>) {
        assert_eq!(id(&record(fields)), expected);
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
