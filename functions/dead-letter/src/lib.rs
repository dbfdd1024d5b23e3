//! Closes a batch whose message came to the dead-letter queue, so that no record is left without a state and no
//! execution waits for a batch that nobody works on.
//!
//! What earlier deliveries have settled stays as it is; every other record of the batch ends as failed, with the reason.
//! The state machine is told by `SendTaskFailure`, under the name [`BATCH_DEAD_LETTERED`].

mod batch;

use drayage_aws::clients::Clients;
use drayage_aws::executions::Executions;
use drayage_aws::ledger::{BatchClaim, Lease, Ledger};
use drayage_aws::objects::Storage;
use drayage_domain::manifest;
use drayage_domain::message::CopyMessage;
use drayage_domain::parser_words::without_values;
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::{BATCH_DEAD_LETTERED, FunctionError, LEDGER_CONFLICT};
use drayage_lambda_kit::queue_events::Message;
use drayage_lambda_kit::runtime::Invocation;
use drayage_lambda_kit::{clock, config};
use jiff::SignedDuration;

use batch::DeadBatch;

/// See the same constant of `copy`: a lease must not end before its holder does.
const LEASE_MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// Handles one dead message. `Err` leaves it in the dead-letter queue for another attempt.
pub async fn handle(
    clients: &Clients,
    message: Message,
    invocation: Invocation,
) -> Result<(), FunctionError> {
    let settings = config::from_environment()?;
    let copy: CopyMessage = match serde_json::from_str(&message.body) {
        Ok(copy) => copy,
        Err(error) => {
            // Nobody waits for it: the state machine writes only messages that can be read. Keep the reason.
            let error = without_values(&error);
            tracing::error!(
                message_id = message.id,
                error,
                "dead message is not one of the copy queue"
            );
            return Ok(());
        }
    };
    let ledger = Ledger::new(clients.dynamodb(), &settings.files_table, &settings.runs_table);
    let executions = Executions::new(clients.step_functions());
    let Some(number) = manifest::batch_number(&copy.run_id, &copy.batch_key) else {
        let reason = format!("{:?} is not a batch of run {}", copy.batch_key, copy.run_id);
        return fail_task(&executions, &copy, &reason).await;
    };
    let now = clock::now();
    let lease_until = invocation.deadline.timestamp() + LEASE_MARGIN;
    let lease = Lease { owner: &invocation.request_id, now, until: lease_until };
    let claim = ledger.claim_batch(&copy.run_id, number, lease).await?;
    match claim {
        BatchClaim::Done => {
            let output = serde_json::json!({ "batch": number });
            executions
                .task_succeeded(&copy.task_token, &output)
                .await
                .map_err(|error| FunctionError::internal(&error))?;
            Ok(())
        }
        BatchClaim::Held { until } => Err(FunctionError::new(
            LEDGER_CONFLICT,
            format!("batch {number} is still being processed, at the latest until {until}"),
        )),
        BatchClaim::Unknown => {
            let reason = format!("batch {number} was never enumerated for run {}", copy.run_id);
            fail_task(&executions, &copy, &reason).await
        }
        BatchClaim::Claimed { entries } => {
            let documents = Documents::new(Storage::new(clients.s3()), &settings.state_bucket);
            let batch = DeadBatch {
                ledger: &ledger,
                documents: &documents,
                copy: &copy,
                number,
                owner: &invocation.request_id,
                metrics: &invocation.metrics,
            };
            let reason = batch.close(entries).await?;
            fail_task(&executions, &copy, &reason).await
        }
    }
}

async fn fail_task(
    executions: &Executions,
    copy: &CopyMessage,
    reason: &str,
) -> Result<(), FunctionError> {
    tracing::error!(run_id = copy.run_id, batch_key = copy.batch_key, reason, "batch failed");
    executions
        .task_failed(&copy.task_token, BATCH_DEAD_LETTERED, reason)
        .await
        .map_err(|error| FunctionError::internal(&error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_event_is_understood() {
        let event = serde_json::from_str(include_str!("../events/dead-message.json")).unwrap();
        let messages = drayage_lambda_kit::queue_events::messages(event);
        let copy: CopyMessage = serde_json::from_str(&messages[0].body).unwrap();
        assert_eq!(manifest::batch_number(&copy.run_id, &copy.batch_key), Some(42));
    }
}
