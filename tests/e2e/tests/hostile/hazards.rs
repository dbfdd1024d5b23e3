//! Records that combine every hazard with every other, end to end.
//!
//! `DRAYAGE_HAZARDS=10000` makes it ten thousand instead of a few hundred.

use anyhow::{Context, Result};
use drayage_local::LocalStack;
use serde_json::json;

const RECORDS: usize = 600;

#[tokio::test(flavor = "multi_thread")]
async fn every_combination_ends_as_it_was_made_to() -> Result<()> {
    let records = match std::env::var_os("DRAYAGE_HAZARDS") {
        Some(text) => text
            .to_str()
            .and_then(|text| text.parse().ok())
            .with_context(|| format!("DRAYAGE_HAZARDS={} is no number", text.display()))?,
        None => RECORDS,
    };
    let stack = LocalStack::builder().combinations().files(records).seed(61).start().await?;
    let summary = stack.run_backup(&json!({})).await?;
    stack.assert_accounted(&summary)?;
    let report = stack.check().await?;
    assert!(report.passed(), "{report:#?}");
    let verified = summary.counts.outcomes["verified"];
    assert_eq!((report.objects, report.equal), (verified, verified));

    // The same again finds nothing to copy.
    let again = stack.run_backup(&json!({"mode": "incremental"})).await?;
    assert!(again.accounted_for, "{again:#?}");
    assert_eq!(again.counts.bytes_copied, 0, "{again:#?}");
    Ok(())
}
