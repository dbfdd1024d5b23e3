//! Bulk API 2.0 jobs of up to 10,000 rows.
//!
//! A job's id is in the results document before its rows are uploaded, and Salesforce writes nothing before the job is closed. So a
//! job that nobody knows of has written nothing, and one that is known can be waited for, whoever made it.

use std::time::Duration;

use drayage_domain::switch::plan::SwitchPlan;
use drayage_lambda_kit::clock;
use drayage_lambda_kit::error::FunctionError;
use drayage_salesforce::{
    COLLECTION_ROWS_MAX, RowEnding, RowUpdate, SalesforceError, UnwritableText, UpdateFile,
    UpdateJob, UpdateJobState,
};

use super::{Sent, collections, take};
use crate::context::Context;
use crate::item::Item;
use crate::progress::Progress;

/// Pause before the second look at a job; it doubles with each.
const LOOK_AGAIN_FIRST: Duration = Duration::from_millis(500);
/// A look costs an API call.
const LOOK_AGAIN_MAX: Duration = Duration::from_secs(20);
/// A job that outlives the invocation waits in a queue: so many seconds until somebody looks again.
const COME_BACK_SECONDS: u64 = 60;

/// Sends the items in one job. What was locked, what no CSV can say, and what a few calls can do is sent by collections.
pub(super) async fn send(
    context: &Context,
    items: Vec<&mut Item<'_>>,
    progress: &mut Progress<'_>,
    round: u32,
) -> Result<Sent, FunctionError> {
    let (mut by_calls, mut by_job): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|item| item.alone || is_unwritable(item));
    // What is left over from a job is not worth another one.
    if round > 1 && by_job.len() <= COLLECTION_ROWS_MAX {
        by_calls.append(&mut by_job);
    }
    if !by_job.is_empty() {
        match job(context, &mut by_job, progress).await? {
            Job::Ended => {}
            Job::Waiting => return Ok(Sent::Waiting { seconds: COME_BACK_SECONDS }),
            Job::NotSupported => by_calls.append(&mut by_job),
        }
    }
    collections::send(context, by_calls).await?;
    Ok(Sent::All)
}

fn is_unwritable(item: &Item<'_>) -> bool {
    item.update().value.and_then(UnwritableText::of).is_some()
}

/// How far a job is.
enum Job {
    /// Its rows have their answers.
    Ended,
    /// Not within this invocation's time.
    Waiting,
    /// The org has no Bulk API for this object; nothing was sent.
    NotSupported,
}

async fn job(
    context: &Context,
    items: &mut [&mut Item<'_>],
    progress: &mut Progress<'_>,
) -> Result<Job, FunctionError> {
    let SwitchPlan { object, field, .. } = &context.plan;
    let client = &context.client;
    let rows: Vec<RowUpdate<'_>> = items.iter().map(|item| item.update()).collect();
    let file = UpdateFile::new(field, &rows)?;
    let id = match client.create_update_job(object).await {
        Ok(id) => id,
        Err(SalesforceError::BulkNotSupported(_)) => return Ok(Job::NotSupported),
        Err(error) => return Err(error.into()),
    };
    // Durable before the upload. A kill before this leaves an open job that never writes anything.
    progress.set_job_id(Some(id.clone()));
    progress.save().await?;
    if let Err(error) = client.upload_rows(&id, &file).await {
        // Whether the rows have arrived is unknown, so this job must never run. If it cannot be aborted now, the next invocation
        // finds it open and aborts it.
        if let Err(error) = client.abort_job(&id).await {
            tracing::warn!(job = id, error = error.error_type(), "job stays open for now");
        }
        return Err(error.into());
    }
    client.close_job(&id).await?;
    if end_of(context, &id).await?.is_none() {
        return Ok(Job::Waiting);
    }
    let outcomes = client.update_job_outcomes(&id, &file).await?;
    take(items, &outcomes);
    // Kept with the next save: until then a new invocation takes the same answers once more.
    progress.set_job_id(None);
    Ok(Job::Ended)
}

/// Waits for a job's end; `None` when the time is used before.
async fn end_of(context: &Context, id: &str) -> Result<Option<UpdateJob>, FunctionError> {
    let mut pause = LOOK_AGAIN_FIRST;
    loop {
        let job = context.client.update_job(id).await?;
        if job.state.has_ended() {
            if let Some(failure) = job.failure() {
                // Its rows have answers of their own; those that it has not come to are tried again.
                tracing::warn!(job = id, error = failure.error_type(), "job did not complete");
            }
            return Ok(Some(job));
        }
        if !context.time.allows_call(clock::now()) {
            return Ok(None);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LOOK_AGAIN_MAX);
    }
}

/// Ends the job that an earlier invocation has left, and takes its answers. Nothing else is done before that: a job under way and
/// a call for the same rows could overtake each other.
pub(crate) async fn finish_earlier(
    context: &Context,
    items: &mut [Item<'_>],
    progress: &mut Progress<'_>,
) -> Result<Sent, FunctionError> {
    let Some(id) = progress.job_id() else { return Ok(Sent::All) };
    let client = &context.client;
    match client.update_job(&id).await {
        // Nothing was written. It is not known what has been uploaded, so it must never run.
        Ok(job) if job.state == UpdateJobState::Open => {
            client.abort_job(&id).await?;
        }
        Ok(_) => {
            let Some(job) = end_of(context, &id).await? else {
                return Ok(Sent::Waiting { seconds: COME_BACK_SECONDS });
            };
            // A job that was aborted before its rows were complete has no answers.
            if job.state != UpdateJobState::Aborted || job.rows_processed > 0 {
                take_earlier(context, items, &id).await?;
            }
        }
        // Salesforce removes jobs after some days. The records tell what it has done.
        Err(SalesforceError::NotFound(_)) => {
            tracing::warn!(job = id, "the job of an earlier invocation is gone");
        }
        Err(error) => return Err(error.into()),
    }
    progress.set_job_id(None);
    Ok(Sent::All)
}

/// The window's lines are those of the job, and maybe more: lines that had ended by then make room for others. Rows that the job
/// did not have, or has no answer for, are looked at as if there had been no job.
async fn take_earlier(
    context: &Context,
    items: &mut [Item<'_>],
    id: &str,
) -> Result<(), FunctionError> {
    let rows: Vec<RowUpdate<'_>> = items.iter().map(Item::update).collect();
    let file = UpdateFile::new(&context.plan.field, &rows)?;
    let outcomes = context.client.update_job_outcomes(id, &file).await?;
    for (item, outcome) in items.iter_mut().zip(&outcomes) {
        let from_client = is_unwritable(item);
        let is_unknown = matches!(outcome.ending, RowEnding::Unknown { .. });
        if item.id() == outcome.id && !from_client && !is_unknown {
            item.take_earlier(outcome);
        }
    }
    Ok(())
}
