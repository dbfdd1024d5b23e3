//! Keys in order, decided or waiting for evidence.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use drayage_domain::reconcile::filter::Filter;
use drayage_domain::reconcile::judge::{Case, Step, Terms};
use drayage_domain::reconcile::{Doubt, Level, Object, Side, Verdict};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::super::evidence::Examiner;
use super::{CompareError, Lookup};

/// Keys that wait behind one whose evidence takes long. An object takes about 300 bytes, so this is a few megabytes.
const WAITING_MAX: usize = 10_000;

/// A key whose verdict is known.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) key: String,
    /// `None`: the comparison is not about it, or neither side has it on a closer look.
    pub(super) verdict: Option<Verdict>,
    pub(super) source: Option<Object>,
    pub(super) destination: Option<Object>,
}

/// Who knows better than a side's inventory, if it may be out of date.
type Better = Option<Arc<dyn Lookup>>;

/// Decides about pairs.
pub(super) struct Court {
    terms: Terms,
    filter: Filter,
    pub(super) examiner: Examiner,
    source: Better,
    destination: Better,
    lookup_heads: AtomicU64,
}

impl Court {
    /// A side with a lookup may be out of date.
    pub(super) fn new(
        terms: Terms,
        filter: Filter,
        examiner: Examiner,
        (source, destination): (Better, Better),
    ) -> Self {
        Self { terms, filter, examiner, source, destination, lookup_heads: AtomicU64::new(0) }
    }

    /// Requests that closer looks have cost.
    pub(super) fn lookup_heads(&self) -> u64 {
        self.lookup_heads.load(Ordering::Relaxed)
    }

    fn is_about(&self, pair: &Pair) -> bool {
        self.filter.select_pair(pair.source.as_ref(), pair.destination.as_ref()).is_ok()
    }

    /// What the inventories alone tell, if that is enough.
    fn at_once(&self, pair: &Pair) -> Option<Verdict> {
        let stale = self.source.is_some() || self.destination.is_some();
        let verdict = match (&pair.source, &pair.destination) {
            (Some(source), Some(destination)) => {
                match Case::new(source.clone(), destination.clone(), self.terms).step() {
                    Step::Verdict(verdict) => Some(verdict),
                    Step::Look(_)
                    | Step::FindPartSizes { .. }
                    | Step::ConfirmParts { .. }
                    | Step::ReadOne { .. }
                    | Step::ReadBoth => None,
                }
            }
            (Some(_), None) => Some(Verdict::Missing),
            (None, _) => Some(Verdict::Extra),
        };
        verdict.filter(|verdict| verdict.is_match() || !stale)
    }

    /// Looks again at sides that may be out of date, then takes evidence.
    async fn judge(&self, pair: Pair) -> Result<Judged, CompareError> {
        let key = pair.key().to_owned();
        let Pair { mut source, mut destination } = pair;
        if let Some(lookup) = &self.source {
            source = self.look_up(Side::Source, lookup.as_ref(), &key).await?;
        }
        if let Some(lookup) = &self.destination {
            destination = self.look_up(Side::Destination, lookup.as_ref(), &key).await?;
        }
        let verdict = match (&source, &destination) {
            (Some(source), Some(destination)) => {
                let mut case = Case::new(source.clone(), destination.clone(), self.terms);
                Some(self.examiner.judge(&mut case).await)
            }
            (Some(_), None) => Some(Verdict::Missing),
            (None, Some(_)) => Some(Verdict::Extra),
            (None, None) => None,
        };
        Ok(Judged { key, verdict, source, destination })
    }

    async fn look_up(
        &self,
        side: Side,
        lookup: &dyn Lookup,
        key: &str,
    ) -> Result<Option<Object>, CompareError> {
        self.lookup_heads.fetch_add(lookup.heads(), Ordering::Relaxed);
        lookup.find(key).await.map_err(|error| CompareError::Inventory { side, error })
    }
}

