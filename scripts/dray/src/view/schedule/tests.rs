//! The schedule as a mock server plays it.

use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::connection::test_support::{answer, connection};

async fn read(state: &str) -> Result<ScheduleView, Failure> {
    let server = MockServer::start().await;
    let body = json!({
        "Name": "drayage-backup", "State": state, "ScheduleExpression": "cron(0 2 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Berlin", "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": "arn:backup", "RoleArn": "arn:role", "Input": "{\"mode\":\"incremental\"}"}
    });
    Mock::given(method("GET"))
        .and(path("/schedules/drayage-backup"))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(&server)
        .await;
    let attributes = json!({"Attributes": {"ApproximateNumberOfMessages": "3"}});
    answer(&server, "AmazonSQS.GetQueueAttributes", 200, &attributes).await;
    schedule(&connection(&server)).await
}

#[tokio::test]
async fn the_schedule_is_read_with_what_could_not_be_delivered() {
    let view = read("ENABLED").await.unwrap();
    assert!(view.enabled);
    assert_eq!(view.undelivered, 3);
    assert_eq!(view.input, "{\"mode\":\"incremental\"}");
    assert_eq!((view.name.as_str(), view.timezone.as_str()), ("drayage-backup", "Europe/Berlin"));
    assert!(view.next_at.is_some());
}

#[tokio::test]
async fn a_disabled_schedule_has_no_next_start() {
    let view = read("DISABLED").await.unwrap();
    assert!(!view.enabled);
    assert_eq!(view.next_at, None);
}

#[tokio::test]
async fn what_may_not_be_read_is_told_with_the_permission() {
    let server = MockServer::start().await;
    let refusal = ResponseTemplate::new(403)
        .insert_header("x-amzn-errortype", "AccessDeniedException")
        .set_body_json(json!({"Message": "not you"}));
    Mock::given(method("GET")).respond_with(refusal).mount(&server).await;
    let failure = described(&connection(&server)).await.unwrap_err();
    assert!(failure.message.contains("AccessDeniedException"), "{failure}");
    assert!(failure.hint.contains("scheduler:GetSchedule"), "{failure}");
}
