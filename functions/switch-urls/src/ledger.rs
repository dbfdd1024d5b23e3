//! What a decision asks of the ledger, written for many items at a time.

use drayage_aws::ledger::LedgerError;
use drayage_domain::outcome::Outcome;
use drayage_domain::row::FileRow;
use drayage_domain::state::FileEvent;
use drayage_domain::switch::decide::Decision;
use drayage_domain::switch::results::LineEnding;
use drayage_domain::switch::written_row::Writing;
use drayage_lambda_kit::clock;
use drayage_lambda_kit::error::FunctionError;
use futures::{StreamExt, stream};

use crate::context::Context;
use crate::item::{Item, Stage};

/// Writes in flight.
const WRITES_AT_A_TIME: usize = 16;

/// Carries decisions out, as far as the ledger is concerned. A row that somebody else has written meanwhile leaves its item
/// open, to be read and decided anew. After a failure the writes in flight still end.
pub(crate) async fn carry_out(
    context: &Context,
    decided: Vec<(&mut Item<'_>, Decision)>,
) -> Result<(), FunctionError> {
    let written: Vec<Result<(), LedgerError>> = stream::iter(decided)
        .map(|(item, decision)| async move { one(context, item, decision).await })
        .buffer_unordered(WRITES_AT_A_TIME)
        .collect()
        .await;
    written.into_iter().collect::<Result<(), _>>().map_err(FunctionError::from)
}

async fn one(
    context: &Context,
    item: &mut Item<'_>,
    decision: Decision,
) -> Result<(), LedgerError> {
    let (events, outcome, stage) = match decision {
        Decision::Again { alone } => {
            item.alone = alone;
            item.stage = Stage::Open;
            return Ok(());
        }
        Decision::Write { events } => (events, None, Stage::Ready),
        Decision::End { events, outcome } => {
            let ending = item.ending(outcome);
            (events, Some((outcome, ending.clone())), Stage::Ended(ending))
        }
    };
    item.stage =
        if write(context, item, events, outcome.as_ref()).await? { stage } else { Stage::Open };
    Ok(())
}

/// Writes events in their order; `false` when the row turns out to be another.
pub(crate) async fn write(
    context: &Context,
    item: &mut Item<'_>,
    events: &[FileEvent],
    ending: Option<&(Outcome, LineEnding)>,
) -> Result<bool, LedgerError> {
    let modstamp = item.found.as_ref().map(|found| found.system_modstamp.to_string());
    for event in events {
        let Some(seen) = item.row.as_ref() else { return Ok(true) };
        let writing = Writing {
            line: item.line,
            run_id: &context.run.run_id,
            at: &clock::now().to_string(),
            system_modstamp: modstamp.as_deref(),
            outcome: ending.map(|(outcome, _)| *outcome),
            message: ending.and_then(|(_, ending)| ending.message.as_deref()),
        };
        match write_one(context, &writing, seen, *event).await {
            Ok(row) => item.row = Some(row),
            Err(LedgerError::Conflict { .. }) => {
                item.row_is_stale = true;
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

async fn write_one(
    context: &Context,
    writing: &Writing<'_>,
    seen: &FileRow,
    event: FileEvent,
) -> Result<FileRow, LedgerError> {
    let row = writing.row(seen, event).map_err(|illegal| LedgerError::Illegal {
        record_id: seen.record_id.clone(),
        before: illegal.state,
        event: illegal.event,
        after: seen.state,
    })?;
    context.ledger.write_row(&row, event, Some(seen)).await
}

/// Reads the rows that are not known, or not any more.
pub(crate) async fn read(context: &Context, items: &mut [Item<'_>]) -> Result<(), FunctionError> {
    let ids: Vec<String> =
        items.iter().filter(|item| item.row_is_stale).map(|item| item.id().to_owned()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let mut rows = context.ledger.rows(&ids).await?;
    for item in items.iter_mut().filter(|item| item.row_is_stale) {
        item.row = rows.remove(item.id());
        item.row_is_stale = false;
    }
    Ok(())
}
