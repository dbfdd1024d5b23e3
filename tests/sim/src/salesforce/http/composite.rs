//! Composite (up to 25 subrequests in one call) and the sObject collections (up to 200 rows in one call).

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};

use super::super::call::{Call, Content, Reply};
use super::super::endpoint::Endpoint;
use super::super::error::{ApiError, SaveError};
use super::super::id;
use super::super::state::State;
use super::super::store::{Actor, as_map};
use super::{method_not_allowed, rows, serve as serve_any};

/// Most subrequests of a composite call.
const SUBREQUESTS_MAX: usize = 25;

/// Most rows of a collections write.
const COLLECTION_ROWS_MAX: usize = 200;

/// Most rows of a collections read.
const RETRIEVE_ROWS_MAX: usize = 2_000;

/// Serves a path below `composite`.
pub(super) fn serve(state: &mut State, call: &Call) -> Result<Reply, ApiError> {
    let parts = call.parts();
    match parts.get(4..).unwrap_or_default() {
        [] if call.method == Method::POST => composite(state, call),
        ["sobjects"] if call.method == Method::PATCH => update_all(state, call),
        ["sobjects", sobject] if call.method == Method::POST => retrieve(state, call, sobject),
        [] | ["sobjects"] | ["sobjects", _] => Err(method_not_allowed(call)),
        _ => Err(ApiError::not_found()),
    }
}

/// `PATCH …/composite/sobjects`: results are in the order of the request, and a failed one has no id.
fn update_all(state: &mut State, call: &Call) -> Result<Reply, ApiError> {
    let request = call.json_object()?;
    let all_or_none = request.get("allOrNone").and_then(Value::as_bool).unwrap_or(false);
    let records = request.get("records").and_then(Value::as_array).ok_or_else(|| {
        ApiError::bad_request("JSON_PARSER_ERROR", "The request has no list of records")
    })?;
    if records.len() > COLLECTION_ROWS_MAX {
        return Err(ApiError::bad_request(
            "EXCEEDED_ID_LIMIT",
            format!(
                "record limit reached. cannot submit more than {COLLECTION_ROWS_MAX} records in this operation"
            ),
        ));
    }
    let mut seen = BTreeSet::new();
    state.store.begin();
    let mut results: Vec<Result<String, SaveError>> =
        records.iter().map(|record| update_one(state, record, &mut seen)).collect();
    if all_or_none && results.iter().any(Result::is_err) {
        state.store.roll_back();
        for result in results.iter_mut().filter(|result| result.is_ok()) {
            *result = Err(SaveError::new(
                "ALL_OR_NONE_OPERATION_ROLLED_BACK",
                "Record rolled back because not all records were valid and the request was using AllOrNone header",
            ));
        }
    } else {
        state.store.commit();
    }
    let body: Vec<Value> = results
        .iter()
        .map(|result| match result {
            Ok(id) => json!({"id": id, "success": true, "errors": []}),
            Err(error) => json!({"success": false, "errors": [error.collections_entry()]}),
        })
        .collect();
    Ok(Reply::ok(Value::Array(body)))
}

fn update_one(
    state: &mut State,
    record: &Value,
    seen: &mut BTreeSet<String>,
) -> Result<String, SaveError> {
    let sobject = record
        .pointer("/attributes/type")
        .and_then(Value::as_str)
        .ok_or_else(|| SaveError::new("INVALID_TYPE", "Must send a concrete entity type."))?;
    let mut fields = as_map(record.clone());
    fields.remove("attributes");
    let id_name = fields.keys().find(|name| name.eq_ignore_ascii_case("id")).cloned();
    let given = id_name.and_then(|name| fields.remove(&name));
    let given = given
        .as_ref()
        .and_then(Value::as_str)
        .ok_or_else(|| SaveError::new("MISSING_ARGUMENT", "Id not specified in an update call"))?;
    state.store.write_begins(given);
    let long = state.store.live_id(sobject, given)?;
    if !seen.insert(long.clone()) {
        return Err(SaveError::new("DUPLICATE_VALUE", format!("Duplicate id specified: {long}")));
    }
    state.store.update(Actor::Api, sobject, &long, &fields)?;
    Ok(long)
}

