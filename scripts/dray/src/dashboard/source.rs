//! What the page shows and what it may ask for, apart from where that comes from.

use async_trait::async_trait;
use serde_json::Value;

use crate::failure::Failure;
use crate::kind::Kind;
use crate::view::{Accounts, Attention, Overview, Runs, ScheduleView};

/// Records on the review list of the page; the whole list is `dray status --errors`' to tell.
pub(super) const ATTENTION_MAX: usize = 500;
/// Runs in the history of the page.
pub(super) const RUNS_MAX: usize = 30;

/// What a person has decided on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// Start an execution.
    Start {
        /// Of this kind.
        kind: Kind,
        /// With this input.
        input: Value,
    },
    /// Pause the work of the stack.
    Pause,
    /// Let it go on.
    Resume,
    /// Stop a run.
    Stop {
        /// The execution's name.
        run_id: String,
    },
    /// Let a run go on that waits for a person.
    Approve {
        /// The execution's name.
        run_id: String,
    },
    /// End it instead.
    Reject {
        /// The execution's name.
        run_id: String,
        /// Why.
        reason: String,
    },
    /// Enable or disable the schedule.
    Schedule {
        /// Whether it starts backups.
        enabled: bool,
    },
}

/// A stack, as the page needs it.
#[async_trait]
pub(super) trait Source: std::fmt::Debug + Send + Sync {
    /// The stack at a glance.
    async fn overview(&self) -> Result<Overview, Failure>;
    /// The newest records that need a person.
    async fn attention(&self) -> Result<Attention, Failure>;
    /// The newest runs.
    async fn runs(&self) -> Result<Runs, Failure>;
    /// The schedule.
    async fn schedule(&self) -> Result<ScheduleView, Failure>;
    /// All accounts, by a scan of the whole ledger. `seen` is told now and then how many rows were read.
    async fn accounts(&self, seen: &(dyn Fn(u64) + Sync)) -> Result<Accounts, Failure>;
    /// Does what a person has decided. Returns what there is to say about it, as JSON.
    async fn act(&self, action: &Action) -> Result<Value, Failure>;
}
