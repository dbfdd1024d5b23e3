//! The simulator's own controls, for tests that run in another process. What they do is what `Org` does.

use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::call::{Call, Reply};
use super::super::error::ApiError;
use super::super::faults::{Action, FaultPlan};
use super::super::reader;
use super::super::state::State;

/// `GET` and `PUT /__sim/faults`; `GET /__sim/requests`; `GET /__sim/records`, the independent reader; `POST /__sim/actions`, a
/// change by somebody else; `POST /__sim/late`, which applies calls that were to be applied later; `PUT /__sim/org`, which changes
/// what the org says about itself.
pub(super) fn control(state: &mut State, call: &Call) -> Result<Reply, ApiError> {
    match (call.method.as_str(), call.path.as_str()) {
        ("GET", "/__sim/requests") => json(&state.counters),
        ("GET", "/__sim/faults") => json(state.faults.plan()),
        ("GET", "/__sim/records") => json(&reader::records(state)),
        ("PUT", "/__sim/faults") => {
            state.set_faults(parse::<FaultPlan>(call)?);
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        ("POST", "/__sim/actions") => {
            state.store.apply(&parse::<Action>(call)?)?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        ("PUT", "/__sim/org") => {
            let OrgDescription { name, is_sandbox } = parse(call)?;
            state.describe_as(&name, is_sandbox)?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        ("POST", "/__sim/late") => {
            state.apply_late_calls();
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        _ => Err(ApiError::not_found()),
    }
}

/// What an org says about itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OrgDescription {
    name: String,
    is_sandbox: bool,
}

fn parse<T: DeserializeOwned>(call: &Call) -> Result<T, ApiError> {
    serde_json::from_slice(&call.body).map_err(|error| broken(&error))
}

fn json(value: &impl Serialize) -> Result<Reply, ApiError> {
    serde_json::to_value(value).map(Reply::ok).map_err(|error| broken(&error))
}

fn broken(error: &serde_json::Error) -> ApiError {
    ApiError::bad_request("JSON_PARSER_ERROR", error.to_string())
}
