//! Settling what a dead batch has left.

use std::collections::BTreeMap;

use drayage_aws::ledger::{FinishBatch, Ledger};
use drayage_aws::objects::Storage;
use drayage_domain::counts::Counts;
use drayage_domain::manifest::{self, ManifestEntry};
use drayage_domain::message::CopyMessage;
use drayage_domain::outcome::{FailureClass, Outcome};
use drayage_domain::row::FileRow;
use drayage_domain::settle::{self, Remaining};
use drayage_domain::settled_row::Settling;
use drayage_domain::state::{FileEvent, FileState, next};
use drayage_lambda_kit::clock;
use drayage_lambda_kit::error::{FunctionError, LEDGER_CONFLICT, STORAGE_UNAVAILABLE};

/// A manifest part of 1,000 entries with long URLs has about 2 MB; anything much larger is not one.
const MANIFEST_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// A claimed batch that nobody could process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeadBatch<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) storage: &'a Storage,
    pub(crate) state_bucket: &'a str,
    pub(crate) copy: &'a CopyMessage,
    pub(crate) number: u32,
    pub(crate) owner: &'a str,
}

impl DeadBatch<'_> {
    /// Fails what is left, counts everything and closes the batch. Returns the reason.
    ///
    /// Records that the manifest does not show any more are counted as failed too: the ledger knows how many the batch
    /// has, so the run's sums add up even when a manifest is destroyed.
    pub(crate) async fn close(&self, expected: u32) -> Result<String, FunctionError> {
        let (entries, unreadable) = self.readable_entries().await?;
        let rows = self.rows(&entries).await?;
        let mut counts = Counts::default();
        for entry in entries.iter().take(usize::try_from(expected).unwrap_or(usize::MAX)) {
            let row = rows.get(&entry.ledger_id(&self.copy.run_id));
            let (outcome, bytes) = self.settle(entry, row).await?;
            counts.add(outcome);
            counts.bytes_copied += bytes;
        }
        let lost = u64::from(expected).saturating_sub(counts.records());
        for _ in 0..lost {
            counts.add(Outcome::Failed(FailureClass::ManifestInvalid));
        }
        let finished =
            self.ledger.finish_batch(&self.copy.run_id, self.number, self.owner, &counts).await?;
        match finished {
            FinishBatch::Counted | FinishBatch::AlreadyDone => {
                Ok(unreadable.unwrap_or_else(|| {
                    format!("batch {} failed in every delivery; see the log of copy", self.number)
                }))
            }
            FinishBatch::LeaseLost => Err(FunctionError::new(
                LEDGER_CONFLICT,
                format!("the lease of batch {} went to another invocation", self.number),
            )),
        }
    }

    async fn settle(
        &self,
        entry: &ManifestEntry,
        row: Option<&FileRow>,
    ) -> Result<(Outcome, u64), FunctionError> {
        let run_id = &self.copy.run_id;
        if let Remaining::Settled { outcome, bytes } = settle::remaining(entry, row, run_id) {
            return Ok((outcome, bytes));
        }
        let class = FailureClass::DeadLettered;
        let state = row.map_or(FileState::Discovered, |row| row.state);
        if next(state, FileEvent::CopyFailed).is_ok() {
            let at = clock::now().to_string();
            let failed = Settling { entry, seen: row, run_id, at: &at }
                .failed_row(class, "the batch failed in every delivery");
            self.ledger.write_row(&failed, FileEvent::CopyFailed, row).await?;
        }
        Ok((Outcome::Failed(class), 0))
    }

    /// The entries that can be read, and what is wrong with the others.
    async fn readable_entries(
        &self,
    ) -> Result<(Vec<ManifestEntry>, Option<String>), FunctionError> {
        let key = &self.copy.batch_key;
        let bytes = self
            .storage
            .get_bounded(self.state_bucket, key, MANIFEST_BYTES_MAX)
            .await
            .map_err(|error| FunctionError::new(STORAGE_UNAVAILABLE, error.to_string()))?;
        let Some(bytes) = bytes else {
            return Ok((Vec::new(), Some(format!("manifest {key} does not exist"))));
        };
        let mut unreadable = None;
        let mut entries = Vec::new();
        for line in manifest::from_jsonl(&String::from_utf8_lossy(&bytes)) {
            match line {
                Ok(entry) => entries.push(entry),
                Err(error) => {
                    unreadable.get_or_insert_with(|| format!("manifest {key}: {error}"));
                }
            }
        }
        Ok((entries, unreadable))
    }

    async fn rows(
        &self,
        entries: &[ManifestEntry],
    ) -> Result<BTreeMap<String, FileRow>, FunctionError> {
        let ids: Vec<String> =
            entries.iter().map(|entry| entry.ledger_id(&self.copy.run_id)).collect();
        Ok(self.ledger.rows(&ids).await?)
    }
}
