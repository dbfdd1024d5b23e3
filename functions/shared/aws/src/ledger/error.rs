//! What can go wrong with the ledger, by what the caller can do about it.

use std::error::Error;
use std::fmt::Debug;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use drayage_domain::state::{FileEvent, FileState};

use crate::sdk_error::describe;

/// A failed ledger operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Somebody else has changed the item since it was read.
    #[error("ledger: {what} was changed by somebody else meanwhile; hint: read it again")]
    Conflict {
        /// The item.
        what: String,
    },
    /// The caller asks for a change that the domain's transition function does not know. Nothing was sent.
    #[error(
        "ledger: {record_id} cannot go from {} to {} by {event:?}; hint: this is a defect of the program, report it",
        before.name(), after.name()
    )]
    Illegal {
        /// The record.
        record_id: String,
        /// The state that it was seen in.
        before: FileState,
        /// The event.
        event: FileEvent,
        /// The state that was to be written.
        after: FileState,
    },
    /// The table asks to slow down and went on asking.
    #[error(
        "ledger: throttled: {message}; hint: the table's limits are reached; it recovers by itself"
    )]
    Throttled {
        /// What the service says.
        message: String,
    },
    /// The table does not answer as it should.
    #[error(
        "ledger: {message}; hint: check that the table exists and the function's role may use it"
    )]
    Unavailable {
        /// What the service says.
        message: String,
    },
    /// An item is not what this version writes.
    #[error(
        "ledger: attribute {attribute} {message}; hint: was the item written by another version?"
    )]
    Corrupt {
        /// The attribute.
        attribute: String,
        /// What is wrong.
        message: String,
    },
}

impl LedgerError {
    pub(super) fn corrupt(attribute: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Corrupt { attribute: attribute.into(), message: message.into() }
    }

    pub(super) fn conflict(what: impl Into<String>) -> Self {
        Self::Conflict { what: what.into() }
    }

    /// The SDK has made its attempts when this is called.
    pub(super) fn from_sdk<E, R>(error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
        R: Debug,
    {
        Self::from_code(error.code(), describe(error))
    }

    /// The one place where a code of the service becomes a variant.
    pub(super) fn from_code(code: Option<&str>, message: String) -> Self {
        match code {
            Some(
                "ProvisionedThroughputExceeded"
                | "ProvisionedThroughputExceededException"
                | "RequestLimitExceeded"
                | "ThrottlingError"
                | "ThrottlingException"
                | "TransactionConflict"
                | "TransactionConflictException"
                | "TransactionInProgressException",
            ) => Self::Throttled { message },
            Some(_) | None => Self::Unavailable { message },
        }
    }

    /// Whether the same operation may succeed later.
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Throttled { .. } | Self::Unavailable { .. } => true,
            Self::Conflict { .. } | Self::Illegal { .. } | Self::Corrupt { .. } => false,
        }
    }

    /// The name that a state machine matches on.
    pub const fn error_type(&self) -> &'static str {
        match self {
            Self::Conflict { .. } | Self::Illegal { .. } => "LedgerConflict",
            Self::Throttled { .. } | Self::Unavailable { .. } => "LedgerUnavailable",
            Self::Corrupt { .. } => "LedgerCorrupt",
        }
    }
}
