//! Copies the files of one batch, proves each copy, and settles every entry of the batch.
//!
//! One message is one batch. The batch is claimed with a lease, its entries are settled one by one, and when all are,
//! the batch and its counts are closed in one transaction. Any crash leads to another delivery, which finds what is settled
//! already: of records in the ledger, of objects in the batch's results. So a delivery may be repeated, come late, or come
//! twice at once. The message of a run that has ended is dropped.

mod batch;
mod context;
mod file;
mod group;
mod key;
mod object;
mod objects;
mod records;
mod uploads;

use std::sync::Arc;
use std::time::Duration;

use drayage_aws::clients::Clients;
use drayage_aws::executions::Executions;
use drayage_aws::ledger::Ledger;
use drayage_aws::queue::Queue;
use drayage_domain::manifest;
use drayage_domain::message::CopyMessage;
use drayage_domain::parser_words::without_values;
use drayage_domain::run::RunState;
use drayage_lambda_kit::config;
use drayage_lambda_kit::error::{FunctionError, INPUT_INVALID};
use drayage_lambda_kit::queue_events::Message;
use drayage_lambda_kit::runtime::Invocation;
use tokio::sync::Mutex;

use batch::{Batch, End};
use context::RunContext;

/// A message that failed comes back after this long, doubled with every delivery.
const RETRY_AFTER_MIN: Duration = Duration::from_secs(2);
/// And never later than this.
const RETRY_AFTER_MAX: Duration = Duration::from_mins(2);

/// The function's process: clients, and what it has learned about the run it works for.
#[derive(Debug)]
pub struct Copier {
    clients: Clients,
    run: Mutex<Option<Arc<RunContext>>>,
}

impl Copier {
    /// A copier with these clients.
    pub fn new(clients: Clients) -> Self {
        Self { clients, run: Mutex::new(None) }
    }

    /// Handles one message. `Err` gives it back to the queue.
    pub async fn handle(
        &self,
        message: Message,
        invocation: Invocation,
    ) -> Result<(), FunctionError> {
        let settings = config::from_environment()?;
        let queue = Queue::new(self.clients.sqs(), &settings.copy_queue_url);
        let ledger =
            Ledger::new(self.clients.dynamodb(), &settings.files_table, &settings.runs_table);
        let result = self.process(&message, (&queue, &ledger), &invocation).await;
        if let Err(error) = &result {
            // Without this the message would come back after the visibility timeout, which is as long as an invocation.
            let again = retry_after(error, message.receive_count);
            if let Err(failed) = queue.make_visible_after(&message.receipt_handle, again).await {
                tracing::warn!(error = %failed, "message comes back after its visibility timeout");
            }
        }
        result.map_err(|failure| failure.error)
    }

    async fn process(
        &self,
        message: &Message,
        (queue, ledger): (&Queue, &Ledger),
        invocation: &Invocation,
    ) -> Result<(), Failure> {
        let copy: CopyMessage = serde_json::from_str(&message.body).map_err(|error| {
            FunctionError::new(
                INPUT_INVALID,
                format!(
                    "message {} is not one of the copy queue: {}",
                    message.id,
                    without_values(&error)
                ),
            )
        })?;
        let number = manifest::batch_number(&copy.run_id, &copy.batch_key).ok_or_else(|| {
            FunctionError::new(
                INPUT_INVALID,
                format!("{:?} is not a batch of run {}", copy.batch_key, copy.run_id),
            )
        })?;
        // Asked for each delivery: what the process knows about the run is as old as its first message.
        if !is_under_way(ledger, &copy.run_id).await? {
            tracing::warn!(run_id = copy.run_id, batch = number, "dropped: the run has ended");
            return Ok(());
        }
        let context = self.context(&copy.run_id).await?;
        let batch = Batch { context: &context, copy: &copy, number, invocation };
        let executions = Executions::new(self.clients.step_functions());
        match batch.settle().await? {
            End::Done => {
                let output = serde_json::json!({ "batch": number });
                executions
                    .task_succeeded(&copy.task_token, &output)
                    .await
                    .map_err(|error| FunctionError::internal(&error))?;
                Ok(())
            }
            // Released before it is sent again: whoever receives it can start at once. A crash in between leaves the
            // message of this delivery, which comes back.
            End::OutOfTime { settled, left } => {
                batch.release().await?;
                queue.send(&message.body).await.map_err(|error| FunctionError::internal(&error))?;
                tracing::info!(run_id = copy.run_id, batch = number, settled, left, "handed back");
                Ok(())
            }
            End::HeldByAnother { for_another } => Err(Failure {
                error: FunctionError::new(
                    drayage_lambda_kit::error::LEDGER_CONFLICT,
                    format!("batch {number} is being processed by another invocation"),
                ),
                again: Some(for_another),
            }),
        }
    }

    /// What there is to know about a run; kept for the next message, which is usually of the same run.
    async fn context(&self, run_id: &str) -> Result<Arc<RunContext>, FunctionError> {
        let mut known = self.run.lock().await;
        if let Some(context) = known.as_ref().filter(|context| context.run_id == run_id) {
            return Ok(Arc::clone(context));
        }
        let context = Arc::new(RunContext::load(&self.clients, run_id).await?);
        *known = Some(Arc::clone(&context));
        Ok(context)
    }
}

/// Whether anybody waits for the run's batches. One that was stopped leaves messages behind, and another run may be at work on the
/// same records by now.
async fn is_under_way(ledger: &Ledger, run_id: &str) -> Result<bool, FunctionError> {
    match ledger.run_state(run_id).await? {
        Some(RunState::Running) => Ok(true),
        Some(RunState::Succeeded | RunState::Failed) => Ok(false),
        None => Err(FunctionError::run_unknown(run_id)),
    }
}

/// Why a message goes back to the queue, and when it should come again if that is known.
#[derive(Debug)]
struct Failure {
    error: FunctionError,
    again: Option<Duration>,
}

impl From<FunctionError> for Failure {
    fn from(error: FunctionError) -> Self {
        Self { error, again: None }
    }
}

fn retry_after(failure: &Failure, receive_count: u32) -> Duration {
    failure.again.unwrap_or_else(|| {
        let doublings = receive_count.saturating_sub(1).min(10);
        RETRY_AFTER_MIN.saturating_mul(1 << doublings).min(RETRY_AFTER_MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_message_comes_back_ever_later() {
        let failure = Failure::from(FunctionError::new(INPUT_INVALID, "x"));
        assert_eq!(retry_after(&failure, 1), RETRY_AFTER_MIN);
        assert_eq!(retry_after(&failure, 2), RETRY_AFTER_MIN * 2);
        assert_eq!(retry_after(&failure, 99), RETRY_AFTER_MAX);
    }

    #[test]
    fn a_message_of_a_held_batch_waits_for_the_lease() {
        let failure = Failure {
            error: FunctionError::new(INPUT_INVALID, "x"),
            again: Some(Duration::from_secs(77)),
        };
        assert_eq!(retry_after(&failure, 1), Duration::from_secs(77));
    }

    #[test]
    fn the_sample_event_is_understood() {
        let event = serde_json::from_str(include_str!("../events/batch.json")).unwrap();
        let messages = drayage_lambda_kit::queue_events::messages(event);
        assert_eq!(messages[0].receive_count, 2);
        let copy: CopyMessage = serde_json::from_str(&messages[0].body).unwrap();
        assert_eq!(manifest::batch_number(&copy.run_id, &copy.batch_key), Some(42));
    }
}
