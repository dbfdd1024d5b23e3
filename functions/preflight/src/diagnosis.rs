//! Looks at everything that a run needs, and starts nothing: no lock is taken, no run is recorded, nothing is written.
//!
//! The checks are those that runs are started by. Here one that fails does not keep the others from being made.

mod salesforce;
mod services;

use drayage_aws::clients::Clients;
use drayage_domain::diagnosis::Diagnosis;
use drayage_domain::switch::plan::{Check, CheckState};
use drayage_lambda_kit::config;
use drayage_lambda_kit::error::FunctionError;

/// What is found.
pub(crate) async fn diagnose(clients: &Clients) -> Diagnosis {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let settings = match config::from_environment() {
        Ok(settings) => settings,
        // Nothing else can be looked for without them.
        Err(error) => {
            let checks = vec![failed("settings", &error)];
            return Diagnosis { version, checks, ..Diagnosis::default() };
        }
    };
    let (org, services) =
        tokio::join!(salesforce::look(clients, &settings), services::look(clients, &settings));
    let mut checks = vec![passed("settings", "every setting of the stack is understood")];
    checks.extend(org.checks);
    checks.extend(services);
    Diagnosis { version, checks, ..org }
}

/// It holds.
fn passed(name: &str, found: impl Into<String>) -> Check {
    Check { name: name.to_owned(), state: CheckState::Passed, found: found.into() }
}

/// It holds for what comes first, and a person should know.
fn warning(name: &str, found: &str) -> Check {
    Check { name: name.to_owned(), state: CheckState::Warning, found: hinted(found) }
}

/// It does not hold.
fn failed(name: &str, error: &FunctionError) -> Check {
    Check { name: name.to_owned(), state: CheckState::Failed, found: hinted(&error.message) }
}

/// What a check function has said; `good` where it had nothing to say.
fn told(name: &str, result: Result<(), FunctionError>, good: impl Into<String>) -> Check {
    match result {
        Ok(()) => passed(name, good),
        Err(error) => failed(name, &error),
    }
}

/// Every line with its hint behind it, as everywhere else; a text without any gets one.
fn hinted(text: &str) -> String {
    // Problems of a secret have their hints on lines of their own.
    let text = text.replace("\n  hint: ", "; hint: ");
    if text.contains("hint: ") {
        return text;
    }
    format!("{text}; hint: try again; if it stays, the log of the preflight function has more")
}

#[cfg(test)]
mod tests {
    use drayage_lambda_kit::error::{SECRET_INVALID, STORAGE_UNAVAILABLE};

    use super::*;

    #[test]
    fn what_does_not_hold_has_a_hint_in_one_form() {
        let secret =
            FunctionError::new(SECRET_INVALID, "secret s: 1 problem\nauth: wrong\n  hint: fix it");
        assert_eq!(failed("x", &secret).found, "secret s: 1 problem\nauth: wrong; hint: fix it");
        let storage = FunctionError::new(STORAGE_UNAVAILABLE, "no answer");
        let check = failed("x", &storage);
        assert_eq!(check.state, CheckState::Failed);
        assert!(check.found.starts_with("no answer; hint: "));
        assert!(warning("x", "odd").found.contains("hint: "));
    }

    #[test]
    fn what_holds_is_told_as_such() {
        assert_eq!(told("x", Ok(()), "there"), passed("x", "there"));
    }
}
