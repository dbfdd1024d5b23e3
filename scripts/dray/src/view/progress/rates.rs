//! How fast a run goes, from two looks at it.

use super::{Progress, Rates};

/// How much the newest look counts for against all before: a batch ends at once, so single looks jump.
const NEWEST_SHARE: f64 = 0.3;
/// Two looks that are closer than this, in seconds, tell nothing.
const SECONDS_MIN: f64 = 0.05;
/// An end that is further away, in seconds, is a guess that nobody is helped by: 30 days.
const ETA_MAX: f64 = 30.0 * 24.0 * 3600.0;

/// The rates after this look; none where the phase is not counted, has just begun, or where the run waits or has ended.
pub(super) fn rates(before: &Progress, now: &Progress, seconds: f64) -> Option<Rates> {
    let goes_on = now.run.status.goes_on() && now.waiting_for.is_none();
    if !goes_on || seconds < SECONDS_MIN || before.phase() != now.phase() {
        return None;
    }
    let done = now.phase_done?;
    let items = per_second(before.phase_done?, done, seconds);
    let bytes = per_second(before.run.bytes_copied, now.run.bytes_copied, seconds);
    let (items_per_second, bytes_per_second) = match before.rates {
        None => (items, bytes),
        Some(old) => (smoothed(old.items_per_second, items), smoothed(old.bytes_per_second, bytes)),
    };
    let left = now.phase_total.map(|total| total.saturating_sub(done));
    Some(Rates {
        items_per_second,
        bytes_per_second,
        eta_seconds: left.and_then(|left| eta(left, items_per_second)),
    })
}

fn smoothed(old: f64, new: f64) -> f64 {
    old.mul_add(1.0 - NEWEST_SHARE, new * NEWEST_SHARE)
}

#[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
fn per_second(before: u64, now: u64, seconds: f64) -> f64 {
    now.saturating_sub(before) as f64 / seconds
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of seconds between 0 and the maximum"
)]
fn eta(left: u64, per_second: f64) -> Option<u64> {
    let seconds = left as f64 / per_second;
    (seconds.is_finite() && seconds <= ETA_MAX).then(|| seconds.ceil() as u64)
}
