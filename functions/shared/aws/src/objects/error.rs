//! Why one file could not be copied, and whether trying again can help.

use std::time::Duration;

use drayage_domain::outcome::{FailureClass, GoneReason, Outcome};
use thiserror::Error;

/// Why one file could not be copied.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct CopyError {
    /// The class under which the failure is counted. Without meaning when [`gone`](Self::gone).
    pub class: FailureClass,
    /// The source says that there is no such object.
    pub gone: bool,
    /// A sentence for people. Never carries a query string or credentials.
    pub message: String,
    /// How long the service asked to wait.
    pub retry_after: Option<Duration>,
    /// A service asked to slow down.
    pub slow_down: bool,
    /// Requests that were sent, including those of earlier attempts.
    pub requests: u32,
    /// Whether the SDK has tried the request several times already: another loop around it would multiply.
    pub(super) tried_by_sdk: bool,
}

impl CopyError {
    /// A failure of that class. `message` must not carry a query string or credentials.
    pub fn new(class: FailureClass, message: impl Into<String>) -> Self {
        Self {
            class,
            gone: false,
            message: message.into(),
            retry_after: None,
            slow_down: class == FailureClass::Throttled,
            requests: 0,
            tried_by_sdk: false,
        }
    }

    /// The source has no such object.
    pub fn gone(message: impl Into<String>) -> Self {
        Self { gone: true, ..Self::new(FailureClass::SourceStatus, message) }
    }

    pub(super) fn with_retry_after(self, retry_after: Option<Duration>) -> Self {
        Self { retry_after, ..self }
    }

    pub(super) fn slowed_down(self) -> Self {
        Self { slow_down: true, ..self }
    }

    pub(super) fn tried_by_sdk(self) -> Self {
        Self { tried_by_sdk: true, ..self }
    }

    /// The outcome of the record.
    pub fn outcome(&self) -> Outcome {
        if self.gone {
            Outcome::SourceGone(GoneReason::ObjectMissing)
        } else {
            Outcome::Failed(self.class)
        }
    }

    /// Whether the same request may succeed later without anybody changing anything.
    pub fn retryable(&self) -> bool {
        !self.gone && is_transient(self.class)
    }
}

const fn is_transient(class: FailureClass) -> bool {
    use FailureClass as C;
    match class {
        C::ShortBody
        | C::LongBody
        | C::SourceChanged
        | C::ChecksumMismatch
        | C::Throttled
        | C::SourceUnavailable
        | C::SourceTimeout
        | C::DestinationUnavailable => true,
        C::InvalidRecord
        | C::MalformedUrl
        | C::UnsupportedScheme
        | C::CredentialsInUrl
        | C::HostNotAllowed
        | C::ForbiddenAddress
        | C::InvalidKey
        | C::AmbiguousKey
        | C::UrlTooLong
        | C::KeyTaken
        | C::RedirectRefused
        | C::AccessDenied
        | C::SourceExpired
        | C::Archived
        | C::KmsDenied
        | C::SourceStatus
        | C::ErrorPage
        | C::DestinationDenied
        | C::LedgerConflict
        | C::ManifestInvalid
        | C::DeadLettered => false,
    }
}
