//! `…/jobs/query`: create, status, abort, delete, results and result pages.

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::super::bulk::{Format, JobState, QueryJob, wrong_state};
use super::super::call::{Call, Reply};
use super::super::error::ApiError;
use super::super::soql;
use super::super::state::State;
use super::method_not_allowed;

/// Most page addresses in one `resultPages` answer.
const RESULT_PAGES_MAX: usize = 5;

/// Serves a path below `jobs/query`.
pub(super) fn serve(state: &mut State, call: &Call, rest: &[&str]) -> Result<Reply, ApiError> {
    match (rest, call.method.as_str()) {
        ([], "POST") => create(state, call),
        ([], "GET") => Ok(list(state)),
        ([id], "GET") => status(state, id),
        ([id], "PATCH") => abort(state, call, id),
        ([id], "DELETE") => delete(state, id),
        ([id, "results"], "GET") => results(state, call, id),
        ([id, "resultPages"], "GET") => result_pages(state, call, id),
        _ if call.method == Method::GET => Err(ApiError::not_found()),
        _ => Err(method_not_allowed(call)),
    }
}

fn create(state: &mut State, call: &Call) -> Result<Reply, ApiError> {
    let request = call.json_object()?;
    let operation = request.get("operation").and_then(Value::as_str).unwrap_or_default();
    if !matches!(operation, "query" | "queryAll") {
        let message = format!("InvalidJob : Unsupported operation {operation}");
        return Err(ApiError::bad_request("INVALIDJOB", message));
    }
    let format = Format::of_request(&request)?;
    let text = request.get("query").and_then(Value::as_str).unwrap_or_default();
    let plan = soql::plan(text, &state.store)?;
    if plan.columns.is_none() || plan.offset.is_some() {
        return Err(ApiError::bad_request(
            "API_ERROR",
            "InvalidJob : COUNT() and OFFSET are not supported in Bulk Query",
        ));
    }
    let mut head =
        state.jobs.head(&state.store, &plan.sobject, operation, (format, call.version()));
    head.enter(JobState::UploadComplete, state.store.now());
    let reply = Value::Object(head.to_json());
    state.jobs.add_query(QueryJob::new(head, plan, operation == "queryAll"));
    Ok(Reply::ok(reply))
}

fn find<'s>(state: &'s mut State, id: &str) -> Result<&'s mut QueryJob, ApiError> {
    let long = super::super::id::to_18(id).ok_or_else(ApiError::not_found)?;
    state.jobs.query.get_mut(&long).ok_or_else(ApiError::not_found)
}

fn describe(job: &QueryJob) -> Map<String, Value> {
    let mut members = job.head.to_json();
    members.insert("numberRecordsProcessed".to_owned(), json!(job.processed()));
    members.insert("retries".to_owned(), json!(0));
    members.insert("totalProcessingTime".to_owned(), json!(job.processed() / 10));
    members
}

fn list(state: &State) -> Reply {
    let records: Vec<Value> =
        state.jobs.query.values().map(|job| Value::Object(job.head.to_json())).collect();
    Reply::ok(json!({"done": true, "records": records, "nextRecordsUrl": null}))
}

fn status(state: &mut State, id: &str) -> Result<Reply, ApiError> {
    let polls = state.config.bulk_polls_per_state;
    let fails = state.faults.plan().query_job_fails;
    let long = find(state, id)?.head.id.clone();
    let (jobs, store) = (&mut state.jobs, &state.store);
    let job = jobs.query.get_mut(&long).ok_or_else(ApiError::not_found)?;
    job.advance(store, polls, fails);
    Ok(Reply::ok(Value::Object(describe(job))))
}

fn abort(state: &mut State, call: &Call, id: &str) -> Result<Reply, ApiError> {
    let wanted = call.json_object()?;
    let now = state.store.now();
    let job = find(state, id)?;
    if wanted.get("state").and_then(Value::as_str) != Some("Aborted")
        || job.head.state.is_terminal()
    {
        return Err(wrong_state(&job.head));
    }
    job.head.enter(JobState::Aborted, now);
    Ok(Reply::ok(Value::Object(describe(job))))
}

fn delete(state: &mut State, id: &str) -> Result<Reply, ApiError> {
    let job = find(state, id)?;
    if !job.head.state.is_terminal() {
        return Err(wrong_state(&job.head));
    }
    let long = job.head.id.clone();
    state.jobs.query.remove(&long);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// Rows per page: what the client asks for, capped by the org and by the fault plan.
fn page_rows(state: &State, call: &Call) -> Result<usize, ApiError> {
    let most = state.config.bulk_page_rows;
    let most = state.faults.plan().page_rows_max.map_or(most, |limit| limit.min(most));
    match call.query.get("maxRecords") {
        None => Ok(most),
        Some(text) => match text.parse::<usize>() {
            Ok(asked) if asked > 0 => Ok(asked.min(most)),
            _ => Err(ApiError::bad_request("API_ERROR", format!("Invalid maxRecords: {text}"))),
        },
    }
}

fn results(state: &mut State, call: &Call, id: &str) -> Result<Reply, ApiError> {
    let rows_max = page_rows(state, call)?;
    let job = find(state, id)?;
    job.head.check_version(call.version())?;
    let locator = call.query.get("locator").map(String::as_str).filter(|text| !text.is_empty());
    let page = job.page(locator, rows_max)?;
    Ok(Reply::csv(page.text)
        .with_header("sforce-numberofrecords", page.rows.to_string())
        .with_header("sforce-locator", page.next.unwrap_or_else(|| "null".to_owned())))
}

/// Addresses of up to five pages from a locator on, for parallel download.
fn result_pages(state: &mut State, call: &Call, id: &str) -> Result<Reply, ApiError> {
    let rows_max = page_rows(state, call)?;
    let base = format!("/services/data/v{}/jobs/query/{id}", call.version());
    let job = find(state, id)?;
    job.head.check_version(call.version())?;
    let mut locator = call.query.get("locator").cloned();
    let mut pages = Vec::new();
    let next = loop {
        let page = job.page(locator.as_deref(), rows_max)?;
        let suffix = locator.map(|text| format!("&locator={text}")).unwrap_or_default();
        pages.push(json!({"resultUrl": format!("{base}/results?maxRecords={rows_max}{suffix}")}));
        match page.next {
            Some(next) if pages.len() < RESULT_PAGES_MAX => locator = Some(next),
            next => break next,
        }
    };
    let next_url = next
        .as_ref()
        .map(|text| format!("{base}/resultPages?maxRecords={rows_max}&locator={text}"));
    Ok(Reply::ok(json!({
        "resultPages": pages, "nextRecordsUrl": next_url, "done": next.is_none(),
    })))
}
