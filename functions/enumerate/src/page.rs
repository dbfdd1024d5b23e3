//! One page of records: compared with the ledger, decided about, written into batches, counted.

use std::collections::BTreeMap;

use drayage_domain::change::{self, Change};
use drayage_domain::id::RecordId;
use drayage_domain::manifest::ManifestEntry;
use drayage_domain::outcome::{GoneReason, Outcome, SkipReason};
use drayage_domain::plan::{Plan, Planner};
use drayage_domain::record::SourceRecord;
use drayage_domain::row::FileRow;
use drayage_domain::run::Checkpoint;
use drayage_domain::run_input::Mode;
use drayage_domain::state::FileState;
use drayage_lambda_kit::error::FunctionError;

use crate::Enumeration;

/// What is to be done with a record.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    /// `None` when nothing changed.
    plan: Option<Plan>,
    /// Whether the record holds what a switch has written, and the run says so.
    switched: bool,
}

impl Found {
    const fn to_do(plan: Plan) -> Self {
        Self { plan: Some(plan), switched: false }
    }
}

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
            let found = match self.options.mode {
                Mode::Full => Found::to_do(self.planner.plan(&record)),
                Mode::Incremental => {
                    let row = row_of(&rows, &record);
                    checkpoint.known += u64::from(row.is_some_and(is_live));
                    changed(&self.planner, &record, row)
                }
            };
            checkpoint.switched += u64::from(found.switched);
            let Some(plan) = found.plan else {
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
    pub(crate) fn limit(&self, plan: Plan, checkpoint: &mut Checkpoint) -> Plan {
        if plan.planned_outcome() != Outcome::Planned {
            return plan;
        }
        if self.options.max_files.is_some_and(|max| checkpoint.files_planned >= max) {
            return Plan::Skip { reason: SkipReason::MaxFiles };
        }
        checkpoint.files_planned += 1;
        plan
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

/// What an incremental run does with a record.
fn changed(planner: &Planner, record: &SourceRecord, row: Option<&FileRow>) -> Found {
    match change::compare(record, row) {
        Change::None => Found { plan: None, switched: false },
        Change::Switched => Found { plan: None, switched: true },
        Change::AccountRenamed => Found::to_do(match planner.plan(record) {
            Plan::Copy { .. } => Plan::AccountRenamed,
            other @ (Plan::Skip { .. }
            | Plan::Refuse { .. }
            | Plan::RecordDeleted
            | Plan::AccountRenamed) => other,
        }),
        // Its URL is our own, of which the planner says that it is migrated; only the filter by account counts.
        Change::SwitchedAccountRenamed => match planner.plan(record) {
            skip @ Plan::Skip { reason: SkipReason::Account } => Found::to_do(skip),
            Plan::Copy { .. }
            | Plan::Skip { .. }
            | Plan::Refuse { .. }
            | Plan::RecordDeleted
            | Plan::AccountRenamed => Found { plan: Some(Plan::AccountRenamed), switched: true },
        },
        Change::New | Change::UrlChanged | Change::RecordTouched | Change::NotSettled => {
            Found::to_do(planner.plan(record))
        }
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

#[cfg(test)]
mod tests {
    use drayage_domain::run_input::BackupInput;
    use drayage_domain::settings::{Settings, variables};

    use super::*;

    const OURS: &str = "https://files.example.org/uploads/a.pdf";

    fn planner(accounts: Option<&str>) -> Planner {
        let settings = Settings::from_lookup(|name| {
            let value = match name {
                variables::SOURCE_ACCESS => "https",
                variables::SOURCE_HOSTS => "files.example.com",
                variables::STATE_BUCKET => "state-bucket",
                variables::NEW_URL_BASE => "https://files.example.org/",
                variables::FILES_TABLE
                | variables::RUNS_TABLE
                | variables::DESTINATION_BUCKET
                | variables::SALESFORCE_SECRET
                | variables::COPY_QUEUE_URL => "some-name",
                _ => return None,
            };
            Some(value.to_owned())
        })
        .unwrap();
        let accounts = accounts.map(|name| vec![name.to_owned()]);
        Planner::new(&settings.options(&BackupInput { accounts, ..BackupInput::default() }))
            .unwrap()
    }

    fn record(url: &str, account: &str) -> SourceRecord {
        SourceRecord {
            id: "a0B000000000001".to_owned(),
            url: Some(url.to_owned()),
            account_name: Some(account.to_owned()),
            ..SourceRecord::default()
        }
    }

    fn switched() -> FileRow {
        serde_json::from_value(serde_json::json!({
            "recordId": "a0B000000000001AAA", "accountName": "Acme",
            "originalUrl": "https://files.example.com/a.pdf", "newUrl": OURS, "switchedBy": "m",
            "state": "Switched", "runId": "m", "at": "2026-01-01T00:00:00Z", "attempts": 0, "version": 3
        }))
        .unwrap()
    }

    #[test]
    fn a_switched_record_is_in_no_batch_unless_its_account_was_renamed() {
        let row = switched();
        let all = planner(None);
        let unchanged = changed(&all, &record(OURS, "Acme"), Some(&row));
        assert_eq!(unchanged, Found { plan: None, switched: true });
        let renamed = changed(&all, &record(OURS, "Acme 2"), Some(&row));
        assert_eq!(renamed, Found { plan: Some(Plan::AccountRenamed), switched: true });
    }

    #[test]
    fn a_run_for_other_accounts_says_nothing_about_a_renamed_one() {
        let found = changed(&planner(Some("Other")), &record(OURS, "Acme 2"), Some(&switched()));
        assert_eq!(found, Found::to_do(Plan::Skip { reason: SkipReason::Account }));
    }

    #[test]
    fn an_edited_or_put_back_record_is_planned_like_any_other() {
        for url in ["https://files.example.com/a.pdf", "https://files.example.com/b.pdf"] {
            let found = changed(&planner(None), &record(url, "Acme"), Some(&switched()));
            assert!(matches!(found, Found { plan: Some(Plan::Copy { .. }), switched: false }));
        }
    }
}
