//! The stack on AWS behind the page: the same functions as the commands.

use std::time::Duration;

use async_trait::async_trait;
use drayage_aws::executions::Told;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::source::{ATTENTION_MAX, Action, RUNS_MAX, Source};
use crate::connection::Connection;
use crate::failure::Failure;
use crate::view::{self, Accounts, Attention, Overview, Runs, ScheduleView};
use crate::{approve, control, schedule, start};

/// Listing executions and counting the review list takes dozens of requests; how far a known run is takes a few.
const OVERVIEW_EVERY: Duration = Duration::from_secs(10);
/// The review list may be long, and all of it is read to be counted.
const COUNTED_EVERY: Duration = Duration::from_secs(30);
/// So long after a decision everything is asked for anew until something goes on: lists tell of a new execution a little later.
const EAGER: Duration = Duration::from_secs(20);

#[derive(Debug, Default)]
struct Known {
    /// The last whole overview, and when it was asked for.
    overview: Option<(Instant, Overview)>,
    /// When the review list was counted for it.
    counted: Option<Instant>,
    /// When a person has decided something last.
    acted: Option<Instant>,
}

/// A deployed stack.
#[derive(Debug)]
pub(super) struct Aws {
    connection: Connection,
    known: Mutex<Known>,
}

impl Aws {
    /// The stack of that connection.
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, known: Mutex::default() }
    }

    /// The overview that is known, with how far its runs are now; `None` if it is old, or if one of them has ended since.
    async fn brought_up_to_date(&self, known: &mut Known) -> Result<Option<Overview>, Failure> {
        let Some((at, overview)) = &known.overview else { return Ok(None) };
        let is_eager = known.acted.is_some_and(|acted| acted.elapsed() < EAGER);
        if at.elapsed() >= OVERVIEW_EVERY || (is_eager && overview.current.is_empty()) {
            return Ok(None);
        }
        let looks = overview.current.iter().map(|before| {
            let connection = &self.connection;
            async move { view::progress(connection, &before.run, None).await }
        });
        let current = futures::future::try_join_all(looks).await?;
        let all_go_on = current.iter().all(|progress| progress.run.status.goes_on());
        if !all_go_on {
            known.counted = None;
            return Ok(None);
        }
        Ok(Some(Overview { current, ..overview.clone() }))
    }
}

#[async_trait]
impl Source for Aws {
    async fn overview(&self) -> Result<Overview, Failure> {
        let mut known = self.known.lock().await;
        if let Some(overview) = self.brought_up_to_date(&mut known).await? {
            return Ok(overview);
        }
        let is_counted = known.counted.is_some_and(|counted| counted.elapsed() < COUNTED_EVERY);
        let before = known.overview.as_ref().filter(|_| is_counted);
        let counts = before.map(|(_, overview)| overview.ledger.needs_attention.clone());
        let now = Instant::now();
        let overview = view::overview_with(&self.connection, counts).await?;
        if !is_counted {
            known.counted = Some(now);
        }
        known.overview = Some((now, overview.clone()));
        Ok(overview)
    }

    async fn attention(&self) -> Result<Attention, Failure> {
        view::attention(&self.connection, ATTENTION_MAX, None).await
    }

    async fn runs(&self) -> Result<Runs, Failure> {
        view::runs(&self.connection, RUNS_MAX, false).await
    }

    async fn schedule(&self) -> Result<ScheduleView, Failure> {
        view::schedule(&self.connection).await
    }

    async fn accounts(&self, seen: &(dyn Fn(u64) + Sync)) -> Result<Accounts, Failure> {
        view::accounts(&self.connection, seen).await
    }

    async fn act(&self, action: &Action) -> Result<Value, Failure> {
        let done = self.carried_out(action).await;
        *self.known.lock().await = Known { acted: Some(Instant::now()), ..Known::default() };
        done
    }
}

impl Aws {
    async fn carried_out(&self, action: &Action) -> Result<Value, Failure> {
        let connection = &self.connection;
        match action {
            Action::Start { kind, input } => {
                let started = start::start(connection, *kind, input).await?;
                Ok(json!({ "runId": started.run_id }))
            }
            Action::Pause => Ok(json!({ "paused": control::pause(connection).await? })),
            Action::Resume => control::resume(connection).await.map(|()| json!({})),
            Action::Stop { run_id } => {
                let run = view::find_run(connection, run_id).await?;
                control::check_stop(connection, &run).await?;
                control::stop(connection, &run).await?;
                Ok(json!({ "runId": run.run_id }))
            }
            Action::Approve { run_id } => answer(connection, run_id, None).await,
            Action::Reject { run_id, reason } => answer(connection, run_id, Some(reason)).await,
            Action::Schedule { enabled } => {
                let changed = schedule::set_enabled(connection, *enabled).await?;
                Ok(json!({ "enabled": enabled, "changed": changed }))
            }
        }
    }
}

async fn answer(
    connection: &Connection,
    run_id: &str,
    reject: Option<&str>,
) -> Result<Value, Failure> {
    match approve::answer(connection, run_id, reject).await? {
        Told::Waiting => Ok(json!({ "runId": run_id })),
        Told::Gone => Err(Failure::failed(
            format!("nobody waits for {run_id} any more"),
            "it was answered before, has waited too long, or was stopped; start the run again",
        )),
    }
}

#[cfg(test)]
mod tests {
    use wiremock::MockServer;

    use super::*;
    use crate::connection::test_support::{answer, connection, sent};

    #[tokio::test]
    async fn a_step_of_a_run_is_not_stopped_alone() {
        let server = MockServer::start().await;
        let step = json!({
            "executionArn": "arn:r-backup", "stateMachineArn": "arn", "name": "r-backup",
            "status": "RUNNING", "startDate": 1.0, "input": "{\"parentRun\": \"r\"}",
        });
        answer(&server, "AWSStepFunctions.DescribeExecution", 200, &step).await;
        answer(&server, "DynamoDB_20120810.GetItem", 200, &json!({})).await;
        let aws = Aws::new(connection(&server));
        let stop = Action::Stop { run_id: "r-backup".to_owned() };
        assert_eq!(aws.act(&stop).await.unwrap_err().hint, "stop the whole run: dray stop r");
        assert!(sent(&server, "AWSStepFunctions.StopExecution").await.is_empty());
    }
}
