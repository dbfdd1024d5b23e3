//! Composite calls of 25 rows, each guarded by Salesforce itself.

use drayage_domain::switch::plan::SwitchPlan;
use drayage_lambda_kit::clock;
use drayage_lambda_kit::error::FunctionError;
use drayage_salesforce::{GUARDED_ROWS_MAX, GuardedUpdate, RowEnding, RowOutcome};

use super::{collections, take};
use crate::context::Context;
use crate::item::Item;

/// The client's own refusal of a text that a composite call would take for a reference.
const CANNOT_WRITE_REFERENCE: &str = "COMPOSITE_CANNOT_WRITE_REFERENCE";

/// Sends the items; each is written only if its record is as it was read at the begin of the round.
pub(super) async fn send(
    context: &Context,
    items: Vec<&mut Item<'_>>,
) -> Result<(), FunctionError> {
    let (mut alone, mut together): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|item| item.alone);
    for calls in [together.chunks_mut(GUARDED_ROWS_MAX), alone.chunks_mut(1)] {
        for items in calls {
            if !context.time.allows_call(clock::now()) {
                return Ok(());
            }
            call(context, items).await?;
        }
    }
    Ok(())
}

async fn call(context: &Context, items: &mut [&mut Item<'_>]) -> Result<(), FunctionError> {
    let SwitchPlan { object, field, .. } = &context.plan;
    // Ready items hold what their line says, so each was found.
    let rows: Vec<GuardedUpdate<'_>> = items
        .iter()
        .filter_map(|item| {
            let unmodified_since = item.found.as_ref()?.last_modified;
            Some(GuardedUpdate { row: item.update(), unmodified_since })
        })
        .collect();
    let outcomes = context.client.update_guarded(object, field, &rows).await?;
    take(items, &outcomes);
    // The client knows these without having sent them, and another way can write them: one by one, compared right before.
    let unsent = |outcome: &&RowOutcome| matches!(&outcome.ending, RowEnding::Refused { code, .. } if code == CANNOT_WRITE_REFERENCE);
    for outcome in outcomes.iter().filter(unsent) {
        if let Some(item) = items.iter_mut().find(|item| item.id() == outcome.id) {
            collections::call(context, std::slice::from_mut(item)).await?;
        }
    }
    Ok(())
}
