//! The pure part of the limiter: what the limit becomes after each answer.

use std::time::Duration;

/// How the limit moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimiterOptions {
    /// Files at once in the beginning.
    pub start: usize,
    /// Never fewer than this (at least 1).
    pub min: usize,
    /// Never more than this.
    pub max: usize,
    /// Successes after which one more is allowed (at least 1).
    pub successes_per_step: u32,
    /// Within this time the limit is halved at most once.
    pub decrease_interval: Duration,
}

impl LimiterOptions {
    /// Starts at `max`, because most runs are never throttled, and comes down to 1 when they are.
    pub const fn up_to(max: usize) -> Self {
        Self {
            start: max,
            min: 1,
            max,
            successes_per_step: 32,
            decrease_interval: Duration::from_secs(2),
        }
    }
}

/// The current limit. Times are counted from any fixed moment.
#[derive(Debug)]
pub(super) struct Window {
    options: LimiterOptions,
    limit: usize,
    successes: u32,
    decreased_at: Option<Duration>,
}

impl Window {
    pub(super) fn new(options: LimiterOptions) -> Self {
        let min = options.min.max(1);
        let max = options.max.max(min);
        let options = LimiterOptions {
            min,
            max,
            successes_per_step: options.successes_per_step.max(1),
            ..options
        };
        Self { options, limit: options.start.clamp(min, max), successes: 0, decreased_at: None }
    }

    pub(super) const fn limit(&self) -> usize {
        self.limit
    }

    /// Whether one more place is free now.
    pub(super) fn succeeded(&mut self) -> bool {
        self.successes += 1;
        if self.successes < self.options.successes_per_step {
            return false;
        }
        self.successes = 0;
        let grown = (self.limit + 1).min(self.options.max);
        let grew = grown > self.limit;
        self.limit = grown;
        grew
    }

    pub(super) fn throttled(&mut self, now: Duration) {
        self.successes = 0;
        let recently = self
            .decreased_at
            .is_some_and(|at| now.saturating_sub(at) < self.options.decrease_interval);
        if !recently {
            self.limit = (self.limit / 2).max(self.options.min);
            self.decreased_at = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn window(start: usize) -> Window {
        Window::new(LimiterOptions {
            start,
            min: 2,
            max: 16,
            successes_per_step: 3,
            decrease_interval: Duration::from_secs(1),
        })
    }

    #[rstest]
    #[case(0, 2)]
    #[case(8, 8)]
    #[case(99, 16)]
    fn the_start_is_kept_within_the_bounds(#[case] start: usize, #[case] limit: usize) {
        assert_eq!(window(start).limit(), limit);
    }

    #[test]
    fn one_more_is_allowed_after_enough_successes() {
        let mut window = window(4);
        assert_eq!(
            [window.succeeded(), window.succeeded(), window.succeeded()],
            [false, false, true]
        );
        assert_eq!(window.limit(), 5);
    }

    #[test]
    fn the_maximum_is_never_passed() {
        let mut window = window(16);
        assert!((0..9).all(|_| !window.succeeded()));
        assert_eq!(window.limit(), 16);
    }

    #[test]
    fn a_burst_of_slow_downs_halves_once() {
        let mut window = window(16);
        for millis in [0, 10, 999] {
            window.throttled(Duration::from_millis(millis));
        }
        assert_eq!(window.limit(), 8);
        window.throttled(Duration::from_secs(1));
        assert_eq!(window.limit(), 4);
    }

    #[test]
    fn the_minimum_is_never_passed() {
        let mut window = window(3);
        window.throttled(Duration::ZERO);
        window.throttled(Duration::from_secs(9));
        assert_eq!(window.limit(), 2);
    }

    #[test]
    fn a_slow_down_starts_the_count_of_successes_again() {
        let mut window = window(8);
        window.succeeded();
        window.succeeded();
        window.throttled(Duration::ZERO);
        assert!(!window.succeeded());
        assert_eq!(window.limit(), 4);
    }
}
