//! A first backup, and the same again.

use anyhow::Result;
use drayage_domain::state::FileState;
use drayage_local::LocalStack;
use serde_json::json;

use crate::outcomes::{objects, rows, with_verified_as};

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_plans_exactly_what_the_backup_then_does() -> Result<()> {
    let stack = LocalStack::builder().files(120).seed(7).start().await?;
    let planned = stack.run_backup(&json!({"dryRun": true})).await?;
    assert!(planned.accounted_for && planned.dry_run);
    assert!(objects(&stack).await?.is_empty(), "a dry run copies nothing");
    assert!(rows(&stack).await?.is_empty(), "a dry run writes no row");
    let would_copy = planned.counts.outcomes["planned"];
    assert_eq!(planned.estimate.as_ref().map(|estimate| estimate.files), Some(would_copy));

    let done = stack.run_backup(&json!({})).await?;
    stack.assert_accounted(&done)?;
    let skipped = |counts: &drayage_domain::counts::Counts| {
        counts.outcomes.iter().filter(|(label, _)| *label == "skipped.extension").count()
    };
    assert_eq!(skipped(&planned.counts), skipped(&done.counts));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_backup_copies_nothing() -> Result<()> {
    let stack = LocalStack::builder().files(150).seed(11).start().await?;
    let first = stack.run_backup(&json!({})).await?;
    stack.assert_accounted(&first)?;
    let report = stack.check().await?;
    assert!(report.passed(), "{report:#?}");
    assert!(first.counts.bytes_copied > 0);
    let before = objects(&stack).await?;

    let expected = with_verified_as(&first.counts.outcomes, "unchanged");
    for input in [json!({}), json!({"mode": "incremental"}), json!({"queryApi": "bulk"})] {
        let again = stack.run_backup(&input).await?;
        assert!(again.accounted_for, "{again:#?}");
        let copied: Vec<_> = rows(&stack)
            .await?
            .into_values()
            .filter(|row| row.run_id == again.run_id && row.state == FileState::Verified)
            .collect();
        assert!(copied.is_empty(), "{input} copied again: {copied:#?}");
        assert_eq!(again.counts.outcomes, expected, "{input}");
        assert_eq!(again.counts.bytes_copied, 0, "{input}");
        assert_eq!(objects(&stack).await?, before, "{input} wrote into the destination");
    }
    Ok(())
}
