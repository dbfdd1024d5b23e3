//! `…/jobs/ingest`: create, upload, close, abort, status, delete, and the three kinds of result.

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::super::bulk::{Format, IngestJob, JobState, Operation, Pace, wrong_state};
use super::super::call::{Call, Reply};
use super::super::error::ApiError;
use super::super::id;
use super::super::state::State;
use super::method_not_allowed;

/// Largest upload, in bytes. The documented 150 MB hold after base64, which makes 112 MB of plain data.
const UPLOAD_BYTES_MAX: usize = 150_000_000 / 4 * 3;

/// Serves a path below `jobs/ingest`.
pub(super) fn serve(state: &mut State, call: &Call, rest: &[&str]) -> Result<Reply, ApiError> {
    match (rest, call.method.as_str()) {
        ([], "POST") => create(state, call),
        ([], "GET") => Ok(list(state)),
        ([id], "GET") => status(state, id),
        ([id], "PATCH") => close(state, call, id),
        ([id], "DELETE") => delete(state, id),
        ([id, "batches"], "PUT") => upload(state, call, id),
        ([id, kind], "GET") => results(state, call, id, kind),
        _ if call.method == Method::GET => Err(ApiError::not_found()),
        _ => Err(method_not_allowed(call)),
    }
}

fn create(state: &mut State, call: &Call) -> Result<Reply, ApiError> {
    let request = call.json_object()?;
    let get = |name: &str| request.get(name).and_then(Value::as_str).unwrap_or_default();
    let invalid = |message: String| ApiError::bad_request("INVALIDJOB", message);
    let operation = Operation::of_name(get("operation"))
        .ok_or_else(|| invalid(format!("InvalidJob : Invalid operation: {}", get("operation"))))?;
    let object =
        state.store.table(get("object")).map(|table| table.kind.name.clone()).ok_or_else(|| {
            invalid(format!("InvalidJob : Unable to find object: {}", get("object")))
        })?;
    let format = Format::of_request(&request)?;
    let head = state.jobs.head(&state.store, &object, get("operation"), (format, call.version()));
    let job = IngestJob::new(head, operation);
    let mut reply = job.head.to_json();
    let content_url =
        format!("services/data/v{}/jobs/ingest/{}/batches", call.version(), job.head.id);
    reply.insert("contentUrl".to_owned(), json!(content_url));
    state.jobs.add_ingest(job);
    Ok(Reply::ok(Value::Object(reply)))
}

fn find<'s>(state: &'s mut State, id: &str) -> Result<&'s mut IngestJob, ApiError> {
    let long = id::to_18(id).ok_or_else(ApiError::not_found)?;
    state.jobs.ingest.get_mut(&long).ok_or_else(ApiError::not_found)
}

fn describe(job: &IngestJob, call_version: &str) -> Map<String, Value> {
    let mut members = job.head.to_json();
    let content_url = format!("services/data/v{call_version}/jobs/ingest/{}/batches", job.head.id);
    members.insert("contentUrl".to_owned(), json!(content_url));
    members.insert("jobType".to_owned(), json!("V2Ingest"));
    members.insert("numberRecordsProcessed".to_owned(), json!(job.processed()));
    members.insert("numberRecordsFailed".to_owned(), json!(job.failed()));
    members.insert("retries".to_owned(), json!(0));
    members.insert("totalProcessingTime".to_owned(), json!(job.processed() * 2));
    members.insert("apiActiveProcessingTime".to_owned(), json!(job.processed()));
    members.insert("apexProcessingTime".to_owned(), json!(0));
    members
}

fn list(state: &State) -> Reply {
    let records: Vec<Value> =
        state.jobs.ingest.values().map(|job| Value::Object(job.head.to_json())).collect();
    Reply::ok(json!({"done": true, "records": records, "nextRecordsUrl": null}))
}

fn upload(state: &mut State, call: &Call, id: &str) -> Result<Reply, ApiError> {
    let is_csv = call.header("content-type").is_some_and(|kind| kind.starts_with("text/csv"));
    if !is_csv {
        return Err(ApiError::bad_request("INVALIDCONTENTTYPE", "Content-Type must be text/csv"));
    }
    if call.body.len() > UPLOAD_BYTES_MAX {
        return Err(ApiError::bad_request(
            "LIMIT_EXCEEDED",
            "ClientInputError : Maximum content length exceeded",
        ));
    }
    let job = find(state, id)?;
    if job.head.state != JobState::Open || job.has_upload() {
        return Err(wrong_state(&job.head));
    }
    let rows = job.take_upload(call.body.clone());
    state.jobs.count_batches(rows);
    Ok(Reply::empty(StatusCode::CREATED))
}

/// `PATCH`: `UploadComplete` starts an open job, `Aborted` ends one that has not ended.
fn close(state: &mut State, call: &Call, id: &str) -> Result<Reply, ApiError> {
    let wanted = call.json_object()?;
    let now = state.store.now();
    let job = find(state, id)?;
    let next = match (wanted.get("state").and_then(Value::as_str), job.head.state) {
        (Some("UploadComplete"), JobState::Open) => JobState::UploadComplete,
        (Some("Aborted"), JobState::Open | JobState::UploadComplete | JobState::InProgress) => {
            JobState::Aborted
        }
        _ => return Err(wrong_state(&job.head)),
    };
    job.head.enter(next, now);
    Ok(Reply::ok(Value::Object(describe(job, call.version()))))
}

fn status(state: &mut State, id: &str) -> Result<Reply, ApiError> {
    let long = find(state, id)?.head.id.clone();
    let pace = Pace {
        polls_per_state: state.config.bulk_polls_per_state,
        faults: state.faults.plan(),
        seed: state.config.seed,
    };
    let (jobs, store) = (&mut state.jobs, &mut state.store);
    let job = jobs.ingest.get_mut(&long).ok_or_else(ApiError::not_found)?;
    job.advance(store, pace);
    let version = job.head.api_version.clone();
    Ok(Reply::ok(Value::Object(describe(job, &version))))
}

fn delete(state: &mut State, id: &str) -> Result<Reply, ApiError> {
    let job = find(state, id)?;
    if !job.head.state.is_terminal() {
        return Err(wrong_state(&job.head));
    }
    let long = job.head.id.clone();
    state.jobs.ingest.remove(&long);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn results(state: &mut State, call: &Call, id: &str, kind: &str) -> Result<Reply, ApiError> {
    let job = find(state, id)?;
    job.head.check_version(call.version())?;
    let text = match kind {
        "successfulResults" => job.successful_csv(),
        "failedResults" => job.failed_csv(),
        "unprocessedrecords" | "unprocessedRecords" => job.unprocessed_csv(),
        _ => return Err(ApiError::not_found()),
    };
    if !job.head.state.is_terminal() {
        return Err(wrong_state(&job.head));
    }
    Ok(Reply::csv(text))
}
