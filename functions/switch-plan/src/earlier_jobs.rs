//! Bulk API jobs that interrupted runs have left in Salesforce's queue.
//!
//! Such a job writes whenever its turn comes, also after a later run has settled its records: over an edit, or over a restored
//! original. So none may be under way when a run begins to write. Runs do not overlap, so nobody waits for a job that is found.

mod settle;

use std::collections::BTreeSet;

use drayage_aws::clients::Clients;
use drayage_domain::row::FileRow;
use drayage_domain::state::FileState;
use drayage_domain::switch::mode::UpdateMode;
use drayage_domain::switch::plan::{SwitchPlan, plan_key};
use drayage_domain::switch::results::results_key;
use drayage_lambda_kit::error::FunctionError;
use drayage_lambda_kit::salesforce;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;

use crate::Context;

/// Runs that are looked at. Every run settles what the ones before it have left, so there is seldom more than one.
const RUNS_MAX: usize = 100;
/// Documents that are read at a time.
const READS_AT_ONCE: usize = 8;

/// Runs that have left records in the middle of a write.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Runs {
    ids: BTreeSet<String>,
}

impl Runs {
    /// Notes the run of a row, if it has left the row halfway.
    pub(crate) fn note_row(&mut self, row: &FileRow) {
        if matches!(row.state, FileState::Switching | FileState::RestoringUrl) {
            self.note(&row.run_id);
        }
    }

    pub(crate) fn note(&mut self, run_id: &str) {
        // Room for the own run, and for one that tells that there are more.
        if self.ids.len() < RUNS_MAX + 2 && !self.ids.contains(run_id) {
            self.ids.insert(run_id.to_owned());
        }
    }

    /// The runs to look at, and whether there are more.
    fn others(&self, own: &str) -> (Vec<&str>, bool) {
        let others = || self.ids.iter().map(String::as_str).filter(|run| *run != own);
        (others().take(RUNS_MAX).collect(), others().nth(RUNS_MAX).is_some())
    }
}

/// A job, and the run that has made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) run_id: String,
    pub(crate) id: String,
}

/// What was found. Jobs that had ended are nothing to tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// They were under way, and were stopped.
    pub(crate) stopped: Vec<Job>,
    /// They still are under way.
    pub(crate) under_way: Vec<Job>,
    /// There are more interrupted runs than were looked at.
    pub(crate) more_runs: bool,
}

/// The part of a batch's results that matters here; the endings are not kept in memory.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JobOfBatch {
    #[serde(default)]
    job_id: Option<String>,
}

impl Context {
    /// Looks for jobs of the runs, and stops them if this run is executed.
    pub(crate) async fn earlier_jobs(
        &self,
        clients: &Clients,
        runs: &Runs,
    ) -> Result<Found, FunctionError> {
        let (runs, more_runs) = runs.others(&self.run.run_id);
        let mut jobs = Vec::new();
        for run_id in runs {
            let plan: Option<SwitchPlan> = self.documents.find(&plan_key(run_id)).await?;
            jobs.extend(
                self.jobs_of(run_id, plan.map_or(0, |plan| batches_with_jobs(&plan))).await?,
            );
        }
        let mut found = Found { more_runs, ..Found::default() };
        if jobs.is_empty() {
            return Ok(found);
        }
        let client = salesforce::connect(clients, &self.settings.salesforce_secret).await?;
        found.under_way = settle::under_way(&client, jobs).await?;
        if self.options.execute {
            (found.stopped, found.under_way) =
                settle::stop(&client, found.under_way, &settle::PAUSES).await?;
        }
        tracing::info!(
            stopped = found.stopped.len(),
            under_way = found.under_way.len(),
            "looked at the jobs of interrupted runs"
        );
        Ok(found)
    }

    /// The jobs that the results of a run name.
    async fn jobs_of(&self, run_id: &str, batches: u32) -> Result<Vec<Job>, FunctionError> {
        let results = stream::iter(1..=batches)
            .map(|number| async move {
                self.documents.find::<JobOfBatch>(&results_key(run_id, number)).await
            })
            .buffered(READS_AT_ONCE);
        results
            .try_filter_map(async |results| {
                let id = results.and_then(|results| results.job_id);
                Ok(id.map(|id| Job { run_id: run_id.to_owned(), id }))
            })
            .try_collect()
            .await
    }
}

/// How many batches of a run may have jobs.
fn batches_with_jobs(plan: &SwitchPlan) -> u32 {
    match plan.mode.mode {
        UpdateMode::Bulk if plan.execute => plan.batches,
        UpdateMode::Bulk | UpdateMode::Guarded | UpdateMode::Collections => 0,
    }
}

#[cfg(test)]
mod tests;
