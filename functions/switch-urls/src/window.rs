//! A window of lines: looked at, written, read back, and told; what did not succeed is tried again in the next round.

#[cfg(test)]
mod tests;

use std::time::Duration;

use drayage_domain::outcome::{Outcome, WriteFailure};
use drayage_domain::switch::SwitchLine;
use drayage_domain::switch::decide::Decision;
use drayage_lambda_kit::clock;
use drayage_lambda_kit::error::FunctionError;

use crate::context::Context;
use crate::item::{Item, Stage};
use crate::ledger;
use crate::progress::Progress;
use crate::send::{self, Sent};

/// Attempts of a line, the first one included.
const ROUNDS_MAX: u32 = 5;
/// Upper end of the first pause between two rounds; it doubles with each. Locks are held for seconds, but not those of tests.
const PAUSE_FIRST: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 1_000 });

/// How an invocation leaves a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Every line of it has ended.
    Settled,
    /// Lines without an ending are left for an invocation that comes after so many seconds.
    Later {
        /// Seconds.
        wait_seconds: u64,
    },
}

/// Brings every line of a window to its ending, and writes the results document. After an error it is written too: what it
/// tells stands in the rows by then.
pub(crate) async fn settle(
    context: &Context,
    lines: &[&SwitchLine],
    progress: &mut Progress<'_>,
) -> Result<End, FunctionError> {
    let items = lines.iter().copied().map(Item::new).collect();
    let ended = rounds(context, items, progress).await;
    let saved = progress.save().await;
    if let (Err(_), Err(error)) = (&ended, &saved) {
        tracing::warn!(error = error.name, detail = error.message, "results are not written");
    }
    let ended = ended?;
    saved?;
    Ok(ended)
}

async fn rounds(
    context: &Context,
    mut items: Vec<Item<'_>>,
    progress: &mut Progress<'_>,
) -> Result<End, FunctionError> {
    if let Sent::Waiting { seconds } = send::finish_earlier(context, &mut items, progress).await? {
        return Ok(End::Later { wait_seconds: seconds });
    }
    for round in 1..=ROUNDS_MAX {
        if round > 1 {
            if !context.time.allows_window(clock::now()) {
                break;
            }
            tokio::time::sleep(pause(round)).await;
        }
        look(context, &mut items).await?;
        put_down(&mut items, progress);
        match Box::pin(send::send(context, &mut items, progress, round)).await? {
            Sent::All => {}
            Sent::Waiting { seconds } => return Ok(End::Later { wait_seconds: seconds }),
        }
        let last = round == ROUNDS_MAX;
        look_back(context, &mut items, last).await?;
        if last {
            give_up(&mut items);
        }
        put_down(&mut items, progress);
        if items.is_empty() || !context.time.allows_call(clock::now()) {
            break;
        }
    }
    Ok(if items.is_empty() { End::Settled } else { End::Later { wait_seconds: 0 } })
}

/// Reads rows and records, decides, and makes the intents durable. Every round reads anew: nothing that was read before a pause
/// may be the ground for a write after it.
async fn look(context: &Context, items: &mut [Item<'_>]) -> Result<(), FunctionError> {
    ledger::read(context, items).await?;
    let ids: Vec<&str> = items.iter().map(|item| item.line.record_id.as_str()).collect();
    let found = context.read(&ids).await?;
    for (item, found) in items.iter_mut().zip(found) {
        item.found = found;
    }
    let decided: Vec<(&mut Item<'_>, Decision)> = items
        .iter_mut()
        .map(|item| {
            let decision = item.decide_before(context);
            (item, decision)
        })
        .collect();
    ledger::carry_out(context, decided).await
}

/// Reads every record that was sent, and decides. What Salesforce has answered is no proof.
async fn look_back(
    context: &Context,
    items: &mut [Item<'_>],
    last: bool,
) -> Result<(), FunctionError> {
    let mut sent: Vec<&mut Item<'_>> =
        items.iter_mut().filter(|item| item.stage == Stage::Sent).collect();
    let ids: Vec<&str> = sent.iter().map(|item| item.line.record_id.as_str()).collect();
    let found = context.read(&ids).await?;
    for (item, found) in sent.iter_mut().zip(found) {
        item.found = found;
    }
    let decided = sent
        .into_iter()
        .map(|item| {
            let decision = item.decide_after(context, last);
            (item, decision)
        })
        .collect();
    ledger::carry_out(context, decided).await
}

/// A line that is open after the last round, and not for want of time, is one whose row somebody else keeps writing.
fn give_up(items: &mut [Item<'_>]) {
    for item in items.iter_mut().filter(|item| item.stage == Stage::Open && item.row_is_stale) {
        let outcome = Outcome::NotWritten(WriteFailure::NotVerified);
        item.stage = Stage::Ended(item.ending(outcome));
    }
}

/// Notes the lines that have ended, and lets go of them.
fn put_down(items: &mut Vec<Item<'_>>, progress: &mut Progress<'_>) {
    items.retain(|item| {
        if let Stage::Ended(ending) = &item.stage {
            progress.end(item.line, ending.clone());
            return false;
        }
        true
    });
}

/// Random, so that lanes that were in each other's way do not meet again; at least half of the ceiling, because a lock needs time.
fn pause(round: u32) -> Duration {
    let ceiling = PAUSE_FIRST.saturating_mul(1 << round.saturating_sub(2).min(10));
    ceiling.mul_f64(0.5 + 0.5 * fastrand::f64())
}
