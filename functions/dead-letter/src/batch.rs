//! Settling what a dead batch has left.

use std::collections::BTreeMap;

use drayage_aws::ledger::{FinishBatch, Ledger};
use drayage_domain::counts::Counts;
use drayage_domain::manifest::ManifestEntry;
use drayage_domain::message::CopyMessage;
use drayage_domain::object_batch::{ObjectEntry, ObjectResults, results_key};
use drayage_domain::outcome::{FailureClass, Outcome};
use drayage_domain::row::FileRow;
use drayage_domain::run::Work;
use drayage_domain::settle::{self, Remaining};
use drayage_domain::settled_row::Settling;
use drayage_domain::state::{FileEvent, FileState, next};
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::{FunctionError, LEDGER_CONFLICT};
use drayage_lambda_kit::metrics::{BATCHES_CLOSED, Metrics};
use drayage_lambda_kit::{batches, clock};
use serde::de::DeserializeOwned;

const REASON: &str = "the batch failed in every delivery";

/// A claimed batch that nobody could process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeadBatch<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) documents: &'a Documents,
    pub(crate) copy: &'a CopyMessage,
    pub(crate) number: u32,
    pub(crate) owner: &'a str,
    pub(crate) metrics: &'a Metrics,
}

impl DeadBatch<'_> {
    /// Fails what is left, counts everything and closes the batch. Returns the reason.
    ///
    /// Entries that the manifest does not show any more are counted as failed too: the ledger knows how many the batch
    /// has, so the run's sums add up even when a manifest is destroyed.
    pub(crate) async fn close(&self, announced: u32) -> Result<String, FunctionError> {
        let run = self.ledger.run(&self.copy.run_id).await?;
        let (mut counts, unreadable) = match run.map(|run| run.work) {
            Some(Work::Objects(_)) => self.fail_objects(announced).await?,
            Some(Work::Records(_) | Work::Urls(_) | Work::Comparison) | None => {
                self.fail_records(announced).await?
            }
        };
        let lost = u64::from(announced).saturating_sub(counts.records());
        for _ in 0..lost {
            counts.add(Outcome::Failed(FailureClass::ManifestInvalid));
        }
        let finished =
            self.ledger.finish_batch(&self.copy.run_id, self.number, self.owner, &counts).await?;
        if matches!(finished, FinishBatch::Counted) {
            self.metrics.add_counts(&counts);
            self.metrics.add(BATCHES_CLOSED, 1);
        }
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

    async fn fail_records(
        &self,
        announced: u32,
    ) -> Result<(Counts, Option<String>), FunctionError> {
        let (entries, unreadable): (Vec<ManifestEntry>, _) =
            self.readable_entries(announced).await?;
        let ids: Vec<String> =
            entries.iter().map(|entry| entry.ledger_id(&self.copy.run_id)).collect();
        let rows: BTreeMap<String, FileRow> = self.ledger.rows(&ids).await?;
        let mut counts = Counts::default();
        for entry in &entries {
            let row = rows.get(&entry.ledger_id(&self.copy.run_id));
            let (outcome, bytes) = self.settle(entry, row).await?;
            counts.add(outcome);
            counts.bytes_copied += bytes;
        }
        Ok((counts, unreadable))
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
            let failed = Settling { entry, seen: row, run_id, at: &at }.failed_row(class, REASON);
            self.ledger.write_row(&failed, FileEvent::CopyFailed, row).await?;
        }
        Ok((Outcome::Failed(class), 0))
    }

    /// What the last delivery has not written down counts as failed, also where it was copied: the next comparison tells.
    async fn fail_objects(
        &self,
        announced: u32,
    ) -> Result<(Counts, Option<String>), FunctionError> {
        let (entries, unreadable): (Vec<ObjectEntry>, _) = self.readable_entries(announced).await?;
        let key = results_key(&self.copy.run_id, self.number);
        let mut results: ObjectResults = self.documents.find(&key).await?.unwrap_or_default();
        for entry in &entries {
            let failed = Outcome::Failed(FailureClass::DeadLettered);
            results.settle(entry, failed, Some(REASON.to_owned()));
        }
        self.documents.write(&key, &results).await?;
        Ok((results.counts, unreadable))
    }

    /// The entries that can be read, no more than were announced, and what is wrong with the others.
    async fn readable_entries<T: DeserializeOwned>(
        &self,
        announced: u32,
    ) -> Result<(Vec<T>, Option<String>), FunctionError> {
        let key = &self.copy.batch_key;
        let Some(lines) = batches::lines(self.documents, key).await? else {
            return Ok((Vec::new(), Some(format!("manifest {key} does not exist"))));
        };
        let mut unreadable = None;
        let mut entries = Vec::new();
        for line in lines {
            match line {
                Ok(entry) => entries.push(entry),
                Err(error) => {
                    unreadable.get_or_insert_with(|| format!("manifest {key}: {error}"));
                }
            }
        }
        entries.truncate(usize::try_from(announced).unwrap_or(usize::MAX));
        Ok((entries, unreadable))
    }
}
