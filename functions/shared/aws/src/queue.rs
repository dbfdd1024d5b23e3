//! SQS: handing work back.

use std::time::Duration;

use aws_sdk_sqs::Client;

use crate::sdk_error::describe;

/// The longest visibility timeout that SQS takes: 12 hours
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>).
const VISIBILITY_MAX: Duration = Duration::from_hours(12);

/// A queue cannot be used just now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("queue: {0}")]
pub struct QueueError(String);

/// One queue.
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    /// The queue with this URL.
    pub fn new(client: Client, url: &str) -> Self {
        Self { client, url: url.to_owned() }
    }

    /// Sends a message.
    pub async fn send(&self, body: &str) -> Result<(), QueueError> {
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .send()
            .await
            .map(drop)
            .map_err(|error| QueueError(describe(&error)))
    }

    /// Lets a received message be received again after `pause`, in whole seconds.
    pub async fn make_visible_after(
        &self,
        receipt_handle: &str,
        pause: Duration,
    ) -> Result<(), QueueError> {
        let seconds = i32::try_from(pause.min(VISIBILITY_MAX).as_secs()).unwrap_or(i32::MAX);
        self.client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(receipt_handle)
            .visibility_timeout(seconds)
            .send()
            .await
            .map(drop)
            .map_err(|error| QueueError(describe(&error)))
    }
}
