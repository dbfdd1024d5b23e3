//! The second look at every record of a lane, when all lanes are written: what it holds against what its line's outcome says.
//!
//! It takes no lease: it writes nothing to Salesforce, and two of them at once find the same. A batch whose document is there is
//! not looked at again.

use drayage_domain::manifest::batch_key;
use drayage_domain::outcome::{GoneReason, Outcome};
use drayage_domain::switch::SwitchLine;
use drayage_domain::switch::decide::{SecondLook, second_look};
use drayage_domain::switch::lane::Lane;
use drayage_domain::switch::results::{SwitchResults, results_key};
use drayage_domain::switch::verification::{BatchVerification, Surprise, verification_key};
use drayage_domain::switch::{Direction, results::LineEnding};
use drayage_lambda_kit::error::{FunctionError, LEDGER_CONFLICT, MANIFEST_INVALID};
use drayage_lambda_kit::{batches, clock};
use drayage_salesforce::READ_ROWS_MAX;

use crate::Answer;
use crate::context::Context;
use crate::item::Item;
use crate::ledger;
use crate::pause;

/// Looks at what is left of a lane.
pub(crate) async fn verify(context: &Context, lane: Lane) -> Result<Answer, FunctionError> {
    for number in lane.first_batch..=lane.last_batch {
        let key = verification_key(&context.run.run_id, number);
        if context.documents.find::<BatchVerification>(&key).await?.is_some() {
            continue;
        }
        if !context.time.allows_window(clock::now()) {
            return Ok(Answer::later(0));
        }
        if let Some(wait_seconds) = pause::wait_seconds(&context.ledger).await? {
            return Ok(Answer::paused(wait_seconds));
        }
        context.check_lock().await?;
        // Boxed: the future of a batch is large.
        if let Some(found) = Box::pin(batch(context, number)).await? {
            context.documents.write(&key, &found).await?;
        }
    }
    Ok(Answer::DONE)
}

/// What a batch's records hold; `None` for a batch that is not done, which the end of the run tells by itself.
async fn batch(context: &Context, number: u32) -> Result<Option<BatchVerification>, FunctionError> {
    let calls_before = context.client.calls();
    let results: Option<SwitchResults> =
        context.documents.find(&results_key(&context.run.run_id, number)).await?;
    let Some(results) = results else { return Ok(None) };
    let lines = lines(context, number).await?;
    let endings: Vec<(&SwitchLine, &LineEnding)> = lines
        .iter()
        .filter_map(|line| Some((line, results.endings.get(&line.record_id)?)))
        .collect();
    if endings.len() != lines.len() {
        return Ok(None);
    }
    let mut found = BatchVerification::default();
    for part in endings.chunks(READ_ROWS_MAX) {
        look(context, part, &mut found).await?;
    }
    found.found.api_calls = context.client.calls() - calls_before;
    tracing::info!(
        batch = number,
        records = found.found.records,
        as_told = found.found.as_told,
        "batch verified"
    );
    Ok(Some(found))
}

async fn lines(context: &Context, number: u32) -> Result<Vec<SwitchLine>, FunctionError> {
    let key = batch_key(&context.run.run_id, number);
    let invalid =
        |problem: String| FunctionError::new(MANIFEST_INVALID, format!("manifest {key} {problem}"));
    let lines = batches::lines(&context.documents, &key).await?;
    let lines = lines.ok_or_else(|| invalid("does not exist".to_owned()))?;
    lines.into_iter().collect::<Result<_, _>>().map_err(|error| invalid(error.to_string()))
}

async fn look(
    context: &Context,
    endings: &[(&SwitchLine, &LineEnding)],
    found: &mut BatchVerification,
) -> Result<(), FunctionError> {
    let mut items: Vec<Item<'_>> = endings.iter().map(|(line, _)| Item::new(line)).collect();
    let ids: Vec<&str> = endings.iter().map(|(line, _)| line.record_id.as_str()).collect();
    let records = context.read(&ids).await?;
    ledger::read(context, &mut items).await?;
    for ((item, record), (_, ending)) in items.iter_mut().zip(records).zip(endings) {
        item.found = record;
        let look = judge(context.direction(), item, ending)?;
        found.found.add(look.surprise);
        let Some(surprise) = look.surprise else { continue };
        found.surprises.insert(item.id().to_owned(), surprise.label().to_owned());
        tell(context, item, look, surprise).await?;
    }
    Ok(())
}

fn judge(
    direction: Direction,
    item: &Item<'_>,
    ending: &LineEnding,
) -> Result<SecondLook, FunctionError> {
    let outcome = Outcome::from_label(&ending.outcome).ok_or_else(|| {
        let message = format!("outcome {:?} of a line is unknown", ending.outcome);
        FunctionError::internal(&message)
    })?;
    let state = item.row.as_ref().map(|row| row.state);
    Ok(second_look(direction, outcome, state, item.holds()))
}

/// Lets the ledger know. Surprises are few, so they are written one by one.
async fn tell(
    context: &Context,
    item: &mut Item<'_>,
    look: SecondLook,
    surprise: Surprise,
) -> Result<(), FunctionError> {
    let outcome = match (surprise, context.direction()) {
        (Surprise::EditedSince, _) => Outcome::Conflict,
        (Surprise::DeletedSince, _) => Outcome::SourceGone(GoneReason::RecordDeleted),
        (Surprise::WrittenLate, Direction::Switch) => Outcome::Switched,
        (Surprise::WrittenLate, Direction::Restore) => Outcome::Restored,
    };
    let ending = item.ending(outcome);
    if ledger::write(context, item, look.events, Some(&(outcome, ending))).await? {
        return Ok(());
    }
    // The next invocation reads the row anew.
    let message = format!("the row of {} was changed by somebody else meanwhile", item.id());
    Err(FunctionError::new(LEDGER_CONFLICT, message))
}
