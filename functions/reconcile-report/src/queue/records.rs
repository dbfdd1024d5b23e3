//! Files of records that are copied again: the ledger knows where each comes from.

use drayage_domain::manifest::ManifestEntry;
use drayage_domain::plan::Planner;
use drayage_domain::reconcile::repair::{Repair, SourceRead};
use drayage_domain::reconcile::work::Queued;
use drayage_domain::run::{RunOptions, Work};
use drayage_domain::run_input::BackupInput;
use drayage_lambda_kit::error::FunctionError;

use crate::Context;
use crate::sums::Sums;

/// The largest object that S3 stores, 5 TiB: what was copied once is copied again whatever today's limit is.
const FILE_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024 * 1024;

impl Context {
    pub(super) async fn queue_records(
        &self,
        run_id: &str,
        round: u32,
        sums: &Sums,
    ) -> Result<Queued, FunctionError> {
        let options = self.repair_options();
        let planner =
            Planner::new(&options).map_err(|problems| FunctionError::configuration(&problems))?;
        let per_batch = usize::try_from(options.batch_size).unwrap_or(usize::MAX);
        let rules = self.reconciliation.input.rules(SourceRead::InPart, false);
        let mut batches = self.batches(run_id, per_batch);
        let mut findings = self.findings(round, sums);
        while let Some(part) = findings.next_part().await? {
            let wanted = part
                .into_iter()
                .filter(|difference| rules.repair(difference.verdict) == Repair::Copy)
                .filter_map(|difference| difference.record_id);
            let ids: Vec<String> = wanted.collect();
            let rows = self.ledger.rows(&ids).await?;
            for row in ids.iter().filter_map(|id| rows.get(id)) {
                let record = row.record();
                let sequence = batches.next_sequence();
                if sequence == 1 {
                    self.create_run(run_id, Work::Records(options.clone())).await?;
                }
                let size_bytes = row.proof.as_ref().map_or(0, |proof| proof.size_bytes);
                let entry = ManifestEntry { sequence, plan: planner.plan(&record), record };
                batches.copy(entry, size_bytes).await?;
            }
        }
        batches.finish().await
    }

    /// The stack's options, without the limits that say which files a backup leaves out.
    fn repair_options(&self) -> RunOptions {
        RunOptions {
            repair: true,
            accounts: None,
            records: None,
            max_files: None,
            allowed_extensions: Vec::new(),
            max_file_bytes: FILE_BYTES_MAX,
            ..self.settings.options(&BackupInput::default())
        }
    }
}
