//! Asks AWS for all open pages at once. Nobody is asked while no page is open.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::history::History;
use super::hub::{Hub, Part};
use super::source::Source;
use crate::failure::Failure;
use crate::view::{Overview, RunStatus};

/// How often is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// While something runs.
    busy: Duration,
    /// While nothing does, or nobody answers.
    idle: Duration,
    /// For what changes with a run only: the history of runs, the review list, the schedule.
    rest: Duration,
    /// So long after a decision, or after a page was opened, something is about to happen.
    eager: Duration,
    /// An answer that takes longer is none.
    patience: Duration,
}

impl Pace {
    /// For people.
    pub(super) const DEFAULT: Self = Self {
        busy: Duration::from_secs(2),
        idle: Duration::from_secs(6),
        rest: Duration::from_secs(30),
        eager: Duration::from_secs(20),
        patience: Duration::from_mins(1),
    };

    /// For tests, which do not wait.
    #[cfg(test)]
    pub(super) const FAST: Self = Self {
        busy: Duration::from_millis(20),
        idle: Duration::from_millis(20),
        rest: Duration::from_millis(100),
        eager: Duration::from_millis(100),
        patience: Duration::from_secs(5),
    };
}

/// What a look at the stack has shown, as far as more is to be asked for when it changes.
#[derive(Debug, Default, PartialEq, Eq)]
struct Mark {
    runs: Vec<(String, RunStatus)>,
    attention: BTreeMap<String, u64>,
}

impl Mark {
    fn of(overview: &Overview) -> Self {
        let current = overview.current.iter().map(|progress| &progress.run);
        let runs = current.chain(&overview.latest);
        Self {
            runs: runs.map(|run| (run.run_id.clone(), run.status)).collect(),
            attention: overview.ledger.needs_attention.clone(),
        }
    }
}

/// Asks, and tells the hub.
#[derive(Debug)]
pub(super) struct Poller {
    source: Arc<dyn Source>,
    hub: Arc<Hub>,
    /// Somebody has opened a page, or has changed something.
    wake: Arc<Notify>,
    pace: Pace,
    begun: Instant,
    history: History,
    mark: Option<Mark>,
    rest_asked: Option<Instant>,
}

impl Poller {
    /// Asks this source at that pace.
    pub(super) fn new(
        source: Arc<dyn Source>,
        hub: Arc<Hub>,
        wake: Arc<Notify>,
        begun: Instant,
        pace: Pace,
    ) -> Self {
        let history = History::default();
        Self { source, hub, wake, pace, begun, history, mark: None, rest_asked: None }
    }

    /// Goes on for ever.
    pub(super) async fn run(mut self) {
        let mut woken: Option<Instant> = None;
        loop {
            while !self.hub.is_watched() {
                self.wake.notified().await;
                woken = Some(Instant::now());
            }
            let is_busy = self.look().await;
            let is_eager = woken.is_some_and(|woken| woken.elapsed() < self.pace.eager);
            let pause = if is_busy || is_eager { self.pace.busy } else { self.pace.idle };
            if timeout(pause, self.wake.notified()).await.is_ok() {
                woken = Some(Instant::now());
                // Whatever was decided is looked at as a whole.
                self.rest_asked = None;
            }
        }
    }

    /// Whether something goes on.
    async fn look(&mut self) -> bool {
        let overview = match self.patiently(self.source.overview()).await {
            Ok(overview) => overview,
            Err(failure) => {
                self.hub.tell_failure(Part::Overview, &failure);
                return false;
            }
        };
        let is_busy = !overview.current.is_empty();
        let mark = Mark::of(&overview);
        self.tell_overview(overview);
        let is_due = self.rest_asked.is_none_or(|asked| asked.elapsed() >= self.pace.rest);
        if is_due || self.mark.as_ref() != Some(&mark) {
            self.rest_asked = Some(Instant::now());
            self.mark = Some(mark);
            self.look_at_the_rest().await;
        }
        is_busy
    }

    fn tell_overview(&mut self, mut overview: Overview) {
        let now = self.begun.elapsed().as_secs_f64();
        self.history.look(now, &mut overview.current);
        let state = json!({"now": now, "overview": overview, "history": self.history});
        self.hub.tell(Part::Overview, &state);
    }

    async fn look_at_the_rest(&self) {
        let (runs, attention, schedule) = tokio::join!(
            self.patiently(self.source.runs()),
            self.patiently(self.source.attention()),
            self.patiently(self.source.schedule()),
        );
        self.tell(Part::Runs, runs);
        self.tell(Part::Attention, attention);
        self.tell(Part::Schedule, schedule);
    }

    fn tell(&self, part: Part, answer: Result<impl Serialize, Failure>) {
        match answer {
            Ok(state) => self.hub.tell(part, &state),
            Err(failure) => self.hub.tell_failure(part, &failure),
        }
    }

    async fn patiently<T>(
        &self,
        answer: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        timeout(self.pace.patience, answer).await.unwrap_or_else(|_| {
            Err(Failure::unreachable(
                format!("AWS has not answered for {} s", self.pace.patience.as_secs()),
                "check the network; the page asks again by itself",
            ))
        })
    }
}
