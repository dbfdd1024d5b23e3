//! Repeating a request: when it is safe, how long to wait, and when to stop.
//!
//! Every repetition is bounded twice, by attempts and by wall-clock time, because an integration that repeats for ever
//! burns the org's API allocation and outlives its Lambda. Waits use full jitter, so that many workers that failed
//! together do not come back together: <https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/>.

use std::time::Duration;

use backon::Retryable as _;
use tokio::time::Instant;

use crate::error::SalesforceError;

/// How often and how long a request may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetryPolicy {
    /// Attempts in all, the first one included.
    pub(crate) attempts_max: u32,
    /// Wall-clock bound over all attempts and waits of one call.
    pub(crate) elapsed_max: Duration,
    /// Upper end of the first wait; it doubles with each attempt.
    pub(crate) delay_first: Duration,
    /// Upper end of any wait.
    pub(crate) delay_max: Duration,
}

impl Default for RetryPolicy {
    /// 5 attempts within 90 s: long enough for a Salesforce instance to fail over, short enough for a Lambda.
    fn default() -> Self {
        Self {
            attempts_max: 5,
            elapsed_max: Duration::from_secs(90),
            delay_first: Duration::from_millis(500),
            delay_max: Duration::from_secs(15),
        }
    }
}

/// When a request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replay {
    /// Reading, or writing the same thing: after any passing failure.
    Always,
    /// Creating or changing something: only if Salesforce certainly did not start to work on it.
    IfNotStarted,
}

impl Replay {
    fn permits(self, error: &SalesforceError) -> bool {
        error.retryable()
            && match self {
                Self::Always => true,
                Self::IfNotStarted => not_started(error),
            }
    }
}

/// Whether Salesforce certainly did not start to work on the request. It documents 503 as "unavailable to handle the
/// request" (<https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.html>), and 429 is a refusal by
/// definition (RFC 6585); it says nothing of the kind about 500, 502 and 504.
pub(crate) fn not_started(error: &SalesforceError) -> bool {
    // The login comes before the request itself.
    error.operation() == crate::auth::LOGIN
        || matches!(error, SalesforceError::ConcurrencyLimit(_))
        || matches!(error, SalesforceError::Network { sent: false, .. })
        || error.failure().is_some_and(|failure| matches!(failure.status, 429 | 503))
}

/// Waits between attempts: uniformly random between zero and a ceiling that doubles.
struct FullJitter {
    policy: RetryPolicy,
    random: fastrand::Rng,
    attempts_done: u32,
}

impl Iterator for FullJitter {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let doublings = self.attempts_done;
        self.attempts_done += 1;
        if self.attempts_done >= self.policy.attempts_max {
            return None;
        }
        let factor = 2_u32.saturating_pow(doublings);
        let ceiling = self.policy.delay_first.saturating_mul(factor).min(self.policy.delay_max);
        Some(ceiling.mul_f64(self.random.f64()))
    }
}

