//! Adds up what a run did, writes its summary, and gives the run lock back.
//!
//! The ledger is asked, never the state machine: every enumerated record has to be counted under exactly one outcome,
//! and no batch may be open. Invoked after every run, also after one that was broken off; may be invoked again.

mod sums;

use drayage_aws::clients::Clients;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::Storage;
use drayage_domain::manifest;
use drayage_domain::reconcile::ReconcileSummary;
use drayage_domain::run::{Checkpoint, RunRecord, RunState, Summary};
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::FunctionError;
use drayage_lambda_kit::{clock, config};
use serde::Deserialize;

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

/// Adds up and closes a run. The answer is the execution's output.
pub async fn handle(clients: &Clients, request: Request) -> Result<Summary, FunctionError> {
    let settings = config::from_environment()?;
    let ledger = Ledger::new(clients.dynamodb.clone(), &settings.files_table, &settings.runs_table);
    let Some(run) = ledger.run(&request.run_id).await? else {
        // The preflight refused before the run was recorded; it may have taken the lock.
        ledger.release_lock(&settings.migration(), &request.run_id).await?;
        return Err(FunctionError::run_unknown(&request.run_id));
    };
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
        error: request.error.as_ref().map(|error| format!("{}: {}", error.error, error.cause)),
    });
    Documents::new(Storage::new(clients.s3.clone()), &settings.state_bucket)
        .write(&manifest::summary_key(&summary.run_id), &summary)
        .await?;
    close(&ledger, &run, &summary).await?;
    ledger.release_lock(&settings.migration(), &run.run_id).await?;
    tracing::info!(
        run_id = run.run_id,
        accounted_for = summary.accounted_for,
        clean = summary.clean,
        enumerated = summary.enumerated,
        accounted = summary.accounted,
        needs_attention = summary.needs_attention,
        "run ended"
    );
    Ok(summary)
}

async fn close(ledger: &Ledger, run: &RunRecord, summary: &Summary) -> Result<(), FunctionError> {
    let state = if summary.accounted_for { RunState::Succeeded } else { RunState::Failed };
    Ok(ledger.finish_run(&run.run_id, state, Some(summary), &summary.ended_at).await?)
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
    }
}
