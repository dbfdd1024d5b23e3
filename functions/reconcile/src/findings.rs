//! Findings as they are written: parts of NDJSON in the state bucket.

use drayage_aws::inventory::{Finding, Findings};
use drayage_aws::objects::{Storage, StorageError};
use drayage_domain::reconcile::work::{self, ShardState};
use drayage_lambda_kit::error::{FunctionError, STORAGE_UNAVAILABLE};

/// A part is written when it has this many bytes. Bounds memory here, and in everything that reads findings.
const PART_BYTES: usize = 1024 * 1024;

/// Writes findings part by part.
pub(crate) struct FindingsFile<'a> {
    storage: Storage,
    bucket: &'a str,
    run_id: &'a str,
    round: u32,
    shard: u32,
    parts: u32,
    waiting: Vec<u8>,
}

impl<'a> FindingsFile<'a> {
    /// Goes on after the parts that belong to the shard's state.
    pub(crate) fn new(
        storage: Storage,
        bucket: &'a str,
        run_id: &'a str,
        round: u32,
        state: &ShardState,
    ) -> Self {
        let (shard, parts) = (state.number, state.findings_parts);
        Self { storage, bucket, run_id, round, shard, parts, waiting: Vec::new() }
    }

    /// Writes what waits, and tells how many parts there are.
    pub(crate) async fn close(&mut self) -> Result<u32, FunctionError> {
        self.flush()
            .await
            .map_err(|error| FunctionError::new(STORAGE_UNAVAILABLE, error.to_string()))?;
        Ok(self.parts)
    }

    async fn flush(&mut self) -> Result<(), StorageError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let key = work::findings_key(self.run_id, self.round, self.shard, self.parts + 1);
        // What could not be written stays, for another try.
        let part = self.waiting.clone();
        self.storage.put(self.bucket, &key, part, "application/x-ndjson").await?;
        self.waiting.clear();
        self.parts += 1;
        Ok(())
    }
}

#[async_trait::async_trait]
impl Findings for FindingsFile<'_> {
    async fn take(&mut self, finding: &Finding) -> Result<(), StorageError> {
        let Some(difference) = finding.difference() else { return Ok(()) };
        let before = self.waiting.len();
        // A difference is text and numbers: it can always be written.
        if serde_json::to_writer(&mut self.waiting, &difference).is_ok() {
            self.waiting.push(b'\n');
        }
        if self.waiting.len() < PART_BYTES {
            return Ok(());
        }
        let written = self.flush().await;
        if written.is_err() {
            // The comparison stops before this finding, and comes to it again.
            self.waiting.truncate(before);
        }
        written
    }
}

#[cfg(test)]
mod tests;
