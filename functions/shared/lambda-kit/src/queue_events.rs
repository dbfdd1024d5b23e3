//! Messages of an SQS event source mapping, handled one by one.
//!
//! The mapping reports failures per message (`ReportBatchItemFailures`): a message that is not in the answer counts as
//! done and is deleted, so every failure has to be named.

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// SQS's id of the message.
    pub id: String,
    /// Names this delivery when the message's visibility is changed.
    pub receipt_handle: String,
    /// The body.
    pub body: String,
    /// How often the message was delivered, this time included.
    pub receive_count: u32,
}

/// The messages of an event.
pub fn messages(event: SqsEvent) -> Vec<Message> {
    event
        .records
        .into_iter()
        .map(|record| Message {
            id: record.message_id.unwrap_or_default(),
            receipt_handle: record.receipt_handle.unwrap_or_default(),
            body: record.body.unwrap_or_default(),
            receive_count: record
                .attributes
                .get("ApproximateReceiveCount")
                .and_then(|count| count.parse().ok())
                .unwrap_or(1),
        })
        .collect()
}

/// The answer that gives the messages with these ids back to the queue.
pub fn response(failed: Vec<String>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failed
        .into_iter()
        .map(|id| {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            failure
        })
        .collect();
    response
}
