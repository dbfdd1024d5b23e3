//! What the ledger, the buckets and the services say of a stack, in the shapes that every output shares: tables are rendered from
//! them, `--json` and exports print them, and the dashboard sends them to its page.
//!
//! The shapes are stable: a field is added, never renamed or removed (`docs/json.md` describes each). Times are RFC 3339 in UTC, sizes
//! bytes, durations seconds. Nothing here carries a secret, a task token or a query string.

mod accounts;
mod attention;
mod backups;
mod overview;
mod progress;
mod readiness;
mod runs;
mod schedule;

pub(crate) use accounts::{AccountView, Accounts, accounts, total_of};
pub(crate) use attention::{Attention, AttentionRow, attention, attention_of_run, meaning};
#[cfg(test)]
pub(crate) use overview::{LedgerTotals, StackView};
pub(crate) use overview::{OrgView, Overview, PauseView, overview, overview_with};
#[cfg(test)]
pub(crate) use progress::PhaseView;
pub(crate) use progress::{PhaseState, Progress, Rates, progress};
pub(crate) use readiness::{Readiness, readiness};
#[cfg(test)]
pub(crate) use runs::RunError;
pub(crate) use runs::{RunStatus, RunView, Runs, find_run, runs, step_of};
pub(crate) use schedule::{ScheduleView, described as described_schedule, schedule};
