//! Starting executions from the command line: `dray backup`, `migrate`, `single-phase`, `reconcile`, `transfer`.

mod backup;
pub(crate) mod check;
mod compare;
mod ending;
pub(crate) mod fields;
mod launch;
mod migrate;
mod places;
mod reconcile;
mod single_phase;
mod transfer;

use serde_json::Value;

use crate::connection::Connection;
use crate::execution::{self, Started};
use crate::failure::Failure;
use crate::kind::Kind;

pub(crate) use backup::Backup;
pub(crate) use compare::{Comparison, run as run_comparison};
pub(crate) use launch::{Launch, launch};
pub(crate) use migrate::{Migrate, Told, asked};
pub(crate) use reconcile::Reconcile;
pub(crate) use single_phase::{SinglePhase, confirmed as single_phase_confirmed};
pub(crate) use transfer::Transfer;

pub(crate) use backup::run as run_backup;
pub(crate) use migrate::run as run_migrate;
pub(crate) use reconcile::run as run_reconcile;
pub(crate) use single_phase::run as run_single_phase;
pub(crate) use transfer::run as run_transfer;

/// Starts an execution with an input that was checked by the same rules as the state machine's preflight. Nothing is asked.
pub(crate) async fn start(
    connection: &Connection,
    kind: Kind,
    input: &Value,
) -> Result<Started, Failure> {
    check::input(kind, input)?;
    execution::start(connection, connection.stack.machine(kind), kind.name(), input).await
}

#[cfg(test)]
mod flow_tests;
