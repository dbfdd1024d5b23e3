//! One batch: claimed, settled record by record, closed.

use std::collections::BTreeMap;
use std::time::Duration;

use drayage_aws::ledger::{BatchClaim, FinishBatch, Lease};
use drayage_domain::counts::Counts;
use drayage_domain::manifest::{self, ManifestEntry};
use drayage_domain::message::CopyMessage;
use drayage_domain::row::FileRow;
use drayage_lambda_kit::clock;
use drayage_lambda_kit::error::{
    BATCH_DEAD_LETTERED, FunctionError, LEDGER_CONFLICT, STORAGE_UNAVAILABLE,
};
use drayage_lambda_kit::runtime::Invocation;
use futures::{StreamExt, stream};
use jiff::SignedDuration;
use tokio::time::Instant;

use crate::context::RunContext;
use crate::file::Ending;
use crate::group;

/// A manifest part of 1,000 entries with long URLs has about 2 MB.
const MANIFEST_BYTES_MAX: u64 = 32 * 1024 * 1024;
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

    async fn settle_claimed(&self, expected: u32) -> Result<End, FunctionError> {
        let entries = self.entries(expected).await?;
        let rows = self.rows(&entries).await?;
        let budget = self.budget();
        let groups = group::by_source(&entries);
        let mut endings = stream::iter(groups)
            .map(|group| group::settle(self.context, group, &rows, budget))
            .buffer_unordered(self.context.files_at_a_time.max(1));
        let mut counts = Counts::default();
        let mut left = 0;
        // After a failure the files in work still end: their bytes are not moved twice.
        let mut failure = None;
        while let Some(group) = endings.next().await {
            for ending in group {
                match ending {
                    Ok(Ending::Settled(settled)) => settled.count_into(&mut counts),
                    Ok(Ending::OutOfTime) => left += 1,
                    Err(error) => {
                        failure.get_or_insert(error);
                    }
                }
            }
        }
        drop(endings);
        if let Some(error) = failure {
            return Err(error);
        }
        if left > 0 {
            return Ok(End::OutOfTime { settled: entries.len().saturating_sub(left), left });
        }
        self.close(&counts).await
    }

    async fn close(&self, counts: &Counts) -> Result<End, FunctionError> {
        let Batch { number, copy, .. } = *self;
        let finished =
            self.context.ledger.finish_batch(&copy.run_id, number, self.owner(), counts).await?;
        match finished {
            FinishBatch::Counted | FinishBatch::AlreadyDone => {
                tracing::info!(
                    run_id = copy.run_id,
                    batch = number,
                    records = counts.records(),
                    bytes = counts.bytes_copied,
                    requests = counts.requests,
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

    async fn entries(&self, expected: u32) -> Result<Vec<ManifestEntry>, FunctionError> {
        let key = &self.copy.batch_key;
        let bytes = self
            .context
            .storage
            .get_bounded(&self.context.state_bucket, key, MANIFEST_BYTES_MAX)
            .await
            .map_err(|error| FunctionError::new(STORAGE_UNAVAILABLE, error.to_string()))?
            .ok_or_else(|| manifest_invalid(format!("manifest {key} does not exist")))?;
        let text = String::from_utf8(bytes)
            .map_err(|error| manifest_invalid(format!("manifest {key}: {error}")))?;
        let entries = manifest::from_jsonl(&text)
            .into_iter()
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| manifest_invalid(format!("manifest {key}: {error}")))?;
        if usize::try_from(expected).ok() == Some(entries.len()) {
            Ok(entries)
        } else {
            Err(manifest_invalid(format!(
                "manifest {key} has {} entries and {expected} were enumerated",
                entries.len()
            )))
        }
    }

    async fn rows(
        &self,
        entries: &[ManifestEntry],
    ) -> Result<BTreeMap<String, FileRow>, FunctionError> {
        let ids: Vec<String> =
            entries.iter().map(|entry| entry.ledger_id(&self.copy.run_id)).collect();
        Ok(self.context.ledger.rows(&ids).await?)
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

fn manifest_invalid(message: String) -> FunctionError {
    FunctionError::new(drayage_lambda_kit::error::MANIFEST_INVALID, message)
}
