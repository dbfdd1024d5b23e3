//! The work of a stack, paused by a person.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The next look at a pause comes after this part of the time that it has lasted so far.
const LOOKS_PER_LENGTH: u64 = 20;
/// And never later than this, in seconds.
const WAIT_SECONDS_MAX: u64 = 900;

/// Since when, and who asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pause {
    /// RFC 3339.
    pub since: String,
    /// Who asked, as the AWS identity tells it.
    pub by: String,
}

impl Pause {
    /// Seconds until the next look. A long pause is looked at less often, because every look adds about nine events to the
    /// history of an execution, which holds 25,000
    /// (<https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>): by this rule two weeks take half of it. State
    /// machines wait for at least `PauseWaitSeconds`.
    pub fn wait_seconds(&self, now: Timestamp) -> u64 {
        let since: Option<Timestamp> = self.since.parse().ok();
        let lasted = since.map_or(0, |since| now.duration_since(since).as_secs().max(0));
        (lasted.unsigned_abs() / LOOKS_PER_LENGTH).min(WAIT_SECONDS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `PauseWaitSeconds` as the template has it.
    const WAIT_SECONDS_MIN: u64 = 15;
    /// Events of a look: five of the task, two of the choice, two of the wait.
    const EVENTS_PER_LOOK: u64 = 9;

    fn pause() -> Pause {
        Pause { since: "2026-01-01T00:00:00Z".to_owned(), by: "somebody".to_owned() }
    }

    fn wait_after(seconds: u64) -> u64 {
        let since: Timestamp = pause().since.parse().unwrap();
        pause().wait_seconds(since + std::time::Duration::from_secs(seconds))
    }

    #[test]
    fn the_wait_grows_with_the_pause_up_to_a_quarter_of_an_hour() {
        assert_eq!(wait_after(0), 0);
        assert_eq!(wait_after(400), 20);
        assert_eq!(wait_after(1_000_000), 900);
        let before: Timestamp = "2025-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(pause().wait_seconds(before), 0, "clocks differ");
        let unreadable = Pause { since: "yesterday".to_owned(), ..pause() };
        assert_eq!(unreadable.wait_seconds(before), 0);
    }

    #[test]
    fn two_weeks_of_looks_fit_an_execution_history() {
        let (mut elapsed, mut looks) = (0, 0);
        while elapsed < 14 * 24 * 3600 {
            elapsed += wait_after(elapsed).max(WAIT_SECONDS_MIN);
            looks += 1;
        }
        assert!(looks * EVENTS_PER_LOOK < 25_000 * 6 / 10, "{looks}");
    }
}
