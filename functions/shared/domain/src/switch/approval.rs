//! What is kept of a run that waits for a person.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::run_files::kept;

/// What is kept of a waiting task, as `approval.json` in the run's folder.
///
/// The token is a capability: it is all that an answer needs, beside the right to call `states:SendTaskSuccess`. It may lie
/// here because the state bucket is private, with public access blocked; it is worth nothing once the task has ended.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// The task token.
    pub token: String,
    /// When it was asked for, RFC 3339.
    pub asked_at: String,
    /// The plan that is to be approved.
    pub plan_hash: String,
    /// Its records.
    pub records: u64,
}

impl fmt::Debug for Approval {
    /// Without the token.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Approval")
            .field("asked_at", &self.asked_at)
            .field("plan_hash", &self.plan_hash)
            .finish_non_exhaustive()
    }
}

/// The key of what is kept of a waiting run.
pub fn approval_key(run_id: &str) -> String {
    kept(run_id, "approval.json")
}
