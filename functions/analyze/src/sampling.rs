//! Asks sources for the sizes of sampled files, through the same adapters as a copy and under the same rules. No file is read.

use std::time::Duration;

use drayage_aws::objects::Sources;
use drayage_domain::analysis::sample::{Sample, Seen};
use drayage_domain::source_url::SourceLocation;
use futures::{StreamExt as _, stream};
use tokio::time::Instant;

use crate::Work;

/// Files that are asked for between two looks at the clock.
const FILES_PER_STEP: usize = 100;
/// Time for one file, with its second and third attempt.
const FILE_TIME: Duration = Duration::from_secs(20);

/// Asks for the next files of the sample.
pub(crate) async fn ask(work: &Work<'_>, sources: &Sources, at_a_time: usize, sample: &mut Sample) {
    let mut answers = stream::iter(sample.open(FILES_PER_STEP))
        .map(|(hash, source)| async move { (hash, look(sources, &source).await) })
        .buffer_unordered(at_a_time.max(1));
    while let Some((hash, seen)) = answers.next().await {
        sample.learn(hash, seen);
        if !work.has_time() {
            // What has not answered by now is asked by the next invocation.
            break;
        }
    }
}

async fn look(sources: &Sources, source: &SourceLocation) -> Seen {
    match sources.look(source, Instant::now() + FILE_TIME).await {
        Ok(looked) => Seen::There { bytes: looked.size_bytes },
        Err(error) => {
            let outcome = error.outcome().label();
            tracing::debug!(outcome, "a sampled file could not be looked at");
            Seen::Not { outcome }
        }
    }
}
