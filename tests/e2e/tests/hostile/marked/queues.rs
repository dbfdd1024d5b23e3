//! Messages of the stack's queues, looked at and left where they are.

use anyhow::{Context as _, Result, ensure};
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use drayage_local::LocalStack;
use drayage_local::emulator::{CREDENTIAL, REGION};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use super::places::{Left, Place};

/// Outputs of the stack that name its queues.
const QUEUES: [&str; 3] = ["CopyQueueUrl", "CopyDeadLetterQueueUrl", "ScheduleDeadLetterQueueUrl"];
const LIMIT: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(100);

pub(super) fn client(stack: &LocalStack) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(stack.emulator().endpoint())
        .credentials_provider(Credentials::new(CREDENTIAL, CREDENTIAL, None, None, "local"));
    aws_sdk_sqs::Client::from_conf(config.build())
}

/// Every message that waits in a queue, with its attributes. Each is received once more by that.
pub(super) async fn peek(stack: &LocalStack) -> Result<Vec<Left>> {
    let mut found = Vec::new();
    for output in QUEUES {
        let queue = stack.stack().output(output)?;
        let received = client(stack)
            .receive_message()
            .queue_url(queue)
            .max_number_of_messages(10)
            .visibility_timeout(0)
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All")
            .send()
            .await?;
        for message in received.messages() {
            let text = format!("{}\n{message:?}", message.body().unwrap_or_default());
            found.push(Left { place: Place::Queue, origin: output.to_owned(), text });
        }
    }
    Ok(found)
}

/// Waits until a queue holds a message.
pub(super) async fn filled(stack: &LocalStack, output: &str) -> Result<()> {
    until(stack, output, |visible, _in_work| visible > 0).await
}

/// Waits until nothing is left of a queue's messages.
pub(super) async fn drained(stack: &LocalStack, output: &str) -> Result<()> {
    until(stack, output, |visible, in_work| visible + in_work == 0).await
}

async fn until(stack: &LocalStack, output: &str, enough: fn(u64, u64) -> bool) -> Result<()> {
    let queue = stack.stack().output(output)?;
    let deadline = Instant::now() + LIMIT;
    loop {
        let asked = client(stack).get_queue_attributes().queue_url(queue);
        let answer = asked.attribute_names(QueueAttributeName::All).send().await?;
        let count = |name| -> Result<u64> {
            let counts = answer.attributes().context("no attributes")?;
            Ok(counts.get(&name).map_or(Ok(0), |count| count.parse())?)
        };
        let visible = count(QueueAttributeName::ApproximateNumberOfMessages)?;
        let in_work = count(QueueAttributeName::ApproximateNumberOfMessagesNotVisible)?;
        if enough(visible, in_work) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{output}: {visible} wait, {in_work} are in work");
        tokio::time::sleep(POLL).await;
    }
}

/// Whether the messages of its queue are delivered to the function that an output names.
pub(super) async fn deliver(stack: &LocalStack, function: &str, on: bool) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mappings = format!("{}/2015-03-31/event-source-mappings", stack.emulator().endpoint());
    let named = [("FunctionName", stack.stack().output(function)?)];
    let asked = client.get(&mappings).query(&named).send().await?.error_for_status()?;
    let listed: Value = asked.json().await?;
    let id = listed["EventSourceMappings"][0]["UUID"].as_str().context("a mapping")?;
    let switched = client.put(format!("{mappings}/{id}")).json(&json!({"Enabled": on}));
    switched.send().await?.error_for_status()?;
    Ok(())
}
