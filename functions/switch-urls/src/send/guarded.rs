//! Composite calls of 25 rows, each guarded by Salesforce itself.

use drayage_domain::switch::plan::SwitchPlan;
use drayage_lambda_kit::error::FunctionError;
use drayage_salesforce::{GUARDED_ROWS_MAX, GuardedUpdate, RowEnding, RowOutcome};

use super::{collections, in_calls, take};
use crate::context::Context;
use crate::item::Item;

/// The client's own refusal of a text that a composite call would take for a reference.
const CANNOT_WRITE_REFERENCE: &str = "COMPOSITE_CANNOT_WRITE_REFERENCE";

/// Sends the items; each is written only if its record is as it was read at the begin of the round.
pub(super) async fn send(
    context: &Context,
    items: Vec<&mut Item<'_>>,
) -> Result<(), FunctionError> {
    in_calls(context, items, GUARDED_ROWS_MAX, call).await
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
