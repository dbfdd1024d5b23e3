//! How a stack is found, and what is said when it is not.

use aws_config::{BehaviorVersion, Region};
use rstest::rstest;
use wiremock::matchers::{any, body_string_contains};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::connection::Connection;
use crate::connection::test_support::config;
use crate::failure;

async fn answered(status: u16, body: String, choice: &StackChoice) -> Result<Stack, Failure> {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_raw(body, "text/xml");
    Mock::given(any()).respond_with(answer).mount(&server).await;
    Stack::find(&config(&server.uri()), choice).await
}

async fn named(status: u16, body: String) -> Result<Stack, Failure> {
    answered(status, body, &StackChoice::from("drayage")).await
}

async fn looked_for(members: &[String]) -> Result<Stack, Failure> {
    answered(200, described(members, None), &StackChoice::default()).await
}

/// Every output that is asked for.
fn all() -> Vec<&'static str> {
    OUTPUTS.into_iter().chain(Kind::ALL.map(Kind::output)).collect()
}

fn member(name: &str, state: &str, outputs: &[&str]) -> String {
    let outputs = outputs.iter().fold(String::new(), |text, name| {
        let value =
            if *name == "DrayageVersion" { OWN_VERSION.to_owned() } else { format!("the {name}") };
        format!(
            "{text}<member><OutputKey>{name}</OutputKey><OutputValue>{value}</OutputValue></member>"
        )
    });
    format!(
        "<member><StackName>{name}</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>\
         <StackId>arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}/1</StackId>\
         <StackStatus>{state}</StackStatus><Outputs>{outputs}</Outputs>\
         <Tags><member><Key>team</Key><Value>{name}</Value></member></Tags></member>"
    )
}

fn drayage(name: &str) -> String {
    let mut outputs = all();
    outputs.push("DrayageVersion");
    member(name, "UPDATE_COMPLETE", &outputs)
}

fn described(members: &[String], next: Option<&str>) -> String {
    let next = next.map_or_else(String::new, |token| format!("<NextToken>{token}</NextToken>"));
    format!(
        "<DescribeStacksResponse><DescribeStacksResult><Stacks>{}</Stacks>{next}</DescribeStacksResult></DescribeStacksResponse>",
        members.concat()
    )
}

fn one(state: &str, outputs: &[&str]) -> String {
    described(&[member("drayage", state, outputs)], None)
}

fn refusal(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    )
}

#[tokio::test]
async fn a_stack_is_its_outputs() {
    let stack = named(200, one("UPDATE_COMPLETE", &all())).await.unwrap();
    assert_eq!(stack.machine(Kind::Rollback), "the RollbackStateMachineArn");
    assert_eq!(stack.files_table, "the FilesTable");
    assert_eq!(stack.state("runs/r"), "s3://the StateBucket/runs/r");
    assert_eq!(stack.version, "unknown");
}

#[tokio::test]
async fn an_older_stack_is_told_by_what_it_lacks() {
    let failure = named(200, one("UPDATE_COMPLETE", &all()[1..])).await.unwrap_err();
    assert_eq!(failure.kind, failure::Kind::Unreachable);
    assert!(failure.message.contains("does not tell its version"), "{failure}");
    assert!(failure.message.ends_with("has no output StateBucket"), "{failure}");
    assert!(failure.hint.contains("deploy the template of version"), "{failure}");
}

#[tokio::test]
async fn a_stack_that_is_not_deployed_yet_is_told_by_its_state() {
    let failure = named(200, one("CREATE_IN_PROGRESS", &[])).await.unwrap_err();
    assert_eq!(failure.message, "the stack drayage is not deployed: it is CREATE_IN_PROGRESS");
}

#[tokio::test]
async fn a_stack_that_is_not_there_is_told_with_its_region() {
    let none = "there is no stack drayage in eu-west-1";
    let message = "Stack with id drayage does not exist";
    let failure = named(400, refusal("ValidationError", message)).await.unwrap_err();
    assert_eq!(failure.message, none);
    let deleted = named(200, one("DELETE_COMPLETE", &all())).await.unwrap_err();
    assert_eq!(deleted.message, none);
}

#[tokio::test]
async fn without_a_name_the_only_drayage_stack_is_taken() {
    let others = [
        member("web", "CREATE_COMPLETE", &["Url", "StateBucket"]),
        drayage("documents"),
        member("gone", "DELETE_COMPLETE", &all()),
    ];
    let stack = looked_for(&others).await.unwrap();
    assert_eq!((stack.name.as_str(), stack.version.as_str()), ("documents", OWN_VERSION));
    // One of an older template is known by its parts.
    let older = member("older", "UPDATE_COMPLETE", &all());
    assert_eq!(looked_for(&[older]).await.unwrap().name, "older");
}

