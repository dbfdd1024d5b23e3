//! How many messages a queue has.

use aws_sdk_sqs::types::QueueAttributeName;

use super::{Queue, QueueError};
use crate::sdk_error::describe;

/// Messages of a queue. SQS counts approximately
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html>).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueDepth {
    /// Those that can be received.
    pub visible: u64,
    /// Those that somebody has received and not deleted yet.
    pub in_flight: u64,
    /// Those that can be received later.
    pub delayed: u64,
}

impl QueueDepth {
    /// All of them.
    pub const fn all(self) -> u64 {
        self.visible + self.in_flight + self.delayed
    }
}

impl Queue {
    /// How many messages it has. Needs `sqs:GetQueueAttributes`.
    pub async fn depth(&self) -> Result<QueueDepth, QueueError> {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let answer = self
            .client
            .get_queue_attributes()
            .queue_url(&self.url)
            .set_attribute_names(Some(names.to_vec()))
            .send()
            .await
            .map_err(|error| QueueError(describe(&error)))?;
        let attributes = answer.attributes.unwrap_or_default();
        let [visible, in_flight, delayed] = names.map(|name| {
            attributes.get(&name).and_then(|number| number.parse().ok()).unwrap_or_default()
        });
        Ok(QueueDepth { visible, in_flight, delayed })
    }
}
