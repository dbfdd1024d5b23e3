//! What is carried out: batches, announced in the ledger, and the lanes that the map goes over.

use drayage_domain::switch::lane::{CutBatch, LaneCutter, lane_key};
use drayage_lambda_kit::batches;
use drayage_lambda_kit::error::FunctionError;
use futures::stream::{FuturesUnordered, StreamExt};

use crate::Context;
use crate::draft::LineFile;

/// Batches that are written at a time.
const AT_ONCE: usize = 4;

impl Context {
    /// Cuts the lines and writes every batch. In a dry run they are only read by people, and there are no lanes.
    pub(crate) async fn write_batches(
        &self,
        lines: &LineFile,
        size: u32,
    ) -> Result<(), FunctionError> {
        let mut cutter = LaneCutter::new(size);
        let mut writing = FuturesUnordered::new();
        let mut lanes = 0;
        let mut lines = lines.read()?;
        let mut ended = false;
        while !ended {
            let cut = if let Some(line) = lines.next() {
                cutter.push(line?)
            } else {
                ended = true;
                std::mem::replace(&mut cutter, LaneCutter::new(size)).finish()
            };
            for batch in cut {
                lanes += u32::from(batch.ended_lane.is_some());
                writing.push(self.write_batch(batch, lanes));
                while writing.len() >= AT_ONCE
                    && let Some(written) = writing.next().await
                {
                    written?;
                }
            }
        }
        while let Some(written) = writing.next().await {
            written?;
        }
        Ok(())
    }

    /// * `lane`: number of the lane that ends with the batch, if one does.
    async fn write_batch(&self, batch: CutBatch, lane: u32) -> Result<(), FunctionError> {
        let run_id = &self.run.run_id;
        let announce = self.options.execute.then_some(&self.ledger);
        batches::write(&self.documents, announce, run_id, batch.number, &batch.lines).await?;
        match batch.ended_lane {
            Some(ended) if self.options.execute => {
                self.documents.write(&lane_key(run_id, lane), &ended).await
            }
            Some(_) | None => Ok(()),
        }
    }
}
