//! REST query: first page, further pages by locator, and the column metadata variant.

use serde_json::{Map, Value, json};

use super::super::call::{Call, Reply};
use super::super::error::ApiError;
use super::super::soql::{self, Column, Plan};
use super::super::state::State;
use super::super::store::{Row, Store, as_map};

/// Rows per page unless the client asks for fewer, and the most it may ask for.
const PAGE_ROWS: usize = 2_000;

/// Fewest rows per page that a client may ask for.
const PAGE_ROWS_MIN: usize = 200;

/// `GET …/query?q=` and `GET …/queryAll?q=`.
pub(super) fn first_page(
    state: &mut State,
    call: &Call,
    with_deleted: bool,
) -> Result<Reply, ApiError> {
    let plan = soql::plan(call.parameter("q")?, &state.store)?;
    let ids = soql::run(&plan, &state.store, with_deleted);
    let total = ids.len();
    if plan.columns.is_none() {
        return Ok(Reply::ok(json!({"totalSize": total, "done": true, "records": []})));
    }
    let page_rows = page_rows(state, call);
    let first = ids.get(..page_rows.min(total)).unwrap_or_default();
    let records = records(&state.store, &plan, first, call.version());
    let mut body = page(total, &records);
    if total > page_rows {
        let locator = state.cursors.open(plan, ids, page_rows, with_deleted);
        body.insert("nextRecordsUrl".to_owned(), next_url(call, &locator, page_rows));
        body.insert("done".to_owned(), json!(false));
    }
    Ok(Reply::ok(Value::Object(body)))
}

/// `GET …/query/{locator}-{offset}`.
pub(super) fn next_page(state: &mut State, call: &Call, locator: &str) -> Result<Reply, ApiError> {
    let invalid = || ApiError::bad_request("INVALID_QUERY_LOCATOR", "invalid query locator");
    let (name, offset) = locator.rsplit_once('-').ok_or_else(invalid)?;
    let offset: usize = offset.parse().map_err(|_error| invalid())?;
    let expires_after = state.faults.plan().cursor_expires_after_pages;
    let cursor = state.cursors.page(name, expires_after).ok_or_else(invalid)?;
    let total = cursor.ids.len();
    let end = total.min(offset.saturating_add(cursor.page_rows));
    let ids = cursor.ids.get(offset..end).ok_or_else(invalid)?;
    let still_there: Vec<String> = ids
        .iter()
        .filter(|id| {
            let row = state.store.row(&cursor.plan.sobject, id);
            row.is_some_and(|row| cursor.with_deleted || !row.is_deleted())
        })
        .cloned()
        .collect();
    let records = records(&state.store, &cursor.plan, &still_there, call.version());
    let mut body = page(total, &records);
    if end < total {
        body.insert("nextRecordsUrl".to_owned(), next_url(call, name, end));
        body.insert("done".to_owned(), json!(false));
    }
    Ok(Reply::ok(Value::Object(body)))
}

fn page(total: usize, records: &[Value]) -> Map<String, Value> {
    as_map(json!({"totalSize": total, "done": true, "records": records}))
}

fn next_url(call: &Call, locator: &str, offset: usize) -> Value {
    json!(format!("/services/data/v{}/query/{locator}-{offset}", call.version()))
}

/// Rows per page: what the client asks for in `Sforce-Query-Options`, or fewer when the fault plan says so.
fn page_rows(state: &State, call: &Call) -> usize {
    let asked = call
        .header("sforce-query-options")
        .and_then(|options| options.split(',').find_map(|o| o.trim().strip_prefix("batchSize=")))
        .and_then(|number| number.trim().parse().ok())
        .unwrap_or(PAGE_ROWS)
        .clamp(PAGE_ROWS_MIN, PAGE_ROWS);
    state.faults.plan().page_rows_max.map_or(asked, |most| asked.min(most.max(1)))
}

/// Rows as REST JSON.
pub(super) fn records(store: &Store, plan: &Plan, ids: &[String], version: &str) -> Vec<Value> {
    let columns = plan.columns.as_deref().unwrap_or_default();
    ids.iter()
        .filter_map(|id| store.row(&plan.sobject, id))
        .map(|row| record(store, &plan.sobject, row, columns, version))
        .collect()
}

fn record(store: &Store, sobject: &str, row: &Row, columns: &[Column], version: &str) -> Value {
    let mut members = Map::new();
    members.insert("attributes".to_owned(), attributes(sobject, row.id(), version));
    for column in columns {
        place(&mut members, store, row, column, version);
    }
    Value::Object(members)
}

/// Puts a column in place; each lookup on the way is an object of its own, or null when it leads nowhere.
fn place(
    members: &mut Map<String, Value>,
    store: &Store,
    row: &Row,
    column: &Column,
    version: &str,
) {
    let (mut members, mut row) = (members, row);
    for hop in &column.hops {
        let target = row.get(hop.lookup).text().and_then(|id| store.row(&hop.to, id));
        let entry = members.entry(hop.relationship.clone()).or_insert_with(|| match target {
            Some(next) => json!({"attributes": attributes(&hop.to, next.id(), version)}),
            None => Value::Null,
        });
        match (entry.as_object_mut(), target) {
            (Some(nested), Some(next)) => (members, row) = (nested, next),
            _ => return,
        }
    }
    let name = column.path.rsplit('.').next().unwrap_or(&column.path);
    members.insert(name.to_owned(), row.get(column.field).to_json());
}

/// The `attributes` member of a record.
pub(super) fn attributes(sobject: &str, id: &str, version: &str) -> Value {
    json!({"type": sobject, "url": format!("/services/data/v{version}/sobjects/{sobject}/{id}")})
}

/// `GET …/query?q=&columns=true`: metadata of the columns instead of rows.
pub(super) fn columns(state: &State, call: &Call) -> Result<Reply, ApiError> {
    let plan = soql::plan(call.parameter("q")?, &state.store)?;
    let table = state.store.table(&plan.sobject).ok_or_else(ApiError::not_found)?;
    let columns = plan.columns.as_deref().unwrap_or_default();
    let metadata: Vec<Value> = columns.iter().map(|column| column_metadata(column, 0)).collect();
    Ok(Reply::ok(json!({
        "columnMetadata": metadata,
        "entityName": plan.sobject,
        "groupBy": false,
        "idSelected": columns.iter().any(|column| column.path == "Id"),
        "keyPrefix": table.kind.key_prefix,
    })))
}

fn column_metadata(column: &Column, depth: usize) -> Value {
    let nested = depth < column.hops.len();
    let (name, joined) = match column.hops.get(depth) {
        Some(hop) => (hop.relationship.as_str(), vec![column_metadata(column, depth + 1)]),
        None => (column.path.rsplit('.').next().unwrap_or(&column.path), Vec::new()),
    };
    json!({
        "aggregate": nested, "apexType": null, "booleanType": false, "columnName": name,
        "custom": name.ends_with("__c"), "displayName": name, "foreignKeyName": null,
        "insertable": true, "joinColumns": joined, "numberType": false, "textType": !nested,
        "updatable": true,
    })
}
