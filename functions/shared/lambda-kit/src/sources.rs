//! Where the files of records are read from: with the stack's access, within the stack's allow-list.

use drayage_aws::clients::Clients;
use drayage_aws::objects::{HttpSource, HttpSourceOptions, S3Source, Sources};
use drayage_domain::allow_list::AllowList;
use drayage_domain::problem::Problem;
use drayage_domain::run::{RunOptions, SourceAccess};
use drayage_domain::settings::Settings;

use crate::buckets;
use crate::error::{CONFIGURATION_INVALID, FunctionError};

/// The sources of a run over records. The allow-list is the stack's, not the run's: what a run was planned with never widens what may
/// be asked.
pub async fn of_records(
    clients: &Clients,
    settings: &Settings,
    options: &RunOptions,
) -> Result<Sources, FunctionError> {
    let allow = AllowList::parse(&settings.source_hosts).map_err(|errors| {
        let problems: Vec<_> =
            errors.iter().map(|error| Problem::from_error("SourceHosts", error)).collect();
        FunctionError::configuration(&problems)
    })?;
    let s3 = match (options.source_access, &settings.source_secret) {
        (SourceAccess::Role, _) => Some(with_role(clients, settings).await),
        (SourceAccess::Keys, Some(secret)) => {
            let keys = buckets::keys(clients, secret).await?;
            Some(S3Source::new(clients.s3_with_keys(&keys), false))
        }
        (SourceAccess::Keys, None) | (SourceAccess::Https, _) => None,
    };
    Ok(Sources { s3, http: http(allow)? })
}

/// Source buckets that are read with a role. Bytes stay inside S3 where the role that reads is the one that writes.
pub async fn with_role(clients: &Clients, settings: &Settings) -> S3Source {
    let account = &settings.source_account;
    let client = clients.s3_of_source(account).await;
    S3Source::new(client, account.own_role()).requester_pays(account.requester_pays)
}

/// The role of the source's account, if there is one, has to be ours to take on.
pub async fn check_role(clients: &Clients, settings: &Settings) -> Result<(), FunctionError> {
    clients.check_source_role(&settings.source_account).await.map_err(|error| {
        let role = settings.source_account.role_arn.as_deref().unwrap_or_default();
        let message = format!(
            "SourceRoleArn: {role} cannot be taken on: {error}; hint: its trust policy has to name the functions' roles, and \
             ask for no other external id than SourceExternalId (docs/cross-account.md)"
        );
        FunctionError::new(CONFIGURATION_INVALID, message)
    })
}

/// Sources over HTTP within this allow-list.
pub fn http(allow: AllowList) -> Result<HttpSource, FunctionError> {
    HttpSource::new(HttpSourceOptions::new(allow)).map_err(|error| FunctionError::internal(&error))
}
