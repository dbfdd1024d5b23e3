//! What is sent to STS and to S3, by a stand-in for both.

use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_s3::types::ChecksumMode;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::clients::Clients;

const TAKEN_ON: &str = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
    <Credentials><AccessKeyId>THEIRS</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>theirs</SessionToken>\
    <Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
const REFUSED: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
    <Message>may not assume</Message></Error></ErrorResponse>";

/// STS and S3 at one address.
async fn services(status: u16, sts: &str) -> (MockServer, Clients) {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_raw(sts.to_owned(), "text/xml");
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    Mock::given(method("HEAD")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let ours = Credentials::new("OURS", "s", None, None, "test");
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(server.uri())
        .credentials_provider(SharedCredentialsProvider::new(ours))
        .load()
        .await;
    (server, Clients::from_config(config))
}

fn account(requester_pays: bool) -> SourceAccount {
    SourceAccount {
        role_arn: Some("arn:aws:iam::1:role/reader".to_owned()),
        external_id: Some("ours-and-theirs".to_owned()),
        requester_pays,
    }
}

/// What was sent for a `HEAD` with the client of that account.
async fn head(clients: &Clients, server: &MockServer, account: &SourceAccount) -> Vec<Request> {
    let client = clients.s3_of_source(account).await;
    let head = client.head_object().bucket("b").key("k").checksum_mode(ChecksumMode::Enabled);
    head.send().await.unwrap();
    server.received_requests().await.unwrap()
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

#[tokio::test]
async fn the_role_is_taken_on_with_its_external_id_and_signs_every_request() {
    let (server, clients) = services(200, TAKEN_ON).await;
    let sent = head(&clients, &server, &account(false)).await;
    let [assume, head] = sent.as_slice() else { panic!("{sent:?}") };
    let body = String::from_utf8_lossy(&assume.body);
    for part in ["Action=AssumeRole", "role%2Freader", "ExternalId=ours-and-theirs"] {
        assert!(body.contains(part), "{body}");
    }
    assert!(header(assume, "authorization").contains("Credential=OURS/"));
    assert!(header(head, "authorization").contains("Credential=THEIRS/"));
    assert_eq!(header(head, "x-amz-security-token"), "theirs");
    assert_eq!(header(head, "x-amz-request-payer"), "");
}

#[tokio::test]
async fn who_pays_is_said_under_the_signature() {
    let (server, clients) = services(200, TAKEN_ON).await;
    let paying = SourceAccount { requester_pays: true, ..SourceAccount::default() };
    let sent = head(&clients, &server, &paying).await;
    let [head] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(header(head, "x-amz-request-payer"), "requester");
    let signed = header(head, "authorization");
    assert!(signed.contains("x-amz-request-payer") && signed.contains("Credential=OURS/"));
}

#[tokio::test]
async fn a_role_that_may_not_be_taken_on_is_told_before_anything_is_read() {
    let (_server, clients) = services(403, REFUSED).await;
    let error = clients.check_source_role(&account(false)).await.unwrap_err();
    assert!(error.contains("may not assume"), "{error}");
    let (_server, clients) = services(200, TAKEN_ON).await;
    assert_eq!(clients.check_source_role(&account(false)).await, Ok(()));
    assert_eq!(clients.check_source_role(&SourceAccount::default()).await, Ok(()));
}
