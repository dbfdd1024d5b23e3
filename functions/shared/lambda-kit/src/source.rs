//! The stack's access to the source, and to places that are compared.

use drayage_aws::clients::Clients;
use drayage_aws::inventory::S3Place;
use drayage_aws::secrets::{Secrets, SourceKeys};
use drayage_domain::reconcile::{Place, Side};
use drayage_domain::run::SourceAccess;
use drayage_domain::settings::Settings;
use secrecy::ExposeSecret;

use crate::error::{FunctionError, INTERNAL, SECRET_INVALID, SECRET_UNAVAILABLE};

/// The keys of the source, where it is reached with keys.
pub async fn keys(
    clients: &Clients,
    settings: &Settings,
    access: SourceAccess,
) -> Result<Option<SourceKeys>, FunctionError> {
    let (SourceAccess::Keys, Some(name)) = (access, &settings.source_secret) else {
        return Ok(None);
    };
    let secret = Secrets::new(clients.secrets.clone())
        .get(name)
        .await
        .map_err(|error| FunctionError::new(SECRET_UNAVAILABLE, error.to_string()))?;
    SourceKeys::from_json(secret.expose_secret())
        .map(Some)
        .map_err(|error| FunctionError::new(SECRET_INVALID, format!("secret {name}: {error}")))
}

/// A bucket that is compared: the source with the stack's access to it, the destination with our own role.
pub async fn place(
    clients: &Clients,
    settings: &Settings,
    place: &Place,
    side: Side,
) -> Result<S3Place, FunctionError> {
    let bucket = place.bucket.clone().ok_or_else(|| {
        FunctionError::new(INTERNAL, format!("{} is not a bucket", place.description))
    })?;
    let keys = match side {
        Side::Source => keys(clients, settings, settings.source_access).await?,
        Side::Destination => None,
    };
    let client = match keys {
        Some(keys) => clients.s3_with_keys(&keys),
        None => clients.s3.clone(),
    };
    Ok(S3Place { client, bucket, prefix: place.prefix.clone() })
}
