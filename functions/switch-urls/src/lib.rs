//! Writes the lines of a lane into Salesforce, batch after batch, and looks at every record once more when all is written.
//!
//! A batch is claimed with a lease. Its lines are taken in windows: row and record of each line are read, the domain decides, the
//! intents become durable, the records are written, and **every** record that was sent is read back before anything is believed.
//! Only then do rows say how the lines ended, and only after the rows does the batch's results document. So whatever breaks an
//! invocation off, the next one finds rows whose state asks for a reading, and a reading never writes anything by itself.
//!
//! | killed | what the next invocation finds |
//! |---|---|
//! | between intents and call | `Switching` and the old value: it writes |
//! | between call and reading back | `Switching` and the new value: confirmed, as written by this run |
//! | between rows and results | `Switched` by this run: the outcome is told again |
//! | while a job runs | the job's id in the results document: it waits for its end |
//! | between results and closing | every line has an ending: the batch is closed |

mod batch;
mod budget;
mod context;
mod item;
mod lane;
mod ledger;
mod pause;
mod progress;
mod send;
#[cfg(test)]
mod test_support;
mod time;
mod verify;
mod window;

use std::sync::Arc;

use drayage_aws::clients::Clients;
use drayage_aws::ledger::Ledger;
use drayage_domain::switch::lane::{Lane, lanes_prefix};
use drayage_lambda_kit::error::{FunctionError, INPUT_INVALID};
use drayage_lambda_kit::runtime::Invocation;
use drayage_lambda_kit::{config, notify, salesforce};
use drayage_salesforce::{ApiUsage, Client, REQUEST_LIMIT_EXCEEDED};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use context::Context;

/// What the state machine passes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The run.
    pub run_id: String,
    /// The lane's key in the state bucket.
    pub lane: String,
    /// What to do with it.
    pub step: Step,
}

/// The passes over a run's lanes. The second begins when the first is through with all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Write every line that has no ending.
    Switch,
    /// Look at every record once more.
    Verify,
}

impl Step {
    /// What waits when API calls run out.
    const fn what(self) -> &'static str {
        match self {
            Self::Switch => "the writing of records",
            Self::Verify => "the second look at the records",
        }
    }
}

/// Whether the lane is through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Whether nothing is left; otherwise, invoke again.
    pub done: bool,
    /// After so many seconds.
    pub wait_seconds: u64,
    /// Whether somebody has paused the stack's work. The template's `PauseWaitSeconds` are waited then, if those are more.
    pub paused: bool,
}

impl Answer {
    const DONE: Self = Self { done: true, wait_seconds: 0, paused: false };

    const fn later(wait_seconds: u64) -> Self {
        Self { done: false, wait_seconds, paused: false }
    }

    const fn paused(wait_seconds: u64) -> Self {
        Self { done: false, wait_seconds, paused: true }
    }
}

/// The function's process: clients, and the session with Salesforce, which is kept because logins are limited per hour.
#[derive(Debug)]
pub struct Switcher {
    clients: Clients,
    salesforce: Mutex<Option<Arc<Client>>>,
}

impl Switcher {
    /// A switcher with these clients.
    pub fn new(clients: Clients) -> Self {
        Self { clients, salesforce: Mutex::new(None) }
    }

    /// Goes on with a lane until it is through or the time is used.
    pub async fn handle(
        &self,
        request: Request,
        invocation: Invocation,
    ) -> Result<Answer, FunctionError> {
        let answer = self.work(&request, invocation).await;
        match &answer {
            Ok(Answer { done, wait_seconds, paused }) => {
                let Request { run_id, lane, step } = &request;
                tracing::info!(run_id, lane, ?step, done, wait_seconds, paused, "lane worked on");
            }
            // The secret may have been changed since the session was made.
            Err(_) => *self.salesforce.lock().await = None,
        }
        answer
    }

    async fn work(
        &self,
        request: &Request,
        invocation: Invocation,
    ) -> Result<Answer, FunctionError> {
        let Request { run_id, lane, step } = request;
        if !lane.starts_with(&lanes_prefix(run_id)) {
            let message = format!("{lane:?} is not a lane of run {run_id}");
            return Err(FunctionError::new(INPUT_INVALID, message));
        }
        let settings = config::from_environment()?;
        let ledger =
            Ledger::new(self.clients.dynamodb(), &settings.files_table, &settings.runs_table);
        // Before anybody signs in: logins are limited per hour, and a pause is looked at often.
        if let Some(wait_seconds) = pause::wait_seconds(&ledger).await? {
            return Ok(Answer::paused(wait_seconds));
        }
        let client = self.client(&settings.salesforce_secret).await?;
        let context = Context::load(&self.clients, &settings, client, (run_id, invocation)).await?;
        let lane: Lane = context.documents.read(lane).await?;
        let worked = match step {
            Step::Switch => lane::switch(&context, lane).await,
            Step::Verify => verify::verify(&context, lane).await,
        };
        if let Err(FunctionError { name: REQUEST_LIMIT_EXCEEDED, .. }) = worked {
            // The state machine waits; somebody may want to know.
            let left = context.client.usage().map(ApiUsage::remaining);
            notify::limit(&self.clients, &settings, &context.run, left, step.what()).await;
        }
        worked
    }

    async fn client(&self, secret: &str) -> Result<Arc<Client>, FunctionError> {
        let mut known = self.salesforce.lock().await;
        if let Some(client) = known.as_ref() {
            return Ok(Arc::clone(client));
        }
        let client = Arc::new(salesforce::connect(&self.clients, secret).await?);
        *known = Some(Arc::clone(&client));
        Ok(client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_events_are_understood() {
        let request = |text: &str| -> Request { serde_json::from_str(text).unwrap() };
        let switch = request(include_str!("../events/switch.json"));
        assert_eq!(switch.step, Step::Switch);
        assert!(switch.lane.starts_with(&lanes_prefix(&switch.run_id)));
        let verify = request(include_str!("../events/verify.json"));
        assert_eq!((verify.step, verify.lane), (Step::Verify, switch.lane));
    }

    #[test]
    fn an_answer_is_what_the_state_machine_reads() {
        let answer = serde_json::to_value(Answer::later(30)).unwrap();
        assert_eq!(answer, serde_json::json!({"done": false, "waitSeconds": 30, "paused": false}));
        let answer = serde_json::to_value(Answer::paused(0)).unwrap();
        assert_eq!(answer, serde_json::json!({"done": false, "waitSeconds": 0, "paused": true}));
    }
}
