//! Whether both places can be used, before anything is started.

use drayage_aws::clients::Clients;
use drayage_aws::objects::{Storage, StorageError};
use drayage_aws::secrets::BucketKeys;
use drayage_domain::problem::Problem;
use drayage_domain::reconcile::input::ReconcileInput;
use drayage_domain::reconcile::{Place, Side};
use drayage_domain::settings::Settings;
use drayage_lambda_kit::error::{FunctionError, STORAGE_UNAVAILABLE};
use drayage_lambda_kit::{buckets, sources};

/// Checks the places of a run, and returns them with their endpoints. What cannot be listed is left to the comparison, which
/// names it; what cannot be written would fail every object.
pub(crate) async fn check(
    clients: &Clients,
    settings: &Settings,
    input: &ReconcileInput,
    run_id: &str,
) -> Result<(Place, Place), FunctionError> {
    let source = input.source_place(settings);
    let source = if source.bucket.is_some() {
        usable(clients, settings, source, Side::Source).await?.0
    } else {
        source
    };
    let destination = input.destination_place(settings);
    let (destination, storage) = usable(clients, settings, destination, Side::Destination).await?;
    if input.fixes() && input.source.is_some() {
        storage
            .check_writable(&buckets::name(&destination)?, &destination.prefix, run_id)
            .await
            .map_err(|error| unusable(Side::Destination, &error))?;
    }
    Ok((source, destination))
}

/// A place whose bucket exists, with its endpoint.
async fn usable(
    clients: &Clients,
    settings: &Settings,
    place: Place,
    side: Side,
) -> Result<(Place, Storage), FunctionError> {
    let keys = buckets::keys_of(clients, settings, &place, side).await?;
    let client = match (&keys, side) {
        (Some(keys), _) => clients.s3_with_keys(keys),
        (None, Side::Source) => {
            sources::check_role(clients, settings).await?;
            clients.s3_of_source(&settings.source_account).await
        }
        (None, Side::Destination) => clients.s3(),
    };
    let storage = Storage::new(client);
    match storage.check_bucket(&buckets::name(&place)?).await {
        Ok(()) | Err(StorageError::Denied { .. } | StorageError::Lacking { .. }) => {}
        Err(error) => return Err(unusable(side, &error)),
    }
    let endpoint = keys.as_ref().and_then(|keys: &BucketKeys| keys.endpoint.clone());
    Ok((Place { endpoint, ..place }, storage))
}

/// A place that cannot be used is a wrong input; one that does not answer may answer later.
fn unusable(side: Side, error: &StorageError) -> FunctionError {
    if error.retryable() {
        return FunctionError::new(STORAGE_UNAVAILABLE, format!("{}: {error}", side.name()));
    }
    FunctionError::input(&[Problem::from_error(side.name(), error)])
}
