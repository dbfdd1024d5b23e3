//! Sizes from a sample hold what is true of all files.

use anyhow::Result;
use drayage_local::LocalStack;
use drayage_sim::dataset::Dataset;
use serde_json::json;

use crate::support::analysis;

/// Bytes of all files that a backup would copy.
fn true_total(dataset: &Dataset) -> u64 {
    let contents = dataset.entries.iter().filter_map(|entry| dataset.expected_content(entry));
    contents.map(|content| u64::try_from(content.bytes().len()).unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_interval_of_a_sample_holds_the_truth() -> Result<()> {
    let stack = LocalStack::builder().files(240).seed(8).start().await?;
    let truth = true_total(stack.dataset().unwrap());
    // No sample knows of the few very large files that larger data sets have: the interval is about those like the ones drawn.
    // The name seeds the sample: the same files are drawn whenever this test runs.
    let found = analysis(&stack, "analyze-sample-a", &json!({"sample": 100})).await?;
    let sizes = found.sizes.as_ref().unwrap();
    assert_eq!((sizes.sampled, sizes.files), (100, found.scope.files));
    let (low, high) = (sizes.total.low_bytes.unwrap(), sizes.total.high_bytes.unwrap());
    assert!(low <= truth && truth <= high, "{truth} is not in {:?}", sizes.total);
    assert!(low < high && sizes.total.confidence_percent == 95, "{:?}", sizes.total);
    assert_eq!(found.estimate.bytes, Some(sizes.total.bytes));

    let again = analysis(&stack, "analyze-sample-b", &json!({"sample": 100})).await?;
    assert_ne!(again.sizes, found.sizes, "another run draws other files");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_of_all_files_is_exact_and_none_says_nothing() -> Result<()> {
    let stack = LocalStack::builder().files(40).small_files().seed(4).start().await?;
    let truth = true_total(stack.dataset().unwrap());
    let all = analysis(&stack, "analyze-all", &json!({})).await?.sizes.unwrap();
    assert_eq!((all.total.bytes, all.total.confidence_percent), (truth, 100));
    assert_eq!((all.total.low_bytes, all.total.high_bytes), (Some(truth), Some(truth)));
    let none = analysis(&stack, "analyze-none", &json!({"sample": 0})).await?;
    assert_eq!((none.sizes, none.estimate.bytes), (None, None));
    Ok(())
}
