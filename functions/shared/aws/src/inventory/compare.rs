//! Walks two inventories side by side and brings every key to its verdict.
//!
//! Most keys are settled by the listings alone. The others wait for evidence, several at a time; verdicts leave in the order
//! of keys nevertheless, so that there is one position before which everything is decided and from which a later invocation
//! can go on. What waits is bounded, and so is memory.

mod court;
mod lookup;
mod party;
mod queue;

use std::sync::Arc;

use drayage_domain::reconcile::judge::Terms;
use drayage_domain::reconcile::merge::{Merge, MergeError, Next};
use drayage_domain::reconcile::{Difference, Object, Requests, Side, Tally, Verdict, group_of};
use tokio::time::{Instant, timeout_at};

use super::evidence::Examiner;
use super::{Inventory, InventoryError};
use crate::objects::StorageError;
use court::{Court, Judged};
use queue::Queue;

pub use lookup::{LedgerLookup, Lookup, S3Lookup};
pub use party::{ComparisonOptions, Party};

/// A key that is not in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Never a match.
    pub verdict: Verdict,
    /// What the source has.
    pub source: Option<Object>,
    /// What the destination has.
    pub destination: Option<Object>,
}

impl Finding {
    /// The line for the list of differences.
    pub fn difference(&self) -> Option<Difference> {
        Difference::of(self.verdict, self.source.as_ref(), self.destination.as_ref())
    }

    /// The account, where a side knows it, else folders of the key.
    fn group(&self, segments: usize) -> &str {
        let objects = || [&self.source, &self.destination].into_iter().flatten();
        let known = objects().find(|object| object.account_id.is_some());
        known.or_else(|| objects().next()).map_or("", |object| group_of(object, segments))
    }
}

/// Takes what is found, in the order of keys.
#[async_trait::async_trait]
pub trait Findings: Send {
    /// Called once for each key that is not in order.
    async fn take(&mut self, finding: &Finding) -> Result<(), StorageError>;
}

/// How far a comparison has come.
#[derive(Debug)]
pub struct Compared {
    /// All keys up to `position` that this comparison has decided, and what that took.
    pub tally: Tally,
    /// The last key that is decided; pass it as [`ComparisonOptions::after`].
    pub position: Option<String>,
    /// Why it ended.
    pub end: End,
}

/// Why a comparison ended.
#[derive(Debug)]
pub enum End {
    /// Both sides are decided to their last key.
    Finished,
    /// The deadline.
    OutOfTime,
    /// A side cannot be read on, or findings cannot be kept.
    Broken(CompareError),
}

/// What breaks a comparison off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// A side cannot be read.
    #[error("{}: {error}", side.name())]
    Inventory {
        /// Which.
        side: Side,
        /// Why.
        error: InventoryError,
    },
    /// The sides cannot be walked together.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// A finding could not be kept.
    #[error("a finding cannot be kept: {0}")]
    Findings(#[from] StorageError),
}

impl CompareError {
    /// Whether going on may succeed later without anybody changing anything.
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Inventory { error, .. } => error.retryable(),
            Self::Findings(error) => error.retryable(),
            Self::Merge(_) => false,
        }
    }
}

/// Two sides that are being compared.
pub struct Comparison {
    source: Box<dyn Inventory>,
    destination: Box<dyn Inventory>,
    court: Arc<Court>,
    options: ComparisonOptions,
    merge: Merge,
    merged: bool,
    queue: Queue,
    tally: Tally,
    position: Option<String>,
    next_position: String,
    told_requests: Requests,
    told_bytes_read: u64,
}

impl std::fmt::Debug for Comparison {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Comparison").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Comparison {
    /// Prepares to compare.
    pub fn new(source: Party, destination: Party, options: ComparisonOptions) -> Self {
        let terms = Terms {
            level: options.level,
            source: source.witness,
            destination: destination.witness,
        };
        let better = (source.better(options.recheck), destination.better(options.recheck));
        let examiner = Examiner::new(source.place, destination.place);
        let court = Court::new(terms, options.filter.clone(), examiner, better);
        Self {
            source: source.inventory,
            destination: destination.inventory,
            court: Arc::new(court),
            merge: options.after.clone().map_or_else(Merge::new, Merge::after),
            merged: false,
            queue: Queue::new(options.cases_max),
            tally: Tally::default(),
            position: options.after.clone(),
            next_position: String::new(),
            told_requests: Requests::default(),
            told_bytes_read: 0,
            options,
        }
    }

