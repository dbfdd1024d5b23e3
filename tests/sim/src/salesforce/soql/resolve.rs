//! Checks the names and types of a parsed statement against the schema.

use super::super::error::ApiError;
use super::super::id;
use super::super::schema::{self, Field, FieldKind};
use super::super::store::{Store, Table, Value};
use super::ast::{Filter, Literal, Name, Operator, Query, Selection};
use super::error_at;

/// Largest `OFFSET`.
const OFFSET_MAX: usize = 2_000;

/// A statement that can be run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) sobject: String,
    /// `None` for `COUNT()`.
    pub(crate) columns: Option<Vec<Column>>,
    pub(super) filter: Option<Condition>,
    pub(super) order: Vec<SortKey>,
    pub(super) limit: Option<usize>,
    pub(crate) offset: Option<usize>,
}

/// A field reached through at most a few lookups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// Lookup fields to follow, with the object each leads to and the relationship's name.
    pub(crate) hops: Vec<Hop>,
    pub(crate) field: usize,
    /// The whole path in its canonical spelling.
    pub(crate) path: String,
    pub(super) kind: FieldKind,
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hop {
    pub(crate) lookup: usize,
    pub(crate) to: String,
    pub(crate) relationship: String,
}

/// A condition with resolved fields and typed values.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Compare { column: Column, operator: Operator, value: Value },
    Like { column: Column, pattern: Vec<char> },
    In { column: Column, negated: bool, values: Vec<Value> },
}

/// One resolved sort key.
#[derive(Debug, Clone)]
pub(super) struct SortKey {
    pub(super) column: Column,
    pub(super) descending: bool,
    pub(super) nulls_last: bool,
}

/// Checks a statement.
pub(super) fn resolve(text: &str, query: &Query, store: &Store) -> Result<Plan, ApiError> {
    let Some(table) = store.table(&query.sobject.text) else {
        let message = format!(
            "sObject type '{}' is not supported. If you are attempting to use a custom object, be sure to append \
             the '__c' after the entity name. Please reference your WSDL or the describe call for the \
             appropriate names.",
            query.sobject.text
        );
        return Err(error_at(text, query.sobject.at, "INVALID_TYPE", &message));
    };
    let resolver = Resolver { text, store, table };
    if query.offset.is_some_and(|offset| offset > OFFSET_MAX) {
        return Err(ApiError::bad_request(
            "NUMBER_OUTSIDE_VALID_RANGE",
            format!("Maximum SOQL offset allowed is {OFFSET_MAX}"),
        ));
    }
    let columns = match &query.selection {
        Selection::Count => None,
        Selection::Fields(names) => Some(resolver.columns(names)?),
    };
    let filter = query.filter.as_ref().map(|filter| resolver.condition(filter)).transpose()?;
    let order = query
        .order
        .iter()
        .map(|key| {
            let column = resolver.column(&key.field)?;
            Ok(SortKey { column, descending: key.descending, nulls_last: key.nulls_last })
        })
        .collect::<Result<Vec<_>, ApiError>>()?;
    Ok(Plan {
        sobject: table.kind.name.clone(),
        columns,
        filter,
        order,
        limit: query.limit,
        offset: query.offset,
    })
}

struct Resolver<'a> {
    text: &'a str,
    store: &'a Store,
    table: &'a Table,
}

