//! Runs: what was started, where it stands, how it ended. The ledger knows what runs have counted; Step Functions knows which executions
//! were stopped, have timed out, or wait.

mod find;
mod gather;
mod known;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::kind::Kind;

pub(crate) use gather::step_of;
pub(super) use gather::{again, execution_arn, newest};

/// Where a run stands, for people: the ledger's state with what Step Functions knows of the execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum RunStatus {
    /// Under way.
    Running,
    /// Under way, and waits for `dray approve`.
    WaitingForApproval,
    /// Under way, and waits for `dray resume`.
    Paused,
    /// Ended; everything is accounted for.
    Succeeded,
    /// Ended without that, or broken off.
    Failed,
    /// Somebody has stopped its execution.
    Stopped,
    /// Its execution has timed out.
    TimedOut,
    /// A scheduled run that met a running one and did nothing.
    Skipped,
    /// The ledger says that it is under way, and Step Functions does not know its execution any more.
    Lost,
}

impl RunStatus {
    /// Whether it has not come to an end.
    pub(crate) const fn goes_on(self) -> bool {
        match self {
            Self::Running | Self::WaitingForApproval | Self::Paused => true,
            Self::Succeeded
            | Self::Failed
            | Self::Stopped
            | Self::TimedOut
            | Self::Skipped
            | Self::Lost => false,
        }
    }

    /// In words for people.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::WaitingForApproval => "waits for approval",
            Self::Paused => "paused",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::TimedOut => "timed out",
            Self::Skipped => "skipped",
            Self::Lost => "lost",
        }
    }
}

/// Why a run failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunError {
    /// The fixed name, such as `NotReady`; the runbook has an entry for each.
    pub(crate) name: String,
    /// The sentence that goes with it.
    pub(crate) cause: String,
    /// What to do.
    pub(crate) hint: String,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunView {
    /// The execution's name.
    pub(crate) run_id: String,
    /// `backup`, `migrate`, `rollback`, `reconcile`, `transfer`, `single-phase` or `analyze`.
    pub(crate) kind: String,
    /// The run that this one is a step of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent_run: Option<String>,
    /// Where it stands.
    pub(crate) status: RunStatus,
    /// Whether it only plans or compares.
    pub(crate) dry_run: bool,
    /// `full`, `incremental`, `guarded`, …, where the kind has modes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mode: Option<String>,
    /// ARN of the execution.
    pub(crate) execution_arn: String,
    /// When it started.
    pub(crate) started_at: String,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<String>,
    /// Whether every record or object is in exactly one named end state; unknown while it is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) accounted_for: Option<bool>,
    /// Whether, beyond that, nothing needs a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) clean: Option<bool>,
    /// Records or objects that it has to account for, as far as is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) total: Option<u64>,
    /// Those with an outcome.
    pub(crate) done: u64,
    /// Those that need a person.
    pub(crate) needs_attention: u64,
    /// Bytes written to the destination.
    pub(crate) bytes_copied: u64,
    /// Records or objects by outcome, such as `verified` or `failed.access_denied`; verdicts for a comparison.
    pub(crate) outcomes: BTreeMap<String, u64>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<RunError>,
    /// Where its page for people is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) report: Option<String>,
}

/// Runs, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Runs {
    /// The runs.
    pub(crate) runs: Vec<RunView>,
    /// Whether there are older ones.
    pub(crate) more: bool,
}

/// The newest `limit` runs of all kinds, steps of other runs left out unless `steps`.
pub(crate) async fn runs(
    connection: &Connection,
    limit: usize,
    steps: bool,
) -> Result<Runs, Failure> {
    Box::pin(newest(connection, &Kind::ALL, limit, steps)).await
}

/// The run that a person means: its whole id, the ARN of its execution, the beginning of its id if no other begins so, `last`, or
/// `last-<kind>`. An unknown or ambiguous name is an error that lists what is near.
pub(crate) async fn find_run(connection: &Connection, name: &str) -> Result<RunView, Failure> {
    Box::pin(find::find(connection, name)).await
}
