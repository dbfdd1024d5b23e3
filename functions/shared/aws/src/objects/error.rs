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
    pub(super) stage: Stage,
}

/// How far the work on a file had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// For a turn, or for memory.
    Waiting,
    Tried,
    /// Several times already.
    TriedBySdk,
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
            stage: Stage::Tried,
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

    pub(super) fn while_waiting(self) -> Self {
        Self { stage: Stage::Waiting, ..self }
    }

    pub(super) fn tried_by_sdk(self) -> Self {
        Self { stage: Stage::TriedBySdk, ..self }
    }

    /// No turn or no memory became free before the deadline: the file is not to blame.
    pub const fn waited(&self) -> bool {
        matches!(self.stage, Stage::Waiting)
    }

    /// Another loop around the SDK's would multiply.
    pub(super) const fn was_tried_by_sdk(&self) -> bool {
        matches!(self.stage, Stage::TriedBySdk)
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
        | C::UntrustedCertificate
        | C::SourceStatus
        | C::ErrorPage
        | C::DestinationDenied
        | C::LedgerConflict
        | C::ManifestInvalid
        | C::DeadLettered => false,
    }
}
