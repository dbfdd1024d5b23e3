//! Reads every record from Salesforce, decides about each, and writes the run's batches.
//!
//! The work is a loop of small steps (one page each) from one [`Position`] to the next. After every step a checkpoint
//! is written on the condition that nobody else wrote one; so the function may be killed at any moment and invoked
//! again, by the state machine's loop or by a retry. A repeated page is written into the same batch numbers, hence no
//! record is lost or counted twice. Memory holds one page, whatever the number of records.

mod batches;
mod deletions;
mod page;
mod records;
mod sweep;

use drayage_aws::clients::Clients;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::Storage;
use drayage_domain::pause::Pause;
use drayage_domain::plan::Planner;
use drayage_domain::run::{Checkpoint, Position, RunOptions, RunRecord};
use drayage_domain::run_input::Mode;
use drayage_lambda_kit::deadline::Deadline;
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::FunctionError;
use drayage_lambda_kit::metrics::{BATCHES_PLANNED, Metrics, RECORDS, RECORDS_PLANNED};
use drayage_lambda_kit::runtime::Invocation;
use drayage_lambda_kit::{clock, config, notify, salesforce};
use drayage_salesforce::{ApiUsage, Client, REQUEST_LIMIT_EXCEEDED};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// A step is begun only with this much of the invocation left, or with a quarter of a shorter invocation: time for one
/// page, with retries, and its batches.
const STEP_TIME_MAX: SignedDuration = SignedDuration::from_secs(120);

/// What the state machine passes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The run.
    pub run_id: String,
}

/// How far the enumeration is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The run.
    pub run_id: String,
    /// Whether everything is enumerated. If not, the state machine invokes the function again.
    pub done: bool,
    /// Records that the run has to account for, so far.
    pub enumerated: u64,
    /// Batches written so far.
    pub batches: u32,
    /// Whether nothing is to be copied.
    pub dry_run: bool,
    /// Whether somebody has paused the stack's work.
    pub paused: bool,
    /// A pause is looked at again after so many seconds, or the template's `PauseWaitSeconds` if those are more.
    pub wait_seconds: u64,
}

impl Answer {
    fn new(
        run_id: String,
        dry_run: bool,
        (checkpoint, pause): (&Checkpoint, Option<&Pause>),
    ) -> Self {
        Self {
            done: checkpoint.position == Position::Done,
            enumerated: checkpoint.total(),
            batches: checkpoint.batches,
            dry_run,
            paused: pause.is_some(),
            wait_seconds: pause.map_or(0, |pause| pause.wait_seconds(clock::now())),
            run_id,
        }
    }
}

/// Everything that a step needs.
pub(crate) struct Enumeration {
    pub(crate) run: RunRecord,
    pub(crate) options: RunOptions,
    pub(crate) planner: Planner,
    pub(crate) client: Client,
    pub(crate) ledger: Ledger,
    pub(crate) documents: Documents,
}

/// Enumerates until everything is done or the invocation's time is used.
pub async fn handle(
    clients: &Clients,
    request: Request,
    invocation: Invocation,
) -> Result<Answer, FunctionError> {
    let settings = config::from_environment()?;
    let ledger = Ledger::new(clients.dynamodb(), &settings.files_table, &settings.runs_table);
    let run = ledger
        .run(&request.run_id)
        .await?
        .ok_or_else(|| FunctionError::run_unknown(&request.run_id))?;
    let options =
        run.work.records().cloned().ok_or_else(|| FunctionError::other_work(&run.run_id))?;
    let planner =
        Planner::new(&options).map_err(|problems| FunctionError::configuration(&problems))?;
    let checkpoint = ledger.checkpoint(&run.run_id).await?.unwrap_or_else(Checkpoint::start);
    // Before anybody signs in: logins are limited per hour, and a pause is looked at often.
    if let Some(pause) = pause_before(&ledger, &checkpoint).await? {
        tracing::info!(run_id = run.run_id, since = pause.since, "paused");
        return Ok(Answer::new(run.run_id, options.dry_run, (&checkpoint, Some(&pause))));
    }
    let enumeration = Enumeration {
        client: salesforce::connect(clients, &settings.salesforce_secret).await?,
        run,
        options,
        planner,
        ledger,
        documents: Documents::new(Storage::new(clients.s3()), &settings.state_bucket),
    };
    let (checkpoint, pause) = match enumeration.go_on(checkpoint, &invocation).await {
        Ok(worked) => worked,
        Err(error) => {
            if error.name == REQUEST_LIMIT_EXCEEDED {
                // The state machine waits; somebody may want to know.
                let left = enumeration.client.usage().map(ApiUsage::remaining);
                notify::limit(clients, &settings, &enumeration.run, left, "the enumeration").await;
            }
            return Err(error);
        }
    };
    let dry_run = enumeration.options.dry_run;
    Ok(Answer::new(request.run_id, dry_run, (&checkpoint, pause.as_ref())))
}

