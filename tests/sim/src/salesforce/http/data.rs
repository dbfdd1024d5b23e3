//! Versions, the resource map, limits, and the lists of deleted and updated rows.

use serde_json::{Map, Value, json};

use super::super::call::{Call, Reply};
use super::super::error::ApiError;
use super::super::schema;
use super::super::state::State;
use super::super::time::{self, Millis};

/// Oldest and newest API versions on offer.
pub(crate) const VERSIONS: std::ops::RangeInclusive<u32> = 31..=68;

/// How long the recycle bin answers `deleted`, in days.
const DELETED_DAYS_MAX: i64 = 15;

/// `GET /services/data`.
pub(super) fn versions() -> Reply {
    let list: Vec<Value> = VERSIONS
        .map(|number| {
            json!({
                "label": release(number),
                "url": format!("/services/data/v{number}.0"),
                "version": format!("{number}.0"),
            })
        })
        .collect();
    Reply::ok(Value::Array(list))
}

/// Name of the release that brought a version: 66.0 is Spring '26, and three follow each year.
fn release(number: u32) -> String {
    let season = ["Spring", "Summer", "Winter"].get((number % 3) as usize).unwrap_or(&"Spring");
    let year = 26 + i64::from(number) / 3 - 22 + i64::from(number % 3 == 2);
    format!("{season} '{:02}", year.rem_euclid(100))
}

/// `GET /services/data/{version}`.
pub(super) fn resources(state: &State, call: &Call, version: &str) -> Reply {
    let base = format!("/services/data/{version}");
    let mut map = Map::new();
    for name in ["sobjects", "query", "queryAll", "composite", "limits"] {
        map.insert(name.to_owned(), json!(format!("{base}/{name}")));
    }
    map.insert("jobs".to_owned(), json!(format!("{base}/jobs")));
    let identity =
        format!("{}/id/{}/{}", call.instance_url, state.store.org_id, state.store.api_user);
    map.insert("identity".to_owned(), json!(identity));
    Reply::ok(Value::Object(map))
}

/// `GET …/limits`.
pub(super) fn limits(state: &State) -> Reply {
    let entry = |max: u64, remaining: u64| json!({"Max": max, "Remaining": remaining});
    let query_jobs = state.jobs.query_jobs_created();
    Reply::ok(json!({
        "DailyApiRequests": entry(state.config.daily_api_requests, state.requests_left()),
        "DailyBulkApiBatches": entry(15_000, 15_000_u64.saturating_sub(state.jobs.batches_used())),
        "DailyBulkV2QueryJobs": entry(10_000, 10_000_u64.saturating_sub(query_jobs)),
        "DailyBulkV2QueryFileStorageMB": entry(976_562, 976_562),
    }))
}

/// `GET …/sobjects/{type}/deleted?start=&end=`.
pub(super) fn deleted(state: &State, call: &Call, sobject: &str) -> Result<Reply, ApiError> {
    let (start, end) = window(state, call)?;
    let table = state.store.table(sobject).ok_or_else(ApiError::not_found)?;
    let records: Vec<Value> = table
        .rows
        .values()
        .filter(|row| row.is_deleted())
        .filter(|row| (start..end).contains(&row.time(schema::SYSTEM_MODSTAMP)))
        .map(|row| {
            let date = time::rest(row.time(schema::SYSTEM_MODSTAMP));
            json!({"deletedDate": date, "id": row.id()})
        })
        .collect();
    Ok(Reply::ok(json!({
        "deletedRecords": records,
        "earliestDateAvailable": time::rest(earliest(state)),
        "latestDateCovered": time::rest(end.min(state.store.now())),
    })))
}

/// `GET …/sobjects/{type}/updated?start=&end=`.
pub(super) fn updated(state: &State, call: &Call, sobject: &str) -> Result<Reply, ApiError> {
    let (start, end) = window(state, call)?;
    let table = state.store.table(sobject).ok_or_else(ApiError::not_found)?;
    let ids: Vec<&str> = table
        .rows
        .values()
        .filter(|row| !row.is_deleted())
        .filter(|row| (start..end).contains(&row.time(schema::SYSTEM_MODSTAMP)))
        .map(super::super::store::Row::id)
        .collect();
    let covered = time::rest(end.min(state.store.now()));
    Ok(Reply::ok(json!({"ids": ids, "latestDateCovered": covered})))
}

fn earliest(state: &State) -> Millis {
    state.store.now() - DELETED_DAYS_MAX * 86_400_000
}

/// The window of a replication call: seconds are truncated, and it must span at least a minute.
fn window(state: &State, call: &Call) -> Result<(Millis, Millis), ApiError> {
    let read = |name: &str| {
        let text = call.parameter(name)?;
        time::parse(text).map(|millis| millis - millis.rem_euclid(60_000)).ok_or_else(|| {
            let message = format!("{name} is not a valid value for type xsd:dateTime: {text}");
            ApiError::bad_request("INVALID_REPLICATION_DATE", message)
        })
    };
    let (start, end) = (read("start")?, read("end")?);
    if end - start < 60_000 {
        return Err(ApiError::bad_request(
            "INVALID_REPLICATION_DATE",
            "endDate must be at least one minute greater than the startDate",
        ));
    }
    if start < earliest(state) - 60_000 {
        return Err(ApiError::bad_request(
            "INVALID_REPLICATION_DATE",
            format!("startDate before {}", time::rest(earliest(state))),
        ));
    }
    Ok((start, end))
}
