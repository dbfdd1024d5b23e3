//! Sources that take their time: bounded, without holding up the batch's other files.

use anyhow::Result;
use drayage_local::{LocalStack, StackParameters};
use drayage_sim::files::{Fault, FaultKind};
use serde_json::json;

use crate::support::{add, assert_ended, writes};

/// Files of about one second each: more than two of them at a time in one invocation of ten seconds.
const SLOW_FILES: usize = 18;

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_slow_files_takes_several_invocations() -> Result<()> {
    let parameters = StackParameters::default()
        .with("CopyTimeoutSeconds", "10")
        .with("CopyVisibilityTimeoutSeconds", "30")
        .with("CopyConcurrency", "2");
    let stack = LocalStack::builder().files(0).seed(42).parameters(parameters).start().await?;
    let stalling = Some(Fault::always(FaultKind::Stalling));
    let mut cases = vec![add(&stack, "never ends", "", stalling, "failed.source_timeout")?];
    for number in 0..SLOW_FILES {
        let trickle = Some(Fault::always(FaultKind::Trickle));
        cases.push(add(&stack, &format!("trickles {number}"), "", trickle, "verified")?);
    }
    let summary = stack.run_backup(&json!({})).await?;
    assert_ended(&stack, &summary, &cases).await?;
    assert_eq!(summary.batches, 1);
    let log = std::fs::read_to_string(stack.emulator().log())?;
    let handed_back = log.matches("handed back").count();
    assert!(handed_back >= 2, "handed back {handed_back} times");
    let twice: Vec<_> = writes(&stack).await?.into_iter().filter(|(_, times)| *times > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    Ok(())
}
