//! SNS: telling people.

use aws_sdk_sns::Client;
use aws_sdk_sns::error::BuildError;
use aws_sdk_sns::types::MessageAttributeValue;
use drayage_domain::notice::Notice;

use crate::sdk_error::describe;

/// A subject is ASCII without control characters and has less than 100 characters
/// (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>).
const SUBJECT_CHARACTERS_MAX: usize = 99;
/// A message has at most 256 KiB, its attributes included; this leaves room for them. In bytes.
const MESSAGE_BYTES_MAX: usize = 250 * 1024;

/// A topic cannot be used just now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("topic: {0}")]
pub struct NotificationError(String);

/// One topic.
#[derive(Debug, Clone)]
pub struct Topic {
    client: Client,
    arn: String,
}

impl Topic {
    /// The topic with this ARN.
    pub fn new(client: Client, arn: &str) -> Self {
        Self { client, arn: arn.to_owned() }
    }

    /// Whether it is there. Needs `sns:GetTopicAttributes`.
    pub async fn check(&self) -> Result<(), NotificationError> {
        let asked = self.client.get_topic_attributes().topic_arn(&self.arn).send().await;
        asked.map(drop).map_err(|error| NotificationError(describe(&error)))
    }

    /// Publishes a notice. Its event is the message attribute `event`, which subscriptions may filter by. Needs `sns:Publish`.
    pub async fn publish(&self, notice: &Notice) -> Result<(), NotificationError> {
        let unusable = |error: BuildError| NotificationError(error.to_string());
        let event = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(notice.event.label())
            .build()
            .map_err(unusable)?;
        self.client
            .publish()
            .topic_arn(&self.arn)
            .subject(subject(&notice.subject))
            .message(message(&notice.text))
            .message_attributes("event", event)
            .send()
            .await
            .map(drop)
            .map_err(|error| NotificationError(describe(&error)))
    }
}

fn subject(text: &str) -> String {
    let plain = text.trim().chars().map(|c| match c {
        ' '..='~' => c,
        c if c.is_whitespace() || c.is_control() => ' ',
        _ => '?',
    });
    plain.take(SUBJECT_CHARACTERS_MAX).collect()
}

fn message(text: &str) -> &str {
    let end = text.floor_char_boundary(MESSAGE_BYTES_MAX);
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aws_sdk_sns::config::retry::RetryConfig;
    use aws_sdk_sns::config::{BehaviorVersion, Credentials, Region};
    use drayage_domain::notice::Event;
    use wiremock::matchers::any;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    async fn answering(status: u16, body: &str) -> (MockServer, Topic) {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(status).set_body_raw(body.to_owned(), "text/xml");
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let config = aws_sdk_sns::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(server.uri())
            .retry_config(RetryConfig::disabled())
            .build();
        (server, Topic::new(Client::from_conf(config), "arn:aws:sns:us-east-1:1:topic"))
    }

    fn notice(subject: &str, text: &str) -> Notice {
        Notice { event: Event::Limit, subject: subject.to_owned(), text: text.to_owned() }
    }

    #[tokio::test]
    async fn a_notice_is_published_with_its_event() {
        let body = "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>";
        let (server, topic) = answering(200, body).await;
        let long = format!("é\n{}", "x".repeat(200));
        topic.publish(&notice(&long, "two\nlines")).await.unwrap();
        let requests = server.received_requests().await.unwrap();
        let sent: BTreeMap<String, String> =
            url::form_urlencoded::parse(&requests[0].body).into_owned().collect();
        assert_eq!(sent["Action"], "Publish");
        assert_eq!(sent["TopicArn"], "arn:aws:sns:us-east-1:1:topic");
        assert_eq!(sent["Subject"], format!("? {}", "x".repeat(97)));
        assert_eq!(sent["Message"], "two\nlines");
        assert_eq!(sent["MessageAttributes.entry.1.Name"], "event");
        assert_eq!(sent["MessageAttributes.entry.1.Value.DataType"], "String");
        assert_eq!(sent["MessageAttributes.entry.1.Value.StringValue"], "limit");
    }

    #[tokio::test]
    async fn a_refused_notice_is_an_error_that_says_why() {
        let body = "<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>no such topic</Message></Error></ErrorResponse>";
        let (_server, topic) = answering(404, body).await;
        let error = topic.publish(&notice("s", "t")).await.unwrap_err().to_string();
        assert_eq!(error, "topic: NotFound: no such topic");
    }

    #[test]
    fn a_message_is_cut_between_characters() {
        let long = format!("{}é", "x".repeat(MESSAGE_BYTES_MAX - 1));
        assert_eq!(message(&long).len(), MESSAGE_BYTES_MAX - 1);
        assert_eq!(message("short"), "short");
    }
}
