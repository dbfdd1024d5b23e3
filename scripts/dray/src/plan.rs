//! Plans of what is written into Salesforce, in either direction: what a person reviews, what they confirm, and how it ended.

mod confirm;
mod flow;
pub(crate) mod review;
#[cfg(test)]
pub(crate) mod samples;
mod summary_text;
mod text;

pub(crate) use flow::{Asked, run};
pub(crate) use text::org;

use drayage_domain::switch::plan::{SwitchPlan, plan_key};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::connection::Connection;
use crate::failure::Failure;

/// A plan names its checks and counts its records; it does not list them.
pub(crate) const PLAN_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// The plan of a run; `None` if it has none (yet).
pub(crate) async fn of_run(
    connection: &Connection,
    run_id: &str,
) -> Result<Option<SwitchPlan>, Failure> {
    let Some(bytes) = connection.state_object(&plan_key(run_id), PLAN_BYTES_MAX).await? else {
        return Ok(None);
    };
    let value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    understood(value, run_id).map(Some)
}

/// What a run has put out, as this version knows it.
pub(crate) fn understood<T: DeserializeOwned>(value: Value, run_id: &str) -> Result<T, Failure> {
    serde_json::from_value(value).map_err(|error| {
        Failure::failed(
            format!("what {run_id} has put out cannot be understood: {error}"),
            "use the dray of the version that is deployed",
        )
    })
}
