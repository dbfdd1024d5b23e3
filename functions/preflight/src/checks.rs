//! The single checks, each with its error name.

pub(crate) mod backups;
pub(crate) mod budget;
pub(crate) mod object;
pub(crate) mod rollback;

use drayage_aws::ledger::Ledger;
use drayage_aws::objects::Storage;
use drayage_domain::org::Org;
use drayage_domain::run::Work;
use drayage_domain::settings::Settings;
use drayage_lambda_kit::error::{
    DESTINATION_UNAVAILABLE, FunctionError, SECRET_INVALID, STORAGE_UNAVAILABLE,
};
use drayage_salesforce::{Client, Organization, SalesforceError};

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
