//! Single rows: create, read, update and delete, with the date guard on updates.

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::super::call::{Call, Reply};
use super::super::error::ApiError;
use super::super::schema;
use super::super::state::State;
use super::super::store::Actor;
use super::super::time;
use super::{method_not_allowed, query};

/// Serves `…/sobjects/{type}` and `…/sobjects/{type}/{id}`.
pub(super) fn serve(state: &mut State, call: &Call) -> Result<Reply, ApiError> {
    let parts = call.parts();
    match parts.get(4..).unwrap_or_default() {
        [sobject] if call.method == Method::POST => create(state, call, sobject),
        [sobject, id] => match call.method.as_str() {
            "GET" => get(state, call, sobject, id),
            "PATCH" => update(state, call, sobject, id),
            "DELETE" => {
                state.store.write_begins(id);
                check_guard(state, call, sobject, id)?;
                state.store.soft_delete(Actor::Api, sobject, id)?;
                Ok(Reply::empty(StatusCode::NO_CONTENT))
            }
            _ => Err(method_not_allowed(call)),
        },
        [_] => Err(method_not_allowed(call)),
        _ => Err(ApiError::not_found()),
    }
}

fn create(state: &mut State, call: &Call, sobject: &str) -> Result<Reply, ApiError> {
    let id = state.store.create(Actor::Api, sobject, &call.json_object()?)?;
    let body = json!({"id": id, "success": true, "errors": []});
    Ok(Reply::json(StatusCode::CREATED, body))
}

fn get(state: &State, call: &Call, sobject: &str, id: &str) -> Result<Reply, ApiError> {
    let long = state.store.live_id(sobject, id)?;
    let wanted: Option<Vec<&str>> =
        call.query.get("fields").map(|list| list.split(',').map(str::trim).collect());
    let members = row_json(state, call, (sobject, &long), wanted.as_deref())?;
    Ok(Reply::ok(Value::Object(members)))
}

/// A row's fields: those that are wanted, or all that the integration user can see.
pub(super) fn row_json(
    state: &State,
    call: &Call,
    (sobject, id): (&str, &str),
    wanted: Option<&[&str]>,
) -> Result<Map<String, Value>, ApiError> {
    let table = state.store.table(sobject).ok_or_else(ApiError::not_found)?;
    let row = table.rows.get(id).ok_or_else(ApiError::not_found)?;
    let kind = &table.kind;
    let visible = state.visible_fields(kind);
    let mut chosen = Vec::new();
    for name in wanted.unwrap_or_default() {
        let known = kind.field(name).filter(|(index, _)| visible.contains(index));
        let Some((index, _)) = known else {
            let message = format!("No such column '{name}' on sobject of type {}", kind.name);
            return Err(ApiError::bad_request("INVALID_FIELD", message));
        };
        chosen.push(index);
    }
    let fields = if wanted.is_some() { &chosen } else { &visible };
    let mut members = Map::new();
    let attributes = query::attributes(&kind.name, id, call.version());
    members.insert("attributes".to_owned(), attributes);
    for index in fields.iter().copied().chain([schema::ID]) {
        if let Some(field) = kind.fields.get(index) {
            members.insert(field.name.clone(), row.get(index).to_json());
        }
    }
    Ok(members)
}

fn update(state: &mut State, call: &Call, sobject: &str, id: &str) -> Result<Reply, ApiError> {
    let fields = call.json_object()?;
    state.store.write_begins(id);
    check_guard(state, call, sobject, id)?;
    state.store.update(Actor::Api, sobject, id, &fields)?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `If-Unmodified-Since`: 412 when the row changed after that second.
fn check_guard(state: &State, call: &Call, sobject: &str, id: &str) -> Result<(), ApiError> {
    let Some(text) = call.header("if-unmodified-since") else { return Ok(()) };
    if state.faults.plan().ignore_if_unmodified_since {
        return Ok(());
    }
    let Some(limit) = time::parse_http(text) else {
        let message = format!("Invalid date in If-Unmodified-Since: {text}");
        return Err(ApiError::bad_request("INVALID_HEADER", message));
    };
    let long = state.store.live_id(sobject, id)?;
    let changed = state
        .store
        .row(sobject, &long)
        .map(|row| row.time(schema::LAST_MODIFIED_DATE))
        .unwrap_or_default();
    if changed - changed.rem_euclid(1_000) <= limit {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::PRECONDITION_FAILED,
        "PRECONDITION_FAILED",
        "The record was changed since the date in If-Unmodified-Since",
    ))
}
