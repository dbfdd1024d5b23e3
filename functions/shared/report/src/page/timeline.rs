//! When what was done, and what each round of a fix left.

use std::collections::BTreeMap;

use drayage_domain::reconcile::Report;
use jiff::Timestamp;

use super::shown::Shown;
use crate::text::{duration, number, time};

/// Units of a bar at its full length.
const BAR: i64 = 1000;
/// Shortest bar that is still seen.
const BAR_MIN: i64 = 4;

/// A stretch of time.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) name: Shown,
    pub(super) started: String,
    pub(super) ended: String,
    pub(super) took: String,
    /// Where its bar begins, and how long it is; `None` if its times are no times.
    pub(super) bar: Option<(i64, i64)>,
}

/// One comparison.
#[derive(Debug, Clone)]
pub(super) struct RoundRow {
    pub(super) number: String,
    pub(super) requeued: String,
    pub(super) started: String,
    pub(super) took: String,
    pub(super) verdicts: Vec<(Shown, String)>,
}

#[derive(Debug, Clone)]
pub(super) struct Timeline {
    pub(super) phases: Vec<Row>,
    pub(super) rounds: Vec<RoundRow>,
}

impl Timeline {
    pub(super) fn of(report: &Report) -> Self {
        let times = || {
            report.phases.iter().flat_map(|phase| {
                [phase.started_at.parse::<Timestamp>(), phase.ended_at.parse::<Timestamp>()]
            })
        };
        let frame = times().flatten().min().zip(times().flatten().max());
        let phases = report
            .phases
            .iter()
            .map(|phase| Row {
                name: Shown::new(&phase.name),
                started: time(&phase.started_at),
                ended: time(&phase.ended_at),
                took: duration(&phase.started_at, &phase.ended_at),
                bar: frame.and_then(|frame| bar(frame, &phase.started_at, &phase.ended_at)),
            })
            .collect();
        let rounds = report
            .rounds
            .iter()
            .map(|round| RoundRow {
                number: number(round.number.into()),
                requeued: number(round.requeued),
                started: time(&round.started_at),
                took: duration(&round.started_at, &round.ended_at),
                verdicts: verdicts(&round.verdicts),
            })
            .collect();
        Self { phases, rounds }
    }
}

fn verdicts(verdicts: &BTreeMap<String, u64>) -> Vec<(Shown, String)> {
    verdicts.iter().map(|(label, count)| (Shown::new(label), number(*count))).collect()
}

fn bar((first, last): (Timestamp, Timestamp), start: &str, end: &str) -> Option<(i64, i64)> {
    let (start, end) = (start.parse::<Timestamp>().ok()?, end.parse::<Timestamp>().ok()?);
    let whole = last.duration_since(first).as_millis().max(1);
    let scaled = |from: Timestamp, to: Timestamp| {
        let part = to.duration_since(from).as_millis() * i128::from(BAR) / whole;
        i64::try_from(part).ok()
    };
    let length = scaled(start, end)?.clamp(BAR_MIN, BAR);
    Some((scaled(first, start)?.clamp(0, BAR - length), length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_lie_in_the_frame_and_the_shortest_is_seen() {
        let at = |text: &str| format!("2026-11-21T{text}:00Z");
        let frame = (at("10:00").parse().unwrap(), at("20:00").parse().unwrap());
        assert_eq!(bar(frame, &at("10:00"), &at("15:00")), Some((0, 500)));
        assert_eq!(bar(frame, &at("20:00"), &at("20:00")), Some((996, 4)));
        assert_eq!(bar(frame, "?", &at("20:00")), None);
    }
}
