//! One batch: claimed, settled record by record, closed.

use std::time::Duration;

use drayage_aws::ledger::{BatchClaim, FinishBatch, Lease};
use drayage_aws::objects::CopyError;
use drayage_domain::counts::Counts;
use drayage_domain::message::CopyMessage;
use drayage_lambda_kit::clock;
use drayage_lambda_kit::error::{BATCH_DEAD_LETTERED, FunctionError, LEDGER_CONFLICT};
use drayage_lambda_kit::metrics::{BATCH_DURATION, BATCHES_CLOSED, SLOWEST_FILE};
use drayage_lambda_kit::runtime::Invocation;
use jiff::SignedDuration;
use tokio::time::Instant;

use crate::context::{Rules, RunContext};
use crate::{objects, records};

/// The lease outlives the invocation by this much: clocks differ, and a lease must not end before its holder does.
const LEASE_MARGIN: SignedDuration = SignedDuration::from_secs(5);
/// No file is begun with less of the invocation left than this, or than a third of a shorter invocation.
const FILE_TIME_MAX: SignedDuration = SignedDuration::from_secs(60);
/// Kept for closing the batch.
const CLOSING_TIME: SignedDuration = SignedDuration::from_secs(3);

/// A delivery of a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch<'a> {
    pub(crate) context: &'a RunContext,
    pub(crate) copy: &'a CopyMessage,
    pub(crate) number: u32,
    pub(crate) invocation: &'a Invocation,
}

/// How a delivery ends.
#[derive(Debug)]
pub(crate) enum End {
    /// Every record is settled and counted, by this delivery or an earlier one.
    Done,
    /// The invocation's time is used; the rest is left to another delivery.
    OutOfTime {
        /// Records settled so far.
        settled: usize,
        /// Records left.
        left: usize,
    },
    /// Another invocation holds the batch.
    HeldByAnother {
        /// For so much longer.
        for_another: Duration,
    },
}

/// How far a claimed batch has come.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// What the settled entries add to the run's counts.
    pub(crate) counts: Counts,
    /// Entries settled.
    pub(crate) settled: usize,
    /// Entries left for another delivery.
    pub(crate) left: usize,
    /// The longest that a file of this delivery has taken.
    pub(crate) slowest: Duration,
}

/// Until when what may be begun.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// No file is begun after this.
    pub(crate) begin_until: Instant,
    /// Files in work stop at this.
    pub(crate) stop_at: Instant,
    /// A file that was given at least this much and did not end is failed instead of tried for ever.
    pub(crate) fair_share: Duration,
}

impl Budget {
    /// Whether the invocation's end is to blame, not the file: it failed in a way that may pass, at the end of the
    /// time, and either had less than its fair share of it (or waited until the end) or is further than before: what has
    /// arrived is not sent again.
    ///
    /// * `took`: how long it was worked on.
    /// * `has_grown`: whether this invocation has brought parts of its upload to the destination.
    pub(crate) fn broke_off(&self, error: &CopyError, took: Duration, has_grown: bool) -> bool {
        error.retryable()
            && Instant::now() >= self.begin_until
            && (error.waited() || took < self.fair_share || has_grown)
    }
}

impl Batch<'_> {
    /// Settles what the ledger says is left, and closes the batch if that is everything.
    pub(crate) async fn settle(&self) -> Result<End, FunctionError> {
        let now = clock::now();
        let ledger = &self.context.ledger;
        let lease_until = self.invocation.deadline.timestamp() + LEASE_MARGIN;
        let lease = Lease { owner: self.owner(), now, until: lease_until };
        let claim = ledger.claim_batch(&self.copy.run_id, self.number, lease).await?;
        let expected = match claim {
            BatchClaim::Claimed { entries } => entries,
            BatchClaim::Done => return Ok(End::Done),
            BatchClaim::Held { until } => {
                let left = until.duration_since(now).max(SignedDuration::from_secs(1));
                return Ok(End::HeldByAnother {
                    for_another: Duration::try_from(left).unwrap_or(Duration::from_secs(1)),
                });
            }
            BatchClaim::Unknown => {
                return Err(FunctionError::new(
                    BATCH_DEAD_LETTERED,
                    format!("batch {} was never enumerated for its run", self.number),
                ));
            }
        };
        let settled = self.settle_claimed(expected).await;
        if settled.is_err() {
            // The next delivery need not wait for the lease to end.
            self.release().await?;
        }
        settled
    }

    /// Gives the batch up, so that the next delivery can claim it at once.
    pub(crate) async fn release(&self) -> Result<(), FunctionError> {
        self.context
            .ledger
            .release_batch(&self.copy.run_id, self.number, self.owner())
            .await
            .map_err(FunctionError::from)
    }

    fn owner(&self) -> &str {
        &self.invocation.request_id
    }

    async fn settle_claimed(&self, announced: u32) -> Result<End, FunctionError> {
        let (begun, budget) = (Instant::now(), self.budget());
        let progress = match &self.context.rules {
            Rules::Records(rules) => records::settle(self, rules, announced, budget).await?,
            Rules::Objects(rules) => objects::settle(self, rules, announced, budget).await?,
        };
        if progress.left > 0 {
            return Ok(End::OutOfTime { settled: progress.settled, left: progress.left });
        }
        self.close(&progress, begun).await
    }

    async fn close(&self, progress: &Progress, begun: Instant) -> Result<End, FunctionError> {
        let counts = &progress.counts;
        let Batch { number, copy, .. } = *self;
        let finished =
            self.context.ledger.finish_batch(&copy.run_id, number, self.owner(), counts).await?;
        // Only by the delivery that has counted them in the ledger.
        if matches!(finished, FinishBatch::Counted) {
            let metrics = &self.invocation.metrics;
            metrics.add_counts(counts);
            metrics.add(BATCHES_CLOSED, 1);
            metrics.note(BATCH_DURATION, milliseconds(begun.elapsed()));
            metrics.note(SLOWEST_FILE, milliseconds(progress.slowest));
        }
        match finished {
            FinishBatch::Counted | FinishBatch::AlreadyDone => {
                tracing::info!(
                    run_id = copy.run_id,
                    batch = number,
                    records = counts.records(),
                    bytes = counts.bytes_copied,
                    requests = counts.requests,
                    took_ms = milliseconds(begun.elapsed()),
                    slowest_ms = milliseconds(progress.slowest),
                    "batch done"
                );
                Ok(End::Done)
            }
            FinishBatch::LeaseLost => Err(FunctionError::new(
                LEDGER_CONFLICT,
                format!("the lease of batch {number} went to another invocation"),
            )),
        }
    }

    fn budget(&self) -> Budget {
        let whole = self.invocation.deadline.remaining(clock::now());
        let usable = (whole - CLOSING_TIME).max(SignedDuration::ZERO);
        let begin_for = usable - FILE_TIME_MAX.min(usable / 3);
        let now = Instant::now();
        let duration = |signed: SignedDuration| Duration::try_from(signed).unwrap_or_default();
        Budget {
            begin_until: now + duration(begin_for),
            stop_at: now + duration(usable),
            fair_share: duration(usable / 2),
        }
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
