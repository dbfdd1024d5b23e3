//! What an object looks like to the integration user. Fields hidden by field-level security are simply absent.

use serde::Deserialize;

use crate::client::Client;
use crate::error::SalesforceError;
use crate::http::ApiRequest;
use crate::soql;

/// An object's description, reduced to the fields that the user may see.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Describe {
    fields: Vec<Field>,
}

/// One field.
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
    /// Whether the user may edit the field: false for a formula, and where field-level security makes it read-only.
    #[serde(default = "unless_told")]
    pub updateable: bool,
    /// Name for going to the parent in SOQL, for example `Account__r`.
    pub relationship_name: Option<String>,
}

/// A description that does not say whether a field is updateable proves nothing against it.
const fn unless_told() -> bool {
    true
}

impl Describe {
    /// A field by its API name. Salesforce compares names without case.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
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
                {"name": "Formula__c", "type": "string", "length": 1300, "updateable": false},
            ],
        }))
        .unwrap();
        let document = describe.field("DOCUMENT__C").unwrap();
        assert_eq!((document.field_type.as_str(), document.length), ("url", 255));
        assert_eq!(document.relationship_name, None);
        assert!(document.updateable);
        assert!(!describe.field("Formula__c").unwrap().updateable);
        let account = describe.field("Account__c").unwrap();
        assert_eq!(account.relationship_name.as_deref(), Some("Account__r"));
        assert!(account.updateable, "nothing is said about it");
        assert_eq!(describe.field("Hidden__c"), None);
    }
}
