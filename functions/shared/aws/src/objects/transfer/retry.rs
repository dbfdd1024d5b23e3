//! The loop around one file: bounded in attempts and in time.

use std::time::Duration;

use drayage_domain::outcome::FailureClass;
use futures::future::BoxFuture;
use tokio::time::Instant;

use super::Transfer;
use crate::objects::deadline::by_deadline;
use crate::objects::error::CopyError;
use crate::objects::request_count::RequestCount;
use crate::throttling;

/// Longest wait before the second attempt; doubled for every further one.
const BACKOFF_FIRST: Duration = Duration::from_millis(500);
/// Longest wait that is chosen by ourselves. A service may ask for more.
const BACKOFF_MAX: Duration = Duration::from_secs(20);

impl Transfer {
    /// Runs `once` until it succeeds, fails for good, or attempts or time run out. A place of the limiter is held
    /// while it runs, not while waiting.
    pub(super) async fn retrying<'a, T>(
        &self,
        deadline: Instant,
        count: &RequestCount,
        once: impl Fn() -> BoxFuture<'a, Result<T, CopyError>>,
    ) -> Result<T, CopyError> {
        let mut attempt = 1;
        loop {
            let turn = Box::pin(async { Ok(self.limiter.acquire().await) });
            let permit =
                by_deadline(deadline, FailureClass::SourceTimeout, "waiting for a turn", turn)
                    .await
                    .map_err(|error| CopyError {
                        requests: count.total(),
                        ..error.while_waiting()
                    })?;
            let error = match once().await {
                Ok(done) => {
                    permit.succeeded();
                    return Ok(done);
                }
                Err(error) => error,
            };
            if error.slow_down {
                permit.throttled();
                // What the SDK has tried, it has counted.
                if !error.was_tried_by_sdk() {
                    throttling::count(throttling::Service::Source);
                }
            } else {
                drop(permit);
            }
            let error = CopyError { requests: count.total(), ..error };
            if attempt >= self.options.attempts_max
                || !error.retryable()
                || error.was_tried_by_sdk()
            {
                return Err(error);
            }
            let delay = delay_before(attempt + 1, error.retry_after, fastrand::f64());
            if Instant::now() + delay >= deadline {
                return Err(error);
            }
            tracing::debug!(class = error.class.label(), attempt, ?delay, "trying again");
            tokio::time::sleep(delay).await;
            attempt += 1;
        }
    }
}

/// The wait before the attempt of that number (2 is the first retry). `random` is in `0.0..1.0`: full jitter, so
/// that files which failed together do not come back together. What the service asks for is waited in full.
fn delay_before(attempt: u32, retry_after: Option<Duration>, random: f64) -> Duration {
    let doublings = attempt.saturating_sub(2).min(16);
    let ceiling = BACKOFF_FIRST.saturating_mul(1 << doublings).min(BACKOFF_MAX);
    ceiling.mul_f64(random) + retry_after.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(2, None, 1.0, 500)]
    #[case(3, None, 1.0, 1_000)]
    #[case(4, None, 0.5, 1_000)]
    #[case(40, None, 1.0, 20_000)]
    #[case(2, None, 0.0, 0)]
    #[case(2, Some(3), 0.0, 3_000)]
    #[case(2, Some(3), 1.0, 3_500)]
    fn the_wait_grows_and_honours_the_service(
        #[case] attempt: u32,
        #[case] retry_after_seconds: Option<u64>,
        #[case] random: f64,
        #[case] millis: u64,
    ) {
        let retry_after = retry_after_seconds.map(Duration::from_secs);
        assert_eq!(delay_before(attempt, retry_after, random), Duration::from_millis(millis));
    }
}
