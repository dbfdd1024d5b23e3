//! Whether the account bears what a run lets work at a time: asked before it starts, by whichever function starts it.
//!
//! A run that cannot work is refused by name. What could not be asked refuses nothing: a role of an older stack may not ask, and a
//! service may be away for a moment.

use drayage_aws::clients::Clients;
use drayage_aws::ledger::Ledger;
use drayage_aws::quotas::{self, QuotaError};
use drayage_domain::capacity::{self, Finding, Planned, TableQuota, WarmWrites};
use drayage_domain::settings::Settings;

use crate::error::FunctionError;

/// One quota and what was found about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The name of the check.
    pub name: &'static str,
    /// What was found; an error is a sentence with its hint.
    pub found: Result<Finding, String>,
}

/// Asks for every quota that matters to what is planned. Needs `lambda:GetAccountSettings`; where rows are written also
/// `dynamodb:DescribeLimits`, and `dynamodb:DescribeTable` of the table of files.
pub async fn ask(clients: &Clients, settings: &Settings, planned: Planned) -> Vec<Asked> {
    let (lambda, tables) = tokio::join!(quotas::lambda(clients), async {
        if planned.rows { Some(table_quota(clients, settings).await) } else { None }
    });
    let mut all = vec![asked("lambda_concurrency", "lambda:GetAccountSettings", lambda, |quota| {
        capacity::lambda(settings, planned, quota)
    })];
    all.extend(tables.map(|quota| {
        let per_second =
            capacity::files_per_second(settings.concurrency, settings.copy_concurrency);
        asked("table_throughput", "dynamodb:DescribeLimits", quota, |quota| {
            capacity::tables(per_second, quota)
        })
    }));
    if planned.lanes > 0 {
        let found = Ok(capacity::salesforce(planned.lanes));
        all.push(Asked { name: "salesforce_concurrency", found });
    }
    all
}

/// Refuses a run that cannot work.
pub async fn check(
    clients: &Clients,
    settings: &Settings,
    planned: Planned,
) -> Result<(), FunctionError> {
    let mut problems = Vec::new();
    for Asked { name, found } in ask(clients, settings, planned).await {
        match found {
            Ok(Finding::Fits(_)) => {}
            Ok(Finding::Slow(told)) | Err(told) => tracing::warn!(check = name, "{told}"),
            Ok(Finding::Refused(found)) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(FunctionError::configuration(&problems)) }
}

async fn table_quota(clients: &Clients, settings: &Settings) -> Result<TableQuota, QuotaError> {
    let ledger = Ledger::new(clients.dynamodb(), &settings.files_table, &settings.runs_table);
    let (table_writes, warm) = tokio::join!(quotas::tables(clients), ledger.warm_writes());
    let warm = warm.unwrap_or_else(|error| {
        tracing::warn!(%error, "the table of files does not tell what it takes at once; taken for a new one");
        WarmWrites::default()
    });
    Ok(TableQuota { table_writes: table_writes?, warm })
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
            "it could not be checked: {told}; hint: let the function's role do {action}, as the template does"
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
