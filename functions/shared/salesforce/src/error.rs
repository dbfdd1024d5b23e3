//! What can go wrong with Salesforce, in classes that tell a caller what to do next.
//!
//! One variant is one reaction: retry soon, stop for hours, ask an administrator, treat the record as gone. The mapping
//! from status and error code to a variant lives in `classify` and nowhere else. Every variant holds plain values, so
//! that an error can be cloned for callers who waited for the same login. No variant ever holds a token or a secret.

mod classify;

use std::fmt;
use std::time::Duration;

pub(crate) use classify::{classify, classify_job_message, classify_row, classify_token_reply};

/// A server gives up waiting; what it forwarded before may still be carried out.
const REQUEST_TIMEOUT: u16 = 408;

/// An answer from Salesforce that is not a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiFailure {
    /// What this client was doing, for example `query` or `login`.
    pub(crate) operation: &'static str,
    /// HTTP status.
    pub(crate) status: u16,
    /// Salesforce's `errorCode` (or OAuth `error`); empty when the body carried none.
    pub(crate) code: String,
    /// Salesforce's message, shortened, session ids removed.
    pub(crate) message: String,
    /// The wait Salesforce asked for with `Retry-After`.
    pub(crate) retry_after: Option<Duration>,
}

impl fmt::Display for ApiFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: HTTP {}", self.operation, self.status)?;
        if !self.code.is_empty() {
            write!(formatter, " {}", self.code)?;
        }
        if !self.message.is_empty() {
            write!(formatter, ": {}", self.message)?;
        }
        Ok(())
    }
}

/// A failed Salesforce call. See [`SalesforceError::hint`] for what to do about each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SalesforceError {
    /// Salesforce refused the credentials, the connected app or the kind of session.
    #[error("Salesforce refused the login: {0}")]
    Auth(Box<ApiFailure>),
    /// Too many logins of this user within the hour.
    #[error("Salesforce login rate exceeded: {0}")]
    LoginRateExceeded(Box<ApiFailure>),
    /// The session was refused again directly after a fresh login.
    #[error("Salesforce session is not accepted even after a new login: {0}")]
    SessionExpired(Box<ApiFailure>),
    /// The org has used up its API calls of the last 24 hours.
    #[error("Salesforce daily API request limit reached: {0}")]
    RequestLimitExceeded(Box<ApiFailure>),
    /// More than 25 calls (5 in a Developer Edition) run for 20 s or longer.
    #[error("Salesforce concurrent request limit reached: {0}")]
    ConcurrencyLimit(Box<ApiFailure>),
    /// Another transaction holds the row, or its parent.
    #[error("Salesforce row is locked: {0}")]
    RowLocked(Box<ApiFailure>),
    /// Salesforce or something in front of it is out of order: 429, 500, 502, 503, 504.
    #[error("Salesforce is unavailable: {0}")]
    Unavailable(Box<ApiFailure>),
    /// No complete answer within the request timeout. The request may have been carried out.
    #[error("Salesforce did not answer in time: {operation}: after {after:?}")]
    Timeout {
        /// What this client was doing.
        operation: &'static str,
        /// The timeout of this attempt.
        after: Duration,
    },
    /// The connection could not be made or broke.
    #[error("no connection to Salesforce: {operation}: {detail}")]
    Network {
        /// What this client was doing.
        operation: &'static str,
        /// Cause, without the URL.
        detail: String,
        /// Whether the request may have reached Salesforce.
        sent: bool,
    },
    /// The user may not see or use an object, a field or a feature. Hidden fields look as if they did not exist.
    #[error("Salesforce permission is missing: {0}")]
    Permission(Box<ApiFailure>),
    /// The record, job or resource does not exist (any more).
    #[error("not found in Salesforce: {0}")]
    NotFound(Box<ApiFailure>),
    /// Salesforce cannot parse or will not run the query.
    #[error("Salesforce rejected the query: {0}")]
    InvalidQuery(Box<ApiFailure>),
    /// The query's cursor has expired (results live for 2 days since API 56.0).
    #[error("Salesforce query cursor has expired: {0}")]
    QueryLocatorExpired(Box<ApiFailure>),
    /// The query ran for too long inside Salesforce.
    #[error("Salesforce query timed out: {0}")]
    QueryTimeout(Box<ApiFailure>),
    /// The record changed since it was read.
    #[error("Salesforce record changed in between: {0}")]
    Precondition(Box<ApiFailure>),
    /// The pinned API version is not served (any more).
    #[error("Salesforce does not serve this API version: {0}")]
    ApiVersionRetired(Box<ApiFailure>),
    /// The org or the object does not support the Bulk API.
    #[error("Salesforce Bulk API is not available for this object: {0}")]
    BulkNotSupported(Box<ApiFailure>),
    /// A bulk job ended as Failed or Aborted for a reason without a class of its own.
    #[error("Salesforce bulk job did not complete: {0}")]
    JobFailed(Box<ApiFailure>),
    /// Any other refusal.
    #[error("Salesforce refused the request: {0}")]
    Rejected(Box<ApiFailure>),
    /// A success whose content is not what the API documents.
    #[error("unexpected answer from Salesforce: {operation}: expected {expected}, found {found}")]
    Protocol {
        /// What this client was doing.
        operation: &'static str,
        /// What the API documents.
        expected: &'static str,
        /// What came instead, without any content of records.
        found: String,
    },
    /// This client refused to send the request.
    #[error("{operation}: {problem}")]
    InvalidArgument {
        /// What this client was about to do.
        operation: &'static str,
        /// What is wrong with the argument.
        problem: String,
    },
}

