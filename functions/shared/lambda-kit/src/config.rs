//! The environment, read in one place.

use drayage_domain::settings::Settings;

use crate::error::FunctionError;

/// The stack's settings from the environment variables that the template sets; every problem at once.
pub fn from_environment() -> Result<Settings, FunctionError> {
    Settings::from_lookup(variable).map_err(|problems| FunctionError::configuration(&problems))
}

/// The log filter, such as `info` or `drayage=debug`.
pub fn log_filter() -> String {
    variable("DRAYAGE_LOG_LEVEL").filter(|level| !level.is_empty()).unwrap_or_else(|| "info".into())
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
