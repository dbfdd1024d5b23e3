//! Which jobs are under way, and how they are stopped.

use std::time::Duration;

use drayage_salesforce::{Client, SalesforceError, UpdateJobState};

use super::Job;

/// Pauses between the looks at jobs that do not stop at once: about ten seconds, however many they are.
pub(super) const PAUSES: [Duration; 5] = [
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(3),
    Duration::from_secs(4),
];

/// What is asked of the org.
pub(super) trait Jobs {
    /// Where a job stands; `None` for one that is gone. Salesforce removes jobs after some days.
    async fn state(&self, id: &str) -> Result<Option<UpdateJobState>, SalesforceError>;

    /// Asks for a job's end. `None` if the org refuses that: it may end by itself right then.
    async fn abort(&self, id: &str) -> Result<Option<UpdateJobState>, SalesforceError>;
}

impl Jobs for Client {
    async fn state(&self, id: &str) -> Result<Option<UpdateJobState>, SalesforceError> {
        match self.update_job(id).await {
            Ok(job) => Ok(Some(job.state)),
            Err(SalesforceError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn abort(&self, id: &str) -> Result<Option<UpdateJobState>, SalesforceError> {
        match self.abort_job(id).await {
            Ok(job) => Ok(Some(job.state)),
            Err(
                error @ (SalesforceError::Rejected(_)
                | SalesforceError::Permission(_)
                | SalesforceError::NotFound(_)),
            ) => {
                tracing::warn!(job = id, error = error.error_type(), "job cannot be aborted");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Those of the jobs that have not ended.
pub(super) async fn under_way(
    org: &impl Jobs,
    jobs: Vec<Job>,
) -> Result<Vec<Job>, SalesforceError> {
    let mut under_way = Vec::new();
    for job in jobs {
        if org.state(&job.id).await?.is_some_and(|state| !state.has_ended()) {
            under_way.push(job);
        }
    }
    Ok(under_way)
}

/// Stops jobs, and returns those that were stopped and those that are still under way after the last pause. One that came to its
/// own end meanwhile is neither.
pub(super) async fn stop(
    org: &impl Jobs,
    jobs: Vec<Job>,
    pauses: &[Duration],
) -> Result<(Vec<Job>, Vec<Job>), SalesforceError> {
    let (mut stopped, mut left) = (Vec::new(), Vec::new());
    for job in jobs {
        match org.abort(&job.id).await? {
            Some(UpdateJobState::Aborted) => stopped.push(job),
            Some(state) if state.has_ended() => {}
            Some(_) | None => left.push(job),
        }
    }
    for pause in pauses {
        if left.is_empty() {
            break;
        }
        tokio::time::sleep(*pause).await;
        for job in std::mem::take(&mut left) {
            match org.state(&job.id).await? {
                Some(UpdateJobState::Aborted) => stopped.push(job),
                Some(state) if !state.has_ended() => left.push(job),
                Some(_) | None => {}
            }
        }
    }
    Ok((stopped, left))
}
