//! SQS: handing work back, and how much of it there is.

mod depth;

use std::time::Duration;

use aws_sdk_sqs::Client;

use crate::sdk_error::describe;

pub use depth::QueueDepth;

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

#[cfg(test)]
mod tests {
    use aws_sdk_sqs::config::retry::RetryConfig;
    use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
    use serde_json::{Value, json};
    use wiremock::matchers::any;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    async fn answering(status: u16, body: &Value) -> (MockServer, Queue) {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(status)
            .set_body_raw(body.to_string(), "application/x-amz-json-1.0");
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(server.uri())
            .retry_config(RetryConfig::disabled())
            .build();
        let url = format!("{}/queue", server.uri());
        (server, Queue::new(Client::from_conf(config), &url))
    }

    #[tokio::test]
    async fn a_pause_is_cut_to_what_the_queue_takes() {
        let (server, queue) = answering(200, &json!({})).await;
        for seconds in [7, 1_000_000] {
            queue.make_visible_after("receipt", Duration::from_secs(seconds)).await.unwrap();
        }
        let sent: Vec<Value> = server
            .received_requests()
            .await
            .unwrap()
            .iter()
            .map(|request| request.body_json().unwrap())
            .collect();
        assert_eq!(sent[0]["VisibilityTimeout"], json!(7));
        assert_eq!(sent[1]["VisibilityTimeout"], json!(43_200));
        assert_eq!(sent[0]["ReceiptHandle"], json!("receipt"));
    }

    #[tokio::test]
    async fn the_depth_counts_what_is_received_and_what_waits() {
        let attributes = json!({
            "ApproximateNumberOfMessages": "3",
            "ApproximateNumberOfMessagesNotVisible": "2",
            "ApproximateNumberOfMessagesDelayed": "1",
        });
        let (_server, queue) = answering(200, &json!({"Attributes": attributes})).await;
        let depth = queue.depth().await.unwrap();
        assert_eq!(depth, QueueDepth { visible: 3, in_flight: 2, delayed: 1 });
        assert_eq!(depth.all(), 6);
    }

    #[tokio::test]
    async fn a_refused_message_is_an_error_that_says_why() {
        let refusal = json!({"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "gone"});
        let (_server, queue) = answering(400, &refusal).await;
        let error = queue.send("body").await.unwrap_err().to_string();
        assert!(error.contains("gone"), "{error}");
    }
}
