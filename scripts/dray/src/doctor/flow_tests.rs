//! The whole command against AWS as a mock server plays it.

use drayage_domain::switch::plan::CheckState;
use serde_json::{Value, json};
use wiremock::matchers::{body_string_contains, method, path, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::report::Group;
use super::*;
use crate::connection::test_support::{answer, config};
use crate::failure::Kind as FailureKind;
use crate::kind::Kind;

/// What the stack's parts answer.
struct Played {
    server: MockServer,
}

async fn xml(server: &MockServer, action: &str, status: u16, body: String) {
    Mock::given(method("POST"))
        .and(body_string_contains(format!("Action={action}")))
        .respond_with(ResponseTemplate::new(status).set_body_raw(body, "text/xml"))
        .mount(server)
        .await;
}

fn described(outputs: &[(&str, &str)]) -> String {
    let outputs = outputs.iter().fold(String::new(), |text, (name, value)| {
        format!(
            "{text}<member><OutputKey>{name}</OutputKey><OutputValue>{value}</OutputValue></member>"
        )
    });
    format!(
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>drayage</StackName>\
         <CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>UPDATE_COMPLETE</StackStatus>\
         <Outputs>{outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
    )
}

/// An identity, and a stack with these outputs.
async fn with_outputs(outputs: &[(&str, &str)]) -> MockServer {
    let server = MockServer::start().await;
    let identity = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/pat</Arn>\
                    <UserId>U</UserId><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    xml(&server, "GetCallerIdentity", 200, identity.to_owned()).await;
    xml(&server, "DescribeStacks", 200, described(outputs)).await;
    server
}

fn outputs() -> Vec<(&'static str, &'static str)> {
    let own = [
        ("StateBucket", "state"),
        ("DestinationBucket", "documents"),
        ("DestinationPrefix", "uploads"),
        ("RunsTable", "runs"),
        ("FilesTable", "files"),
        ("CopyFunction", "copy"),
        ("PreflightFunction", "preflight"),
        ("CopyDeadLetterQueueUrl", "http://127.0.0.1/dead"),
        ("ScheduleDeadLetterQueueUrl", "http://127.0.0.1/undelivered"),
        ("ScheduleName", "nightly"),
    ];
    let machine = |kind: Kind| (kind.output(), "arn:aws:states:eu-west-1:1:stateMachine:m");
    own.into_iter().chain(Kind::ALL.map(machine)).collect()
}

fn diagnosis() -> Value {
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "checks": [
            {"name": "settings", "state": "passed", "found": "fine"},
            {"name": "org", "state": "passed", "found": "Acme"},
        ],
        "org": {"id": "00D1", "name": "Acme", "isSandbox": false},
        "apiCalls": {"max": 100, "remaining": 90},
        "records": 7,
    })
}

