//! The single checks, each with its error name.

pub(crate) mod backups;
pub(crate) mod budget;
pub(crate) mod object;
pub(crate) mod rollback;

use drayage_aws::clients::Clients;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::Storage;
use drayage_domain::org::Org;
use drayage_domain::record::ObjectFields;
use drayage_domain::run::{SourceAccess, Work};
use drayage_domain::settings::Settings;
use drayage_lambda_kit::error::{
    DESTINATION_UNAVAILABLE, FunctionError, SECRET_INVALID, STORAGE_UNAVAILABLE,
};
use drayage_lambda_kit::{buckets, salesforce, sources};
use drayage_salesforce::{Client, Organization, SalesforceError};

/// What the last check has learnt, if all have passed. Where some fail: the name of the first, and the problems of each, so that what
/// is wrong in one place does not hide what is wrong in another.
pub(crate) fn together<T, const N: usize>(
    results: [Result<(), FunctionError>; N],
    last: Result<T, FunctionError>,
) -> Result<T, FunctionError> {
    let mut errors = results.into_iter().filter_map(Result::err);
    let Some(mut first) = errors.next() else { return last };
    for error in errors.chain(last.err()) {
        first.message = format!("{}\n{}", first.message, error.message);
    }
    Err(first)
}

/// The source's secret, if there is one, has to be readable and of the right shape: otherwise every file would look forbidden.
pub(crate) async fn source_secret(
    clients: &Clients,
    settings: &Settings,
) -> Result<(), FunctionError> {
    match &settings.source_secret {
        Some(secret) => buckets::keys(clients, secret).await.map(drop),
        None => Ok(()),
    }
}

/// The org, signed in to, and what it says of the sObject and its fields, which have to be readable.
pub(crate) async fn readable_org(
    clients: &Clients,
    settings: &Settings,
    fields: &ObjectFields,
) -> Result<(Client, object::Found), FunctionError> {
    let client = salesforce::connect(clients, &settings.salesforce_secret).await?;
    api_version(&client).await?;
    let found = object::check(&client, fields, object::Use::Read).await?;
    Ok((client, found))
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
        assert_eq!(together([Ok(()), Ok(())], Ok(7)), Ok(7));
        let error = |name, told: &str| Err(FunctionError::new(name, told.to_owned()));
        for last in [error(SECRET_INVALID, "no key"), Ok(())] {
            let results = [Ok(()), error(DESTINATION_UNAVAILABLE, "no bucket"), last.clone()];
            let found = together(results, error(SECRET_INVALID, "no org")).unwrap_err();
            let told = if last.is_ok() { "no bucket\nno org" } else { "no bucket\nno key\nno org" };
            assert_eq!((found.name, found.message.as_str()), (DESTINATION_UNAVAILABLE, told));
        }
        assert_eq!(
            together([Ok(())], error(SECRET_INVALID, "no org")).unwrap_err().message,
            "no org"
        );
    }
}
