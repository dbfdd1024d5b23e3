//! Starts a round of a reconciliation or a transfer: checks what is asked for, makes sure that no other run interferes, and cuts the keys
//! into shards.
//!
//! The first round freezes the input and the places; later rounds compare the same shards again. Everything is written under
//! names that follow from run, round and shard, so a repeated invocation replaces the same documents by the same content.

mod access;
mod shards;

use drayage_aws::clients::Clients;
use drayage_aws::executions::Executions;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::Storage;
use drayage_domain::capacity::Planned;
use drayage_domain::problem::Problem;
use drayage_domain::reconcile::input::{Purpose, ReconcileInput};
use drayage_domain::reconcile::work::{self, Reconciliation};
use drayage_domain::run::{RunRecord, RunState, Work};
use drayage_domain::settings::Settings;
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::{FunctionError, RUN_LOCKED};
use drayage_lambda_kit::{capacity, config, run_lock};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the state machine passes.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The execution's name.
    pub execution_name: String,
    /// The execution's ARN.
    pub execution_arn: String,
    /// When the execution started, RFC 3339.
    pub started_at: String,
    /// The execution's input.
    #[serde(default)]
    pub input: Value,
    /// The round that begins, from 1.
    pub round: u32,
}

/// What there is to compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The run: the execution, or the run that it is the last step of.
    pub run_id: String,
    /// The round.
    pub round: u32,
    /// Shards of the round.
    pub shards: u32,
    /// What the keys of the shards begin with in the state bucket.
    pub shards_prefix: String,
}

/// Starts a round.
pub async fn handle(clients: &Clients, request: Request) -> Result<Answer, FunctionError> {
    let settings = config::from_environment()?;
    let input = ReconcileInput::parse(&request.input)
        .and_then(|input| input.check(&settings).map(|()| input))
        .map_err(|problems| FunctionError::input(&problems))?;
    let run_id = input.parent_run.clone().unwrap_or_else(|| request.execution_name.clone());
    let documents = Documents::new(Storage::new(clients.s3()), &settings.state_bucket);
    let found = if request.round == 1 {
        // A run that this is a step of has asked for all of its steps.
        if input.parent_run.is_none() {
            let planned = Planned::comparison(settings.concurrency, &input);
            capacity::check(clients, &settings, planned).await?;
        }
        let (source, destination) = access::check(clients, &settings, &input, &run_id).await?;
        let mut reconciliation = Reconciliation {
            run_id: run_id.clone(),
            source,
            destination,
            started_at: request.started_at.clone(),
            input: input.clone(),
            unreadable: Vec::new(),
        };
        shards::check_inventories(clients, &settings, &mut reconciliation).await?;
        begin(clients, &settings, &request, &input).await?;
        let first = shards::first(clients, &settings, &mut reconciliation).await?;
        documents.write(&work::run_key(&run_id), &reconciliation).await?;
        first
    } else {
        shards::earlier(&documents, &run_id).await?
    };
    let mut shards = 0;
    for shard in found {
        shards = shard.number;
        documents.write(&work::shard_key(&run_id, request.round, shards), &shard).await?;
    }
    tracing::info!(run_id, round = request.round, shards, "a round of comparing begins");
    let shards_prefix = work::shards_prefix(&run_id, request.round);
    Ok(Answer { run_id, round: request.round, shards, shards_prefix })
}

/// Takes the run lock, or checks that the run that this is a step of has it.
async fn begin(
    clients: &Clients,
    settings: &Settings,
    request: &Request,
    input: &ReconcileInput,
) -> Result<(), FunctionError> {
    let ledger = Ledger::new(clients.dynamodb(), &settings.files_table, &settings.runs_table);
    let parent = match &input.parent_run {
        None => None,
        Some(parent) => Some(under_way(&ledger, parent).await?),
    };
    let holder = match &parent {
        // A backup may itself be a step of a migrate, whose lock both work under.
        Some(parent) => match parent.work.records().and_then(|work| work.parent_run.as_ref()) {
            Some(above) => Some(under_way(&ledger, above).await?),
            None => Some(parent.clone()),
        },
        None => None,
    };
    let (run_id, execution_arn) =
        holder.as_ref().map_or((&request.execution_name, &request.execution_arn), |holder| {
            (&holder.run_id, &holder.execution_arn)
        });
    let wanted = run_lock::Wanted { migration: &input.lock(settings), run_id, execution_arn };
    let executions = Executions::new(clients.step_functions());
    if let run_lock::Taken::ByAnother { run_id } =
        run_lock::take(&ledger, &executions, &wanted).await?
    {
        return Err(FunctionError::new(
            RUN_LOCKED,
            format!(
                "run {run_id} is under way in the same destination, and files change while it copies; hint: wait for \
                 it, or stop its execution and start again"
            ),
        ));
    }
    if parent.is_none() {
        ledger.create_run(&record(request, input.purpose)).await?;
    }
    Ok(())
}

/// Only a run that is under way gives its lock back itself.
async fn under_way(ledger: &Ledger, run_id: &str) -> Result<RunRecord, FunctionError> {
    let run = ledger.run(run_id).await?.ok_or_else(|| FunctionError::run_unknown(run_id))?;
    if run.state == RunState::Running {
        return Ok(run);
    }
    let ended = Problem::new(
        "parentRun",
        format!("names run {run_id}, which has ended"),
        "leave it out to compare on its own",
    );
    Err(FunctionError::input(&[ended]))
}

fn record(request: &Request, purpose: Purpose) -> RunRecord {
    RunRecord {
        run_id: request.execution_name.clone(),
        kind: purpose.name().to_owned(),
        execution_arn: request.execution_arn.clone(),
        started_at: request.started_at.clone(),
        ended_at: None,
        state: RunState::Running,
        work: Work::Comparison,
        records_expected: 0,
        summary: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_event_is_understood() {
        let request: Request =
            serde_json::from_str(include_str!("../events/first-round.json")).unwrap();
        assert_eq!(request.round, 1);
        assert_eq!(ReconcileInput::parse(&request.input), Ok(ReconcileInput::default()));
    }
}
