//! One table: rows by id, in id order, so that a keyset page is a range scan.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::super::schema::{self, SObjectType};
use super::super::time::{self, Millis};

/// A field's value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Text(String),
    Time(Millis),
}

impl Value {
    /// The value as REST writes it.
    pub(crate) fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => json!(value),
            Self::Text(text) => json!(text),
            Self::Time(millis) => json!(time::rest(*millis)),
        }
    }

    /// The value as a Bulk CSV cell; null is the empty cell.
    pub(crate) fn to_cell(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(value) => value.to_string(),
            Self::Text(text) => text.clone(),
            Self::Time(millis) => time::bulk(*millis),
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Time(_) => None,
        }
    }
}

/// One row; values are in the order of the type's fields.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) values: Vec<Value>,
}

impl Row {
    /// The value of field number `field`.
    pub(crate) fn get(&self, field: usize) -> &Value {
        self.values.get(field).unwrap_or(&Value::Null)
    }

    pub(super) fn set(&mut self, field: usize, value: Value) {
        if let Some(slot) = self.values.get_mut(field) {
            *slot = value;
        }
    }

    pub(crate) fn id(&self) -> &str {
        self.get(schema::ID).text().unwrap_or_default()
    }

    pub(crate) fn is_deleted(&self) -> bool {
        *self.get(schema::IS_DELETED) == Value::Bool(true)
    }

    /// The time in field number `field`, or the epoch.
    pub(crate) fn time(&self, field: usize) -> Millis {
        match self.get(field) {
            Value::Time(millis) => *millis,
            Value::Null | Value::Bool(_) | Value::Text(_) => 0,
        }
    }
}

/// The rows of one object type.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) kind: Arc<SObjectType>,
    pub(crate) rows: BTreeMap<String, Row>,
    pub(super) next_serial: u64,
}

impl Table {
    pub(super) fn new(kind: SObjectType) -> Self {
        Self { kind: Arc::new(kind), rows: BTreeMap::new(), next_serial: 1 }
    }

    /// All fields of a row as a JSON object.
    pub(crate) fn to_json(&self, row: &Row) -> Map<String, Json> {
        self.kind
            .fields
            .iter()
            .zip(&row.values)
            .map(|(field, value)| (field.name.clone(), value.to_json()))
            .collect()
    }
}
