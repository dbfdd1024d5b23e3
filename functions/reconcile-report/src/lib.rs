//! Adds up a round of a reconciliation or a transfer. Where something can be fixed and a round is left, that is queued as the
//! batches of a run of its own; otherwise the report is written and the run lock given back.
//!
//! Invoked after every round, also after one that was broken off; may be invoked again.

mod files;
mod findings;
mod outcome;
mod queue;
mod report;
mod sums;

use drayage_aws::clients::Clients;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::Storage;
use drayage_domain::reconcile::input::ReconcileInput;
use drayage_domain::reconcile::work::{self, Queued, Reconciliation, RoundState};
use drayage_domain::reconcile::{ReconcileSummary, Report, Round};
use drayage_domain::run::RunState;
use drayage_domain::settings::Settings;
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::FunctionError;
use drayage_lambda_kit::metrics::VERDICTS;
use drayage_lambda_kit::runtime::Invocation;
use drayage_lambda_kit::{clock, config};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use findings::FindingsReader;
use sums::Sums;

/// What the state machine passes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The execution's name.
    pub execution_name: String,
    /// The execution's ARN.
    pub execution_arn: String,
    /// The execution's input.
    #[serde(default)]
    pub input: Value,
    /// The round that has ended, from 1.
    #[serde(default)]
    pub round: u32,
    /// Its shards.
    #[serde(default)]
    pub shards: u32,
    /// Whether the run was broken off; it is only closed then.
    #[serde(default)]
    pub broken_off: bool,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Next {
    /// Copy the batches of the repair run, then compare again.
    Repair,
    /// Nothing: the report is written.
    Done,
}

/// The outcome of a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// What comes next.
    pub next: Next,
    /// The round that has ended.
    pub round: u32,
    /// The run whose batches copy or delete what was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair_run: Option<String>,
    /// How much that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queued: Option<Queued>,
    /// The result, when there is nothing next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<ReconcileSummary>,
}

/// Everything that a round's end needs.
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) ledger: Ledger,
    pub(crate) storage: Storage,
    pub(crate) documents: Documents,
    pub(crate) reconciliation: Reconciliation,
    pub(crate) execution_arn: String,
}

/// Ends a round.
pub async fn handle(
    clients: &Clients,
    request: Request,
    invocation: Invocation,
) -> Result<Answer, FunctionError> {
    let settings = config::from_environment()?;
    let input = ReconcileInput::parse(&request.input)
        .map_err(|problems| FunctionError::input(&problems))?;
    let (own, lock) = (input.parent_run.is_none(), input.lock(&settings));
    let run_id = input.parent_run.unwrap_or(request.execution_name);
    let ledger = Ledger::new(clients.dynamodb(), &settings.files_table, &settings.runs_table);
    let storage = Storage::new(clients.s3());
    let documents = Documents::new(storage.clone(), &settings.state_bucket);
    if request.broken_off {
        queue::end_queues(&ledger, &run_id).await?;
        if own {
            close(&ledger, &lock, &run_id, RunState::Failed).await?;
        }
        return Ok(Answer {
            next: Next::Done,
            round: request.round,
            repair_run: None,
            queued: None,
            summary: None,
        });
    }
    let reconciliation = documents.read(&work::run_key(&run_id)).await?;
    let execution_arn = request.execution_arn;
    let context = Context { settings, ledger, storage, documents, reconciliation, execution_arn };
    let answer = context.end_round(request.round, request.shards).await?;
    if let Some(summary) = &answer.summary {
        for (label, count) in &summary.verdicts {
            let (verdict, _) = label.split_once('.').unwrap_or((label, ""));
            invocation.metrics.add_by(VERDICTS, verdict, *count);
        }
    }
    if own && let Some(summary) = &answer.summary {
        let state = if summary.succeeded() { RunState::Succeeded } else { RunState::Failed };
        close(&context.ledger, &lock, &run_id, state).await?;
    }
    Ok(answer)
}

/// Ends a run that holds the lock itself. A run that was refused before it was recorded has nothing to end.
async fn close(
    ledger: &Ledger,
    lock: &str,
    run_id: &str,
    state: RunState,
) -> Result<(), FunctionError> {
    if ledger.run(run_id).await?.is_some() {
        ledger.finish_run(run_id, state, None, &clock::now().to_string()).await?;
    }
    Ok(ledger.release_lock(lock, run_id).await?)
}

impl Context {
    async fn end_round(&self, round: u32, shards: u32) -> Result<Answer, FunctionError> {
        let run_id = &self.reconciliation.run_id;
        let sums = Sums::read(&self.documents, run_id, round, shards).await?;
        self.end_queue_before(round).await?;
        let earlier = self.rounds_before(round).await?;
        let mut state = RoundState {
            round: Round {
                number: round,
                requeued: earlier.last().map_or(0, |earlier| earlier.queued.copies),
                verdicts: sums.tally.verdicts.clone(),
                started_at: sums.started_at.clone(),
                ended_at: sums.ended_at.clone(),
            },
            queued: Queued::default(),
        };
        let input = &self.reconciliation.input;
        if input.fixes() && round < input.rounds() {
            let repair_run = work::repair_run(run_id, round);
            state.queued = self.queue_round(&repair_run, round, &sums).await?;
            if state.queued != Queued::default() {
                self.documents.write(&work::round_key(run_id, round), &state).await?;
                tracing::info!(run_id, round, queued = ?state.queued, "queued");
                let (repair_run, queued) = (Some(repair_run), Some(state.queued));
                return Ok(Answer { next: Next::Repair, round, repair_run, queued, summary: None });
            }
        }
        self.documents.write(&work::round_key(run_id, round), &state).await?;
        let states: Vec<RoundState> = earlier.into_iter().chain([state]).collect();
        let done = self.done_between(&states).await?;
        let problems = self.problems(&states).await?;
        let report = self.write_report(states, &done, problems, &sums).await?;
        let Report { clean, complete, differences_total, .. } = &report;
        tracing::info!(run_id, round, clean, complete, differences = differences_total, "compared");
        let page = work::report_key(run_id, drayage_report::INDEX_HTML);
        let address = format!("s3://{}/{page}", self.settings.state_bucket);
        let summary = Some(ReconcileSummary::of(&report, input, &done, address));
        Ok(Answer { next: Next::Done, round, repair_run: None, queued: None, summary })
    }

    async fn rounds_before(&self, round: u32) -> Result<Vec<RoundState>, FunctionError> {
        let mut rounds = Vec::new();
        for number in 1..round {
            let key = work::round_key(&self.reconciliation.run_id, number);
            rounds.push(self.documents.read(&key).await?);
        }
        Ok(rounds)
    }

    pub(crate) fn findings(&self, round: u32, sums: &Sums) -> FindingsReader<'_> {
        FindingsReader::new(&self.documents, &self.reconciliation.run_id, round, &sums.parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_events_are_understood() {
        let ended: Request =
            serde_json::from_str(include_str!("../events/round-ended.json")).unwrap();
        assert_eq!((ended.round, ended.shards, ended.broken_off), (1, 1, false));
        let broken: Request =
            serde_json::from_str(include_str!("../events/broken-off.json")).unwrap();
        assert!(broken.broken_off);
    }
}
