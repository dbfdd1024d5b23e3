//! Telling people, through the stack's topic. A notice that cannot be sent is logged, and never fails a run; without a
//! topic nothing is sent.

use drayage_aws::clients::Clients;
use drayage_aws::notifications::Topic;
use drayage_aws::objects::Storage;
use drayage_domain::failure::Failure;
use drayage_domain::manifest;
use drayage_domain::notice::{self, Notice};
use drayage_domain::run::{RunRecord, RunSummary};
use drayage_domain::run_files::temporary;
use drayage_domain::settings::Settings;
use drayage_domain::switch::plan::SwitchPlan;

use crate::clock;
use crate::documents::Documents;
use crate::error::FunctionError;

/// A run has started. Nobody is told of a step of another run.
pub async fn started(clients: &Clients, settings: &Settings, run: &RunRecord) {
    if is_step(run) {
        return;
    }
    send(clients, settings, &notice::started(run)).await;
}

/// A run was not started, because the run `holder` is under way.
pub async fn skipped(
    clients: &Clients,
    settings: &Settings,
    kind: &str,
    run_id: &str,
    holder: &str,
) {
    send(clients, settings, &notice::skipped(kind, run_id, holder)).await;
}

/// A run was refused before it was recorded.
pub async fn refused(clients: &Clients, settings: &Settings, run_id: &str, failure: &Failure) {
    send(clients, settings, &notice::refused(None, run_id, failure)).await;
}

/// A run has ended, or was broken off. Nobody is told of a step of another run.
pub async fn ended(
    clients: &Clients,
    settings: &Settings,
    run: &RunRecord,
    summary: &RunSummary,
    failure: Option<&Failure>,
) {
    if is_step(run) {
        return;
    }
    let at = address(settings, &manifest::summary_key(&run.run_id));
    let notice = match summary {
        RunSummary::Records(summary) => notice::records_ended(&run.kind, summary, failure, &at),
        RunSummary::Urls(summary) => notice::urls_ended(summary, failure, &at),
    };
    send(clients, settings, &notice).await;
}

/// A run waits for API calls. Many workers meet the limit at once and again: it is told once per run and day (UTC).
///
/// * `calls_left`: API calls that the org has left, where it tells.
/// * `waits`: what waits, such as `the enumeration`.
pub async fn limit(
    clients: &Clients,
    settings: &Settings,
    run: &RunRecord,
    calls_left: Option<u64>,
    waits: &str,
) {
    if settings.topic_arn.is_none() {
        return;
    }
    let documents = Documents::new(Storage::new(clients.s3()), &settings.state_bucket);
    let today = clock::now().strftime("%Y-%m-%d").to_string();
    match first_time(&documents, &told_key(&run.run_id, &today)).await {
        Ok(false) => return,
        Ok(true) => {}
        // Rather told twice than never.
        Err(error) => tracing::warn!(error = %error, "whether the limit was told is not known"),
    }
    send(clients, settings, &notice::limit(&run.kind, &run.run_id, calls_left, waits)).await;
}

/// A run waits for a person. Without a topic, or when it does not take the notice, the token is still in the state bucket.
pub async fn approval(clients: &Clients, settings: &Settings, plan: &SwitchPlan, task_token: &str) {
    let list = address(settings, &plan.list);
    send(clients, settings, &notice::approval(plan, &list, task_token)).await;
}

fn is_step(run: &RunRecord) -> bool {
    run.work.records().is_some_and(|work| work.parent_run.is_some())
}

/// An object of the state bucket, as people name it.
pub fn address(settings: &Settings, key: &str) -> String {
    format!("s3://{}/{key}", settings.state_bucket)
}

async fn send(clients: &Clients, settings: &Settings, notice: &Notice) {
    let Some(arn) = &settings.topic_arn else { return };
    let event = notice.event.label();
    match Topic::new(clients.sns(), arn).publish(notice).await {
        Ok(()) => tracing::info!(event, "people were told"),
        Err(error) => tracing::warn!(event, error = %error, "people could not be told"),
    }
}

/// Whether nobody has been here before. Two at the same moment may both be the first.
async fn first_time(documents: &Documents, key: &str) -> Result<bool, FunctionError> {
    if documents.bytes(key, 64).await?.is_some() {
        return Ok(false);
    }
    documents.write_bytes(key, b"told".to_vec(), "text/plain").await?;
    Ok(true)
}

fn told_key(run_id: &str, day: &str) -> String {
    temporary(run_id, &format!("told/limit-{day}"))
}
