//! Changes the state of the schedule, and nothing else of it.

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::types::ScheduleState;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::view::described_schedule;

/// Whether anything had to be changed. `UpdateSchedule` sets what it is not given back to its default
/// (<https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html>), so that everything is read and given again.
pub(super) async fn set(connection: &Connection, enabled: bool) -> Result<bool, Failure> {
    let state = if enabled { ScheduleState::Enabled } else { ScheduleState::Disabled };
    let now = described_schedule(connection).await?;
    if now.state() == Some(&state) {
        return Ok(false);
    }
    let name = &connection.stack.schedule;
    Client::new(&connection.config)
        .update_schedule()
        .name(name)
        .state(state)
        .set_group_name(now.group_name)
        .set_schedule_expression(now.schedule_expression)
        .set_schedule_expression_timezone(now.schedule_expression_timezone)
        .set_start_date(now.start_date)
        .set_end_date(now.end_date)
        .set_description(now.description)
        .set_kms_key_arn(now.kms_key_arn)
        .set_target(now.target)
        .set_flexible_time_window(now.flexible_time_window)
        .set_action_after_completion(now.action_after_completion)
        .send()
        .await
        .map_err(|error| {
            Failure::refused(
                &format!("the schedule {name} cannot be changed"),
                &error,
                "check that your role may do scheduler:UpdateSchedule, and iam:PassRole for the role of the schedule",
            )
        })?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use wiremock::matchers::{method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use crate::connection::test_support::connection;

    fn schedule() -> Value {
        json!({
            "GroupName": "default", "Name": "drayage-backup", "State": "DISABLED",
            "ScheduleExpression": "cron(0 2 * * ? *)", "ScheduleExpressionTimezone": "Europe/Berlin",
            "Description": "Starts an incremental backup.", "KmsKeyArn": "arn:key",
            "StartDate": 1_800_000_000.0, "EndDate": 1_900_000_000.0,
            "ActionAfterCompletion": "NONE",
            "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5},
            "Target": {
                "Arn": "arn:backup", "RoleArn": "arn:role", "Input": "{\"mode\":\"incremental\"}",
                "RetryPolicy": {"MaximumRetryAttempts": 10, "MaximumEventAgeInSeconds": 3600},
                "DeadLetterConfig": {"Arn": "arn:dead"}
            }
        })
    }

    async fn server() -> MockServer {
        let server = MockServer::start().await;
        let place = || path("/schedules/drayage-backup");
        let told = ResponseTemplate::new(200).set_body_json(schedule());
        Mock::given(method("GET")).and(place()).respond_with(told).mount(&server).await;
        let done = ResponseTemplate::new(200).set_body_json(json!({"ScheduleArn": "arn:schedule"}));
        Mock::given(method("PUT")).and(place()).respond_with(done).mount(&server).await;
        server
    }

    async fn updates(server: &MockServer) -> Vec<Value> {
        let requests = server.received_requests().await.unwrap();
        let updates = requests.iter().filter(|request| request.method.as_str() == "PUT");
        updates.map(|request| request.body_json().unwrap()).collect()
    }

    #[tokio::test]
    async fn only_the_state_changes() {
        let server = server().await;
        assert_eq!(set(&connection(&server), true).await, Ok(true));
        let mut sent = updates(&server).await;
        let mut sent = sent.remove(0);
        let mut expected = schedule();
        expected["State"] = json!("ENABLED");
        for body in [&mut sent, &mut expected] {
            let fields = body.as_object_mut().unwrap();
            fields.remove("Name");
            // Made anew for each request.
            fields.remove("ClientToken");
            // Equal numbers may be written with and without a fraction.
            for date in ["StartDate", "EndDate"] {
                let seconds = fields[date].as_f64().unwrap();
                fields.insert(date.to_owned(), json!(seconds));
            }
        }
        assert_eq!(sent, expected);
    }

    #[tokio::test]
    async fn what_is_so_already_is_not_written() {
        let server = server().await;
        assert_eq!(set(&connection(&server), false).await, Ok(false));
        assert!(updates(&server).await.is_empty());
    }
}
