//! Bounds a step by the caller's deadline.

use drayage_domain::outcome::FailureClass;
use futures::future::BoxFuture;
use tokio::time::{Instant, timeout_at};

use super::error::CopyError;

/// Runs `step`, or fails with `class` when the deadline passes first.
///
/// The step is boxed because the compiler cannot prove `Send` through nested generic futures that borrow.
pub(super) async fn by_deadline<T>(
    deadline: Instant,
    class: FailureClass,
    what: &str,
    step: BoxFuture<'_, Result<T, CopyError>>,
) -> Result<T, CopyError> {
    match timeout_at(deadline, step).await {
        Ok(result) => result,
        Err(_elapsed) => {
            Err(CopyError::new(class, format!("{what} was not finished before the deadline")))
        }
    }
}
