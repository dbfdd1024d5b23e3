//! Whether the account bears what the stack lets run at a time.
//!
//! A run that cannot work is refused by name. What could not be asked refuses nothing: a role of an older stack may not ask, and a
//! service may be away for a moment.

use drayage_aws::clients::Clients;
use drayage_aws::quotas::{self, QuotaError};
use drayage_domain::capacity::{self, Finding};
use drayage_domain::settings::Settings;
use drayage_lambda_kit::error::FunctionError;

/// One quota and what was found about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The name of the check.
    pub(crate) name: &'static str,
    /// What was found; an error is a sentence with its hint.
    pub(crate) found: Result<Finding, String>,
}

/// Asks for every quota.
pub(crate) async fn ask(clients: &Clients, settings: &Settings) -> [Asked; 3] {
    let (lambda, tables) = tokio::join!(quotas::lambda(clients), quotas::tables(clients));
    let per_second = capacity::files_per_second(settings.concurrency, settings.copy_concurrency);
    [
        asked("lambda_concurrency", "lambda:GetAccountSettings", lambda, |quota| {
            capacity::lambda(settings, quota)
        }),
        asked("table_throughput", "dynamodb:DescribeLimits", tables, |quota| {
            capacity::tables(per_second, quota)
        }),
        Asked {
            name: "salesforce_concurrency",
            found: Ok(capacity::salesforce(settings.concurrency.switch)),
        },
    ]
}

/// Refuses a run that cannot work.
pub(crate) async fn check(clients: &Clients, settings: &Settings) -> Result<(), FunctionError> {
    let mut problems = Vec::new();
    for Asked { name, found } in ask(clients, settings).await {
        match found {
            Ok(Finding::Fits(_)) => {}
            Ok(Finding::Slow(told)) | Err(told) => tracing::warn!(check = name, "{told}"),
            Ok(Finding::Refused(problem)) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(FunctionError::configuration(&problems)) }
}

fn asked<Q>(
    name: &'static str,
    action: &str,
    quota: Result<Q, QuotaError>,
    judge: impl FnOnce(Q) -> Finding,
) -> Asked {
    let found = match quota {
        Ok(quota) => Ok(judge(quota)),
        Err(QuotaError::Denied(told)) => Err(format!(
            "it could not be checked: {told}; hint: let the preflight function's role do {action}, as the template does"
        )),
        Err(QuotaError::Unavailable(told)) => {
            Err(format!("it could not be checked: {told}; hint: try again"))
        }
    };
    Asked { name, found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_that_cannot_be_asked_for_is_no_refusal() {
        let fits = |(): ()| Finding::Fits("enough".to_owned());
        let told = |error| asked("x", "a:B", Err(error), fits).found.unwrap_err();
        let denied = told(QuotaError::Denied("no".to_owned()));
        assert!(denied.contains("could not be checked: no") && denied.contains("a:B"), "{denied}");
        assert!(told(QuotaError::Unavailable("gone".to_owned())).contains("hint: try again"));
        assert_eq!(asked("x", "a:B", Ok(()), fits).found, Ok(Finding::Fits("enough".to_owned())));
    }
}
