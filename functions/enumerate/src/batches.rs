//! Writing manifest parts and announcing their batches.

use drayage_domain::manifest::ManifestEntry;
use drayage_domain::run::Checkpoint;
use drayage_lambda_kit::batches;
use drayage_lambda_kit::error::FunctionError;
use futures::{StreamExt, TryStreamExt, stream};

use crate::Enumeration;

/// Batches written at a time. A page of 10,000 records makes 100 batches, each a PUT of about 60 KB and a ledger write.
const WRITES_AT_A_TIME: usize = 16;

impl Enumeration {
    /// Writes `entries` as the next batches. Their numbers follow from the checkpoint, so writing a page again replaces
    /// the same objects by the same content.
    pub(crate) async fn write_batches(
        &self,
        checkpoint: &mut Checkpoint,
        entries: &[ManifestEntry],
    ) -> Result<(), FunctionError> {
        let size = usize::try_from(self.options.batch_size.max(1)).unwrap_or(usize::MAX);
        let first = checkpoint.batches + 1;
        let parts: Vec<_> = (first..).zip(entries.chunks(size)).collect();
        checkpoint.batches += u32::try_from(parts.len()).unwrap_or(u32::MAX);
        stream::iter(parts)
            .map(|(number, part)| self.write_batch(number, part))
            .buffer_unordered(WRITES_AT_A_TIME)
            .try_collect::<()>()
            .await
    }

    async fn write_batch(&self, number: u32, part: &[ManifestEntry]) -> Result<(), FunctionError> {
        let announce = (!self.options.dry_run).then_some(&self.ledger);
        batches::write(&self.documents, announce, &self.run.run_id, number, part).await
    }
}
