//! Conditional writes: what a refusal means, and patience where a transaction is in the way.
//!
//! Two things would otherwise look like somebody else's change. A transaction that touches the item makes a single write
//! fail, and the SDK does not retry that. And when the answer to a write is lost, the SDK sends it again, and the
//! condition then meets the writer's own item: so a refusal carries the stored item, and callers compare.

use std::error::Error;
use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

use super::attributes::Item;
use super::error::LedgerError;

/// Attempts of a write while transactions hold its item, or of a read while the table leaves keys unprocessed. With the
/// pauses below they end after 5 s at most.
const ATTEMPTS_MAX: u32 = 8;
/// The first pause is below twice this; each further one may be twice as long.
const PAUSE_MS: u64 = 20;

/// Why a conditional write was not made.
#[derive(Debug)]
pub(super) enum NotWritten {
    /// The condition does not hold. Carries the stored item, if there is one and the write has asked for it.
    Refused(Option<Item>),
    /// The table cannot be used.
    Failed(LedgerError),
}

/// Errors of operations that take a condition.
pub(super) trait ConditionalError: ProvideErrorMetadata + Error + 'static {
    /// The refusal, if the error says that the condition does not hold.
    fn refusal(&self) -> Option<NotWritten>;
}

macro_rules! conditional {
    ($($operation:ident),+) => {
        $(impl ConditionalError for $operation {
            fn refusal(&self) -> Option<NotWritten> {
                if let Self::ConditionalCheckFailedException(failed) = self {
                    return Some(NotWritten::Refused(failed.item().cloned()));
                }
                None
            }
        })+
    };
}
conditional!(PutItemError, UpdateItemError, DeleteItemError);

/// Sends a conditional write, again as long as a transaction is in its way.
pub(super) async fn conditional<T, E, R, F>(mut send: impl FnMut() -> F) -> Result<T, NotWritten>
where
    E: ConditionalError,
    R: Debug,
    F: Future<Output = Result<T, SdkError<E, R>>>,
{
    let mut patience = Patience::new();
    loop {
        let error = match send().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        if let Some(refused) = error.as_service_error().and_then(ConditionalError::refusal) {
            return Err(refused);
        }
        let contended = error.code() == Some("TransactionConflictException");
        if !contended || !patience.pause().await {
            return Err(NotWritten::Failed(LedgerError::from_sdk(&error)));
        }
    }
}

/// Sends a conditional write. `false`: the condition does not hold, perhaps because the answer to this very write was lost.
pub(super) async fn written<T, E, R, F>(send: impl FnMut() -> F) -> Result<bool, LedgerError>
where
    E: ConditionalError,
    R: Debug,
    F: Future<Output = Result<T, SdkError<E, R>>>,
{
    match conditional(send).await {
        Ok(_) => Ok(true),
        Err(NotWritten::Refused(_)) => Ok(false),
        Err(NotWritten::Failed(error)) => Err(error),
    }
}

/// A bounded number of pauses with full jitter, each up to twice as long as the one before.
#[derive(Debug)]
pub(super) struct Patience {
    attempt: u32,
}

impl Patience {
    pub(super) const fn new() -> Self {
        Self { attempt: 1 }
    }

    /// Waits before the next attempt. `false`: no further attempt is due.
    pub(super) async fn pause(&mut self) -> bool {
        if self.attempt >= ATTEMPTS_MAX {
            return false;
        }
        let pause_ms = fastrand::u64(0..PAUSE_MS << self.attempt);
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        self.attempt += 1;
        true
    }
}
