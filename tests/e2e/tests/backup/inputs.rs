//! Execution input: refused by name, or obeyed to the letter.

use anyhow::{Result, bail};
use drayage_local::LocalStack;
use drayage_local::executions::Ended;
use serde_json::json;

use crate::control::run_id;
use crate::outcomes::{objects, rows};

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_input_is_refused_by_name_and_starts_nothing() -> Result<()> {
    let stack = LocalStack::builder().files(20).seed(3).start().await?;
    let execution =
        stack.start_backup(&json!({"mode": "sideways", "max_files": 3, "batchSize": 0})).await?;
    let Ended::Failed { error, cause } = stack.wait(&execution).await? else {
        bail!("a wrong input was taken");
    };
    assert_eq!(error, "InputInvalid", "{cause}");
    for name in ["mode", "max_files", "did you mean `maxFiles`?", "hint:"] {
        assert!(cause.contains(name), "{name} is missing in: {cause}");
    }
    assert!(stack.ledger()?.run(run_id(&execution)).await?.is_none());
    assert!(rows(&stack).await?.is_empty());
    // The lock is free: the next run starts.
    let summary = stack.run_backup(&json!({})).await?;
    stack.assert_accounted(&summary)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_filtered_out_is_recorded_as_skipped() -> Result<()> {
    let stack = LocalStack::builder().files(60).seed(5).start().await?;
    let summary = stack.run_backup(&json!({"maxFiles": 5, "allowedExtensions": ["pdf"]})).await?;
    assert!(summary.accounted_for, "{summary:#?}");
    let outcomes = &summary.counts.outcomes;
    assert!(outcomes["skipped.extension"] > 0);
    assert!(outcomes.get("verified").copied().unwrap_or_default() <= 5);
    let rows = rows(&stack).await?;
    assert_eq!(rows.len(), 60, "every record has a row");
    assert_eq!(
        u64::try_from(objects(&stack).await?.len())?,
        outcomes.get("verified").copied().unwrap_or_default()
    );

    let dataset = stack.dataset().unwrap();
    let account = dataset.entries.iter().find_map(|entry| entry.account).unwrap();
    let chosen = &dataset.accounts[account];
    let theirs = dataset.entries.iter().filter(|entry| entry.account == Some(account)).count();
    let summary = stack.run_backup(&json!({"accounts": [chosen.id]})).await?;
    assert!(summary.accounted_for, "{summary:#?}");
    assert_eq!(summary.counts.outcomes["skipped.account"], u64::try_from(60 - theirs)?);
    Ok(())
}
