//! What a round leaves to do, written as the batches of a run of its own: they go through the same queue and functions as any
//! other.
//!
//! Batches follow from the findings, so writing them again replaces the same objects by the same content.

mod objects;
mod records;

use drayage_aws::ledger::Ledger;
use drayage_domain::object_batch::BYTES_PER_BATCH;
use drayage_domain::reconcile::work::{self, Queued};
use drayage_domain::run::{RunRecord, RunState, Work};
use drayage_lambda_kit::error::FunctionError;
use drayage_lambda_kit::{batches, clock};
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;

use crate::Context;
use crate::sums::Sums;

/// Batches written at a time, each a PUT and a ledger write. So many are held in memory.
const WRITES_AT_A_TIME: usize = 16;

impl Context {
    /// Queues what is missing or different. When there is nothing of that: what is extra, where it may be deleted.
    pub(crate) async fn queue_round(
        &self,
        run_id: &str,
        round: u32,
        sums: &Sums,
    ) -> Result<Queued, FunctionError> {
        let input = &self.reconciliation.input;
        let source = sums.source_read(&self.reconciliation.unreadable);
        let queued = if input.source.is_some() {
            self.queue_objects(run_id, round, sums, input.rules(source, false)).await?
        } else {
            self.queue_records(run_id, round, sums).await?
        };
        if queued != Queued::default() {
            return Ok(queued);
        }
        let rules = input.rules(source, true);
        match rules.may_delete() {
            Ok(()) => self.queue_objects(run_id, round, sums, rules).await,
            Err(reason) => {
                tracing::info!(
                    repair_run = run_id,
                    reason = reason.label(),
                    "extra objects are kept"
                );
                Ok(queued)
            }
        }
    }

    /// Ends the run that did what the round before has left.
    pub(crate) async fn end_queue_before(&self, round: u32) -> Result<(), FunctionError> {
        let run_id = work::repair_run(&self.reconciliation.run_id, round.saturating_sub(1));
        if self.ledger.run(&run_id).await?.is_none() {
            return Ok(());
        }
        end_queue(&self.ledger, &run_id).await
    }

    async fn create_run(&self, run_id: &str, work: Work) -> Result<(), FunctionError> {
        let run = RunRecord {
            run_id: run_id.to_owned(),
            kind: "repair".to_owned(),
            execution_arn: self.execution_arn.clone(),
            started_at: clock::now().to_string(),
            ended_at: None,
            state: RunState::Running,
            work,
            records_expected: 0,
            summary: None,
        };
        Ok(self.ledger.create_run(&run).await?)
    }

    fn batches<'a, T>(&'a self, run_id: &'a str, entries_per_batch: usize) -> Batches<'a, T> {
        Batches {
            context: self,
            run_id,
            entries_per_batch: entries_per_batch.max(1),
            open: Vec::new(),
            open_bytes: 0,
            full: Vec::new(),
            queued: Queued::default(),
        }
    }
}

/// Ends what a run that was broken off has queued and not ended: after its last round, which nobody tells.
pub(crate) async fn end_queues(ledger: &Ledger, run_id: &str) -> Result<(), FunctionError> {
    for round in 1.. {
        let repair_run = work::repair_run(run_id, round);
        match ledger.run(&repair_run).await? {
            Some(run) if run.state == RunState::Running => end_queue(ledger, &repair_run).await?,
            Some(_) => {}
            None => break,
        }
    }
    Ok(())
}

/// Ends a run of batches, which has failed if one of them is open.
async fn end_queue(ledger: &Ledger, run_id: &str) -> Result<(), FunctionError> {
    let open = ledger.open_batches(run_id).await?;
    let state = if open == 0 { RunState::Succeeded } else { RunState::Failed };
    Ok(ledger.finish_run(run_id, state, None, &clock::now().to_string()).await?)
}

/// Entries on their way into batches.
struct Batches<'a, T> {
    context: &'a Context,
    run_id: &'a str,
    entries_per_batch: usize,
    open: Vec<T>,
    open_bytes: u64,
    full: Vec<(u32, Vec<T>)>,
    queued: Queued,
}

impl<T: Serialize + Sync> Batches<'_, T> {
    /// Position of the next entry in the run, from 1.
    fn next_sequence(&self) -> u64 {
        self.queued.copies + self.queued.deletes + 1
    }

    async fn copy(&mut self, entry: T, size_bytes: u64) -> Result<(), FunctionError> {
        self.queued.copies += 1;
        self.queued.bytes += size_bytes;
        self.push(entry, size_bytes).await
    }

    async fn delete(&mut self, entry: T) -> Result<(), FunctionError> {
        self.queued.deletes += 1;
        self.push(entry, 0).await
    }

    async fn push(&mut self, entry: T, size_bytes: u64) -> Result<(), FunctionError> {
        self.open.push(entry);
        self.open_bytes = self.open_bytes.saturating_add(size_bytes);
        if self.open.len() >= self.entries_per_batch || self.open_bytes >= BYTES_PER_BATCH {
            self.close_batch();
        }
        if self.full.len() >= WRITES_AT_A_TIME { self.write().await } else { Ok(()) }
    }

    fn close_batch(&mut self) {
        if !self.open.is_empty() {
            self.queued.batches += 1;
            self.full.push((self.queued.batches, std::mem::take(&mut self.open)));
            self.open_bytes = 0;
        }
    }

    async fn write(&mut self) -> Result<(), FunctionError> {
        let Context { documents, ledger, .. } = self.context;
        let run_id = self.run_id;
        stream::iter(std::mem::take(&mut self.full))
            .map(|(number, entries)| async move {
                batches::write(documents, Some(ledger), run_id, number, &entries).await
            })
            .buffer_unordered(WRITES_AT_A_TIME)
            .try_collect()
            .await
    }

    /// Writes what is left, and tells what there is in all.
    async fn finish(mut self) -> Result<Queued, FunctionError> {
        self.close_batch();
        self.write().await?;
        Ok(self.queued)
    }
}
