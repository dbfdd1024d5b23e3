//! How far runs were in the last minutes: what the chart draws, and what rates are told from.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::view::{Progress, Rates};

/// What the chart shows.
const KEPT_SECONDS: f64 = 600.0;
/// A rate is the mean of this time: long enough for batches that end together, short enough to see a change.
const RATE_SECONDS: f64 = 30.0;
/// Nothing is told from looks that are nearer to each other.
const RATE_SECONDS_MIN: f64 = 1.0;

/// A look at a run: seconds since the server has started, records or objects with an outcome, bytes written.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Sample(f64, u64, u64);

/// Looks at the runs that are under way.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub(super) struct History {
    runs: BTreeMap<String, VecDeque<Sample>>,
}

impl History {
    /// Keeps a look at everything that goes on, and adds the rates that follow from it.
    ///
    /// * `now`: seconds since the server has started.
    pub(super) fn look(&mut self, now: f64, current: &mut [Progress]) {
        self.runs.retain(|id, _| current.iter().any(|progress| progress.run.run_id == *id));
        for progress in current {
            let run = &progress.run;
            let samples = self.runs.entry(run.run_id.clone()).or_default();
            samples.push_back(Sample(now, run.done, run.bytes_copied));
            while samples.front().is_some_and(|oldest| now - oldest.0 > KEPT_SECONDS) {
                samples.pop_front();
            }
            if progress.rates.is_none() {
                progress.rates = rates(samples, run.total);
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
fn rates(samples: &VecDeque<Sample>, total: Option<u64>) -> Option<Rates> {
    let last = samples.back()?;
    let first = samples.iter().find(|sample| last.0 - sample.0 <= RATE_SECONDS)?;
    let seconds = last.0 - first.0;
    if seconds < RATE_SECONDS_MIN {
        return None;
    }
    let per_second = |from: u64, to: u64| to.saturating_sub(from) as f64 / seconds;
    let items_per_second = per_second(first.1, last.1);
    let left = total.map(|total| total.saturating_sub(last.1));
    Some(Rates {
        items_per_second,
        bytes_per_second: per_second(first.2, last.2),
        eta_seconds: left.and_then(|left| seconds_for(left, items_per_second)),
    })
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole seconds of a positive number; a cast saturates"
)]
fn seconds_for(left: u64, per_second: f64) -> Option<u64> {
    (per_second > 0.0).then(|| (left as f64 / per_second).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::fake::progress;

    fn look(history: &mut History, now: f64, done: u64) -> Option<Rates> {
        let mut current = [progress("r-1", done, Some(1_000))];
        history.look(now, &mut current);
        current[0].rates
    }

    #[test]
    fn a_rate_is_told_from_two_looks() {
        let mut history = History::default();
        assert_eq!(look(&mut history, 0.0, 100), None);
        let rates = look(&mut history, 10.0, 300).unwrap();
        assert!((rates.items_per_second - 20.0).abs() < f64::EPSILON);
        assert_eq!(rates.eta_seconds, Some(35));
        // Only the last half minute counts.
        look(&mut history, 20.0, 300);
        assert_eq!(look(&mut history, 50.0, 300).unwrap().eta_seconds, None);
    }

    #[test]
    fn what_is_old_or_over_is_forgotten() {
        let mut history = History::default();
        look(&mut history, 0.0, 1);
        look(&mut history, 601.0, 2);
        assert_eq!(
            serde_json::to_value(&history).unwrap(),
            serde_json::json!({"r-1": [[601.0, 2, 20]]})
        );
        history.look(602.0, &mut []);
        assert_eq!(history, History::default());
    }
}
