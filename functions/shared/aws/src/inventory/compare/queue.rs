//! Keys in order, decided or waiting for evidence.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::Arc;

use drayage_domain::reconcile::{Doubt, Level, Object, Verdict};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use super::CompareError;
use super::court::{Court, Judged, Pair};

/// Keys that wait behind one whose evidence takes long. An object takes about 300 bytes, so this is a few megabytes.
const WAITING_MAX: usize = 10_000;

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
            let judging = async move {
                let judged = Box::pin(court.judge(waiting)).await;
                drop(permit);
                judged
            };
            // What it logs belongs to the same run.
            let task = tokio::spawn(judging.in_current_span());
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