/// The pause, if there is one and anything is left to be done.
async fn pause_before(
    ledger: &Ledger,
    checkpoint: &Checkpoint,
) -> Result<Option<Pause>, FunctionError> {
    match checkpoint.position {
        Position::Done => Ok(None),
        Position::Start
        | Position::Rest { .. }
        | Position::Keyset { .. }
        | Position::Bulk { .. }
        | Position::Records { .. }
        | Position::CountLive { .. }
        | Position::Deletions { .. } => Ok(ledger.paused().await?),
    }
}

impl Enumeration {
    /// Step by step until everything is done, the time is used, or somebody pauses the work.
    async fn go_on(
        &self,
        mut checkpoint: Checkpoint,
        invocation: &Invocation,
    ) -> Result<(Checkpoint, Option<Pause>), FunctionError> {
        let deadline = invocation.deadline;
        let step_time = STEP_TIME_MAX.min(deadline.remaining(clock::now()) / 4);
        while checkpoint.position != Position::Done && deadline.allows(step_time, clock::now()) {
            let seen = checkpoint.version;
            let Some(mut next) = self.step(checkpoint.clone(), deadline, step_time).await? else {
                break;
            };
            next.version = seen + 1;
            self.ledger.write_checkpoint(&self.run.run_id, &next, seen).await?;
            measure(&invocation.metrics, &checkpoint, &next);
            tracing::info!(
                run_id = self.run.run_id,
                enumerated = next.total(),
                batches = next.batches,
                position = ?next.position,
                "enumerated"
            );
            checkpoint = next;
            if let Some(pause) = pause_before(&self.ledger, &checkpoint).await? {
                tracing::info!(run_id = self.run.run_id, since = pause.since, "paused");
                return Ok((checkpoint, Some(pause)));
            }
        }
        Ok((checkpoint, None))
    }

    /// One step. `None`: nothing to do before the invocation ends, because a bulk query job is still working.
    async fn step(
        &self,
        checkpoint: Checkpoint,
        deadline: Deadline,
        step_time: SignedDuration,
    ) -> Result<Option<Checkpoint>, FunctionError> {
        match checkpoint.position.clone() {
            Position::Start => self.start(checkpoint).await.map(Some),
            Position::Rest { next, last_id, records } => {
                let cursor = sweep::RestCursor { next, last_id, records };
                self.rest_page(checkpoint, cursor).await.map(Some)
            }
            Position::Keyset { last_id } => {
                self.keyset_page(checkpoint, last_id.as_deref()).await.map(Some)
            }
            Position::Bulk { job_id, locator: None, records: None } => {
                self.await_bulk_job(checkpoint, job_id, deadline, step_time).await
            }
            Position::Bulk { job_id, locator, records } => {
                let cursor = sweep::BulkCursor { job_id, locator, records };
                self.bulk_page(checkpoint, cursor).await.map(Some)
            }
            Position::Records { taken } => self.take_records(checkpoint, taken).await.map(Some),
            Position::CountLive { scan, live } => {
                self.count_live(checkpoint, scan.as_deref(), live).await.map(Some)
            }
            Position::Deletions { scan } => {
                self.find_deleted(checkpoint, scan.as_deref()).await.map(Some)
            }
            Position::Done => Ok(Some(checkpoint)),
        }
    }

    /// Where the enumeration goes on when the sweep of Salesforce is complete.
    ///
    /// Deleted records can only be told by a sweep that has seen everything: not in a run for single accounts.
    pub(crate) fn after_sweep(&self) -> Position {
        let options = &self.options;
        if options.mode == Mode::Incremental && options.accounts.is_none() {
            Position::CountLive { scan: None, live: 0 }
        } else {
            Position::Done
        }
    }
}

/// What a step has found. Unchanged records are in no batch; they have their outcome here.
fn measure(metrics: &Metrics, before: &Checkpoint, after: &Checkpoint) {
    metrics.add(RECORDS_PLANNED, after.total().saturating_sub(before.total()));
    metrics.add(BATCHES_PLANNED, u64::from(after.batches.saturating_sub(before.batches)));
    metrics.add_by(RECORDS, "unchanged", after.unchanged.saturating_sub(before.unchanged));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_event_is_understood() {
        let request: Request = serde_json::from_str(include_str!("../events/go-on.json")).unwrap();
        assert_eq!(request.run_id, "5f0c1f0e-6f3c-4a57-9f6e-0d6f6b0a9f11");
    }

    #[test]
    fn a_paused_enumeration_is_not_done_and_says_so() {
        let pause = Pause { since: clock::now().to_string(), by: "somebody".to_owned() };
        let answer = |pause| Answer::new("r".to_owned(), false, (&Checkpoint::start(), pause));
        assert_eq!(
            serde_json::to_value(answer(Some(&pause))).unwrap(),
            serde_json::json!({
                "runId": "r", "done": false, "enumerated": 0, "batches": 0, "dryRun": false, "paused": true,
                "waitSeconds": 0
            })
        );
        assert!(!answer(None).paused);
    }
}
