//! A stack with everything that an account's owners may ask for: a key of their own, a permissions boundary, access logs.

use anyhow::{Context as _, Result, ensure};
use drayage_local::{LocalStack, StackParameters, logs};
use serde_json::json;

/// No account's and nobody's.
const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/0a1b2c3d-0a1b-4a1b-8a1b-0a1b2c3d4e5f";
const BOUNDARY: &str = "arn:aws:iam::000000000000:policy/boundary";

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_with_a_key_of_its_own_backs_up_with_that_key() -> Result<()> {
    let parameters = StackParameters::default()
        .with("KmsKeyArn", KEY)
        .with("SecretKmsKeyArns", KEY)
        .with("SourceKmsKeyArns", KEY)
        .with("DestinationKmsKeyArns", KEY)
        .with("PermissionsBoundary", BOUNDARY)
        .with("AccessLogBucket", "access-logs")
        .with("ScheduleEnabled", "true");
    let stack = LocalStack::builder().files(30).seed(5).parameters(parameters).start().await?;
    let summary = stack.run_backup(&json!({})).await?;
    stack.assert_accounted(&summary)?;

    // The emulator keeps the keys of queues and the topic. It takes those of buckets and tables and forgets them: that they are everywhere is
    // what `cargo xtask lint-template` looks at.
    let ask = async |target: &str, body| logs::ask(stack.emulator(), target, &body).await;
    for output in ["CopyQueueUrl", "CopyDeadLetterQueueUrl", "ScheduleDeadLetterQueueUrl"] {
        let url = stack.stack().output(output)?;
        let asked = json!({"QueueUrl": url, "AttributeNames": ["All"]});
        let queue = ask("AmazonSQS.GetQueueAttributes", asked).await?;
        ensure!(queue["Attributes"]["KmsMasterKeyId"] == KEY, "{output}: {queue}");
    }
    for output in ["FilesTable", "RunsTable"] {
        let table = stack.stack().output(output)?;
        let described = stack.clients().dynamodb.describe_table().table_name(table).send().await?;
        let table = described.table().context("no table")?;
        ensure!(table.deletion_protection_enabled() == Some(true), "{output}: {table:?}");
    }
    Ok(())
}
