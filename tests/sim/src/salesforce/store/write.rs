//! Saving rows: conversion to the field's type, then the checks that the service makes.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::super::error::SaveError;
use super::super::schema::{self, Field, FieldKind, SObjectType};
use super::super::{id, time};
use super::{Actor, Row, Store, Value};

/// System fields that a person may set, so that a test can place a row or a change in the past.
const BACKDATABLE: [usize; 3] =
    [schema::CREATED_DATE, schema::LAST_MODIFIED_DATE, schema::SYSTEM_MODSTAMP];

impl Store {
    /// Inserts a row under the next free id of its type.
    pub(crate) fn create(
        &mut self,
        actor: Actor,
        sobject: &str,
        fields: &Map<String, Json>,
    ) -> Result<String, SaveError> {
        let index = self.table_index(sobject).ok_or_else(|| unknown_type(sobject))?;
        let (prefix, mut serial) = match self.tables.get(index) {
            Some(table) => (table.kind.key_prefix.clone(), table.next_serial),
            None => return Err(unknown_type(sobject)),
        };
        let mut new_id = id::from_serial(&prefix, serial);
        while self.tables.get(index).is_some_and(|table| table.rows.contains_key(&new_id)) {
            serial += 1;
            new_id = id::from_serial(&prefix, serial);
        }
        self.create_with_id(actor, sobject, &new_id, fields)?;
        if let Some(table) = self.tables.get_mut(index) {
            table.next_serial = serial + 1;
        }
        Ok(new_id)
    }

    /// Inserts a row under a given id.
    pub(crate) fn create_with_id(
        &mut self,
        actor: Actor,
        sobject: &str,
        id: &str,
        fields: &Map<String, Json>,
    ) -> Result<(), SaveError> {
        let index = self.table_index(sobject).ok_or_else(|| unknown_type(sobject))?;
        let long = id::to_18(id).ok_or_else(|| malformed_id(id))?;
        let kind = self
            .tables
            .get(index)
            .map(|t| Arc::clone(&t.kind))
            .ok_or_else(|| unknown_type(sobject))?;
        if self.row(sobject, &long).is_some() {
            return Err(SaveError::new("DUPLICATE_VALUE", format!("duplicate id: {long}")));
        }
        let mut changes = self.check_fields(actor, &kind, &long, fields)?;
        let now = self.clock.tick();
        let user = self.user_of(actor);
        let mut row = Row { values: vec![Value::Null; kind.fields.len()] };
        row.set(schema::ID, Value::Text(long.clone()));
        for (field, description) in kind.fields.iter().enumerate() {
            if description.kind == FieldKind::Boolean {
                row.set(field, Value::Bool(false));
            }
        }
        for field in BACKDATABLE {
            row.set(field, Value::Time(now));
        }
        row.set(schema::CREATED_BY, Value::Text(user.clone()));
        row.set(schema::LAST_MODIFIED_BY, Value::Text(user));
        for (field, value) in changes.drain(..) {
            row.set(field, value);
        }
        self.put(index, &long, Some(row));
        Ok(())
    }

    /// Changes fields of a live row.
    pub(crate) fn update(
        &mut self,
        actor: Actor,
        sobject: &str,
        id: &str,
        fields: &Map<String, Json>,
    ) -> Result<(), SaveError> {
        let index = self.table_index(sobject).ok_or_else(|| unknown_type(sobject))?;
        let long = self.live_id(sobject, id)?;
        let kind = self
            .tables
            .get(index)
            .map(|t| Arc::clone(&t.kind))
            .ok_or_else(|| unknown_type(sobject))?;
        let changes = self.check_fields(actor, &kind, &long, fields)?;
        if actor == Actor::Api {
            self.faults.check_lock(&long)?;
        }
        let Some(mut row) = self.row(sobject, &long).cloned() else { return Err(no_row()) };
        self.stamp(actor, &mut row);
        for (field, value) in changes {
            self.log.note(&kind, field, (actor, &long), &value);
            row.set(field, value);
        }
        self.put(index, &long, Some(row));
        Ok(())
    }

    /// Moves a row to the recycle bin.
    pub(crate) fn soft_delete(
        &mut self,
        actor: Actor,
        sobject: &str,
        id: &str,
    ) -> Result<(), SaveError> {
        let index = self.table_index(sobject).ok_or_else(|| unknown_type(sobject))?;
        let long = self.live_id(sobject, id)?;
        if actor == Actor::Api {
            self.faults.check_lock(&long)?;
        }
        let Some(mut row) = self.row(sobject, &long).cloned() else { return Err(no_row()) };
        row.set(schema::IS_DELETED, Value::Bool(true));
        self.stamp(actor, &mut row);
        self.put(index, &long, Some(row));
        Ok(())
    }

    /// Removes a row, whether or not it is in the recycle bin, without a trace.
    pub(crate) fn hard_delete(&mut self, sobject: &str, id: &str) -> Result<(), SaveError> {
        let index = self.table_index(sobject).ok_or_else(|| unknown_type(sobject))?;
        let long = id::to_18(id).ok_or_else(|| malformed_id(id))?;
        if self.row(sobject, &long).is_none() {
            return Err(no_row());
        }
        self.clock.tick();
        self.put(index, &long, None);
        Ok(())
    }

