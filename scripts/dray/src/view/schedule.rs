//! The schedule of incremental backups.

mod cron;

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_sdk_scheduler::types::ScheduleState;
use drayage_aws::queue::Queue;
use jiff::Timestamp;
use serde::Serialize;

use crate::connection::Connection;
use crate::failure::Failure;

/// The schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScheduleView {
    /// Its name in EventBridge Scheduler.
    pub(crate) name: String,
    /// Whether it starts backups.
    pub(crate) enabled: bool,
    /// `cron(…)` or `rate(…)`.
    pub(crate) expression: String,
    /// The IANA time zone that the expression is in.
    pub(crate) timezone: String,
    /// What it starts, as JSON.
    pub(crate) input: String,
    /// When it starts the next one, if that can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_at: Option<String>,
    /// Starts that could not be delivered, in its dead-letter queue.
    pub(crate) undelivered: u64,
}

/// Reads the schedule.
pub(crate) async fn schedule(connection: &Connection) -> Result<ScheduleView, Failure> {
    let stack = &connection.stack;
    let queue = Queue::new(connection.clients.sqs(), &stack.schedule_dead_letter_queue);
    let (schedule, undelivered) = tokio::join!(described(connection), queue.depth());
    let undelivered = undelivered.map_err(|error| {
        Failure::unreachable(
            format!(
                "the dead-letter queue of the schedule {} cannot be read: {error}",
                stack.schedule
            ),
            "check that your role may do sqs:GetQueueAttributes",
        )
    })?;
    Ok(view(&schedule?, undelivered.all(), crate::clock::now()))
}

/// The schedule as EventBridge Scheduler has it.
pub(crate) async fn described(connection: &Connection) -> Result<GetScheduleOutput, Failure> {
    let name = &connection.stack.schedule;
    Client::new(&connection.config).get_schedule().name(name).send().await.map_err(|error| {
        Failure::refused(
            &format!("the schedule {name} cannot be read"),
            &error,
            "check that your role may do scheduler:GetSchedule; if the schedule was deleted, deploy the template again",
        )
    })
}

/// * `now`: the next start is after it.
fn view(schedule: &GetScheduleOutput, undelivered: u64, now: Timestamp) -> ScheduleView {
    let enabled = schedule.state() == Some(&ScheduleState::Enabled);
    let expression = schedule.schedule_expression().unwrap_or_default();
    // EventBridge Scheduler takes UTC where none is given.
    let timezone = schedule.schedule_expression_timezone().unwrap_or("UTC");
    let next = if enabled { cron::next(expression, timezone, now) } else { None };
    ScheduleView {
        name: schedule.name().unwrap_or_default().to_owned(),
        enabled,
        expression: expression.to_owned(),
        timezone: timezone.to_owned(),
        input: schedule.target().and_then(|target| target.input()).unwrap_or_default().to_owned(),
        next_at: next.map(|time| time.to_string()),
        undelivered,
    }
}

#[cfg(test)]
mod tests;