/// What the inventories show of a key.
#[derive(Debug, Clone)]
struct Pair {
    source: Option<Object>,
    destination: Option<Object>,
}

impl Pair {
    fn key(&self) -> &str {
        self.source.as_ref().or(self.destination.as_ref()).map_or("", |object| &object.key)
    }

    fn judged(self, verdict: Option<Verdict>) -> Judged {
        Judged {
            key: self.key().to_owned(),
            verdict,
            source: self.source,
            destination: self.destination,
        }
    }
}

enum Slot {
    Decided(Result<Judged, CompareError>),
    Waiting { pair: Pair, task: Task },
}

/// Ends with whoever waits for it.
struct Task(JoinHandle<Result<Judged, CompareError>>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Task {
    async fn result(&mut self) -> Result<Judged, CompareError> {
        match (&mut self.0).await {
            Ok(result) => result,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }
}

/// The queue. It holds at most [`WAITING_MAX`] keys.
pub(super) struct Queue {
    slots: VecDeque<Slot>,
    /// One permit per case that may take evidence at the same time.
    permits: Arc<Semaphore>,
}

impl Queue {
    pub(super) fn new(cases_max: usize) -> Self {
        Self { slots: VecDeque::new(), permits: Arc::new(Semaphore::new(cases_max.max(1))) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Whether another pair may be opened.
    pub(super) fn has_room(&self) -> bool {
        self.slots.len() < WAITING_MAX && self.permits.available_permits() > 0
    }

    /// Takes in the next pair. Call it only if there is room.
    pub(super) fn open(
        &mut self,
        court: &Arc<Court>,
        source: Option<Object>,
        destination: Option<Object>,
    ) {
        let pair = Pair { source, destination };
        let slot = if !court.is_about(&pair) {
            Slot::Decided(Ok(pair.judged(None)))
        } else if let Some(verdict) = court.at_once(&pair) {
            Slot::Decided(Ok(pair.judged(Some(verdict))))
        } else {
            let (court, waiting) = (Arc::clone(court), pair.clone());
            let permit = Arc::clone(&self.permits).try_acquire_owned().ok();
            let task = tokio::spawn(async move {
                let judged = Box::pin(court.judge(waiting)).await;
                drop(permit);
                judged
            });
            Slot::Waiting { pair, task: Task(task) }
        };
        self.slots.push_back(slot);
    }

    /// The first key, if it is decided.
    pub(super) async fn pop_decided(&mut self) -> Result<Option<Judged>, CompareError> {
        match self.slots.pop_front() {
            Some(Slot::Decided(result)) => result.map(Some),
            Some(Slot::Waiting { mut task, .. }) if task.0.is_finished() => {
                task.result().await.map(Some)
            }
            Some(waiting) => {
                self.slots.push_front(waiting);
                Ok(None)
            }
            None => Ok(None),
        }
    }

    /// Waits until the first key is decided or, if `more` would be taken in, there is room.
    pub(super) async fn changed(&mut self, more: bool) {
        let full = self.slots.len() >= WAITING_MAX;
        let permits = Arc::clone(&self.permits);
        let room = async {
            if full || !more || permits.acquire().await.is_err() {
                pending::<()>().await;
            }
        };
        let Some(first) = self.slots.front_mut() else { return };
        let Slot::Waiting { task, .. } = first else { return };
        let result = tokio::select! {
            result = task.result() => Some(result),
            () = room => None,
        };
        if let Some(result) = result {
            *first = Slot::Decided(result);
        }
    }

    /// The first key without the evidence that it waits for.
    pub(super) fn give_up_first(&mut self, level: Level) -> Option<Judged> {
        match self.slots.pop_front()? {
            Slot::Decided(result) => result.ok(),
            Slot::Waiting { pair, .. } => {
                let verdict = Verdict::NotVerifiable { level, reason: Doubt::ReadFailed };
                Some(pair.judged(Some(verdict)))
            }
        }
    }
}
