//! From the previous version to this one, and to nothing: what holds data stays what it is.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::types::QueueAttributeName;
use drayage_local::{Clients, Emulator, Stack};

use crate::held;
use crate::support::{Said, checkout, parameters, run, script};

/// The template, with its state machines, as the previous version had them.
const PREVIOUS: &str = "tests/e2e/previous/0.1.0/infra/template.yaml";
/// Outputs that name what holds data.
const WITH_DATA: [&str; 7] = [
    "FilesTable",
    "RunsTable",
    "StateBucket",
    "DestinationBucket",
    "CopyQueueUrl",
    "CopyDeadLetterQueueUrl",
    "ScheduleDeadLetterQueueUrl",
];
/// Nothing receives it during the test: it is delivered after a quarter of an hour.
const DELAY_SECONDS: i32 = 900;

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_and_a_deletion_leave_rows_objects_and_names_alone() -> Result<()> {
    let emulator = Emulator::start().await?;
    let old = Stack::deploy_template(&emulator, &checkout(PREVIOUS), &parameters()).await?;
    let clients = Clients::new(&emulator);
    fill(&clients, &old).await?;
    let queue = queue(&emulator);
    let url = old.output("CopyQueueUrl")?;
    queue
        .send_message()
        .queue_url(url)
        .message_body("{}")
        .delay_seconds(DELAY_SECONDS)
        .send()
        .await?;

    // Right after a release the two templates are the same; there is something to change all the same.
    let newer = parameters().with("LogRetentionDays", "60");
    let held = held::start(&emulator, &clients, &old).await?;
    let refused = run(&mut script(&emulator, &newer)?, "").await?;
    assert!(!refused.succeeded && names_the_held(&refused), "{}", refused.text);
    assert!(refused.text.contains("nothing was built or deployed"), "{}", refused.text);

    let mut command = script(&emulator, &newer)?;
    command.args(["--json", "--termination-protection", "true", "--while-running"]);
    let upgraded = run(&mut command, "").await?;
    assert!(upgraded.succeeded, "{}\n{}", upgraded.text, emulator.log_tail(20));
    assert!(upgraded.text.contains("note: ") && names_the_held(&upgraded), "{}", upgraded.text);
    let outputs = outputs(&upgraded)?;
    for name in WITH_DATA {
        assert_eq!(outputs.get(name).map(String::as_str), old.output(name).ok(), "{name}");
    }
    look(&clients, &old).await?;
    let delayed = QueueAttributeName::ApproximateNumberOfMessagesDelayed;
    let waiting =
        queue.get_queue_attributes().queue_url(url).attribute_names(delayed.clone()).send().await?;
    let waiting = waiting.attributes().and_then(|counts| counts.get(&delayed));
    assert_eq!(waiting.map(String::as_str), Some("1"));

    let refused = run(script(&emulator, &parameters())?.arg("--delete"), "drayage\n").await?;
    assert!(!refused.succeeded && names_the_held(&refused), "{}", refused.text);
    assert!(refused.text.contains("nothing was deleted"), "{}", refused.text);
    held::stop(&clients, &held).await?;
    let refused = run(script(&emulator, &parameters())?.arg("--delete"), "another\n").await?;
    assert!(!refused.succeeded && refused.text.contains("nothing was deleted"), "{}", refused.text);
    look(&clients, &old).await?;

    let deleted = run(script(&emulator, &parameters())?.arg("--delete"), "drayage\n").await?;
    assert!(deleted.succeeded, "{}", deleted.text);
    for name in ["FilesTable", "RunsTable", "StateBucket", "DestinationBucket"] {
        let told = deleted.text.matches(old.output(name)?).count();
        assert!(told >= 2, "{name} is told before and after: {}", deleted.text);
    }
    assert!(deleted.text.contains("CreateDestinationBucket=false"), "{}", deleted.text);
    let gone = queue.get_queue_attributes().queue_url(url).send().await;
    assert!(gone.is_err(), "the queue is still there");
    look(&clients, &old).await?;

    // The bucket that was left is taken over.
    let taken = parameters().with("CreateDestinationBucket", "false");
    let again = run(&mut script(&emulator, &taken)?, "").await?;
    assert!(again.succeeded && again.text.contains("is deployed"), "{}", again.text);
    // The emulator gives the new tables the names of the old ones, and forgets those; AWS does not.
    objects(&clients, &old).await
}

/// Whether the execution that runs is told with its state machine and a hint.
fn names_the_held(said: &Said) -> bool {
    let named = format!("drayage-copy: {}", held::NAME);
    [named.as_str(), "hint: ", "--while-running"].iter().all(|part| said.text.contains(part))
}

/// A row, a manifest and a copy.
async fn fill(clients: &Clients, stack: &Stack) -> Result<()> {
    let id = AttributeValue::S("a00000000000001".to_owned());
    let table = stack.output("FilesTable")?;
    clients.dynamodb.put_item().table_name(table).item("record_id", id).send().await?;
    for bucket in ["StateBucket", "DestinationBucket"] {
        let object = clients.s3.put_object().bucket(stack.output(bucket)?).key("kept");
        object.body(bucket.as_bytes().to_vec().into()).send().await?;
    }
    Ok(())
}

/// An error unless they are all there.
async fn look(clients: &Clients, stack: &Stack) -> Result<()> {
    let id = AttributeValue::S("a00000000000001".to_owned());
    let table = stack.output("FilesTable")?;
    let row = clients.dynamodb.get_item().table_name(table).key("record_id", id).send().await?;
    row.item().context("the row is gone")?;
    objects(clients, stack).await
}

async fn objects(clients: &Clients, stack: &Stack) -> Result<()> {
    for bucket in ["StateBucket", "DestinationBucket"] {
        let object = clients.s3.get_object().bucket(stack.output(bucket)?).key("kept");
        let body = object.send().await?.body.collect().await?.into_bytes();
        assert_eq!(body, bucket.as_bytes());
    }
    Ok(())
}

fn outputs(said: &Said) -> Result<BTreeMap<String, String>> {
    let line = said.text.lines().find(|line| line.starts_with('{')).context("no outputs")?;
    Ok(serde_json::from_str(line)?)
}

fn queue(emulator: &Emulator) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version_latest()
        .region(aws_sdk_sqs::config::Region::new("us-east-1"))
        .endpoint_url(emulator.endpoint())
        .credentials_provider(aws_sdk_sqs::config::Credentials::new(
            "test", "test", None, None, "local",
        ))
        .build();
    aws_sdk_sqs::Client::from_conf(config)
}
