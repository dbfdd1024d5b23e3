//! How much of a phase is done. A few items of the ledger and small documents of the state bucket are read, whatever the run's size.

use drayage_domain::reconcile::work::{RoundState, ShardState, repair_run, round_key, state_key};
use drayage_domain::run::{Checkpoint, Position};
use drayage_domain::switch::plan::{SwitchPlan, plan_key};
use futures::future::try_join_all;
use futures::try_join;
use serde::de::DeserializeOwned;

use super::super::runs::{RunView, step_of};
use super::phases::Place;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::kind::Kind;

/// A plan and the state of a shard are some kilobytes; a tally names up to some hundred groups.
const DOCUMENT_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Shards whose states are read at each look; of more, these stand for all.
const SHARDS_LOOKED_AT: u32 = 16;
/// A comparison has no more rounds.
const ROUNDS_MAX: u32 = 10;
const RECORDS: &str = "records";

/// How much is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counted {
    /// The phase, where the numbers tell it better than the state.
    pub(super) phase: Option<&'static str>,
    pub(super) done: Option<u64>,
    pub(super) total: Option<u64>,
    pub(super) unit: Option<&'static str>,
}

impl Counted {
    fn of(done: u64, total: Option<u64>, unit: &'static str) -> Self {
        Self { phase: None, done: Some(done), total, unit: Some(unit) }
    }
}

pub(super) async fn counted(
    connection: &Connection,
    kind: Kind,
    run: &RunView,
    place: &Place,
) -> Result<Counted, Failure> {
    match (kind, place.phase(Some(kind))) {
        (Kind::Backup, Some("enumerate" | "copy")) => {
            Box::pin(copying(connection, &run.run_id)).await
        }
        (Kind::SinglePhase, Some("enumerate" | "copy")) => {
            Box::pin(copying(connection, &step_of(&run.run_id))).await
        }
        (Kind::Migrate, Some("backup")) => {
            // One phase of the migration, whichever of the backup's own it is in.
            let counted = Box::pin(copying(connection, &step_of(&run.run_id))).await?;
            Ok(Counted { phase: None, ..counted })
        }
        (Kind::Migrate | Kind::Rollback | Kind::SinglePhase, Some("switch")) => {
            switching(connection, &run.run_id).await
        }
        (Kind::Reconcile | Kind::Transfer, Some("compare" | "copy")) => {
            comparing(connection, &run.run_id, place.phase(Some(kind)) == Some("copy")).await
        }
        (Kind::Backup | Kind::SinglePhase, Some("reconcile")) => {
            let run_id =
                if kind == Kind::Backup { run.run_id.clone() } else { step_of(&run.run_id) };
            comparing(connection, &run_id, false).await
        }
        (_, _) => Ok(Counted::default()),
    }
}

async fn copying(connection: &Connection, run_id: &str) -> Result<Counted, Failure> {
    let (record, checkpoint, counts) = try_join!(
        connection.ledger.run(run_id),
        connection.ledger.checkpoint(run_id),
        connection.ledger.counters(run_id)
    )?;
    let expected = record.map_or(0, |record| record.records_expected);
    Ok(enumerated_and_copied(checkpoint.as_ref(), expected, counts.records()))
}

pub(super) fn enumerated_and_copied(
    checkpoint: Option<&Checkpoint>,
    expected: u64,
    settled: u64,
) -> Counted {
    let Some(checkpoint) = checkpoint else {
        return Counted { phase: Some("enumerate"), ..Counted::of(0, Some(expected), RECORDS) };
    };
    if checkpoint.position != Position::Done {
        let read = checkpoint.enumerated;
        let total = Some(expected.max(read));
        return Counted { phase: Some("enumerate"), ..Counted::of(read, total, RECORDS) };
    }
    let total = checkpoint.total().saturating_sub(checkpoint.unchanged);
    Counted::of(settled, Some(total), RECORDS)
}

async fn switching(connection: &Connection, run_id: &str) -> Result<Counted, Failure> {
    let plan = async { document::<SwitchPlan>(connection, &plan_key(run_id)).await };
    let counts = async { Ok::<_, Failure>(connection.ledger.counters(run_id).await?) };
    let (plan, counts) = try_join!(plan, counts)?;
    Ok(switched(plan.map(|plan| plan.records), counts.records()))
}

/// Records are counted when their batch has ended; the second look at them is not.
pub(super) fn switched(planned: Option<u64>, done: u64) -> Counted {
    let phase = if planned.is_some_and(|planned| done >= planned) { "verify" } else { "switch" };
    Counted { phase: Some(phase), ..Counted::of(done, planned, RECORDS) }
}

async fn comparing(
    connection: &Connection,
    run_id: &str,
    copies: bool,
) -> Result<Counted, Failure> {
    let mut round = 1;
    let mut last: Option<RoundState> = None;
    while round <= ROUNDS_MAX {
        let Some(closed) = document(connection, &round_key(run_id, round)).await? else { break };
        last = Some(closed);
        round += 1;
    }
    if copies && let Some(last) = last {
        let queued = last.queued.copies + last.queued.deletes;
        let counts = connection.ledger.counters(&repair_run(run_id, round - 1)).await?;
        return Ok(Counted::of(counts.records(), Some(queued), "objects"));
    }
    let states = (1..=SHARDS_LOOKED_AT).map(|shard| async move {
        document::<ShardState>(connection, &state_key(run_id, round, shard)).await
    });
    let states = try_join_all(states).await?;
    let compared =
        states.iter().flatten().map(|state| state.tally.verdicts.values().sum::<u64>()).sum();
    Ok(Counted::of(compared, None, "keys"))
}

/// What cannot be understood comes from another version, and is left out.
async fn document<T: DeserializeOwned>(
    connection: &Connection,
    key: &str,
) -> Result<Option<T>, Failure> {
    let bytes = connection.state_object(key, DOCUMENT_BYTES_MAX).await?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}