/// The error type of an org whose API calls of the last 24 hours are used up: state machines wait, and go on.
pub const REQUEST_LIMIT_EXCEEDED: &str = "SalesforceRequestLimitExceeded";

/// Every name [`SalesforceError::error_type`] can return. State machines match on these.
pub const ERROR_TYPES: [&str; 21] = [
    "SalesforceApiVersionRetired",
    "SalesforceAuthFailed",
    "SalesforceBulkNotSupported",
    "SalesforceConcurrencyLimit",
    "SalesforceInvalidArgument",
    "SalesforceInvalidQuery",
    "SalesforceJobFailed",
    "SalesforceLoginRateExceeded",
    "SalesforceNetwork",
    "SalesforceNotFound",
    "SalesforcePermission",
    "SalesforcePreconditionFailed",
    "SalesforceProtocol",
    "SalesforceQueryLocatorExpired",
    "SalesforceQueryTimeout",
    "SalesforceRejected",
    "SalesforceRequestLimitExceeded",
    "SalesforceRowLocked",
    "SalesforceSessionExpired",
    "SalesforceTimeout",
    "SalesforceUnavailable",
];

impl SalesforceError {
    /// Whether the same request may well succeed within seconds or minutes.
    pub(crate) fn retryable(&self) -> bool {
        match self {
            Self::ConcurrencyLimit(_)
            | Self::RowLocked(_)
            | Self::Unavailable(_)
            | Self::Timeout { .. }
            | Self::Network { .. } => true,
            Self::Auth(_)
            | Self::LoginRateExceeded(_)
            | Self::SessionExpired(_)
            | Self::RequestLimitExceeded(_)
            | Self::Permission(_)
            | Self::NotFound(_)
            | Self::InvalidQuery(_)
            | Self::QueryLocatorExpired(_)
            | Self::QueryTimeout(_)
            | Self::Precondition(_)
            | Self::ApiVersionRetired(_)
            | Self::BulkNotSupported(_)
            | Self::JobFailed(_)
            | Self::Rejected(_)
            | Self::Protocol { .. }
            | Self::InvalidArgument { .. } => false,
        }
    }