/// Runs `attempt` until it succeeds, fails for good, or a bound is reached. The attempt is told its deadline, so that
/// it does not start a request which outlives it.
pub(crate) async fn run<Value, Attempt, Running>(
    policy: RetryPolicy,
    random: fastrand::Rng,
    replay: Replay,
    mut attempt: Attempt,
) -> Result<Value, SalesforceError>
where
    Attempt: FnMut(Instant) -> Running,
    Running: Future<Output = Result<Value, SalesforceError>>,
{
    let deadline = Instant::now() + policy.elapsed_max;
    (|| attempt(deadline))
        .retry(FullJitter { policy, random, attempts_done: 0 })
        .when(|error| replay.permits(error))
        .adjust(|error, delay| {
            let delay = delay?;
            let delay = error.retry_after().map_or(delay, |asked| asked.max(delay));
            (Instant::now() + delay < deadline).then_some(delay)
        })
        .notify(|error, delay| {
            tracing::warn!(
                operation = error.operation(),
                error_type = error.error_type(),
                status = error.failure().map(|failure| failure.status),
                delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
                "Salesforce request failed, trying again"
            );
        })
        .await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use rstest::rstest;

    use super::*;
    use crate::error::ApiFailure;

    fn unavailable(status: u16, retry_after: Option<Duration>) -> SalesforceError {
        SalesforceError::Unavailable(Box::new(ApiFailure {
            operation: "query",
            status,
            code: String::new(),
            message: String::new(),
            retry_after,
        }))
    }

    async fn attempts_with(policy: RetryPolicy, replay: Replay, error: SalesforceError) -> u32 {
        let attempts = Cell::new(0);
        let result: Result<(), _> = run(policy, fastrand::Rng::with_seed(1), replay, |_| {
            attempts.set(attempts.get() + 1);
            std::future::ready(Err(error.clone()))
        })
        .await;
        assert_eq!(result, Err(error));
        attempts.get()
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_are_bounded() {
        let policy =
            RetryPolicy { elapsed_max: Duration::from_hours(24), ..RetryPolicy::default() };
        assert_eq!(attempts_with(policy, Replay::Always, unavailable(500, None)).await, 5);
    }

    #[tokio::test(start_paused = true)]
    async fn wall_clock_time_is_bounded() {
        let policy = RetryPolicy { attempts_max: u32::MAX, ..RetryPolicy::default() };
        let started = Instant::now();
        let attempts = attempts_with(policy, Replay::Always, unavailable(500, None)).await;
        assert!(attempts > 5, "{attempts}");
        assert!(started.elapsed() <= policy.elapsed_max, "{:?}", started.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn retry_after_is_honoured_within_the_time_bound() {
        let started = Instant::now();
        let policy = RetryPolicy { attempts_max: 2, ..RetryPolicy::default() };
        let asked = Some(Duration::from_secs(30));
        assert_eq!(attempts_with(policy, Replay::Always, unavailable(503, asked)).await, 2);
        assert!(started.elapsed() >= Duration::from_secs(30));

        let too_long = Some(Duration::from_secs(91));
        assert_eq!(attempts_with(policy, Replay::Always, unavailable(503, too_long)).await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn retry_after_does_not_add_attempts() {
        let policy = RetryPolicy { attempts_max: 3, ..RetryPolicy::default() };
        let error = unavailable(503, Some(Duration::ZERO));
        assert_eq!(attempts_with(policy, Replay::Always, error).await, 3);
    }

    #[rstest]
    #[case(unavailable(503, None), 2)]
    #[case(unavailable(429, None), 2)]
    #[case(unavailable(500, None), 1)]
    #[case(unavailable(504, None), 1)]
    #[case(SalesforceError::Timeout { operation: "submit", after: Duration::ZERO }, 1)]
    #[case(SalesforceError::Timeout { operation: crate::auth::LOGIN, after: Duration::ZERO }, 2)]
    #[case(SalesforceError::Network { operation: "submit", detail: String::new(), sent: true }, 1)]
    #[case(SalesforceError::Network { operation: "submit", detail: String::new(), sent: false }, 2)]
    #[case(SalesforceError::Protocol { operation: "submit", expected: "", found: String::new() }, 1)]
    #[tokio::test(start_paused = true)]
    async fn a_creation_is_repeated_only_if_it_did_not_start(
        #[case] error: SalesforceError,
        #[case] expected: u32,
    ) {
        let policy = RetryPolicy { attempts_max: 2, ..RetryPolicy::default() };
        assert_eq!(attempts_with(policy, Replay::IfNotStarted, error).await, expected);
    }

    #[test]
    fn waits_are_random_below_a_doubling_ceiling() {
        let policy = RetryPolicy { attempts_max: 12, ..RetryPolicy::default() };
        let waits = |seed| -> Vec<Duration> {
            FullJitter { policy, random: fastrand::Rng::with_seed(seed), attempts_done: 0 }
                .collect()
        };
        assert_eq!(waits(7).len(), 11);
        assert_eq!(waits(7), waits(7));
        assert_ne!(waits(7), waits(8));
        let mut ceiling = policy.delay_first;
        for wait in waits(7) {
            assert!(wait <= ceiling, "{wait:?} {ceiling:?}");
            ceiling = (ceiling * 2).min(policy.delay_max);
        }
    }
}
