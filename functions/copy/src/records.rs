//! A batch of records: each is settled in the ledger.

use std::collections::BTreeMap;

use drayage_domain::manifest::ManifestEntry;
use drayage_domain::row::FileRow;
use drayage_lambda_kit::batches;
use drayage_lambda_kit::error::FunctionError;
use futures::{StreamExt, stream};
use tokio::time::Instant;

use crate::batch::{Batch, Budget, Progress};
use crate::context::RecordRules;
use crate::file::Ending;
use crate::group;

/// Settles what the ledger says is left.
pub(crate) async fn settle(
    batch: &Batch<'_>,
    rules: &RecordRules,
    announced: u32,
    budget: Budget,
) -> Result<Progress, FunctionError> {
    let Batch { context, copy, .. } = *batch;
    let entries: Vec<ManifestEntry> =
        batches::entries(&context.documents, &copy.batch_key, announced).await?;
    let ids: Vec<String> = entries.iter().map(|entry| entry.ledger_id(&copy.run_id)).collect();
    let rows: BTreeMap<String, FileRow> = context.ledger.rows(&ids).await?;
    let mut endings = stream::iter(group::by_source(&entries))
        .map(|group| async {
            let begun = Instant::now();
            (group::settle(context, rules, group, &rows, budget).await, begun.elapsed())
        })
        .buffer_unordered(context.files_at_a_time);
    let mut progress = Progress::default();
    // After a failure the files in work still end: their bytes are not moved twice.
    let mut failure = None;
    while let Some((group, took)) = endings.next().await {
        progress.slowest = progress.slowest.max(took);
        for ending in group {
            match ending {
                Ok(Ending::Settled(settled)) => {
                    progress.settled += 1;
                    settled.count_into(&mut progress.counts);
                }
                Ok(Ending::OutOfTime) => progress.left += 1,
                Err(error) => {
                    failure.get_or_insert(error);
                }
            }
        }
    }
    failure.map_or(Ok(progress), Err)
}
