//! Memory for the bodies that pass through this process: one budget for all files, so that it does not depend on how
//! many files are moved at once.

use std::sync::Arc;

use drayage_domain::outcome::FailureClass;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::deadline::by_deadline;
use super::error::CopyError;

/// What is reserved is rounded up to this, in bytes.
const UNIT_BYTES: u64 = 64 * 1024;

/// A number of bytes that may be held at once. First come, first served, so that large bodies get their turn.
#[derive(Debug, Clone)]
pub(super) struct Buffers {
    free: Arc<Semaphore>,
    units: u32,
}

/// The right to hold a body, or a part of one. Dropping it gives the memory back.
#[derive(Debug)]
pub(super) struct Reserved {
    _permit: OwnedSemaphorePermit,
}

impl Buffers {
    pub(super) fn new(bytes: u64) -> Self {
        let units = units_of(bytes);
        Self { free: Arc::new(Semaphore::new(units as usize)), units }
    }

    /// Waits until so many bytes may be held; a body that is larger than the budget gets all of it.
    ///
    /// Whoever holds memory must be able to give it back without asking for more, else all wait for each other.
    pub(super) async fn reserve(
        &self,
        bytes: u64,
        deadline: Instant,
    ) -> Result<Reserved, CopyError> {
        let units = units_of(bytes).min(self.units);
        let free = Arc::clone(&self.free);
        by_deadline(
            deadline,
            FailureClass::SourceTimeout,
            "waiting for memory",
            Box::pin(async move {
                let permit = free.acquire_many_owned(units).await.map_err(|_closed| {
                    CopyError::new(FailureClass::SourceTimeout, "the transfer was closed")
                })?;
                Ok(Reserved { _permit: permit })
            }),
        )
        .await
        .map_err(CopyError::while_waiting)
    }
}

fn units_of(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT_BYTES).max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MEBIBYTE: u64 = 1024 * 1024;

    #[tokio::test(start_paused = true)]
    async fn no_more_than_the_budget_is_held() {
        let buffers = Buffers::new(8 * MEBIBYTE);
        let deadline = Instant::now() + Duration::from_secs(1);
        let first = buffers.reserve(5 * MEBIBYTE, deadline).await.unwrap();
        let error = buffers.reserve(5 * MEBIBYTE, deadline).await.unwrap_err();
        assert!(error.waited() && error.retryable(), "{error:?}");
        drop(first);
        let later = Instant::now() + Duration::from_secs(1);
        buffers.reserve(5 * MEBIBYTE, later).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_larger_than_the_budget_gets_all_of_it() {
        let buffers = Buffers::new(MEBIBYTE);
        let deadline = Instant::now() + Duration::from_secs(1);
        let all = buffers.reserve(100 * MEBIBYTE, deadline).await.unwrap();
        assert!(buffers.reserve(0, deadline).await.is_err());
        drop(all);
    }
}
