//! The single checks, each with its error name.

pub(crate) mod backups;
pub(crate) mod budget;
pub(crate) mod object;
pub(crate) mod rollback;

use drayage_aws::objects::Storage;
use drayage_domain::settings::Settings;
use drayage_lambda_kit::error::{
    DESTINATION_UNAVAILABLE, FunctionError, SECRET_INVALID, STORAGE_UNAVAILABLE,
};
use drayage_salesforce::{Client, SalesforceError};

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
