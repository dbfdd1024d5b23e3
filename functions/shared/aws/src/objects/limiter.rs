//! How many files are moved at once: as many as the services bear.
//!
//! Additive increase, multiplicative decrease: after a number of successes one more is allowed, and when a
//! service asks to slow down, half as many. One slow-down answers many files at once, so within an interval the
//! limit is halved only once.

mod window;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

pub use window::LimiterOptions;
use window::Window;

/// A semaphore whose size follows what the services bear. Shared by everything that moves files in a process.
#[derive(Debug)]
pub struct Limiter {
    state: Mutex<State>,
    freed: Notify,
    started: Instant,
}

#[derive(Debug)]
struct State {
    window: Window,
    in_use: usize,
}

/// The right to move one file. Dropping it gives the place back without saying how it went.
#[derive(Debug)]
pub struct Permit {
    limiter: Arc<Limiter>,
}

impl Limiter {
    /// A limiter that starts with `options.start` places. Time is tokio's, which tests can pause.
    pub fn new(options: LimiterOptions) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State { window: Window::new(options), in_use: 0 }),
            freed: Notify::new(),
            started: Instant::now(),
        })
    }

    /// Waits for a place.
    pub async fn acquire(self: &Arc<Self>) -> Permit {
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            // Registered before looking, so that a place freed in between is not missed.
            freed.as_mut().enable();
            {
                let mut state = self.lock();
                if state.in_use < state.window.limit() {
                    state.in_use += 1;
                    return Permit { limiter: Arc::clone(self) };
                }
            }
            freed.await;
        }
    }

    /// Places at the moment.
    pub fn limit(&self) -> usize {
        self.lock().window.limit()
    }

    /// Places taken at the moment; for a short time more than [`limit`](Self::limit) after it was halved.
    pub fn in_use(&self) -> usize {
        self.lock().in_use
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// The file was moved.
    pub fn succeeded(self) {
        let grew = self.limiter.lock().window.succeeded();
        if grew {
            self.limiter.freed.notify_one();
        }
    }

    /// A service asked to slow down.
    pub fn throttled(self) {
        let now = self.limiter.started.elapsed();
        self.limiter.lock().window.throttled(now);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        {
            let mut state = self.limiter.lock();
            state.in_use = state.in_use.saturating_sub(1);
        }
        self.limiter.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::FutureExt;

    use super::*;

    fn options(start: usize, max: usize) -> LimiterOptions {
        LimiterOptions {
            start,
            min: 1,
            max,
            successes_per_step: 2,
            decrease_interval: Duration::from_secs(1),
        }
    }

    #[tokio::test]
    async fn no_more_than_the_limit_run_at_once() {
        let limiter = Limiter::new(options(2, 2));
        let first = limiter.acquire().await;
        let _second = limiter.acquire().await;
        assert!(limiter.acquire().now_or_never().is_none());
        drop(first);
        assert!(limiter.acquire().now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_waiter_is_woken_when_a_place_is_freed() {
        let limiter = Limiter::new(options(1, 1));
        let held = limiter.acquire().await;
        let waiting = tokio::spawn({
            let limiter = Arc::clone(&limiter);
            async move { limiter.acquire().await.succeeded() }
        });
        tokio::task::yield_now().await;
        drop(held);
        waiting.await.unwrap();
        assert_eq!(limiter.in_use(), 0);
    }

    #[tokio::test]
    async fn after_a_slow_down_places_are_not_refilled_until_enough_are_back() {
        let limiter = Limiter::new(options(4, 4));
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(limiter.acquire().await);
        }
        held.pop().unwrap().throttled();
        assert_eq!((limiter.limit(), limiter.in_use()), (2, 3));
        held.pop();
        assert!(limiter.acquire().now_or_never().is_none());
        held.pop();
        assert!(limiter.acquire().now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn the_clock_separates_two_slow_downs() {
        let limiter = Limiter::new(options(8, 8));
        limiter.acquire().await.throttled();
        limiter.acquire().await.throttled();
        assert_eq!(limiter.limit(), 4);
        tokio::time::advance(Duration::from_secs(1)).await;
        limiter.acquire().await.throttled();
        assert_eq!(limiter.limit(), 2);
    }
}
