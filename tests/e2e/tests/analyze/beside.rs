//! An analysis disturbs nobody.

use anyhow::Result;
use drayage_local::LocalStack;
use serde_json::json;

use crate::control::{all_queued, aws, deliver, messages, run_id};
use crate::support::analysis;

#[tokio::test(flavor = "multi_thread")]
async fn an_analysis_runs_beside_a_backup_and_keeps_no_lock() -> Result<()> {
    let stack = LocalStack::builder().files(30).seed(9).start().await?;
    deliver(&stack, false).await?;
    let backup = stack.start_backup(&json!({})).await?;
    let batches = all_queued(&stack, run_id(&backup)).await?;
    let found = analysis(&stack, "analyze-beside", &json!({"sample": 3})).await?;
    assert_eq!(found.scope.records, 30);
    assert!(
        messages(&stack, "CopyQueueUrl").await? >= u64::from(batches),
        "the backup waits still"
    );
    let status =
        aws(&stack, &["stepfunctions", "describe-execution", "--execution-arn", &backup]).await?;
    assert_eq!(status["status"], "RUNNING");

    deliver(&stack, true).await?;
    let summary = drayage_local::local_stack::summary(stack.wait(&backup).await?)?;
    stack.assert_accounted(&summary)?;
    // Nor has it taken the backup's lock away, or kept one: the next one starts.
    let again = stack.run_backup(&json!({"mode": "incremental"})).await?;
    assert!(again.accounted_for, "{again:#?}");
    Ok(())
}
