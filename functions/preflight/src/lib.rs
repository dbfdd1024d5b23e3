//! Checks everything that a run needs before anything starts, takes the run lock and records the run.
//!
//! A wrong configuration never starts a run: settings, execution input, secret, login, sObject and fields, buckets and
//! the API budget are looked at first, and every problem of a kind is told at once. Nothing outside the ledger is
//! written here, and invoking it again for the same execution changes nothing.

mod checks;

use drayage_aws::clients::Clients;
use drayage_aws::executions::Executions;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::Storage;
use drayage_aws::secrets::Secrets;
use drayage_domain::run::{RunRecord, RunState, Work};
use drayage_domain::run_input::{BackupInput, Trigger};
use drayage_lambda_kit::error::{FunctionError, RUN_LOCKED};
use drayage_lambda_kit::{buckets, config, run_lock, salesforce};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the state machine passes: its context object's execution.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The execution's name; it names the run.
    pub run_id: String,
    /// The execution's ARN.
    pub execution_arn: String,
    /// When the execution started, RFC 3339.
    pub started_at: String,
    /// The execution's input.
    #[serde(default)]
    pub input: Value,
}

/// Whether the run may go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Whether the run started.
    pub outcome: Outcome,
    /// The run.
    pub run_id: String,
    /// Whether nothing is to be copied.
    pub dry_run: bool,
    /// Why the run was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Whether a run started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It did.
    Started,
    /// A scheduled run met a running one and does nothing.
    Skipped,
}

/// Checks and starts a run.
pub async fn handle(clients: &Clients, request: Request) -> Result<Answer, FunctionError> {
    let settings = config::from_environment();
    let input = BackupInput::parse(&request.input);
    let (settings, input) = match (settings, input) {
        (Ok(settings), Ok(input)) => (settings, input),
        (Err(error), Ok(_)) => return Err(error),
        (Ok(_), Err(problems)) => return Err(FunctionError::input(&problems)),
        (Err(mut error), Err(problems)) => {
            error.message =
                format!("{}\n{}", error.message, FunctionError::input(&problems).message);
            return Err(error);
        }
    };
    let ledger = Ledger::new(clients.dynamodb.clone(), &settings.files_table, &settings.runs_table);
    let mut options = settings.options(&input);

    let storage = Storage::new(clients.s3.clone());
    checks::buckets(&storage, &settings).await?;
    let secrets = Secrets::new(clients.secrets.clone());
    if let Some(secret) = &settings.source_secret {
        // One of the wrong shape would fail every file.
        buckets::keys(clients, secret).await?;
    }
    let client = salesforce::connect(&secrets, &settings.salesforce_secret).await?;
    checks::api_version(&client).await?;
    checks::salesforce_object(&client, &mut options).await?;
    let records_expected = checks::count_and_budget(&client, &options).await?;

    // A dry run reads only, so it may go on beside a backup.
    if !input.dry_run {
        let executions = Executions::new(clients.step_functions.clone());
        let Request { run_id, execution_arn, .. } = &request;
        let wanted = run_lock::Wanted { migration: &settings.migration(), run_id, execution_arn };
        let taken = run_lock::take(&ledger, &executions, &wanted).await?;
        if let run_lock::Taken::ByAnother { run_id } = taken {
            return refused(&request, &input, &run_id);
        }
    }
    let run = RunRecord {
        run_id: request.run_id.clone(),
        kind: "backup".to_owned(),
        execution_arn: request.execution_arn.clone(),
        started_at: request.started_at.clone(),
        ended_at: None,
        state: RunState::Running,
        work: Work::Records(options),
        records_expected,
        summary: None,
    };
    ledger.create_run(&run).await?;
    tracing::info!(run_id = run.run_id, records_expected, dry_run = input.dry_run, "run starts");
    Ok(Answer {
        outcome: Outcome::Started,
        run_id: request.run_id,
        dry_run: input.dry_run,
        reason: None,
    })
}

/// A schedule that meets a running run skips cleanly; a person is told that the run was refused.
fn refused(request: &Request, input: &BackupInput, holder: &str) -> Result<Answer, FunctionError> {
    let reason = format!("run {holder} is under way in the same destination");
    match input.trigger {
        Trigger::Schedule => {
            tracing::warn!(run_id = request.run_id, holder, "scheduled run skipped");
            Ok(Answer {
                outcome: Outcome::Skipped,
                run_id: request.run_id.clone(),
                dry_run: false,
                reason: Some(reason),
            })
        }
        Trigger::Manual => Err(FunctionError::new(
            RUN_LOCKED,
            format!("{reason}; hint: wait for it, or stop its execution and start again"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_events_are_understood() {
        let manual: Request = serde_json::from_str(include_str!("../events/manual.json")).unwrap();
        assert_eq!(BackupInput::parse(&manual.input), Ok(BackupInput::default()));
        let scheduled: Request =
            serde_json::from_str(include_str!("../events/scheduled.json")).unwrap();
        let input = BackupInput::parse(&scheduled.input).unwrap();
        assert_eq!(input.trigger, Trigger::Schedule);
    }

    #[test]
    fn a_schedule_skips_where_a_person_is_refused() {
        let request: Request = serde_json::from_str(include_str!("../events/manual.json")).unwrap();
        let scheduled = BackupInput { trigger: Trigger::Schedule, ..BackupInput::default() };
        let skipped = refused(&request, &scheduled, "another").unwrap();
        assert_eq!(skipped.outcome, Outcome::Skipped);
        let error = refused(&request, &BackupInput::default(), "another").unwrap_err();
        assert_eq!(error.name, RUN_LOCKED);
        assert!(error.message.contains("another") && error.message.contains("hint:"));
    }
}