    /// Whether the request certainly changed nothing: it was not sent, not started, or refused. Of a write that failed in
    /// any other way (no answer, a broken connection, 500, 502, 504, an answer that cannot be read) nobody knows.
    pub(crate) fn changed_nothing(&self) -> bool {
        let refused = |status: u16| (400..500).contains(&status) && status != REQUEST_TIMEOUT;
        matches!(self, Self::InvalidArgument { .. })
            || crate::retry::not_started(self)
            || self.failure().is_some_and(|failure| refused(failure.status))
    }

    /// Stable name of the class, one of [`ERROR_TYPES`].
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::Auth(_) => "SalesforceAuthFailed",
            Self::LoginRateExceeded(_) => "SalesforceLoginRateExceeded",
            Self::SessionExpired(_) => "SalesforceSessionExpired",
            Self::RequestLimitExceeded(_) => REQUEST_LIMIT_EXCEEDED,
            Self::ConcurrencyLimit(_) => "SalesforceConcurrencyLimit",
            Self::RowLocked(_) => "SalesforceRowLocked",
            Self::Unavailable(_) => "SalesforceUnavailable",
            Self::Timeout { .. } => "SalesforceTimeout",
            Self::Network { .. } => "SalesforceNetwork",
            Self::Permission(_) => "SalesforcePermission",
            Self::NotFound(_) => "SalesforceNotFound",
            Self::InvalidQuery(_) => "SalesforceInvalidQuery",
            Self::QueryLocatorExpired(_) => "SalesforceQueryLocatorExpired",
            Self::QueryTimeout(_) => "SalesforceQueryTimeout",
            Self::Precondition(_) => "SalesforcePreconditionFailed",
            Self::ApiVersionRetired(_) => "SalesforceApiVersionRetired",
            Self::BulkNotSupported(_) => "SalesforceBulkNotSupported",
            Self::JobFailed(_) => "SalesforceJobFailed",
            Self::Rejected(_) => "SalesforceRejected",
            Self::Protocol { .. } => "SalesforceProtocol",
            Self::InvalidArgument { .. } => "SalesforceInvalidArgument",
        }
    }

    /// What a person can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Auth(failure) => auth_hint(failure),
            Self::LoginRateExceeded(_) => {
                "Salesforce limits logins per user and hour; wait an hour, and run fewer processes with this user"
            }
            Self::SessionExpired(_) => {
                "check the session policies and login IP ranges of the integration user and its connected app"
            }
            Self::RequestLimitExceeded(_) => {
                "the 24-hour API allocation is used up; resume later, or ask Salesforce for more API calls"
            }
            Self::ConcurrencyLimit(_) => {
                "lower the concurrency, or run when other integrations are quiet"
            }
            Self::RowLocked(_) => {
                "another process works on the same account; the row is worth another try"
            }
            Self::Unavailable(_) => {
                "see https://status.salesforce.com for the org's instance, then resume"
            }
            Self::Timeout { .. } => {
                "resume later; if it stays, use smaller pages or a narrower filter"
            }
            Self::Network { .. } => {
                "check login_url, DNS, and that the function's network can reach Salesforce on port 443"
            }
            Self::Permission(_) => {
                "give the integration user API access, read access to the object, and field-level security on every field of the query"
            }
            Self::NotFound(_) => {
                "the record or job was deleted, the name is misspelt, the integration user may not see it, or the org does not serve api_version"
            }
            Self::InvalidQuery(_) => {
                "check the object name, the field names and the filter of the configuration"
            }
            Self::QueryLocatorExpired(_) => "start the query again; cursors live for 2 days",
            Self::QueryTimeout(_) => {
                "narrow the filter to indexed fields, or use the Bulk API without ORDER BY"
            }
            Self::Precondition(_) => "somebody edited the record; read it again before deciding",
            Self::ApiVersionRetired(_) => {
                "set api_version in the Salesforce secret to a version the org lists"
            }
            Self::BulkNotSupported(_) => {
                "read and update this object by REST instead of the Bulk API"
            }
            Self::JobFailed(_) => "open the job in Setup > Bulk Data Load Jobs, then run it again",
            Self::Rejected(_) => {
                "the code and message above are Salesforce's own; look them up in its API documentation"
            }
            Self::Protocol { .. } => {
                "check that login_url is a Salesforce org and that no proxy or login page answers in its place"
            }
            Self::InvalidArgument { .. } => {
                "correct the configuration and run again; nothing was sent to Salesforce"
            }
        }
    }

    /// What Salesforce answered, if the failure is an answer.
    pub(crate) fn failure(&self) -> Option<&ApiFailure> {
        match self {
            Self::Auth(failure)
            | Self::LoginRateExceeded(failure)
            | Self::SessionExpired(failure)
            | Self::RequestLimitExceeded(failure)
            | Self::ConcurrencyLimit(failure)
            | Self::RowLocked(failure)
            | Self::Unavailable(failure)
            | Self::Permission(failure)
            | Self::NotFound(failure)
            | Self::InvalidQuery(failure)
            | Self::QueryLocatorExpired(failure)
            | Self::QueryTimeout(failure)
            | Self::Precondition(failure)
            | Self::ApiVersionRetired(failure)
            | Self::BulkNotSupported(failure)
            | Self::JobFailed(failure)
            | Self::Rejected(failure) => Some(failure),
            Self::Timeout { .. }
            | Self::Network { .. }
            | Self::Protocol { .. }
            | Self::InvalidArgument { .. } => None,
        }
    }

    /// What this client was doing.
    pub(crate) fn operation(&self) -> &'static str {
        match self {
            Self::Timeout { operation, .. }
            | Self::Network { operation, .. }
            | Self::Protocol { operation, .. }
            | Self::InvalidArgument { operation, .. } => operation,
            Self::Auth(failure)
            | Self::LoginRateExceeded(failure)
            | Self::SessionExpired(failure)
            | Self::RequestLimitExceeded(failure)
            | Self::ConcurrencyLimit(failure)
            | Self::RowLocked(failure)
            | Self::Unavailable(failure)
            | Self::Permission(failure)
            | Self::NotFound(failure)
            | Self::InvalidQuery(failure)
            | Self::QueryLocatorExpired(failure)
            | Self::QueryTimeout(failure)
            | Self::Precondition(failure)
            | Self::ApiVersionRetired(failure)
            | Self::BulkNotSupported(failure)
            | Self::JobFailed(failure)
            | Self::Rejected(failure) => failure.operation,
        }
    }

    /// The wait Salesforce asked for, if it did.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.failure().and_then(|failure| failure.retry_after)
    }
}

/// Login errors have few causes, and each has its own remedy:
/// <https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_flow_errors.htm>.
fn auth_hint(failure: &ApiFailure) -> &'static str {
    let message = failure.message.to_lowercase();
    if message.contains("hasn't approved") || message.contains("has not approved") {
        "pre-authorize the user: set the connected app to admin approved users and assign its permission set"
    } else if message.contains("audience") {
        "use login_url https://login.salesforce.com for production and https://test.salesforce.com for a sandbox, or set audience"
    } else if message.contains("client credentials user") {
        "choose a Run As user in the connected app's client credentials flow"
    } else if message.contains("assertion") || message.contains("signature") {
        "upload the certificate that belongs to private_key to the connected app"
    } else if failure.code.eq_ignore_ascii_case("invalid_client_id")
        || failure.code.eq_ignore_ascii_case("invalid_client")
    {
        "check client_id and client_secret; a new connected app takes about ten minutes to work"
    } else {
        "check client_id, username and login_url in the Salesforce secret, and the login history of the user in Setup"
    }
}

#[cfg(test)]
mod tests;
