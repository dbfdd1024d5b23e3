//! How a stack is found, and what is said when it is not.

use aws_config::{BehaviorVersion, Region};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::connection::Connection;
use crate::connection::test_support::config;
use crate::failure::Kind;

async fn found(status: u16, body: String) -> Result<Stack, Failure> {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_raw(body, "text/xml");
    Mock::given(any()).respond_with(answer).mount(&server).await;
    Stack::find(&config(&server.uri()), "drayage").await
}

fn described(state: &str, outputs: &[&str]) -> String {
    let outputs = outputs.iter().fold(String::new(), |text, name| {
        format!(
            "{text}<member><OutputKey>{name}</OutputKey><OutputValue>the {name}</OutputValue></member>"
        )
    });
    format!(
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>drayage</StackName>\
         <CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>{state}</StackStatus>\
         <Outputs>{outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    )
}

fn refusal(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    )
}

#[tokio::test]
async fn a_stack_is_its_outputs() {
    let stack = found(200, described("UPDATE_COMPLETE", &OUTPUTS)).await.unwrap();
    assert_eq!(stack.rollback_machine, "the RollbackStateMachineArn");
    assert_eq!(stack.files_table, "the FilesTable");
    assert_eq!(stack.state("runs/r"), "s3://the StateBucket/runs/r");
}

#[tokio::test]
async fn an_older_stack_is_told_by_what_it_lacks() {
    let failure = found(200, described("UPDATE_COMPLETE", &OUTPUTS[1..])).await.unwrap_err();
    assert_eq!(failure.kind, Kind::Unreachable);
    assert!(failure.message.ends_with("has no output RollbackStateMachineArn"), "{failure}");
    assert!(failure.hint.contains("older than this tool"));
}

#[tokio::test]
async fn a_stack_that_is_not_there_is_told_with_its_region() {
    let none = "there is no stack drayage in eu-west-1";
    let message = "Stack with id drayage does not exist";
    let failure = found(400, refusal("ValidationError", message)).await.unwrap_err();
    assert_eq!(failure.message, none);
    let deleted = found(200, described("DELETE_COMPLETE", &OUTPUTS)).await.unwrap_err();
    assert_eq!(deleted.message, none);
}

#[tokio::test]
async fn a_refusal_names_the_permission() {
    let failure = found(403, refusal("AccessDenied", "not you")).await.unwrap_err();
    assert!(failure.message.contains("(AccessDenied): not you"), "{failure}");
    assert!(failure.hint.contains("cloudformation:DescribeStacks"));
}

#[tokio::test]
async fn an_endpoint_that_nobody_listens_on_is_named() {
    let failure = Stack::find(&config("http://127.0.0.1:1"), "drayage").await.unwrap_err();
    assert!(failure.message.starts_with("http://127.0.0.1:1 does not answer"), "{failure}");
}

#[tokio::test]
async fn region_and_credentials_are_asked_for_before_anything_else() {
    let bare = SdkConfig::builder().behavior_version(BehaviorVersion::latest());
    let failure = Connection::with(bare.build(), "drayage").await.unwrap_err();
    assert_eq!(failure.message, "no AWS region is configured");
    let region = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"));
    let failure = Connection::with(region.build(), "drayage").await.unwrap_err();
    assert_eq!(failure.message, "no AWS credentials are configured");
    assert!(failure.hint.contains("aws configure"));
}
