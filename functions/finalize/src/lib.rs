//! Adds up what a run did, writes its summary, and gives the run lock back.
//!
//! The ledger is asked, never the state machine: every enumerated record has to be counted under exactly one outcome,
//! and no batch may be open. Invoked after every run, also after one that was broken off; may be invoked again.

mod sums;
mod switch;

use drayage_aws::clients::Clients;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::Storage;
use drayage_domain::estimate::prices::Quote;
use drayage_domain::failure::Failure;
use drayage_domain::manifest;
use drayage_domain::reconcile::ReconcileSummary;
use drayage_domain::run::{Checkpoint, RunRecord, RunState, RunSummary, Summary, Work};
use drayage_domain::settings::Settings;
use drayage_domain::switch::summary::SwitchSummary;
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::FunctionError;
use drayage_lambda_kit::metrics::BACKUPS_DONE;
use drayage_lambda_kit::runtime::Invocation;
use drayage_lambda_kit::{clock, config, notify};
use serde::{Deserialize, Serialize};

/// What the state machine passes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The run.
    pub run_id: String,
    /// Why the run was broken off, if it was.
    #[serde(default)]
    pub error: Option<CaughtError>,
    /// What comparing the ledger with the destination has found.
    #[serde(default)]
    pub reconciliation: Option<ReconcileSummary>,
}

/// An error as the state machine catches it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CaughtError {
    /// Its name.
    #[serde(default)]
    pub error: String,
    /// Its message, or JSON with one.
    #[serde(default)]
    pub cause: String,
}

/// How the run ended, by what it worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// Files of records were copied.
    Records(Summary),
    /// URLs were written, or put back.
    Urls(SwitchSummary),
}

/// Adds up and closes a run. The answer is the execution's output.
pub async fn handle(
    clients: &Clients,
    request: Request,
    invocation: Invocation,
) -> Result<Answer, FunctionError> {
    let settings = config::from_environment()?;
    let ledger = Ledger::new(clients.dynamodb(), &settings.files_table, &settings.runs_table);
    let failure = request.error.as_ref().map(|error| Failure::caught(&error.error, &error.cause));
    let Some(run) = ledger.run(&request.run_id).await? else {
        // The preflight refused before the run was recorded; it may have taken the lock.
        ledger.release_lock(&settings.migration(), &request.run_id).await?;
        if let Some(failure) = &failure {
            notify::refused(clients, &settings, &request.run_id, failure).await;
        }
        return Err(FunctionError::run_unknown(&request.run_id));
    };
    let ended = Ended { clients, settings: &settings, ledger: &ledger, run: &run };
    if let Work::Urls(options) = &run.work {
        let summary = switch::add_up(&ended, options, failure.as_ref()).await?;
        tracing::info!(
            run_id = run.run_id,
            accounted_for = summary.accounted_for,
            clean = summary.clean,
            planned = summary.planned,
            accounted = summary.accounted,
            needs_attention = summary.needs_attention,
            "run ended"
        );
        ended.close(&RunSummary::Urls(summary.clone()), failure.as_ref()).await?;
        return Ok(Answer::Urls(summary));
    }
    let options = run.work.records().ok_or_else(|| FunctionError::other_work(&run.run_id))?;
    let checkpoint = ledger.checkpoint(&run.run_id).await?.unwrap_or_else(Checkpoint::start);
    let counted = ledger.counters(&run.run_id).await?;
    let open = ledger.open_batches(&run.run_id).await?;
    let summary = sums::summary(&sums::Facts {
        run: &run,
        options,
        checkpoint: &checkpoint,
        counted,
        batches_open: open,
        ended_at: clock::now().to_string(),
        reconciliation: request.reconciliation,
        quote: Quote::of(&settings.region),
        error: request.error.as_ref().map(|error| format!("{}: {}", error.error, error.cause)),
    });
    Documents::new(Storage::new(clients.s3()), &settings.state_bucket)
        .write(&manifest::summary_key(&summary.run_id), &summary)
        .await?;
    tracing::info!(
        run_id = run.run_id,
        accounted_for = summary.accounted_for,
        clean = summary.clean,
        enumerated = summary.enumerated,
        accounted = summary.accounted,
        needs_attention = summary.needs_attention,
        "run ended"
    );
    ended.close(&RunSummary::Records(summary.clone()), failure.as_ref()).await?;
    if summary.accounted_for && options.is_of_everything(&settings) {
        invocation.metrics.add(BACKUPS_DONE, 1);
    }
    Ok(Answer::Records(summary))
}

/// A recorded run that has ended.
pub(crate) struct Ended<'a> {
    pub(crate) clients: &'a Clients,
    pub(crate) settings: &'a Settings,
    pub(crate) ledger: &'a Ledger,
    pub(crate) run: &'a RunRecord,
}

impl Ended<'_> {
    /// Records how the run ended, gives its lock back, and tells people.
    async fn close(
        &self,
        summary: &RunSummary,
        failure: Option<&Failure>,
    ) -> Result<(), FunctionError> {
        let Self { clients, settings, ledger, run } = self;
        let (accounted_for, ended_at) = match summary {
            RunSummary::Records(summary) => (summary.accounted_for, &summary.ended_at),
            RunSummary::Urls(summary) => (summary.accounted_for, &summary.ended_at),
        };
        let state = if accounted_for { RunState::Succeeded } else { RunState::Failed };
        ledger.finish_run(&run.run_id, state, Some(summary.clone()), ended_at).await?;
        ledger.release_lock(&settings.migration(), &run.run_id).await?;
        if run.state == RunState::Running {
            // Invoked again after the end, there is nothing new to tell.
            notify::ended(clients, settings, run, summary, failure).await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_events_are_understood() {
        let finished: Request =
            serde_json::from_str(include_str!("../events/finished.json")).unwrap();
        assert_eq!(finished.error, None);
        let broken: Request =
            serde_json::from_str(include_str!("../events/broken-off.json")).unwrap();
        assert_eq!(broken.error.unwrap().error, "SalesforceAuthFailed");
        let unplanned: Request =
            serde_json::from_str(include_str!("../events/broken-off-plan.json")).unwrap();
        let caught = unplanned.error.unwrap();
        let failure = Failure::caught(&caught.error, &caught.cause);
        assert_eq!(failure.hint.as_deref(), Some("run a backup"));
    }
}
