//! The single checks, each with its error name.

pub(crate) mod backups;
pub(crate) mod budget;
pub(crate) mod object;
pub(crate) mod rollback;

use drayage_aws::clients::Clients;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::Storage;
use drayage_domain::org::Org;
use drayage_domain::run::{SourceAccess, Work};
use drayage_domain::settings::Settings;
use drayage_lambda_kit::error::{
    DESTINATION_UNAVAILABLE, FunctionError, SECRET_INVALID, STORAGE_UNAVAILABLE,
};
use drayage_lambda_kit::sources;
use drayage_salesforce::{Client, Organization, SalesforceError};

/// All of what several checks have found: where some fail, the name of the first and the problems of each.
pub(crate) fn together<const N: usize>(
    results: [Result<(), FunctionError>; N],
) -> Result<(), FunctionError> {
    let mut errors = results.into_iter().filter_map(Result::err);
    let Some(mut first) = errors.next() else { return Ok(()) };
    for error in errors {
        first.message = format!("{}\n{}", first.message, error.message);
    }
    Err(first)
}

/// The bucket that files are copied into has to be there and ours to use.
pub(crate) async fn destination_bucket(
    storage: &Storage,
    settings: &Settings,
) -> Result<(), FunctionError> {
    storage
        .check_bucket(&settings.destination_bucket)
        .await
        .map_err(|error| FunctionError::new(DESTINATION_UNAVAILABLE, error.to_string()))
}

/// The bucket with manifests and summaries has to be there and ours to use.
pub(crate) async fn state_bucket(
    storage: &Storage,
    settings: &Settings,
) -> Result<(), FunctionError> {
    storage
        .check_bucket(&settings.state_bucket)
        .await
        .map_err(|error| FunctionError::new(STORAGE_UNAVAILABLE, error.to_string()))
}

/// The role of the source's account has to be ours to take on, where sources are read with one.
pub(crate) async fn source_role(
    clients: &Clients,
    settings: &Settings,
) -> Result<(), FunctionError> {
    match settings.source_access {
        SourceAccess::Role => sources::check_role(clients, settings).await,
        SourceAccess::Keys | SourceAccess::Https => Ok(()),
    }
}

/// The org has to serve the API version: an unserved one answers "not found" to everything.
pub(crate) async fn api_version(client: &Client) -> Result<(), FunctionError> {
    let session = client.login().await?;
    let served = match client.versions().await {
        Ok(served) => served,
        // A gateway in front of the org may hide the list; the calls that follow tell the same, less plainly.
        Err(error @ SalesforceError::NotFound(_)) => {
            tracing::warn!(%error, "the org does not list its API versions");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    if served.contains(&session.api_version) {
        return Ok(());
    }
    let newest = served.last().map_or("none", String::as_str);
    Err(FunctionError::new(
        SECRET_INVALID,
        format!(
            "api_version: the org does not serve API version {}; hint: set one that it serves, such as {newest}",
            session.api_version
        ),
    ))
}

/// The org as its own record describes it; `None` where the user may not see that.
pub(crate) async fn org(client: &Client) -> Result<Option<Org>, FunctionError> {
    let Some(Organization { id, name, is_sandbox }) = client.organization().await? else {
        tracing::warn!("the user may not see the org's own record");
        return Ok(None);
    };
    Ok(Some(Org { id, name, is_sandbox }))
}

/// The same for a step of the run `parent`, which has asked before: an org is asked once per run.
pub(crate) async fn org_of_step(
    client: &Client,
    ledger: &Ledger,
    parent: Option<&str>,
) -> Result<Option<Org>, FunctionError> {
    let asked_by_parent = match parent {
        Some(parent) => ledger.run(parent).await?.and_then(|run| match run.work {
            Work::Records(options) => options.org,
            Work::Urls(options) => options.org,
            Work::Objects(_) | Work::Comparison => None,
        }),
        None => None,
    };
    match asked_by_parent {
        Some(org) => Ok(Some(org)),
        None => org(client).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_checks_have_found_is_told_at_once_under_the_name_of_the_first() {
        assert_eq!(together([Ok(()), Ok(())]), Ok(()));
        let error = |name, told: &str| Err(FunctionError::new(name, told.to_owned()));
        let found = together([
            Ok(()),
            error(DESTINATION_UNAVAILABLE, "no bucket"),
            error(SECRET_INVALID, "no key"),
        ]);
        let found = found.unwrap_err();
        assert_eq!(
            (found.name, found.message.as_str()),
            (DESTINATION_UNAVAILABLE, "no bucket\nno key")
        );
    }
}
