//! What an invocation knows about its run.

use std::sync::Arc;

use drayage_aws::clients::Clients;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::Storage;
use drayage_domain::run::{RunRecord, RunState};
use drayage_domain::settings::Settings;
use drayage_domain::switch::Direction;
use drayage_domain::switch::plan::{SwitchPlan, plan_key};
use drayage_lambda_kit::clock;
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::{FunctionError, NOT_READY, RUN_LOCKED};
use drayage_lambda_kit::runtime::Invocation;
use drayage_salesforce::{Client, CurrentRow, READ_ROWS_MAX};

use crate::budget::ApiBudget;
use crate::time::Time;

/// A run, and the tools to work for it.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) run: RunRecord,
    /// The lock that the run has to have.
    pub(crate) migration: String,
    pub(crate) plan: SwitchPlan,
    pub(crate) ledger: Ledger,
    pub(crate) documents: Documents,
    pub(crate) client: Arc<Client>,
    pub(crate) api: ApiBudget,
    pub(crate) invocation: Invocation,
    pub(crate) time: Time,
}

impl Context {
    /// Reads the run and its plan.
    pub(crate) async fn load(
        clients: &Clients,
        settings: &Settings,
        client: Arc<Client>,
        (run_id, invocation): (&str, Invocation),
    ) -> Result<Self, FunctionError> {
        let ledger = Ledger::new(clients.dynamodb(), &settings.files_table, &settings.runs_table);
        let run = ledger.run(run_id).await?.ok_or_else(|| FunctionError::run_unknown(run_id))?;
        if run.work.urls().is_none() {
            return Err(FunctionError::other_work(run_id));
        }
        let documents = Documents::new(Storage::new(clients.s3()), &settings.state_bucket);
        let plan: SwitchPlan = documents.read(&plan_key(run_id)).await?;
        if !plan.execute {
            let message = format!(
                "run {run_id} is a dry run; hint: start a run with \"execute\": true and its planHash"
            );
            return Err(FunctionError::new(NOT_READY, message));
        }
        let time = Time::new(invocation.deadline, clock::now());
        let api = ApiBudget::new(settings.api_reserve_percent);
        let migration = settings.migration();
        Ok(Self { run, migration, plan, ledger, documents, client, api, invocation, time })
    }

    /// Checks that the run goes on and still has its lock. An execution that was stopped has invocations that go on for a while: whoever
    /// has stopped it has ended the run in the ledger, and another run may have taken over by then.
    pub(crate) async fn check_lock(&self) -> Result<(), FunctionError> {
        let run_id = &self.run.run_id;
        let (state, holder) = tokio::try_join!(
            self.ledger.run_state(run_id),
            self.ledger.lock_holder(&self.migration)
        )?;
        if state != Some(RunState::Running) {
            let message = "the run has ended, so nothing further is written; hint: start a new run";
            return Err(FunctionError::new(RUN_LOCKED, message));
        }
        if holder.is_some_and(|(holder, _)| holder == *run_id) {
            return Ok(());
        }
        let message = "the run does not have the lock any more, so nothing further is written; hint: start a new run";
        Err(FunctionError::new(RUN_LOCKED, message))
    }

    /// Which way records are written.
    pub(crate) fn direction(&self) -> Direction {
        self.plan.direction
    }

    /// What records hold now, in the order of `ids`; `None` for one that is gone.
    pub(crate) async fn read(
        &self,
        ids: &[&str],
    ) -> Result<Vec<Option<CurrentRow>>, FunctionError> {
        let SwitchPlan { object, field, .. } = &self.plan;
        let mut rows = Vec::with_capacity(ids.len());
        for part in ids.chunks(READ_ROWS_MAX) {
            rows.extend(self.client.read_rows(object, field, part).await?);
        }
        Ok(rows)
    }
}
