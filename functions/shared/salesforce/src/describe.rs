//! What an object looks like to the integration user. Fields hidden by field-level security are simply absent.

use serde::Deserialize;

use crate::client::Client;
use crate::error::SalesforceError;
use crate::http::ApiRequest;
use crate::soql;

/// An object's description, reduced to what deciding about a backup needs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Describe {
    /// API name in the org's spelling.
    pub name: String,
    /// Whether SOQL may read it.
    #[serde(default)]
    pub queryable: bool,
    /// Whether the user may update its records.
    #[serde(default)]
    pub updateable: bool,
    /// First three characters of its records' ids.
    pub key_prefix: Option<String>,
    /// Every field the user may see.
    pub fields: Vec<Field>,
}

/// One field.
#[expect(clippy::struct_excessive_bools, reason = "they are Salesforce's properties, one to one")]
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// API name in the org's spelling.
    pub name: String,
    /// Salesforce's type name, for example `url`, `string`, `reference`, `textarea`.
    #[serde(rename = "type")]
    pub field_type: String,
    /// Most characters it holds; 0 for types without a length.
    #[serde(default)]
    pub length: u32,
    /// Whether the user may change it.
    #[serde(default)]
    pub updateable: bool,
    /// Whether a WHERE clause may use it (long text areas may not).
    #[serde(default)]
    pub filterable: bool,
    /// Whether it may be null.
    #[serde(default)]
    pub nillable: bool,
    /// Whether it is a formula or roll-up.
    #[serde(default)]
    pub calculated: bool,
    /// Objects a reference may point at; more than one makes it polymorphic.
    #[serde(default)]
    pub reference_to: Vec<String>,
    /// Name for going to the parent in SOQL, for example `Account__r`.
    pub relationship_name: Option<String>,
}

impl Describe {
    /// A field by its API name. Salesforce compares names without case.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The reference field behind a relationship name such as `Account__r`.
    pub fn relationship(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| {
            field.relationship_name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name))
        })
    }
}

impl Client {
    /// Describes an object. An object the user may not see is [`SalesforceError::NotFound`].
    pub async fn describe(&self, sobject: &str) -> Result<Describe, SalesforceError> {
        let operation = "describe object";
        if !soql::is_identifier(sobject) {
            return Err(SalesforceError::InvalidArgument {
                operation,
                problem: "the object name is not an API name such as DocListEntry__c".to_owned(),
            });
        }
        let path = self.data_path(&format!("sobjects/{sobject}/describe"));
        self.json(ApiRequest::get(operation, path), "an object description").await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_without_case_and_unknown_properties_are_ignored() {
        let describe: Describe = serde_json::from_value(serde_json::json!({
            "name": "DocListEntry__c", "queryable": true, "keyPrefix": "a0B", "urls": {},
            "fields": [
                {"name": "Document__c", "type": "url", "length": 255, "updateable": true,
                 "filterable": true, "nillable": true, "referenceTo": [], "relationshipName": null},
                {"name": "Account__c", "type": "reference", "length": 18,
                 "referenceTo": ["Account"], "relationshipName": "Account__r"},
            ],
        }))
        .unwrap();
        let document = describe.field("DOCUMENT__C").unwrap();
        assert_eq!((document.field_type.as_str(), document.length), ("url", 255));
        assert!(document.updateable && document.filterable && document.nillable);
        assert_eq!(describe.relationship("account__r").unwrap().reference_to, ["Account"]);
        assert_eq!(describe.field("Hidden__c"), None);
    }
}
