//! Metadata: the list of objects, and describe of one.

use serde_json::{Value, json};

use super::super::call::{Call, Reply};
use super::super::error::ApiError;
use super::super::schema::{Field, FieldKind, SObjectType};
use super::super::state::State;

/// `GET …/sobjects`.
pub(super) fn all(state: &State, call: &Call) -> Reply {
    let list: Vec<Value> = state.store.types().map(|kind| summary(kind, call)).collect();
    Reply::ok(json!({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": list}))
}

/// `GET …/sobjects/{type}`.
pub(super) fn basic(state: &State, call: &Call, sobject: &str) -> Result<Reply, ApiError> {
    let table = state.store.table(sobject).ok_or_else(ApiError::not_found)?;
    Ok(Reply::ok(json!({"objectDescribe": summary(&table.kind, call), "recentItems": []})))
}

/// `GET …/sobjects/{type}/describe`. Fields that field-level security hides are absent.
pub(super) fn one(state: &State, call: &Call, sobject: &str) -> Result<Reply, ApiError> {
    let table = state.store.table(sobject).ok_or_else(ApiError::not_found)?;
    let kind = &table.kind;
    let fields: Vec<Value> = state
        .visible_fields(kind)
        .into_iter()
        .filter_map(|index| kind.fields.get(index))
        .map(|field| {
            let read_only = state.store.faults.is_read_only(&kind.name, &field.name);
            let length = state.store.faults.length_of(&kind.name, &field.name);
            let field = Field { length: length.unwrap_or(field.length), ..field.clone() };
            describe_field(&field, field.updateable && !read_only)
        })
        .collect();
    let mut body = summary(kind, call);
    if let Some(members) = body.as_object_mut() {
        members.insert("fields".to_owned(), Value::Array(fields));
        members.insert("childRelationships".to_owned(), json!([]));
        members.insert("recordTypeInfos".to_owned(), json!([]));
    }
    Ok(Reply::ok(body))
}

fn summary(kind: &SObjectType, call: &Call) -> Value {
    let base = format!("/services/data/v{}/sobjects/{}", call.version(), kind.name);
    let label = kind.name.trim_end_matches("__c");
    json!({
        "name": kind.name, "label": label, "labelPlural": format!("{label}s"),
        "keyPrefix": kind.key_prefix, "custom": kind.is_custom(), "customSetting": false,
        "createable": true, "deletable": true, "updateable": true, "queryable": true,
        "retrieveable": true, "replicateable": true, "searchable": true, "undeletable": true,
        "urls": {"sobject": base, "describe": format!("{base}/describe"), "rowTemplate": format!("{base}/{{ID}}")},
    })
}

fn describe_field(field: &Field, updateable: bool) -> Value {
    let (targets, relationship) = match &field.kind {
        FieldKind::Reference { to, relationship } => (vec![to.clone()], Some(relationship.clone())),
        FieldKind::Id
        | FieldKind::Text
        | FieldKind::Url
        | FieldKind::Boolean
        | FieldKind::DateTime => (Vec::new(), None),
    };
    let soap_type = match field.kind {
        FieldKind::Id | FieldKind::Reference { .. } => "tns:ID",
        FieldKind::Text | FieldKind::Url => "xsd:string",
        FieldKind::Boolean => "xsd:boolean",
        FieldKind::DateTime => "xsd:dateTime",
    };
    json!({
        "name": field.name, "label": field.label, "type": field.kind.describe_name(),
        "soapType": soap_type, "length": field.length, "byteLength": field.length * 3,
        "precision": 0, "scale": 0, "digits": 0,
        "createable": updateable, "updateable": updateable, "nillable": field.updateable,
        "filterable": true, "sortable": true, "groupable": field.kind != FieldKind::DateTime,
        "custom": field.is_custom(), "calculated": false, "autoNumber": false, "unique": false,
        "externalId": false, "caseSensitive": false, "defaultedOnCreate": false,
        "nameField": field.name == "Name", "idLookup": field.kind == FieldKind::Id,
        "referenceTo": targets, "relationshipName": relationship, "picklistValues": [],
    })
}