impl Resolver<'_> {
    fn columns(&self, names: &[Name]) -> Result<Vec<Column>, ApiError> {
        let mut columns: Vec<Column> = Vec::with_capacity(names.len());
        for name in names {
            let column = self.column(name)?;
            if columns.iter().any(|other| other.path == column.path) {
                let message = format!("duplicate field selected: {}", column.path);
                return Err(error_at(self.text, name.at, "INVALID_FIELD", &message));
            }
            columns.push(column);
        }
        Ok(columns)
    }

    fn column(&self, name: &Name) -> Result<Column, ApiError> {
        let mut parts: Vec<&str> = name.text.split('.').collect();
        let field_name = parts.pop().unwrap_or_default();
        let mut table = self.table;
        let mut hops = Vec::new();
        let mut path = String::new();
        for part in parts {
            if hops.is_empty() && part.eq_ignore_ascii_case(&self.table.kind.name) {
                continue;
            }
            let found = table.kind.relationship(part).and_then(|(lookup, to)| {
                let field = table.kind.fields.get(lookup)?;
                let visible = !self.store.faults.is_hidden(&table.kind.name, &field.name);
                let next = self.store.table(to).filter(|_| visible)?;
                Some((lookup, next, relationship_name(field)?))
            });
            let Some((lookup, next, relationship)) = found else {
                let message = format!(
                    "Didn't understand relationship '{part}' in field path. If you are attempting to use a custom \
                     relationship, be sure to append the '__r' after the custom relationship name. Please \
                     reference your WSDL or the describe call for the appropriate names."
                );
                return Err(error_at(self.text, name.at, "INVALID_FIELD", &message));
            };
            path.push_str(&relationship);
            path.push('.');
            hops.push(Hop { lookup, to: next.kind.name.clone(), relationship });
            table = next;
        }
        let visible = |field: &Field| !self.store.faults.is_hidden(&table.kind.name, &field.name);
        let found = table.kind.field(field_name).filter(|(_, field)| visible(field));
        let Some((index, field)) = found else {
            let message = format!(
                "No such column '{field_name}' on entity '{}'. If you are attempting to use a custom field, be \
                 sure to append the '__c' after the custom field name. Please reference your WSDL or the \
                 describe call for the appropriate names.",
                table.kind.name
            );
            return Err(error_at(self.text, name.at, "INVALID_FIELD", &message));
        };
        path.push_str(&field.name);
        Ok(Column { hops, field: index, path, kind: field.kind.clone() })
    }

    fn condition(&self, filter: &Filter) -> Result<Condition, ApiError> {
        let all = |filters: &[Filter]| {
            filters.iter().map(|inner| self.condition(inner)).collect::<Result<Vec<_>, _>>()
        };
        Ok(match filter {
            Filter::And(filters) => Condition::And(all(filters)?),
            Filter::Or(filters) => Condition::Or(all(filters)?),
            Filter::Not(inner) => Condition::Not(Box::new(self.condition(inner)?)),
            Filter::Compare { field, operator, value } => {
                let column = self.column(field)?;
                let value = self.value(&column, field, value)?;
                Condition::Compare { column, operator: *operator, value }
            }
            Filter::In { field, negated, values } => {
                let column = self.column(field)?;
                let values = values
                    .iter()
                    .map(|value| self.value(&column, field, value))
                    .collect::<Result<Vec<_>, _>>()?;
                Condition::In { column, negated: *negated, values }
            }
            Filter::Like { field, pattern } => {
                let column = self.column(field)?;
                if !matches!(column.kind, FieldKind::Text | FieldKind::Url) {
                    let message =
                        format!("invalid operator on {} field", column.kind.filter_name());
                    return Err(self.refuse(field, "INVALID_QUERY_FILTER_OPERATOR", &message));
                }
                let folded = pattern.chars().flat_map(char::to_lowercase).collect();
                Condition::Like { column, pattern: folded }
            }
        })
    }

    /// Checks that a literal suits the field, and converts it.
    fn value(&self, column: &Column, name: &Name, literal: &Literal) -> Result<Value, ApiError> {
        match (&column.kind, literal) {
            (_, Literal::Null) => Ok(Value::Null),
            (FieldKind::Boolean, Literal::Bool(value)) => Ok(Value::Bool(*value)),
            (FieldKind::DateTime, Literal::Time(millis)) => Ok(Value::Time(*millis)),
            (FieldKind::Text | FieldKind::Url, Literal::Text(text)) if text.is_empty() => {
                Ok(Value::Null)
            }
            (FieldKind::Text | FieldKind::Url, Literal::Text(text)) => {
                Ok(Value::Text(text.clone()))
            }
            (FieldKind::Id | FieldKind::Reference { .. }, Literal::Text(text)) => {
                id::to_18(text).map(Value::Text).ok_or_else(|| {
                    let message = format!("invalid ID field: {text}");
                    self.refuse(name, "INVALID_QUERY_FILTER_OPERATOR", &message)
                })
            }
            (
                FieldKind::Id
                | FieldKind::Text
                | FieldKind::Url
                | FieldKind::Boolean
                | FieldKind::DateTime
                | FieldKind::Reference { .. },
                Literal::Bool(_) | Literal::Text(_) | Literal::Time(_) | Literal::Number(_),
            ) => {
                let kind = column.kind.filter_name();
                let quotes = match column.kind {
                    FieldKind::Boolean | FieldKind::DateTime => "should not be enclosed in quotes",
                    FieldKind::Id
                    | FieldKind::Text
                    | FieldKind::Url
                    | FieldKind::Reference { .. } => "should be enclosed in quotes",
                };
                let message = format!(
                    "value of filter criterion for field '{}' must be of type {kind} and {quotes}",
                    column.path
                );
                Err(self.refuse(name, "INVALID_FIELD", &message))
            }
        }
    }

    fn refuse(&self, name: &Name, code: &'static str, message: &str) -> ApiError {
        error_at(self.text, name.at, code, message)
    }
}

fn relationship_name(field: &Field) -> Option<String> {
    match &field.kind {
        FieldKind::Reference { relationship, .. } => Some(relationship.clone()),
        FieldKind::Id
        | FieldKind::Text
        | FieldKind::Url
        | FieldKind::Boolean
        | FieldKind::DateTime => None,
    }
}

impl Column {
    /// Whether this is the row's own id.
    pub(super) fn is_own_id(&self) -> bool {
        self.hops.is_empty() && self.field == schema::ID
    }

    /// The value for a row, following lookups; a broken or empty lookup gives null.
    pub(crate) fn value<'s>(
        &self,
        store: &'s Store,
        row: &'s super::super::store::Row,
    ) -> &'s Value {
        let mut row = row;
        for hop in &self.hops {
            let target = row.get(hop.lookup).text().and_then(|id| store.row(&hop.to, id));
            match target {
                Some(next) => row = next,
                None => return &Value::Null,
            }
        }
        row.get(self.field)
    }
}
