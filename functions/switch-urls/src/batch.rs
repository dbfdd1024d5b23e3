//! One batch: claimed, its lines written window by window, closed.

use std::collections::BTreeSet;

use drayage_aws::ledger::{BatchClaim, FinishBatch, Lease};
use drayage_domain::id::RecordId;
use drayage_domain::manifest::batch_key;
use drayage_domain::switch::SwitchLine;
use drayage_domain::switch::mode::UpdateMode;
use drayage_lambda_kit::error::{FunctionError, LEDGER_CONFLICT, MANIFEST_INVALID};
use drayage_lambda_kit::metrics::BATCHES_CLOSED;
use drayage_lambda_kit::{batches, clock, correlation};
use drayage_salesforce::UPDATE_JOB_ROWS_MAX;
use jiff::SignedDuration;
use tracing::Instrument as _;

use crate::context::Context;
use crate::pause;
use crate::progress::Progress;
use crate::window;

/// The lease outlives the invocation by this much: clocks differ, and a lease must not end before its holder does.
const LEASE_MARGIN: SignedDuration = SignedDuration::from_secs(5);
/// Lines of a window that is not a job: one reading, intents, calls, one reading back. What a killed invocation leaves behind is
/// at most that many open intents.
const WINDOW_LINES: usize = 1_000;

/// A batch of the run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch<'a> {
    pub(crate) context: &'a Context,
    pub(crate) number: u32,
}

/// How an invocation leaves a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Every line has ended and is counted, by this invocation or an earlier one.
    Done,
    /// Somebody has to come back.
    Later {
        /// After so many seconds.
        wait_seconds: u64,
    },
    /// Somebody has paused the work.
    Paused {
        /// It is looked at again after so many seconds, at least.
        wait_seconds: u64,
    },
}

impl Batch<'_> {
    /// Writes what is left of the batch, and closes it if that is everything.
    pub(crate) async fn settle(&self) -> Result<End, FunctionError> {
        self.settle_in_span().instrument(correlation::batch(self.number)).await
    }

    async fn settle_in_span(&self) -> Result<End, FunctionError> {
        let Self { context, number } = *self;
        let now = clock::now();
        let until = context.invocation.deadline.timestamp() + LEASE_MARGIN;
        let lease = Lease { owner: self.owner(), now, until };
        let announced = match context.ledger.claim_batch(&context.run.run_id, number, lease).await?
        {
            BatchClaim::Claimed { entries } => entries,
            BatchClaim::Done => return Ok(End::Done),
            BatchClaim::Held { until } => {
                let left = until.duration_since(now).as_secs().max(0).unsigned_abs();
                // Rounded up, so that the lease has ended then.
                return Ok(End::Later { wait_seconds: left + 1 });
            }
            BatchClaim::Unknown => {
                let message = format!("batch {number} was never announced for its run");
                return Err(FunctionError::new(MANIFEST_INVALID, message));
            }
        };
        let ended = self.settle_claimed(announced).await;
        if ended.as_ref().ok() != Some(&End::Done) {
            self.release().await;
        }
        ended
    }

    fn owner(&self) -> &str {
        &self.context.invocation.request_id
    }

    /// Gives the lease back, so that the next invocation need not wait for its end. If that fails, it waits.
    async fn release(&self) {
        let Self { context, number } = *self;
        let released =
            context.ledger.release_batch(&context.run.run_id, number, self.owner()).await;
        if let Err(error) = released {
            tracing::warn!(batch = number, %error, "the lease ends by itself");
        }
    }

    async fn settle_claimed(&self, announced: u32) -> Result<End, FunctionError> {
        let Self { context, number } = *self;
        let key = batch_key(&context.run.run_id, number);
        let lines: Vec<SwitchLine> = batches::entries(&context.documents, &key, announced).await?;
        check_ids(&key, &lines)?;
        let mut progress = Progress::load(context, number).await?;
        loop {
            let open: Vec<&SwitchLine> = lines
                .iter()
                .filter(|line| !progress.has_ended(line))
                .take(window_lines(context.plan.mode.mode))
                .collect();
            if open.is_empty() {
                return self.close(&progress).await;
            }
            if !context.time.allows_window(clock::now()) {
                return Ok(End::Later { wait_seconds: 0 });
            }
            if let Some(wait_seconds) = pause::wait_seconds(&context.ledger).await? {
                return Ok(End::Paused { wait_seconds });
            }
            context.check_lock().await?;
            context.api.check(&context.client).await?;
            match window::settle(context, &open, &mut progress).await? {
                window::End::Settled => {}
                window::End::Later { wait_seconds } => return Ok(End::Later { wait_seconds }),
            }
        }
    }

    async fn close(&self, progress: &Progress<'_>) -> Result<End, FunctionError> {
        let Self { context, number } = *self;
        let counts = progress.results().counts();
        let run_id = &context.run.run_id;
        let finished = context.ledger.finish_batch(run_id, number, self.owner(), &counts).await?;
        if matches!(finished, FinishBatch::Counted) {
            context.invocation.metrics.add_counts(&counts);
            context.invocation.metrics.add(BATCHES_CLOSED, 1);
        }
        match finished {
            FinishBatch::Counted | FinishBatch::AlreadyDone => {
                tracing::info!(
                    run_id,
                    batch = number,
                    records = counts.records(),
                    needs_attention = counts.needs_attention(),
                    api_calls = counts.api_calls,
                    "batch done"
                );
                Ok(End::Done)
            }
            FinishBatch::LeaseLost => {
                let message = format!("the lease of batch {number} went to another invocation");
                Err(FunctionError::new(LEDGER_CONFLICT, message))
            }
        }
    }
}

const fn window_lines(mode: UpdateMode) -> usize {
    match mode {
        UpdateMode::Guarded | UpdateMode::Collections => WINDOW_LINES,
        UpdateMode::Bulk => UPDATE_JOB_ROWS_MAX,
    }
}

/// Endings are kept by id, so each line needs one of its own.
fn check_ids(key: &str, lines: &[SwitchLine]) -> Result<(), FunctionError> {
    let mut seen = BTreeSet::new();
    for (index, line) in lines.iter().enumerate() {
        let is_full =
            RecordId::parse(&line.record_id).is_ok_and(|id| id.as_str() == line.record_id);
        let problem = if !is_full {
            "has no record id of 18 characters"
        } else if !seen.insert(&line.record_id) {
            "names a record for the second time"
        } else {
            continue;
        };
        let message = format!("manifest {key} is damaged: line {} {problem}", index + 1);
        return Err(FunctionError::new(MANIFEST_INVALID, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(ids: &[&str]) -> Vec<SwitchLine> {
        let line = |id: &&str| SwitchLine {
            record_id: (*id).to_owned(),
            account_id: None,
            account_name: None,
            from: None,
            to: None,
        };
        ids.iter().map(line).collect()
    }

    #[test]
    fn a_manifest_names_each_record_once_by_its_full_id() {
        let full = RecordId::parse("a0B000000000001").unwrap().as_str().to_owned();
        assert!(check_ids("key", &lines(&[&full])).is_ok());
        for bad in [lines(&[&full, &full]), lines(&["a0B000000000001"]), lines(&[""])] {
            let error = check_ids("key", &bad).unwrap_err();
            assert_eq!(error.name, MANIFEST_INVALID);
        }
    }
}
