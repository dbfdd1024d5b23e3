//! Repairs: batches that copy again what is missing or different, through the same queue and functions as any other file.

use drayage_domain::manifest::ManifestEntry;
use drayage_domain::plan::Planner;
use drayage_domain::reconcile::Difference;
use drayage_domain::reconcile::repair::{Repair, RepairRules};
use drayage_domain::reconcile::work;
use drayage_domain::run::{RunOptions, RunRecord, RunState};
use drayage_domain::run_input::BackupInput;
use drayage_lambda_kit::error::FunctionError;
use drayage_lambda_kit::{batches, clock};

use crate::Context;
use crate::sums::Sums;

/// The largest object that S3 stores, 5 TiB: what was copied once is copied again whatever today's limit is.
const FILE_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024 * 1024;

impl Context {
    /// Writes the batches of the repair run and tells how many files they have. Batches follow from the findings, so writing
    /// them again replaces the same objects by the same content.
    pub(crate) async fn queue_repairs(
        &self,
        repair_run: &str,
        round: u32,
        sums: &Sums,
    ) -> Result<u64, FunctionError> {
        let options = self.repair_options();
        let planner =
            Planner::new(&options).map_err(|problems| FunctionError::configuration(&problems))?;
        let size = usize::try_from(options.batch_size.max(1)).unwrap_or(usize::MAX);
        self.create_run(repair_run, options).await?;
        let (mut batch, mut batches, mut queued) = (Vec::new(), 0, 0);
        let mut findings = self.findings(round, sums);
        while let Some(part) = findings.next_part().await? {
            for entry in self.entries(&planner, part, queued).await? {
                queued += 1;
                batch.push(entry);
                if batch.len() == size {
                    batches += 1;
                    self.write_batch(repair_run, batches, &std::mem::take(&mut batch)).await?;
                }
            }
        }
        if !batch.is_empty() {
            self.write_batch(repair_run, batches + 1, &batch).await?;
        }
        Ok(queued)
    }

    /// Ends the run that repaired what the round before has found.
    pub(crate) async fn end_repairs_before(&self, round: u32) -> Result<(), FunctionError> {
        let repair_run = work::repair_run(&self.reconciliation.run_id, round.saturating_sub(1));
        if self.ledger.run(&repair_run).await?.is_none() {
            return Ok(());
        }
        let open = self.ledger.open_batches(&repair_run).await?;
        let state = if open == 0 { RunState::Succeeded } else { RunState::Failed };
        let now = clock::now().to_string();
        Ok(self.ledger.finish_run(&repair_run, state, None, &now).await?)
    }

    /// The stack's options, without the limits that say which files a backup leaves out.
    fn repair_options(&self) -> RunOptions {
        RunOptions {
            repair: true,
            accounts: None,
            max_files: None,
            allowed_extensions: Vec::new(),
            max_file_bytes: FILE_BYTES_MAX,
            ..self.settings.options(&BackupInput::default())
        }
    }

    async fn create_run(&self, run_id: &str, options: RunOptions) -> Result<(), FunctionError> {
        let run = RunRecord {
            run_id: run_id.to_owned(),
            kind: "repair".to_owned(),
            execution_arn: self.execution_arn.clone(),
            started_at: clock::now().to_string(),
            ended_at: None,
            state: RunState::Running,
            options,
            records_expected: 0,
            summary: None,
        };
        Ok(self.ledger.create_run(&run).await?)
    }

    async fn write_batch(
        &self,
        run_id: &str,
        number: u32,
        entries: &[ManifestEntry],
    ) -> Result<(), FunctionError> {
        batches::write(&self.documents, Some(&self.ledger), run_id, number, entries).await
    }

    async fn entries(
        &self,
        planner: &Planner,
        part: Vec<Difference>,
        before: u64,
    ) -> Result<Vec<ManifestEntry>, FunctionError> {
        let rules = RepairRules { execute: true, ..RepairRules::default() };
        let ids: Vec<String> = part
            .into_iter()
            .filter(|difference| rules.repair(difference.verdict) == Repair::Copy)
            .filter_map(|difference| difference.record_id)
            .collect();
        let rows = self.ledger.rows(&ids).await?;
        Ok((before + 1..)
            .zip(ids.iter().filter_map(|id| rows.get(id)))
            .map(|(sequence, row)| {
                let record = row.record();
                ManifestEntry { sequence, plan: planner.plan(&record), record }
            })
            .collect())
    }
}
