//! The ways to tell Salesforce. Each takes the items whose intent is durable and leaves them as sent, or, when the time is used,
//! as they are.

mod bulk;
mod collections;
mod guarded;

use drayage_domain::switch::mode::UpdateMode;
use drayage_lambda_kit::clock;
use drayage_lambda_kit::error::FunctionError;
use drayage_salesforce::RowOutcome;

use crate::context::Context;
use crate::item::{Item, Stage};
use crate::progress::Progress;

pub(crate) use bulk::finish_earlier;

/// How far the sending is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// There is nothing to wait for.
    All,
    /// A job is under way; its id is in the results.
    Waiting {
        /// Look again after so many seconds.
        seconds: u64,
    },
}

/// Sends every item that is ready.
pub(crate) async fn send(
    context: &Context,
    items: &mut [Item<'_>],
    progress: &mut Progress<'_>,
    round: u32,
) -> Result<Sent, FunctionError> {
    let ready = ready(items);
    if ready.is_empty() {
        return Ok(Sent::All);
    }
    match context.plan.mode.mode {
        UpdateMode::Guarded => guarded::send(context, ready).await?,
        UpdateMode::Collections => collections::send(context, ready).await?,
        UpdateMode::Bulk => return bulk::send(context, ready, progress, round).await,
    }
    Ok(Sent::All)
}

fn ready<'i, 'a>(items: &'i mut [Item<'a>]) -> Vec<&'i mut Item<'a>> {
    items.iter_mut().filter(|item| item.stage == Stage::Ready).collect()
}

/// Sends the items in calls of up to `rows` rows, those that others lock in calls of their own, as long as there is time.
async fn in_calls(
    context: &Context,
    items: Vec<&mut Item<'_>>,
    rows: usize,
    call: impl AsyncFn(&Context, &mut [&mut Item<'_>]) -> Result<(), FunctionError>,
) -> Result<(), FunctionError> {
    let (mut alone, mut together): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|item| item.alone);
    for calls in [together.chunks_mut(rows), alone.chunks_mut(1)] {
        for items in calls {
            if !context.time.allows_call(clock::now()) {
                return Ok(());
            }
            call(context, items).await?;
        }
    }
    Ok(())
}

/// Gives each item its answer. The client answers every row, in the order given; an item without an answer of its own stays
/// ready and is looked at again.
fn take(items: &mut [&mut Item<'_>], outcomes: &[RowOutcome]) {
    for (item, outcome) in items.iter_mut().zip(outcomes) {
        if item.id() == outcome.id {
            item.take(outcome);
        }
    }
}