#[tokio::test]
async fn further_pages_are_looked_at() {
    let server = MockServer::start().await;
    let page = |body| ResponseTemplate::new(200).set_body_raw(body, "text/xml");
    let first = described(&[member("web", "CREATE_COMPLETE", &[])], Some("t2"));
    Mock::given(any())
        .and(body_string_contains("NextToken=t2"))
        .respond_with(page(described(&[drayage("documents")], None)))
        .mount(&server)
        .await;
    Mock::given(any()).respond_with(page(first)).with_priority(9).mount(&server).await;
    let found = Stack::find(&config(&server.uri()), &StackChoice::default()).await;
    assert_eq!(found.unwrap().name, "documents");
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn several_stacks_are_listed_and_one_has_to_be_named() {
    let failure = looked_for(&[drayage("b"), drayage("a")]).await.unwrap_err();
    assert_eq!(failure.kind, failure::Kind::Usage);
    let line = |name| {
        format!(
            "  {name}  UPDATE_COMPLETE  version {OWN_VERSION}  destination bucket the DestinationBucket"
        )
    };
    let expected = format!("there are 2 Drayage stacks here:\n{}\n{}", line("a"), line("b"));
    assert_eq!(failure.message, expected);
    assert!(failure.hint.contains("--stack a"), "{failure}");
}

#[tokio::test]
async fn a_tag_tells_stacks_apart() {
    let choice = |name: Option<&str>, value: &str| StackChoice {
        name: name.map(str::to_owned),
        tag: Some(choice::Tag { key: "team".to_owned(), value: value.to_owned() }),
        ..StackChoice::default()
    };
    let body = || described(&[drayage("a"), drayage("b")], None);
    assert_eq!(answered(200, body(), &choice(None, "b")).await.unwrap().name, "b");
    let none = answered(200, body(), &choice(None, "c")).await.unwrap_err();
    assert!(none.message.contains("no Drayage stack with the tag team=c"), "{none}");
    let other = answered(200, body(), &choice(Some("a"), "b")).await.unwrap_err();
    assert_eq!(other.kind, failure::Kind::Usage);
}

#[tokio::test]
async fn where_there_is_none_account_and_region_are_told() {
    let failure = looked_for(&[member("web", "CREATE_COMPLETE", &[])]).await.unwrap_err();
    assert_eq!(failure.kind, failure::Kind::Unreachable);
    assert_eq!(
        failure.message,
        "there is no Drayage stack in eu-west-1 of account 123456789012; 1 stack looked at"
    );
}

#[rstest]
#[case("AccessDenied", "may not be described", "cloudformation:DescribeStacks")]
#[case("ExpiredToken", "have expired", "aws sso login --profile admin")]
#[case(
    "InvalidClientTokenId",
    "does not accept the credentials in eu-west-1",
    "get-caller-identity"
)]
#[case("Throttling", "too busy", "in a minute")]
#[case("Other", "cannot be described", "credentials are valid")]
#[tokio::test]
async fn a_refusal_is_told_with_what_to_do(
    #[case] code: &str,
    #[case] message: &str,
    #[case] hint: &str,
) {
    let choice = StackChoice { profile: Some("admin".to_owned()), ..StackChoice::from("drayage") };
    let failure = answered(403, refusal(code, "not you"), &choice).await.unwrap_err();
    assert!(failure.message.contains(message), "{failure}");
    assert!(failure.message.ends_with(&format!("({code}): not you")), "{failure}");
    assert!(failure.hint.contains(hint), "{failure}");
}

#[tokio::test]
async fn an_endpoint_that_nobody_listens_on_is_named() {
    let choice = StackChoice::default();
    let failure = Stack::find(&config("http://127.0.0.1:1"), &choice).await.unwrap_err();
    assert!(failure.message.starts_with("http://127.0.0.1:1 does not answer"), "{failure}");
}

#[tokio::test]
async fn region_and_credentials_are_asked_for_before_anything_else() {
    let choice = StackChoice::default();
    let bare = SdkConfig::builder().behavior_version(BehaviorVersion::latest());
    let failure = Connection::with(bare.build(), &choice).await.unwrap_err();
    assert_eq!(failure.message, "no AWS region is configured");
    let region = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"));
    let failure = Connection::with(region.build(), &choice).await.unwrap_err();
    assert_eq!(failure.message, "no AWS credentials are configured");
    assert!(failure.hint.contains("aws configure"));
}

#[test]
fn a_stack_that_changes_or_is_of_another_version_is_worth_a_note() {
    let with = |state: &str, version: &str| {
        Stack { state: state.to_owned(), version: version.to_owned(), ..samples::stack() }.notes()
    };
    assert!(with("UPDATE_COMPLETE", OWN_VERSION).is_empty());
    assert!(with("UPDATE_IN_PROGRESS", OWN_VERSION)[0].contains("is being changed"));
    assert!(with("UPDATE_ROLLBACK_FAILED", OWN_VERSION)[0].contains("has failed"));
    assert!(with("UPDATE_COMPLETE", "0.0.9")[0].contains("is of version 0.0.9"));
}
