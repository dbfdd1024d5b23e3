//! Why a command could not do its work: what, a hint, and the exit status that scripts look at.

use std::fmt;
use std::process::ExitCode;

use aws_sdk_cloudformation::error::{ProvideErrorMetadata, SdkError};
use drayage_aws::executions::ExecutionError;
use drayage_aws::ledger::LedgerError;
use drayage_aws::objects::StorageError;

use crate::stack::causes;

/// How a command that has done its work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Done, and nothing is left for a person to look at.
    Clean,
    /// Done, and something is left: a check that does not hold, a conflict, a record that was not written.
    Left,
    /// The person has stopped watching; the work goes on without them.
    Unwatched,
}

impl Verdict {
    /// The exit status.
    pub(crate) fn exit_code(self) -> ExitCode {
        match self {
            Self::Clean => ExitCode::SUCCESS,
            Self::Left => ExitCode::from(1),
            // As shells report a program that Ctrl-C has ended.
            Self::Unwatched => ExitCode::from(130),
        }
    }
}

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What was asked for was not done, or not all of it.
    Failed,
    /// The command line is wrong; nothing was started.
    Usage,
    /// AWS, or the stack, cannot be reached.
    Unreachable,
    /// Nobody: the program that reads standard output, such as `head`, has seen enough.
    ReaderGone,
}

/// An error for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    pub(crate) message: String,
    pub(crate) hint: String,
}

impl Failure {
    /// What was asked for was not done.
    pub(crate) fn failed(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind: Kind::Failed, message: message.into(), hint: hint.into() }
    }

    /// The command line is wrong.
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind: Kind::Usage, message: message.into(), hint: hint.into() }
    }

    /// AWS cannot be reached.
    pub(crate) fn unreachable(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind: Kind::Unreachable, message: message.into(), hint: hint.into() }
    }

    /// Whoever reads standard output has gone away: the command ends, and nothing is said.
    pub(crate) fn reader_gone() -> Self {
        Self {
            kind: Kind::ReaderGone,
            message: "nobody reads standard output any more".to_owned(),
            hint: "what was started goes on all the same".to_owned(),
        }
    }

    /// A service has refused a request, or does not answer.
    ///
    /// * `what`: did not work, as a sentence.
    pub(crate) fn refused<E, R>(what: &str, error: &SdkError<E, R>, hint: impl Into<String>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: fmt::Debug + 'static,
    {
        let why = match error.as_service_error() {
            Some(service) => {
                let code = service.code().unwrap_or("an error without a code");
                format!("{code}: {}", service.message().unwrap_or("no message"))
            }
            None => causes(error),
        };
        Self::unreachable(format!("{what}: {why}"), hint)
    }

    /// The exit status.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self.kind {
            Kind::ReaderGone => 0,
            Kind::Failed => 1,
            Kind::Usage => 2,
            Kind::Unreachable => 3,
        })
    }

    /// From an error whose text may carry its own hint.
    fn told(text: &str, otherwise: &str) -> Self {
        match text.split_once("; hint: ") {
            Some((message, hint)) => Self::unreachable(message, hint),
            None => Self::unreachable(text, otherwise),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}\nhint: {}", self.message, self.hint)
    }
}

impl std::error::Error for Failure {}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Self::told(
            &error.to_string(),
            "try again; if it stays, check what your role may do in the state bucket",
        )
    }
}

impl From<ExecutionError> for Failure {
    fn from(error: ExecutionError) -> Self {
        Self::told(
            &error.to_string(),
            "try again; if it stays, check that your role may start and describe executions",
        )
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::told(
            &error.to_string(),
            "try again; if it stays, check that your role may read the ledger's tables",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_of_an_error_is_kept_apart() {
        let error =
            StorageError::NoSuchBucket { bucket: "b".to_owned(), code: "NoSuchBucket".to_owned() };
        let failure = Failure::from(error);
        assert_eq!(failure.hint, "check its name and region");
        assert!(failure.to_string().starts_with("error: bucket `b` does not exist here"));
    }
}
