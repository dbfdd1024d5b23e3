//! Collections of 200 rows. Salesforce does not guard them, so each call is preceded by a reading of its own: an edit can go
//! unseen only between that reading and the call.

use drayage_domain::switch::decide::Holds;
use drayage_domain::switch::plan::SwitchPlan;
use drayage_lambda_kit::error::FunctionError;
use drayage_salesforce::{COLLECTION_ROWS_MAX, RowUpdate};

use super::{in_calls, take};
use crate::context::Context;
use crate::item::Item;

/// Sends the items, those that were locked in calls of their own.
pub(super) async fn send(
    context: &Context,
    items: Vec<&mut Item<'_>>,
) -> Result<(), FunctionError> {
    in_calls(context, items, COLLECTION_ROWS_MAX, call).await
}

/// Reads up to [`COLLECTION_ROWS_MAX`] records, and writes those that still hold what their line says.
pub(super) async fn call(
    context: &Context,
    items: &mut [&mut Item<'_>],
) -> Result<(), FunctionError> {
    let SwitchPlan { object, field, .. } = &context.plan;
    let ids: Vec<&str> = items.iter().map(|item| item.line.record_id.as_str()).collect();
    let found = context.read(&ids).await?;
    let mut unchanged: Vec<&mut Item<'_>> = Vec::with_capacity(items.len());
    for (item, found) in items.iter_mut().zip(found) {
        item.found = found;
        if item.holds() == Holds::From {
            unchanged.push(item);
        } else {
            item.hold_back();
        }
    }
    if unchanged.is_empty() {
        return Ok(());
    }
    let rows: Vec<RowUpdate<'_>> = unchanged.iter().map(|item| item.update()).collect();
    let outcomes = context.client.update_collection(object, field, &rows).await?;
    take(&mut unchanged, &outcomes);
    Ok(())
}
