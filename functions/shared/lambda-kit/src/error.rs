//! What a function fails with: a name that the state machine's `Retry` and `Catch` match on, and a message for people.

use drayage_aws::ledger::LedgerError;
use drayage_domain::problem::{self, Problem};
use drayage_salesforce::SalesforceError;

/// The settings of the stack are wrong; nothing was started.
pub const CONFIGURATION_INVALID: &str = "ConfigurationInvalid";
/// The execution's input is wrong; nothing was started.
pub const INPUT_INVALID: &str = "InputInvalid";
/// Another run is under way in the same destination.
pub const RUN_LOCKED: &str = "RunLocked";
/// The run is not in the ledger.
pub const RUN_UNKNOWN: &str = "RunUnknown";
/// A secret cannot be read just now.
pub const SECRET_UNAVAILABLE: &str = "SecretUnavailable";
/// A secret has not the shape that it must have.
pub const SECRET_INVALID: &str = "SecretInvalid";
/// The destination bucket cannot be used.
pub const DESTINATION_UNAVAILABLE: &str = "DestinationUnavailable";
/// The state bucket cannot be used just now.
pub const STORAGE_UNAVAILABLE: &str = "StorageUnavailable";
/// The ledger cannot be used just now.
pub const LEDGER_UNAVAILABLE: &str = "LedgerUnavailable";
/// A ledger item cannot be understood.
pub const LEDGER_CORRUPT: &str = "LedgerCorrupt";
/// Somebody else has changed a ledger item meanwhile.
pub const LEDGER_CONFLICT: &str = "LedgerConflict";
/// Salesforce returned another number of records than it said.
pub const ENUMERATION_INCOMPLETE: &str = "EnumerationIncomplete";
/// A batch could not be processed in the allowed number of deliveries.
pub const BATCH_DEAD_LETTERED: &str = "BatchDeadLettered";
/// The manifest of a batch cannot be read.
pub const MANIFEST_INVALID: &str = "ManifestInvalid";
/// The plan is not the one that was reviewed.
pub const PLAN_CHANGED: &str = "PlanChanged";
/// Something that has to hold before records are written does not.
pub const NOT_READY: &str = "NotReady";
/// A rollback file cannot be used.
pub const ROLLBACK_FILE_INVALID: &str = "RollbackFileInvalid";
/// Something else went wrong.
pub const INTERNAL: &str = "InternalError";

/// Every name above. The state machine linter holds the definitions against this list and against
/// [`drayage_salesforce::ERROR_TYPES`].
pub const ERROR_NAMES: [&str; 18] = [
    CONFIGURATION_INVALID,
    INPUT_INVALID,
    RUN_LOCKED,
    RUN_UNKNOWN,
    SECRET_UNAVAILABLE,
    SECRET_INVALID,
    DESTINATION_UNAVAILABLE,
    STORAGE_UNAVAILABLE,
    LEDGER_UNAVAILABLE,
    LEDGER_CORRUPT,
    LEDGER_CONFLICT,
    ENUMERATION_INCOMPLETE,
    BATCH_DEAD_LETTERED,
    MANIFEST_INVALID,
    PLAN_CHANGED,
    NOT_READY,
    ROLLBACK_FILE_INVALID,
    INTERNAL,
];

/// The error of a function.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub struct FunctionError {
    /// One of [`ERROR_NAMES`] or of [`drayage_salesforce::ERROR_TYPES`].
    pub name: &'static str,
    /// What, where, and what to do. No secret, no personal data.
    pub message: String,
}

impl FunctionError {
    /// An error of that name.
    pub fn new(name: &'static str, message: impl Into<String>) -> Self {
        Self { name, message: message.into() }
    }

    /// All problems of the settings.
    pub fn configuration(problems: &[Problem]) -> Self {
        Self::new(CONFIGURATION_INVALID, problem::joined(problems))
    }

    /// All problems of an execution's input.
    pub fn input(problems: &[Problem]) -> Self {
        Self::new(INPUT_INVALID, problem::joined(problems))
    }

    /// A run that the ledger does not know.
    pub fn run_unknown(run_id: &str) -> Self {
        Self::new(
            RUN_UNKNOWN,
            format!("run {run_id} is not in the ledger; hint: start it through its state machine"),
        )
    }

    /// A run that works on something else than the function.
    pub fn other_work(run_id: &str) -> Self {
        Self::new(
            INTERNAL,
            format!(
                "run {run_id} works on something else; hint: start it through its state machine"
            ),
        )
    }

    /// A failure that has no name of its own.
    pub fn internal(error: &impl std::fmt::Display) -> Self {
        Self::new(INTERNAL, error.to_string())
    }
}

impl From<LedgerError> for FunctionError {
    fn from(error: LedgerError) -> Self {
        Self::new(error.error_type(), error.to_string())
    }
}

impl From<SalesforceError> for FunctionError {
    fn from(error: SalesforceError) -> Self {
        Self::new(error.error_type(), format!("{error}; hint: {}", error.hint()))
    }
}

#[cfg(test)]
mod tests {
    use drayage_domain::remedy::ERROR_REMEDIES;
    use drayage_salesforce::ERROR_TYPES;

    use super::*;

    #[test]
    fn people_are_told_what_to_do_about_every_error_name() {
        for name in ERROR_NAMES.iter().chain(&ERROR_TYPES) {
            let known = ERROR_REMEDIES.iter().any(|(known, _)| known == name);
            assert!(known, "{name} is not in drayage_domain::remedy::ERROR_REMEDIES");
        }
    }
}