impl Played {
    /// A stack with nothing wrong about it, but for what `change` has mounted before.
    async fn healthy_after(server: MockServer) -> Self {
        let table = json!({"Table": {"TableStatus": "ACTIVE"}});
        answer(&server, "DynamoDB_20120810.DescribeTable", 200, &table).await;
        answer(&server, "DynamoDB_20120810.GetItem", 200, &json!({})).await;
        let depth = json!({"Attributes": {"ApproximateNumberOfMessages": "0"}});
        answer(&server, "AmazonSQS.GetQueueAttributes", 200, &depth).await;
        let machine = json!({
            "stateMachineArn": "arn", "name": "m", "definition": "{}", "roleArn": "arn", "type": "STANDARD",
            "creationDate": 1.0,
        });
        answer(&server, "AWSStepFunctions.DescribeStateMachine", 200, &machine).await;
        Mock::given(method("HEAD")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
        let schedule = json!({
            "Name": "nightly", "State": "ENABLED", "ScheduleExpression": "rate(1 day)",
            "ScheduleExpressionTimezone": "Europe/Berlin",
        });
        json_at(&server, "GET", "^/schedules/nightly$", 200, schedule).await;
        let mappings = json!({"EventSourceMappings": [{"UUID": "u", "State": "Enabled"}]});
        json_at(&server, "GET", "^/2015-03-31/event-source-mappings", 200, mappings).await;
        json_at(&server, "POST", "^/2015-03-31/functions/preflight/invocations$", 200, diagnosis())
            .await;
        Self { server }
    }

    async fn examined(&self) -> (Report, Option<Failure>) {
        examine(config(&self.server.uri()), &StackChoice::from("drayage")).await
    }
}

async fn json_at(server: &MockServer, verb: &str, at: &str, status: u16, body: Value) {
    Mock::given(method(verb))
        .and(path_regex(at))
        .respond_with(ResponseTemplate::new(status).set_body_json(body))
        .mount(server)
        .await;
}

fn not_passed(report: &Report) -> Vec<(&str, CheckState)> {
    let odd = report.checks.iter().filter(|check| check.state != CheckState::Passed);
    odd.map(|check| (check.name.as_str(), check.state)).collect()
}

#[tokio::test]
async fn a_healthy_stack_passes_everything() {
    let played = Played::healthy_after(with_outputs(&outputs()).await).await;
    let (report, unreachable) = played.examined().await;
    assert_eq!(unreachable, None);
    assert_eq!(not_passed(&report), [], "{report:#?}");
    assert!(report.org.is_some_and(|org| !org.is_sandbox));
    assert_eq!(
        (report.api_calls.map(|calls| calls.remaining), report.records),
        (Some(90), Some(7))
    );
    for group in Group::ALL {
        assert!(report.checks.iter().any(|check| check.group == group), "{group:?}");
    }
    let asked = played.server.received_requests().await.unwrap();
    let invocation = asked.iter().find(|call| call.url.path().ends_with("/invocations")).unwrap();
    assert_eq!(invocation.body_json::<Value>().unwrap(), json!({"kind": "check"}));
}

#[tokio::test]
async fn what_is_wrong_does_not_hide_what_is_right() {
    let server = with_outputs(&outputs()).await;
    Mock::given(method("HEAD"))
        .and(path("/documents/"))
        .respond_with(ResponseTemplate::new(404))
        .mount(&server)
        .await;
    let depth = json!({"Attributes": {"ApproximateNumberOfMessages": "2"}});
    answer(&server, "AmazonSQS.GetQueueAttributes", 200, &depth).await;
    let mappings = json!({"EventSourceMappings": [{"UUID": "u", "State": "Disabled"}]});
    json_at(&server, "GET", "^/2015-03-31/event-source-mappings", 200, mappings).await;
    let mut seen = diagnosis();
    seen["version"] = json!("0.0.1");
    seen["checks"][0] = json!({"name": "settings", "state": "failed", "found": "bad; hint: mend"});
    json_at(&server, "POST", "/invocations$", 200, seen).await;
    let played = Played::healthy_after(server).await;
    let (report, unreachable) = played.examined().await;
    assert_eq!(unreachable, None);
    assert_eq!(
        not_passed(&report),
        [
            ("version", CheckState::Warning),
            ("destination_bucket", CheckState::Failed),
            ("dead_letter_queue", CheckState::Warning),
            ("schedule_dead_letter_queue", CheckState::Warning),
            ("event_source_mapping", CheckState::Failed),
            ("settings", CheckState::Failed),
        ]
    );
    let odd = report.checks.iter().filter(|check| check.state != CheckState::Passed);
    assert!(odd.clone().all(|check| check.hint.is_some()));
    assert!(report.passed() > 8);
}

#[tokio::test]
async fn functions_that_fail_are_one_failed_check() {
    let server = with_outputs(&outputs()).await;
    Mock::given(method("POST"))
        .and(path_regex("/invocations$"))
        .respond_with(
            ResponseTemplate::new(200)
                .insert_header("X-Amz-Function-Error", "Unhandled")
                .set_body_string("missing field `runId`"),
        )
        .mount(&server)
        .await;
    let (report, _) = Played::healthy_after(server).await.examined().await;
    assert_eq!(not_passed(&report), [("preflight", CheckState::Failed)]);
    assert!(report.org.is_none());
}

#[tokio::test]
async fn a_stack_that_lacks_an_output_is_a_failed_check() {
    let outputs: Vec<_> = outputs().into_iter().skip(1).collect();
    let played = Played { server: with_outputs(&outputs).await };
    let (report, unreachable) = played.examined().await;
    assert_eq!(unreachable.map(|failure| failure.kind), Some(FailureKind::Unreachable));
    let last = report.checks.last().unwrap();
    assert_eq!((last.name.as_str(), last.state), ("stack", CheckState::Failed));
    assert!(last.found.contains("StateBucket") && last.hint.is_some());
    // What could be checked was checked.
    let names: Vec<_> = report.checks.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(names, ["region", "credentials", "stack"]);
    assert_eq!(not_passed(&report).len(), 1);
}

#[tokio::test]
async fn refused_credentials_are_told_before_the_stack() {
    let server = MockServer::start().await;
    let refusal = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>\
                   <Message>The security token is invalid.</Message></Error></ErrorResponse>";
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(403).set_body_raw(refusal, "text/xml"))
        .mount(&server)
        .await;
    let (report, unreachable) = Played { server }.examined().await;
    assert_eq!(unreachable.map(|failure| failure.kind), Some(FailureKind::Unreachable));
    assert_eq!(
        not_passed(&report),
        [("credentials", CheckState::Failed), ("stack", CheckState::Failed)]
    );
    assert!(report.checks[1].found.contains("InvalidClientTokenId"), "{report:#?}");
}
