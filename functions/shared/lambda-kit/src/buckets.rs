//! Access to buckets: with the functions' roles, or with keys from a secret of the stack.

use drayage_aws::clients::Clients;
use drayage_aws::inventory::S3Place;
use drayage_aws::secrets::{BucketKeys, Secrets};
use drayage_domain::reconcile::{BucketAccess, Place, Side};
use drayage_domain::settings::Settings;
use secrecy::ExposeSecret;

use crate::error::{
    CONFIGURATION_INVALID, FunctionError, INTERNAL, SECRET_INVALID, SECRET_UNAVAILABLE,
};

/// The keys in a secret.
pub async fn keys(clients: &Clients, secret: &str) -> Result<BucketKeys, FunctionError> {
    let text = Secrets::new(clients.secrets())
        .get(secret)
        .await
        .map_err(|error| FunctionError::new(SECRET_UNAVAILABLE, error.to_string()))?;
    let keys = BucketKeys::from_json(text.expose_secret())
        .map_err(|error| FunctionError::new(SECRET_INVALID, format!("secret {secret}: {error}")))?;
    if !keys.endpoint_is_within(clients.reach()) {
        let message = format!(
            "secret {secret}: endpoint: names this machine, which on AWS is the Lambda runtime; hint: give the service's own address"
        );
        return Err(FunctionError::new(SECRET_INVALID, message));
    }
    Ok(keys)
}

/// The keys of the stack for a place of that side; `None` where it is reached with roles.
pub async fn keys_of(
    clients: &Clients,
    settings: &Settings,
    place: &Place,
    side: Side,
) -> Result<Option<BucketKeys>, FunctionError> {
    let secret = match (place.access, side) {
        (BucketAccess::Role, _) => return Ok(None),
        (BucketAccess::Keys, Side::Source) => &settings.source_secret,
        (BucketAccess::Keys, Side::Destination) => &settings.destination_secret,
    };
    let secret = secret.as_ref().ok_or_else(|| {
        let message = format!("the stack has no secret with the keys of {}", place.description);
        FunctionError::new(CONFIGURATION_INVALID, message)
    })?;
    keys(clients, secret).await.map(Some)
}

/// A bucket that is listed and read.
pub async fn place(
    clients: &Clients,
    settings: &Settings,
    place: &Place,
    side: Side,
) -> Result<S3Place, FunctionError> {
    let keys = keys_of(clients, settings, place, side).await?;
    let client = match (keys, side) {
        (Some(keys), _) => clients.s3_with_keys(&keys),
        (None, Side::Source) => clients.s3_of_source(&settings.source_account).await,
        (None, Side::Destination) => clients.s3(),
    };
    Ok(S3Place { client, bucket: name(place)?, prefix: place.prefix.clone() })
}

/// The name of a place that is a bucket.
pub fn name(place: &Place) -> Result<String, FunctionError> {
    let none = || FunctionError::new(INTERNAL, format!("{} is not a bucket", place.description));
    place.bucket.clone().ok_or_else(none)
}
