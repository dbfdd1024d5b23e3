//! How long a lost connection is waited for: the execution goes on meanwhile, so there is no hurry, and no end of work in giving up.

use std::time::Duration;

use tokio::time::Instant;

/// A laptop that wakes up has its network by then.
const FIRST: Duration = Duration::from_secs(1);
/// A person who looks at the line sees that something happens.
const LONGEST: Duration = Duration::from_secs(30);
/// After this, somebody has to look at the network.
const GIVE_UP_AFTER: Duration = Duration::from_mins(10);

/// Pauses between attempts: each twice as long as the one before, up to a longest, until a time is over.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    first: Duration,
    longest: Duration,
    give_up_after: Duration,
    lost: Option<(Instant, Duration)>,
}

impl Patience {
    /// For a person who watches.
    pub(crate) fn usual() -> Self {
        Self::new(FIRST, LONGEST, GIVE_UP_AFTER)
    }

    pub(super) fn new(first: Duration, longest: Duration, give_up_after: Duration) -> Self {
        Self { first, longest, give_up_after, lost: None }
    }

    /// The pause before the next attempt; `None` if it is not worth one.
    pub(super) fn next(&mut self) -> Option<Duration> {
        let (since, pause) = match self.lost {
            None => (Instant::now(), self.first),
            Some((since, before)) => (since, (before * 2).min(self.longest)),
        };
        if since.elapsed() >= self.give_up_after {
            return None;
        }
        self.lost = Some((since, pause));
        Some(pause)
    }

    /// An attempt has succeeded.
    pub(super) fn reset(&mut self) {
        self.lost = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_begin_again_after_a_success() {
        let second = Duration::from_secs(1);
        let mut patience = Patience::usual();
        let pauses: Vec<_> = (0..7).filter_map(|_| patience.next()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30].map(|number| second * number));
        patience.reset();
        assert_eq!(patience.next(), Some(second));
    }

    #[test]
    fn patience_ends() {
        let mut none = Patience::new(FIRST, LONGEST, Duration::ZERO);
        assert_eq!(none.next(), None);
    }
}
