//! The HTTP interface: which handler serves which path.

mod composite;
mod data;
mod describe;
mod ingest;
pub(crate) mod oauth;
mod query;
mod query_jobs;
mod rows;
mod soap;

use axum::http::Method;

pub(crate) use data::VERSIONS;

use super::call::{Call, Reply};
use super::error::ApiError;
use super::state::State;

/// Serves one call. Sessions, limits and faults have been dealt with before.
pub(crate) fn serve(state: &mut State, call: &Call) -> Result<Reply, ApiError> {
    let parts = call.parts();
    match parts.as_slice() {
        ["services", "oauth2", "token"] if call.method == Method::POST => {
            Ok(oauth::token(state, call))
        }
        ["services", "oauth2", "revoke"] => Ok(oauth::revoke(state, call)),
        ["services", "oauth2", "userinfo"] => Ok(oauth::user_info(state, call)),
        ["id", ..] => oauth::identity(state, call),
        ["services", "Soap", "u", ..] if call.method == Method::POST => {
            Ok(soap::login(state, call))
        }
        ["services", "data"] => Ok(data::versions()),
        ["services", "data", version] => Ok(data::resources(state, call, version)),
        ["services", "data", _, rest @ ..] => resource(state, call, rest),
        _ => Err(ApiError::not_found()),
    }
}

/// Serves a resource below a version; `rest` is its path.
fn resource(state: &mut State, call: &Call, rest: &[&str]) -> Result<Reply, ApiError> {
    match rest {
        ["query"] if call.query.contains_key("columns") => query::columns(state, call),
        ["query"] => query::first_page(state, call, false),
        ["queryAll"] => query::first_page(state, call, true),
        ["query" | "queryAll", locator] => query::next_page(state, call, locator),
        ["limits"] => Ok(data::limits(state)),
        ["sobjects"] => Ok(describe::all(state, call)),
        ["sobjects", sobject] if call.method == Method::GET => {
            describe::basic(state, call, sobject)
        }
        ["sobjects", sobject, "describe"] => describe::one(state, call, sobject),
        ["sobjects", sobject, "deleted"] => data::deleted(state, call, sobject),
        ["sobjects", sobject, "updated"] => data::updated(state, call, sobject),
        ["sobjects", ..] => rows::serve(state, call),
        ["composite", ..] => composite::serve(state, call),
        ["jobs", "query", rest @ ..] => query_jobs::serve(state, call, rest),
        ["jobs", "ingest", rest @ ..] => ingest::serve(state, call, rest),
        _ => Err(ApiError::not_found()),
    }
}

/// The refusal of a method that a resource does not have.
fn method_not_allowed(call: &Call) -> ApiError {
    ApiError::new(
        axum::http::StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        format!("HTTP Method '{}' not allowed.", call.method),
    )
}
