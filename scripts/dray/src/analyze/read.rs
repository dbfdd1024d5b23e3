//! Reads an analysis from the state bucket.

use drayage_domain::analysis::{Analysis, analysis_key};

use crate::connection::Connection;
use crate::failure::Failure;
use crate::kind::Kind;

/// 100 hosts, 100 file types and 50 accounts with long names have some 100 KB.
const ANALYSIS_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Runs that are looked through for one with an analysis: the newest ones may be under way, or have failed.
const RUNS_LOOKED_AT: u32 = 20;

/// The analysis of a run that has ended.
pub(super) async fn of_run(connection: &Connection, run_id: &str) -> Result<Analysis, Failure> {
    find(connection, run_id).await?.ok_or_else(|| {
        Failure::failed(
            format!("{run_id} has ended without an analysis"),
            "its history in the Step Functions console shows why",
        )
    })
}

/// The newest analysis there is.
pub(super) async fn newest(connection: &Connection) -> Result<Analysis, Failure> {
    for run in connection.ledger.runs(Kind::Analyze.name(), RUNS_LOOKED_AT).await? {
        if let Some(analysis) = find(connection, &run.run_id).await? {
            return Ok(analysis);
        }
    }
    Err(Failure::failed("there is no analysis yet", "start one: dray analyze"))
}

async fn find(connection: &Connection, run_id: &str) -> Result<Option<Analysis>, Failure> {
    let key = analysis_key(run_id);
    let Some(bytes) = connection.state_object(&key, ANALYSIS_BYTES_MAX).await? else {
        return Ok(None);
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        Failure::failed(
            format!("{} cannot be understood: {error}", connection.stack.state(&key)),
            "use the dray of the version that is deployed",
        )
    })
}
