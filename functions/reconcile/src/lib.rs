//! Compares one shard: walks both inventories side by side and writes down every key that is not in order.
//!
//! Every half minute the position, the tally and the number of finished parts of findings are written as one document. An
//! invocation that ends, or dies, is followed by one that goes on from there; findings that belong to no written state are
//! written again.

mod findings;
mod parties;

use std::time::Duration;

use drayage_aws::clients::Clients;
use drayage_aws::inventory::{CompareError, Compared, End};
use drayage_aws::objects::Storage;
use drayage_domain::reconcile::merge::MergeError;
use drayage_domain::reconcile::ranges::KeyRange;
use drayage_domain::reconcile::work::{self, Reconciliation, Shard, ShardState};
use drayage_domain::reconcile::{Partial, Side};
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::{FunctionError, STORAGE_UNAVAILABLE};
use drayage_lambda_kit::runtime::Invocation;
use drayage_lambda_kit::{clock, config};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use findings::FindingsFile;
use parties::{Unready, Work};

/// A state is written this often.
const STATE_EVERY: Duration = Duration::from_secs(30);
/// Kept of the invocation for writing the last state.
const CLOSING_TIME: Duration = Duration::from_secs(15);

/// What the state machine passes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The run.
    pub run_id: String,
    /// The round.
    pub round: u32,
    /// The shard's key in the state bucket.
    pub shard_key: String,
}

/// Whether the shard is compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The run.
    pub run_id: String,
    /// The round.
    pub round: u32,
    /// The shard's key in the state bucket.
    pub shard_key: String,
    /// Whether nothing is left; otherwise, invoke again with this answer.
    pub done: bool,
}

/// Goes on with a shard until it is compared or the time is used.
pub async fn handle(
    clients: &Clients,
    request: Request,
    invocation: Invocation,
) -> Result<Answer, FunctionError> {
    let settings = config::from_environment()?;
    let storage = Storage::new(clients.s3());
    let documents = Documents::new(storage.clone(), &settings.state_bucket);
    let Request { run_id, round, shard_key } = request;
    let reconciliation: Reconciliation = documents.read(&work::run_key(&run_id)).await?;
    let shard: Shard = documents.read(&shard_key).await?;
    let state_key = work::state_key(&run_id, round, shard.number);
    let begun = documents.find(&state_key).await?;
    let mut state =
        begun.unwrap_or_else(|| ShardState::start(shard.number, clock::now().to_string()));
    if !state.done {
        let work = Work {
            clients,
            settings: &settings,
            reconciliation: &reconciliation,
            shard: &shard,
            round,
        };
        let mut findings =
            FindingsFile::new(storage, &settings.state_bucket, &run_id, round, &state);
        let stop_at = stop_at(&invocation);
        match work.begin(&mut state).await {
            Ok(mut comparison) => {
                let begun_at = state.position.clone();
                while !state.done && Instant::now() < stop_at {
                    let until = (Instant::now() + STATE_EVERY).min(stop_at);
                    let compared = comparison.run(until, &mut findings).await;
                    let mut taken = take_in(&mut state, &shard, compared);
                    if taken.is_ok()
                        && until == stop_at
                        && !state.done
                        && state.position == begun_at
                    {
                        let given_up = comparison.give_up_first(&mut findings).await;
                        taken = take_in(&mut state, &shard, given_up);
                    }
                    state.findings_parts = findings.close().await?;
                    documents.write(&state_key, &state).await?;
                    taken?;
                }
            }
            Err(Unready::Function(error)) => return Err(error),
            Err(Unready::Compare(error)) => {
                give_up(&mut state, &shard, &error)?;
                documents.write(&state_key, &state).await?;
            }
        }
    }
    tracing::info!(run_id, round, shard = shard.number, done = state.done, "shard compared");
    Ok(Answer { run_id, round, shard_key, done: state.done })
}

fn take_in(state: &mut ShardState, shard: &Shard, compared: Compared) -> Result<(), FunctionError> {
    state.position = compared.position;
    state.tally.add(&compared.tally);
    state.updated_at = clock::now().to_string();
    match compared.end {
        End::OutOfTime => Ok(()),
        End::Finished => {
            state.done = true;
            Ok(())
        }
        End::Broken(error) => give_up(state, shard, &error),
    }
}

fn stop_at(invocation: &Invocation) -> Instant {
    let left = Duration::try_from(invocation.deadline.remaining(clock::now())).unwrap_or_default();
    Instant::now() + left.saturating_sub(CLOSING_TIME.min(left / 3))
}

/// What cannot be read ends the shard, by name; what may pass is tried again by the state machine.
fn give_up(
    state: &mut ShardState,
    shard: &Shard,
    error: &CompareError,
) -> Result<(), FunctionError> {
    if error.retryable() {
        return Err(FunctionError::new(STORAGE_UNAVAILABLE, error.to_string()));
    }
    tracing::warn!(shard = state.number, %error, "a shard cannot be compared to its end");
    let side = match error {
        CompareError::Inventory { side, .. }
        | CompareError::Merge(
            MergeError::OutOfOrder { side, .. }
            | MergeError::Duplicate { side, .. }
            | MergeError::BeforePosition { side, .. }
            | MergeError::AfterEnd { side, .. },
        ) => *side,
        CompareError::Findings(_) => Side::Destination,
    };
    let after = state.position.clone().or_else(|| shard.range.after.clone());
    let unread = KeyRange { after, until: shard.range.until.clone() };
    let reason =
        if unread == KeyRange::ALL { error.to_string() } else { format!("{unread}: {error}") };
    state.incomplete_because.push(Partial { side, prefix: shard.folder.clone(), reason });
    state.done = true;
    Ok(())
}

#[cfg(test)]
mod tests {
    use drayage_aws::inventory::InventoryError;

    use super::*;

    #[test]
    fn the_sample_event_is_understood() {
        let request: Request = serde_json::from_str(include_str!("../events/shard.json")).unwrap();
        assert_eq!(request.round, 1);
        assert_eq!(request.shard_key, work::shard_key(&request.run_id, 1, 1));
    }

    #[test]
    fn what_cannot_be_read_ends_the_shard_and_what_may_pass_does_not() {
        let (bucket, prefix) = ("b".to_owned(), "p/".to_owned());
        let denied = InventoryError::AccessDenied {
            bucket: bucket.clone(),
            prefix: prefix.clone(),
            code: "AccessDenied".to_owned(),
        };
        let range = KeyRange { after: None, until: Some("a/m".to_owned()) };
        let shard = Shard { number: 1, folder: "a/".to_owned(), range };
        let mut state = ShardState::start(1, String::new());
        state.position = Some("a/b".to_owned());
        give_up(&mut state, &shard, &CompareError::Inventory { side: Side::Source, error: denied })
            .unwrap();
        let [partial] = state.incomplete_because.as_slice() else { panic!("{state:?}") };
        assert_eq!((state.done, partial.side, partial.prefix.as_str()), (true, Side::Source, "a/"));
        let unread = "keys after \"a/b\" and up to \"a/m\": source: s3://b/p/ may not be listed";
        assert!(partial.reason.starts_with(unread), "{}", partial.reason);
        let busy = InventoryError::Unreachable { bucket, prefix, code: "503".to_owned() };
        let mut state = ShardState::start(1, String::new());
        let error = CompareError::Inventory { side: Side::Destination, error: busy };
        assert_eq!(give_up(&mut state, &shard, &error).unwrap_err().name, STORAGE_UNAVAILABLE);
        assert!(!state.done && state.incomplete_because.is_empty());
    }
}
