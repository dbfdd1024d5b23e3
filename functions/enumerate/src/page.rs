//! One page of records: compared with the ledger, decided about, written into batches, counted.

use std::collections::BTreeMap;

use drayage_domain::change::{self, Change};
use drayage_domain::id::RecordId;
use drayage_domain::manifest::ManifestEntry;
use drayage_domain::outcome::{GoneReason, Outcome, SkipReason};
use drayage_domain::plan::Plan;
use drayage_domain::record::SourceRecord;
use drayage_domain::row::FileRow;
use drayage_domain::run::Checkpoint;
use drayage_domain::run_input::Mode;
use drayage_domain::state::FileState;
use drayage_lambda_kit::error::FunctionError;

use crate::Enumeration;

impl Enumeration {
    /// Takes a page into the run: everything that has to be done with it is in batches when this returns. The returned
    /// checkpoint knows the page; its position is the caller's to set.
    pub(crate) async fn take_page(
        &self,
        mut checkpoint: Checkpoint,
        records: Vec<SourceRecord>,
    ) -> Result<Checkpoint, FunctionError> {
        let rows = match self.options.mode {
            Mode::Full => BTreeMap::new(),
            Mode::Incremental => self.rows_of(&records).await?,
        };
        let mut entries = Vec::with_capacity(records.len());
        for record in records {
            checkpoint.enumerated += 1;
            let sequence = checkpoint.total();
            let plan = match self.options.mode {
                Mode::Full => Some(self.planner.plan(&record)),
                Mode::Incremental => {
                    let row = row_of(&rows, &record);
                    checkpoint.known += u64::from(row.is_some_and(is_live));
                    self.plan_change(&record, row)
                }
            };
            let Some(plan) = plan else {
                checkpoint.unchanged += 1;
                continue;
            };
            let plan = self.limit(plan, &mut checkpoint);
            checkpoint.planned.add(plan.planned_outcome());
            entries.push(ManifestEntry { sequence, record, plan });
        }
        self.write_batches(&mut checkpoint, &entries).await?;
        Ok(checkpoint)
    }

    /// Turns a copy into a skip when the run's maximum number of files is reached.
    fn limit(&self, plan: Plan, checkpoint: &mut Checkpoint) -> Plan {
        if plan.planned_outcome() != Outcome::Planned {
            return plan;
        }
        if self.options.max_files.is_some_and(|max| checkpoint.files_planned >= max) {
            return Plan::Skip { reason: SkipReason::MaxFiles };
        }
        checkpoint.files_planned += 1;
        plan
    }

    /// What an incremental run does with a record; `None` when nothing changed.
    fn plan_change(&self, record: &SourceRecord, row: Option<&FileRow>) -> Option<Plan> {
        match change::compare(record, row) {
            Change::None => None,
            Change::AccountRenamed => Some(match self.planner.plan(record) {
                Plan::Copy { .. } => Plan::AccountRenamed,
                other @ (Plan::Skip { .. }
                | Plan::Refuse { .. }
                | Plan::RecordDeleted
                | Plan::AccountRenamed) => other,
            }),
            Change::New | Change::UrlChanged | Change::RecordTouched | Change::NotSettled => {
                Some(self.planner.plan(record))
            }
        }
    }

    async fn rows_of(
        &self,
        records: &[SourceRecord],
    ) -> Result<BTreeMap<String, FileRow>, FunctionError> {
        let ids: Vec<String> = records
            .iter()
            .filter_map(|record| RecordId::parse(&record.id).ok())
            .map(|id| id.as_str().to_owned())
            .collect();
        Ok(self.ledger.rows(&ids).await?)
    }
}

fn row_of<'rows>(
    rows: &'rows BTreeMap<String, FileRow>,
    record: &SourceRecord,
) -> Option<&'rows FileRow> {
    let id = RecordId::parse(&record.id).ok()?;
    rows.get(id.as_str())
}

/// Whether the ledger believes that the row's record exists.
pub(crate) fn is_live(row: &FileRow) -> bool {
    let deleted = row.state == FileState::SourceGone
        && row.reason.as_deref() == Some(GoneReason::RecordDeleted.label());
    !deleted && RecordId::parse(&row.record_id).is_ok()
}