    /// The long form of the id of a row that exists and is not in the recycle bin.
    pub(crate) fn live_id(&self, sobject: &str, id: &str) -> Result<String, SaveError> {
        let table = self.table(sobject).ok_or_else(|| unknown_type(sobject))?;
        let long = id::to_18(id).ok_or_else(|| malformed_id(id))?;
        match table.rows.get(&long) {
            Some(row) if row.is_deleted() => {
                Err(SaveError::new("ENTITY_IS_DELETED", "entity is deleted"))
            }
            Some(_) => Ok(long),
            None if long.starts_with(&table.kind.key_prefix) => Err(no_row()),
            None => {
                Err(SaveError::new("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"))
            }
        }
    }

    fn stamp(&mut self, actor: Actor, row: &mut Row) {
        let now = self.clock.tick();
        row.set(schema::LAST_MODIFIED_DATE, Value::Time(now));
        row.set(schema::SYSTEM_MODSTAMP, Value::Time(now));
        row.set(schema::LAST_MODIFIED_BY, Value::Text(self.user_of(actor)));
    }

    /// Converts and checks new values. Nothing is changed.
    fn check_fields(
        &self,
        actor: Actor,
        kind: &SObjectType,
        row: &str,
        fields: &Map<String, Json>,
    ) -> Result<Vec<(usize, Value)>, SaveError> {
        let mut changes = Vec::with_capacity(fields.len());
        for (name, json) in fields {
            let known = kind.field(name).filter(|(_, field)| {
                actor == Actor::Person || !self.faults.is_hidden(&kind.name, &field.name)
            });
            let Some((index, field)) = known else { return Err(no_such_column(kind, name)) };
            self.check_access(actor, kind, index, field)?;
            let value = convert(field, json)?;
            self.check_value(kind, field, &value)?;
            if actor == Actor::Api {
                let text = value.text().unwrap_or_default();
                self.faults.check_rules(&kind.name, row, &field.name, text)?;
            }
            changes.push((index, value));
        }
        Ok(changes)
    }

    fn check_access(
        &self,
        actor: Actor,
        kind: &SObjectType,
        index: usize,
        field: &Field,
    ) -> Result<(), SaveError> {
        let allowed = match actor {
            Actor::Api => field.updateable && !self.faults.is_read_only(&kind.name, &field.name),
            Actor::Person => field.updateable || BACKDATABLE.contains(&index),
        };
        if allowed {
            return Ok(());
        }
        Err(SaveError::new(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            format!(
                "Unable to create/update fields: {}. Please check the security settings of this field and \
                 verify that it is read/write for your profile or permission set.",
                field.name
            ),
        )
        .field(&field.name))
    }

    fn check_value(
        &self,
        kind: &SObjectType,
        field: &Field,
        value: &Value,
    ) -> Result<(), SaveError> {
        let text = value.text().unwrap_or_default();
        let length = text.chars().count();
        let most = self.faults.length_of(&kind.name, &field.name).unwrap_or(field.length);
        if most > 0 && !field.kind.is_id() && length > most {
            return Err(SaveError::new(
                "STRING_TOO_LONG",
                format!("{}: data value too large: {text} (max length={most})", field.label),
            )
            .field(&field.name));
        }
        if let (FieldKind::Reference { to, .. }, false) = (&field.kind, text.is_empty())
            && self.row(to, text).is_none_or(Row::is_deleted)
        {
            return Err(SaveError::new(
                "INVALID_CROSS_REFERENCE_KEY",
                "invalid cross reference id",
            )
            .field(&field.name));
        }
        Ok(())
    }
}

/// Converts a JSON value to the field's type. Empty text is stored as null, as the service does.
fn convert(field: &Field, json: &Json) -> Result<Value, SaveError> {
    let wrong = || {
        SaveError::new(
            "INVALID_TYPE_ON_FIELD_IN_RECORD",
            format!("{}: value not of required type: {json}", field.label),
        )
        .field(&field.name)
    };
    match (&field.kind, json) {
        (_, Json::Null) => Ok(Value::Null),
        (_, Json::String(text)) if text.is_empty() => Ok(Value::Null),
        (FieldKind::Boolean, Json::Bool(value)) => Ok(Value::Bool(*value)),
        (FieldKind::Boolean, Json::String(text)) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => Err(wrong()),
        },
        (FieldKind::DateTime, Json::String(text)) => {
            time::parse(text).map(Value::Time).ok_or_else(wrong)
        }
        (FieldKind::Id | FieldKind::Reference { .. }, Json::String(text)) => {
            id::to_18(text).map(Value::Text).ok_or_else(|| malformed_id(text).field(&field.name))
        }
        (FieldKind::Text | FieldKind::Url, Json::String(text)) => Ok(Value::Text(text.clone())),
        (
            FieldKind::Id
            | FieldKind::Text
            | FieldKind::Url
            | FieldKind::Boolean
            | FieldKind::DateTime
            | FieldKind::Reference { .. },
            Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_),
        ) => Err(wrong()),
    }
}

fn unknown_type(sobject: &str) -> SaveError {
    SaveError::new("INVALID_TYPE", format!("sObject type '{sobject}' is not supported."))
}

fn malformed_id(id: &str) -> SaveError {
    SaveError::new("MALFORMED_ID", format!("bad id {id}"))
}

fn no_row() -> SaveError {
    SaveError::new("NOT_FOUND", "The requested resource does not exist")
}

fn no_such_column(kind: &SObjectType, name: &str) -> SaveError {
    SaveError::new(
        "INVALID_FIELD",
        format!("No such column '{name}' on sobject of type {}", kind.name),
    )
}
