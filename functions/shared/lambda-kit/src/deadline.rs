//! How much of an invocation's time is left.

use jiff::{SignedDuration, Timestamp};

/// The moment at which Lambda ends the invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Timestamp);

impl Deadline {
    /// A deadline at `at`.
    pub const fn at(at: Timestamp) -> Self {
        Self(at)
    }

    /// From the runtime's header, in milliseconds since 1970. A value outside the calendar means "now": the handler
    /// then does as little as it can instead of running into the unknown.
    pub fn from_epoch_ms(milliseconds: u64, now: Timestamp) -> Self {
        let at = i64::try_from(milliseconds)
            .ok()
            .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
        Self(at.unwrap_or(now))
    }

    /// The moment itself.
    pub const fn timestamp(self) -> Timestamp {
        self.0
    }

    /// What is left at `now`; zero when it has passed.
    pub fn remaining(self, now: Timestamp) -> SignedDuration {
        self.0.duration_since(now).max(SignedDuration::ZERO)
    }

    /// Whether at least `needed` is left at `now`.
    pub fn allows(self, needed: SignedDuration, now: Timestamp) -> bool {
        self.remaining(now) >= needed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passed_deadline_leaves_nothing() {
        let now = Timestamp::from_second(100).unwrap();
        let deadline = Deadline::at(Timestamp::from_second(90).unwrap());
        assert_eq!(deadline.remaining(now), SignedDuration::ZERO);
        assert!(!deadline.allows(SignedDuration::from_secs(1), now));
    }

    #[test]
    fn a_deadline_outside_the_calendar_is_now() {
        let now = Timestamp::from_second(100).unwrap();
        assert_eq!(Deadline::from_epoch_ms(u64::MAX, now), Deadline::at(now));
    }
}