/// `POST …/composite/sobjects/{type}`: rows in the order of the ids; null for one that is not there.
fn retrieve(state: &mut State, call: &Call, sobject: &str) -> Result<Reply, ApiError> {
    let request = call.json_object()?;
    let strings = |name: &str| -> Vec<&str> {
        let list = request.get(name).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let (ids, fields) = (strings("ids"), strings("fields"));
    if ids.is_empty() || fields.is_empty() {
        return Err(ApiError::bad_request("MISSING_ARGUMENT", "ids and fields are required"));
    }
    if ids.len() > RETRIEVE_ROWS_MAX {
        return Err(ApiError::bad_request(
            "EXCEEDED_ID_LIMIT",
            format!(
                "record limit reached. cannot submit more than {RETRIEVE_ROWS_MAX} records in this operation"
            ),
        ));
    }
    let mut list = Vec::with_capacity(ids.len());
    for given in ids {
        if id::to_18(given).is_none() {
            return Err(ApiError::bad_request("MALFORMED_ID", format!("malformed id {given}")));
        }
        list.push(match state.store.live_id(sobject, given) {
            Ok(long) => {
                Value::Object(rows::row_json(state, call, (sobject, &long), Some(&fields))?)
            }
            Err(error) if error.code == "INVALID_TYPE" => return Err(error.into()),
            Err(_) => Value::Null,
        });
    }
    Ok(Reply::ok(Value::Array(list)))
}

/// `POST …/composite`.
fn composite(state: &mut State, call: &Call) -> Result<Reply, ApiError> {
    let request = call.json_object()?;
    let all_or_none = request.get("allOrNone").and_then(Value::as_bool).unwrap_or(false);
    let list = request.get("compositeRequest").and_then(Value::as_array).ok_or_else(|| {
        ApiError::bad_request("JSON_PARSER_ERROR", "The request has no compositeRequest")
    })?;
    if list.len() > SUBREQUESTS_MAX {
        return Err(ApiError::bad_request(
            "LIMIT_EXCEEDED",
            format!("Limit reached: {SUBREQUESTS_MAX} subrequests per composite request"),
        ));
    }
    let mut references = BTreeSet::new();
    for entry in list {
        let reference = text(entry, "referenceId");
        if reference.is_empty() || !references.insert(reference.to_owned()) {
            let message = format!("referenceId must be given and unique: '{reference}'");
            return Err(ApiError::bad_request("INVALID_INPUT", message));
        }
    }
    state.store.begin();
    let mut answers: Vec<(u16, Value)> =
        list.iter().map(|entry| answer(state, call, entry)).collect();
    if all_or_none && answers.iter().any(|(status, _)| *status >= 400) {
        state.store.roll_back();
        for answer in answers.iter_mut().filter(|(status, _)| *status < 400) {
            let message = "The transaction was rolled back since another operation in the same transaction failed.";
            *answer = (400, json!([{"errorCode": "PROCESSING_HALTED", "message": message}]));
        }
    } else {
        state.store.commit();
    }
    let body: Vec<Value> = answers
        .into_iter()
        .zip(list)
        .map(|((status, body), entry)| {
            json!({
                "body": body, "httpHeaders": {}, "httpStatusCode": status,
                "referenceId": text(entry, "referenceId"),
            })
        })
        .collect();
    Ok(Reply::ok(json!({"compositeResponse": body})))
}

fn text<'v>(entry: &'v Value, name: &str) -> &'v str {
    entry.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Serves one subrequest and gives its status and body.
fn answer(state: &mut State, outer: &Call, entry: &Value) -> (u16, Value) {
    let served = subcall(outer, entry).and_then(|call| serve_any(state, &call));
    match served {
        Ok(reply) => {
            let body = match reply.content {
                Content::Json(value) => value,
                Content::Empty => Value::Null,
                Content::Csv(text) | Content::Xml(text) => Value::String(text),
            };
            (reply.status.as_u16(), body)
        }
        Err(error) => (error.status.as_u16(), error.body()),
    }
}

/// Turns a subrequest into a call. Only rows, queries and describe may be nested.
fn subcall(outer: &Call, entry: &Value) -> Result<Call, ApiError> {
    let invalid = |message: String| ApiError::bad_request("INVALID_INPUT", message);
    let url = text(entry, "url");
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let method = match text(entry, "method") {
        "GET" => Method::GET,
        "POST" => Method::POST,
        "PATCH" => Method::PATCH,
        "DELETE" => Method::DELETE,
        other => return Err(invalid(format!("Invalid method: {other}"))),
    };
    let allowed = [
        Endpoint::Query,
        Endpoint::QueryAll,
        Endpoint::QueryMore,
        Endpoint::Describe,
        Endpoint::RowCreate,
        Endpoint::RowGet,
        Endpoint::RowUpdate,
        Endpoint::RowDelete,
    ];
    if !allowed.contains(&Endpoint::of(&method, path)) {
        return Err(invalid(format!("The URL is not allowed in a composite request: {url}")));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in entry.get("httpHeaders").and_then(Value::as_object).into_iter().flatten() {
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|error| invalid(error.to_string()))?;
        let value = HeaderValue::from_str(value.as_str().unwrap_or_default())
            .map_err(|error| invalid(error.to_string()))?;
        headers.insert(name, value);
    }
    let body = entry.get("body").map(Value::to_string).unwrap_or_default();
    let query: BTreeMap<String, String> =
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    Ok(Call {
        method,
        path: path.to_owned(),
        query,
        headers,
        body: body.into(),
        instance_url: outer.instance_url.clone(),
    })
}
