//! One run at a time per destination.

use anyhow::{Result, bail};
use drayage_local::LocalStack;
use drayage_local::executions::Ended;
use serde_json::json;

use crate::control::{all_queued, aws, deliver, run_id};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_is_refused_and_a_scheduled_one_skips() -> Result<()> {
    let stack = LocalStack::builder().files(30).seed(9).start().await?;
    deliver(&stack, false).await?;
    let first = stack.start_backup(&json!({})).await?;
    all_queued(&stack, run_id(&first)).await?;

    let second = stack.start_backup(&json!({})).await?;
    let Ended::Failed { error, cause } = stack.wait(&second).await? else {
        bail!("two runs at once");
    };
    assert_eq!(error, "RunLocked", "{cause}");
    assert!(cause.contains(run_id(&first)), "the holder is named: {cause}");

    let scheduled =
        stack.start_backup(&json!({"mode": "incremental", "trigger": "schedule"})).await?;
    let output = stack.wait(&scheduled).await?.output()?;
    assert_eq!(output["outcome"], "skipped", "{output}");
    assert!(output["reason"].as_str().unwrap_or_default().contains(run_id(&first)), "{output}");

    deliver(&stack, true).await?;
    let summary = drayage_local::local_stack::summary(stack.wait(&first).await?)?;
    stack.assert_accounted(&summary)?;
    let report = stack.check().await?;
    assert!(report.passed(), "{report:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lock_of_a_stopped_execution_is_taken_over() -> Result<()> {
    let stack = LocalStack::builder().files(30).seed(10).start().await?;
    deliver(&stack, false).await?;
    let stopped = stack.start_backup(&json!({})).await?;
    all_queued(&stack, run_id(&stopped)).await?;
    aws(&stack, &["stepfunctions", "stop-execution", "--execution-arn", &stopped]).await?;
    deliver(&stack, true).await?;

    let summary = stack.run_backup(&json!({})).await?;
    assert!(summary.accounted_for, "{summary:#?}");
    let report = stack.check().await?;
    assert!(report.passed(), "{report:#?}");
    Ok(())
}
