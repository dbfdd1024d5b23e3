//! The shards of a reconciliation: which keys one invocation after another compares, and what nobody can.

use drayage_aws::clients::Clients;
use drayage_aws::inventory::s3_inventory::S3InventoryReport;
use drayage_aws::inventory::{CutError, CutSide, cut};
use drayage_domain::problem::Problem;
use drayage_domain::reconcile::Side;
use drayage_domain::reconcile::input::{InventoryReport, ReconcileInput};
use drayage_domain::reconcile::ranges::KeyRange;
use drayage_domain::reconcile::work::{self, Reconciliation, Shard};
use drayage_domain::settings::Settings;
use drayage_lambda_kit::buckets;
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::{FunctionError, STORAGE_UNAVAILABLE};

/// Opens the reports that are to be read instead of listings, so that a report that cannot be used is told before anything
/// is started. How old a report is becomes part of the place's description.
pub(crate) async fn check_inventories(
    clients: &Clients,
    settings: &Settings,
    reconciliation: &mut Reconciliation,
) -> Result<(), FunctionError> {
    let mut problems = Vec::new();
    for side in [Side::Source, Side::Destination] {
        let Some(told) = report_of(&reconciliation.input, side).cloned() else { continue };
        let place = match side {
            Side::Source => &mut reconciliation.source,
            Side::Destination => &mut reconciliation.destination,
        };
        let bucket = buckets::place(clients, settings, place, side).await?;
        let opened = S3InventoryReport::open(bucket.client, &told.bucket, &told.manifest).await;
        match opened.and_then(|report| report.of_bucket(&bucket.bucket)) {
            Ok(report) => {
                let at = report.created_at().unwrap_or_else(|| "an unknown time".to_owned());
                place.description = format!("{}, S3 Inventory of {at}", place.description);
            }
            Err(error) if error.retryable() => {
                return Err(FunctionError::new(STORAGE_UNAVAILABLE, error.to_string()));
            }
            Err(error) => {
                problems.push(Problem::from_error(format!("{}.inventory", side.name()), &error));
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(FunctionError::input(&problems)) }
}

/// The shards of the first round. What cannot be read of the places is noted in `reconciliation`.
///
/// The ledger is one shard: it is scanned as a whole, and every further shard would scan it again.
pub(crate) async fn first(
    clients: &Clients,
    settings: &Settings,
    reconciliation: &mut Reconciliation,
) -> Result<Vec<Shard>, FunctionError> {
    if reconciliation.input.source.is_none() {
        return Ok(vec![Shard { number: 1, folder: String::new(), range: KeyRange::ALL }]);
    }
    let wanted = usize::try_from(reconciliation.input.shards()).unwrap_or(1);
    let source = cut_side(clients, settings, reconciliation, Side::Source).await?;
    let destination = cut_side(clients, settings, reconciliation, Side::Destination).await?;
    let cut = cut(&source, &destination, wanted).await.map_err(|error| not_listed(&error))?;
    reconciliation.unreadable = cut.unreadable;
    let numbered = (1..).zip(cut.pieces);
    Ok(numbered
        .map(|(number, piece)| Shard { number, folder: piece.folder, range: piece.range })
        .collect())
}

/// The shards of the first round, as they were written.
pub(crate) async fn earlier(
    documents: &Documents,
    run_id: &str,
) -> Result<Vec<Shard>, FunctionError> {
    let mut shards = Vec::new();
    for number in 1.. {
        match documents.find(&work::shard_key(run_id, 1, number)).await? {
            Some(shard) => shards.push(shard),
            None => break,
        }
    }
    Ok(shards)
}

async fn cut_side(
    clients: &Clients,
    settings: &Settings,
    reconciliation: &Reconciliation,
    side: Side,
) -> Result<CutSide, FunctionError> {
    let place = match side {
        Side::Source => &reconciliation.source,
        Side::Destination => &reconciliation.destination,
    };
    let place = buckets::place(clients, settings, place, side).await?;
    Ok(CutSide { place, listed: report_of(&reconciliation.input, side).is_none() })
}

fn report_of(input: &ReconcileInput, side: Side) -> Option<&InventoryReport> {
    let place = match side {
        Side::Source => &input.source,
        Side::Destination => &input.destination,
    };
    place.as_ref()?.inventory.as_ref()
}

/// A place that is not there is a wrong input; one that does not answer may answer later.
fn not_listed(error: &CutError) -> FunctionError {
    if error.error.retryable() {
        return FunctionError::new(STORAGE_UNAVAILABLE, error.to_string());
    }
    FunctionError::input(&[Problem::from_error(error.side.name(), &error.error)])
}

#[cfg(test)]
mod tests {
    use drayage_aws::inventory::InventoryError;
    use drayage_lambda_kit::error::INPUT_INVALID;

    use super::*;

    #[test]
    fn a_place_that_is_not_there_is_a_problem_of_the_input() {
        let (bucket, prefix) = ("b".to_owned(), "p/".to_owned());
        let code = "NoSuchBucket".to_owned();
        let gone = InventoryError::NoSuchBucket { bucket: bucket.clone(), code: code.clone() };
        let error = not_listed(&CutError { side: Side::Destination, error: gone });
        assert_eq!(error.name, INPUT_INVALID);
        assert!(error.message.starts_with("destination: bucket `b` does not exist"), "{error}");
        assert!(error.message.contains("; hint: "), "{error}");
        let busy = InventoryError::Unreachable { bucket, prefix, code };
        let error = not_listed(&CutError { side: Side::Source, error: busy });
        assert_eq!(error.name, STORAGE_UNAVAILABLE);
        assert!(error.message.starts_with("the source cannot be listed: "), "{error}");
    }
}
