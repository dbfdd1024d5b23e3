//! One Salesforce record as the migration sees it, from whatever a query returned.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The names of the sObject and its fields that carry the files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectFields {
    /// API name of the sObject, such as `DocListEntry__c`.
    pub object: String,
    /// API name of the field with the URL, such as `Document__c`.
    pub url_field: String,
    /// API name of the lookup to the account, such as `Account__c`.
    pub account_field: String,
    /// The lookup's relationship name, such as `Account__r`.
    pub account_relationship: String,
}

impl ObjectFields {
    /// The names as configured. The relationship follows Salesforce's rule (`Account__c` is followed as `Account__r`,
    /// `AccountId` as `Account`) until the sObject's description tells it.
    pub fn new(object: String, url_field: String, account_field: String) -> Self {
        let account_relationship = match account_field.strip_suffix("__c") {
            Some(stem) => format!("{stem}__r"),
            None => account_field.strip_suffix("Id").unwrap_or(&account_field).to_owned(),
        };
        Self { object, url_field, account_field, account_relationship }
    }

    /// The path to the account's name, such as `Account__r.Name`.
    pub fn account_name_path(&self) -> String {
        format!("{}.Name", self.account_relationship)
    }

    /// The fields of the enumeration query, in order.
    pub fn select_list(&self) -> Vec<String> {
        vec![
            "Id".to_owned(),
            "Name".to_owned(),
            self.url_field.clone(),
            self.account_field.clone(),
            self.account_name_path(),
            "CreatedDate".to_owned(),
            "LastModifiedDate".to_owned(),
            "SystemModstamp".to_owned(),
        ]
    }
}

/// A record as it was read, nothing decided yet. Every field keeps the text that Salesforce returned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceRecord {
    /// The record's id as returned; empty when absent.
    pub id: String,
    /// The record's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The URL field, byte for byte; `None` for null.
    pub url: Option<String>,
    /// The account lookup as returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The account's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    /// `CreatedDate` as returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// `LastModifiedDate` as returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// `SystemModstamp`, in one spelling for all APIs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_modstamp: Option<String>,
    /// What about the record is not as it must be, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defect: Option<String>,
}

impl SourceRecord {
    /// Reads a record from a query result whose nested fields are flattened (`Account__r.Name`). A field of a wrong
    /// type becomes a [`defect`](Self::defect); nothing is dropped silently.
    pub fn from_fields(fields: &ObjectFields, values: &Map<String, Value>) -> Self {
        let mut defects = Vec::new();
        let mut text = |name: &str| match lookup(values, name) {
            None | Some(Value::Null) => None,
            Some(Value::String(value)) => Some(value.clone()),
            Some(
                other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)),
            ) => {
                defects.push(format!("field {name} is {} instead of text", kind(other)));
                None
            }
        };
        let mut record = Self {
            id: text("Id").unwrap_or_default(),
            name: text("Name"),
            url: text(&fields.url_field),
            account_id: text(&fields.account_field).filter(|id| !id.is_empty()),
            account_name: text(&fields.account_name_path()),
            created: text("CreatedDate"),
            last_modified: text("LastModifiedDate"),
            system_modstamp: text("SystemModstamp").map(|time| canonical_time(&time)),
            defect: None,
        };
        if !defects.is_empty() {
            record.defect = Some(defects.join("; "));
        }
        record
    }
}

/// REST spells a time `2026-01-02T17:38:59.000+0000` and Bulk API 2.0 spells it `2026-01-02T17:38:59.000Z`. Compared as they
/// are, every record would look changed when a run reads by the other API. Anything else stays as it is.
fn canonical_time(text: &str) -> String {
    jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text)
        .and_then(|parsed| parsed.to_timestamp())
        .or_else(|_| text.parse::<jiff::Timestamp>())
        .map_or_else(|_| text.to_owned(), |time| time.to_string())
}

/// Field names are not case-sensitive in Salesforce; a result spells them as the schema does, not as the query did.
fn lookup<'a>(values: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    values.get(name).or_else(|| {
        values.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields() -> ObjectFields {
        ObjectFields::new("DocListEntry__c".into(), "Document__c".into(), "Account__c".into())
    }

    fn record(value: Value) -> SourceRecord {
        let Value::Object(map) = value else { panic!("an object") };
        SourceRecord::from_fields(&fields(), &map)
    }

    #[test]
    fn the_account_name_is_reached_through_the_relationship() {
        assert_eq!(fields().account_name_path(), "Account__r.Name");
        let standard = ObjectFields::new("Case".into(), "Url__c".into(), "AccountId".into());
        assert_eq!(standard.account_name_path(), "Account.Name");
    }

    #[test]
    fn the_url_is_kept_byte_for_byte() {
        let raw = " https://x/a%20b\u{a0}";
        let read = record(json!({"Id": "a0B000000000001AAA", "Document__c": raw}));
        assert_eq!(read.url.as_deref(), Some(raw));
        assert_eq!(read.defect, None);
    }

    #[test]
    fn both_spellings_of_a_time_are_one() {
        let rest = record(json!({"Id": "x", "SystemModstamp": "2026-01-02T17:38:59.000+0000"}));
        let bulk = record(json!({"Id": "x", "SystemModstamp": "2026-01-02T17:38:59.000Z"}));
        assert_eq!(rest.system_modstamp, bulk.system_modstamp);
        assert_eq!(rest.system_modstamp.as_deref(), Some("2026-01-02T17:38:59Z"));
    }

    #[test]
    fn a_field_of_a_wrong_type_is_named() {
        let read = record(json!({"Id": "a0B000000000001AAA", "document__c": 7}));
        assert_eq!(read.url, None);
        assert_eq!(read.defect.as_deref(), Some("field Document__c is a number instead of text"));
    }
}