    /// Compares until the end, an error, or `until`: then it can be called again and goes on. What was decided counts in any
    /// case; a tally is that of one call.
    pub async fn run(&mut self, until: Instant, findings: &mut dyn Findings) -> Compared {
        let end = match self.walk(until, findings).await {
            Ok(end) => end,
            Err(error) => End::Broken(error),
        };
        self.told(end)
    }

    /// Decides the first key that waits as one that cannot be verified. For an invocation that has brought no key to its
    /// verdict: the next one would wait for the same key, and so on for ever.
    pub async fn give_up_first(&mut self, findings: &mut dyn Findings) -> Compared {
        let end = match self.queue.give_up_first(self.options.level) {
            Some(given_up) => match self.release(given_up, findings).await {
                Ok(()) => End::OutOfTime,
                Err(error) => End::Broken(error),
            },
            None => End::OutOfTime,
        };
        self.told(end)
    }

    /// What was counted since the last time.
    fn told(&mut self, end: End) -> Compared {
        let mut sent = self.court.requests();
        for requests in [self.source.requests(), self.destination.requests()] {
            sent.add(&requests);
        }
        let bytes_read = self.court.examiner.bytes_read();
        let mut tally = std::mem::take(&mut self.tally);
        tally.requests = sent.since(&self.told_requests);
        tally.bytes_read = bytes_read.saturating_sub(self.told_bytes_read);
        (self.told_requests, self.told_bytes_read) = (sent, bytes_read);
        Compared { tally, position: self.position.clone(), end }
    }

    async fn walk(
        &mut self,
        deadline: Instant,
        findings: &mut dyn Findings,
    ) -> Result<End, CompareError> {
        loop {
            while let Some(judged) = self.queue.pop_decided().await? {
                self.release(judged, findings).await?;
            }
            if Instant::now() >= deadline {
                return Ok(End::OutOfTime);
            }
            if self.merged && self.queue.is_empty() {
                return Ok(End::Finished);
            }
            if self.merged || !self.queue.has_room() {
                if timeout_at(deadline, self.queue.changed(!self.merged)).await.is_err() {
                    return Ok(End::OutOfTime);
                }
                continue;
            }
            match self.merge.advance()? {
                Next::Pair { source, destination } => {
                    self.queue.open(&self.court, source, destination);
                }
                Next::Need(side) => {
                    if let Ok(page) = timeout_at(deadline, self.next_page(side)).await {
                        self.take_page(side, page?)?;
                    }
                }
                Next::Done => self.merged = true,
            }
        }
    }

    async fn next_page(&mut self, side: Side) -> Result<Option<Vec<Object>>, CompareError> {
        let inventory = match side {
            Side::Source => &mut self.source,
            Side::Destination => &mut self.destination,
        };
        inventory.next_page().await.map_err(|error| CompareError::Inventory { side, error })
    }

    fn take_page(&mut self, side: Side, page: Option<Vec<Object>>) -> Result<(), CompareError> {
        if let Some(objects) = page {
            return Ok(self.merge.push(side, objects)?);
        }
        self.merge.end(side);
        Ok(())
    }

    async fn release(
        &mut self,
        judged: Judged,
        findings: &mut dyn Findings,
    ) -> Result<(), CompareError> {
        // Kept for the time when the finding is kept; into the memory of the one before.
        self.next_position.clear();
        self.next_position.push_str(judged.key());
        let Judged { verdict, source, destination, .. } = judged;
        if let Some(verdict) = verdict {
            let finding = Finding { verdict, source, destination };
            // Kept before it is counted: what is not kept is decided again.
            if !verdict.is_match() {
                findings.take(&finding).await?;
            }
            self.tally.count(
                finding.group(self.options.group_segments),
                verdict,
                finding.source.as_ref(),
                finding.destination.as_ref(),
            );
        }
        std::mem::swap(self.position.get_or_insert_default(), &mut self.next_position);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
