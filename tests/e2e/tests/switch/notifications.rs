//! What the topic is told: beginning, end, question and failure.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use drayage_local::LocalStack;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::approval::asked;
use crate::control::{aws, run_id};
use crate::site::{MIGRATE, TOPIC, backed_up, execute, migrate, refusal};

const LIMIT: Duration = Duration::from_mins(1);

/// A queue that hears everything that the topic is told.
struct Listener<'stack> {
    stack: &'stack LocalStack,
    queue: String,
    /// Subjects and texts of the messages so far.
    messages: Vec<String>,
}

impl<'stack> Listener<'stack> {
    async fn subscribe(stack: &'stack LocalStack) -> Result<Self> {
        let created = aws(stack, &["sqs", "create-queue", "--queue-name", "listener"]).await?;
        let queue = created["QueueUrl"].as_str().context("a queue without URL")?.to_owned();
        let names =
            ["sqs", "get-queue-attributes", "--queue-url", &queue, "--attribute-names", "All"];
        let attributes = aws(stack, &names).await?;
        let arn = attributes["Attributes"]["QueueArn"].as_str().context("a queue without ARN")?;
        let topic = stack.stack().output(TOPIC)?;
        let subscribe = ["sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs"];
        aws(stack, &[&subscribe[..], &["--notification-endpoint", arn]].concat()).await?;
        Ok(Self { stack, queue, messages: Vec::new() })
    }

    /// Waits for a message that has all of these texts in it, in any case.
    async fn hears(&mut self, texts: &[&str]) -> Result<String> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let has_all = |message: &&String| {
                let message = message.to_lowercase();
                texts.iter().all(|text| message.contains(&text.to_lowercase()))
            };
            if let Some(message) = self.messages.iter().find(has_all) {
                return Ok(message.clone());
            }
            ensure!(Instant::now() < deadline, "no {texts:?} in {:#?}", self.messages);
            self.receive().await?;
        }
    }

    async fn receive(&mut self) -> Result<()> {
        let receive = ["--max-number-of-messages", "10", "--wait-time-seconds", "1"];
        let call = [&["sqs", "receive-message", "--queue-url", &self.queue][..], &receive].concat();
        let answer = aws(self.stack, &call).await?;
        for message in answer["Messages"].as_array().into_iter().flatten() {
            let envelope: Value =
                serde_json::from_str(message["Body"].as_str().unwrap_or_default())?;
            let text = |name: &str| envelope[name].as_str().unwrap_or_default().to_owned();
            let message = format!("{}\n{}", text("Subject"), text("Message"));
            ensure!(!message.contains("X-Amz-"), "a signed URL is told: {message}");
            self.messages.push(message);
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_topic_is_told_what_happens() -> Result<()> {
    let stack = backed_up(10, 100).await?;
    let mut topic = Listener::subscribe(&stack).await?;

    // A question, with the commands that answer it; and its rejection.
    let (execution, question) = asked(&stack).await?;
    let run = run_id(&execution).to_owned();
    topic.hears(&[&run, "started"]).await?;
    let token = question["token"].as_str().context("no token")?;
    let message = topic.hears(&[&run, "approv", "send-task-success"]).await?;
    ensure!(message.contains("send-task-failure") && message.contains(token), "{message}");
    let reject = stack.clients().executions.send_task_failure().task_token(token);
    reject.error("ApprovalRejected").cause("no").send().await?;
    refusal(&stack, &execution).await?;
    topic.hears(&[&run, "ApprovalRejected"]).await?;

    // A run that ends well.
    let summary = migrate(&stack, &execute(&json!({}))).await?;
    let message = topic.hears(&[&summary.run_id, "finished"]).await?;
    ensure!(message.contains("10"), "the number of records is not told: {message}");
    for record in stack.org()?.records().values() {
        let url = record.url.as_deref().unwrap_or("null");
        ensure!(!message.contains(url), "a URL is told");
    }

    // A run that fails.
    let input = execute(&json!({"planHash": "0".repeat(64)}));
    let execution = stack.start_execution(MIGRATE, &input).await?;
    let (error, _) = refusal(&stack, &execution).await?;
    ensure!(error == "PlanChanged", "{error}");
    topic.hears(&[run_id(&execution), "failed", "PlanChanged"]).await?;
    Ok(())
}
