//! What may still be begun in an invocation.

use drayage_lambda_kit::deadline::Deadline;
use jiff::{SignedDuration, Timestamp};

/// No window is begun with less of the invocation left than this, or than a third of a shorter invocation.
const WINDOW_TIME_MAX: SignedDuration = SignedDuration::from_secs(120);
/// Kept for writing results and giving the lease back.
const CLOSING_TIME: SignedDuration = SignedDuration::from_secs(3);
/// The part of a window's time that is kept for reading back what was sent.
const READING_BACK_SHARE: i32 = 4;

/// An invocation's time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time {
    deadline: Deadline,
    window: SignedDuration,
}

impl Time {
    /// What there is at `now`.
    pub(crate) fn new(deadline: Deadline, now: Timestamp) -> Self {
        let usable = (deadline.remaining(now) - CLOSING_TIME).max(SignedDuration::ZERO);
        Self { deadline, window: WINDOW_TIME_MAX.min(usable / 3) }
    }

    /// Whether a window, or another round of one, may be begun.
    pub(crate) fn allows_window(&self, now: Timestamp) -> bool {
        self.deadline.allows(self.window + CLOSING_TIME, now)
    }

    /// Whether more may be sent: what is sent has to be read back as well.
    pub(crate) fn allows_call(&self, now: Timestamp) -> bool {
        self.deadline.allows(self.window / READING_BACK_SHARE + CLOSING_TIME, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_long_invocation_keeps_two_minutes_for_its_last_window() {
        let time = Time::new(Deadline::at(at(900)), at(0));
        assert!(time.allows_window(at(777)));
        assert!(!time.allows_window(at(778)));
        assert!(time.allows_call(at(867)));
        assert!(!time.allows_call(at(868)));
    }

    #[test]
    fn a_short_invocation_begins_something() {
        for length in [3, 4, 15, 60] {
            let time = Time::new(Deadline::at(at(length)), at(0));
            assert!(time.allows_window(at(0)), "{length}");
            assert!(!time.allows_window(at(length)), "{length}");
        }
    }
}
