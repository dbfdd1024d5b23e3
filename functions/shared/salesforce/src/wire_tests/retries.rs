//! What is sent again after a failure, and what is not.

use std::time::Duration;

use rstest::rstest;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::support::*;
use crate::{ApiUsage, Client, Credentials};

const JOBS_PATH: &str = "/services/data/v66.0/jobs/query";

#[rstest]
#[case(429)]
#[case(500)]
#[case(502)]
#[case(503)]
#[case(504)]
#[tokio::test]
async fn reads_survive_passing_failures(#[case] status: u16) {
    let server = server_with_login().await;
    Mock::given(path(LIMITS_PATH))
        .respond_with(ResponseTemplate::new(status))
        .up_to_n_times(3)
        .mount(&server)
        .await;
    Mock::given(path(LIMITS_PATH))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({})))
        .mount(&server)
        .await;
    let client = client(&server);
    assert!(client.limits().await.unwrap().is_some());
    assert_eq!(requests_to(&server, LIMITS_PATH).await.len(), 4);
    // The login is no call of the data API.
    assert_eq!(client.calls(), 4);
}

#[tokio::test]
async fn a_lasting_failure_ends_after_the_allowed_attempts() {
    let server = server_with_login().await;
    Mock::given(path(LIMITS_PATH))
        .respond_with(ResponseTemplate::new(503))
        .expect(4)
        .mount(&server)
        .await;
    let error = client(&server).limits().await.unwrap_err();
    assert_eq!(error.error_type(), "SalesforceUnavailable");
}

#[tokio::test]
async fn the_daily_limit_is_not_hammered() {
    let server = server_with_login().await;
    let body = error_body("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    Mock::given(path(LIMITS_PATH))
        .respond_with(ResponseTemplate::new(403).set_body_json(body))
        .expect(1)
        .mount(&server)
        .await;
    let error = client(&server).limits().await.unwrap_err();
    assert_eq!(error.error_type(), "SalesforceRequestLimitExceeded");
}

#[tokio::test]
async fn a_login_is_repeated_when_salesforce_is_out_of_order() {
    let server = MockServer::start().await;
    Mock::given(path(TOKEN_PATH))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(2)
        .mount(&server)
        .await;
    let reply = json!({"access_token": "00Dx!t", "instance_url": server.uri()});
    Mock::given(path(TOKEN_PATH))
        .respond_with(ResponseTemplate::new(200).set_body_json(reply))
        .mount(&server)
        .await;
    client(&server).login().await.unwrap();
    assert_eq!(requests_to(&server, TOKEN_PATH).await.len(), 3);
}

#[rstest]
#[case(503, 4)]
#[case(500, 1)]
#[case(504, 1)]
#[tokio::test]
async fn a_job_is_submitted_again_only_if_it_was_not_created(
    #[case] status: u16,
    #[case] submits: u64,
) {
    let server = server_with_login().await;
    Mock::given(method("POST"))
        .and(path(JOBS_PATH))
        .respond_with(ResponseTemplate::new(status))
        .expect(submits)
        .mount(&server)
        .await;
    let error = client(&server).bulk_query_submit("SELECT Id FROM Account").await.unwrap_err();
    assert_eq!(error.error_type(), "SalesforceUnavailable");
}

#[tokio::test]
async fn a_slow_answer_is_a_timeout() {
    let server = server_with_login().await;
    Mock::given(path(LIMITS_PATH))
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(5)))
        .mount(&server)
        .await;
    let credentials = Credentials::from_secret_json(&secret(&server).to_string()).unwrap();
    let mut options = options();
    options.request_timeout = Duration::from_millis(100);
    options.retry.attempts_max = 2;
    let error = Client::new(credentials, options).unwrap().limits().await.unwrap_err();
    assert_eq!(error.error_type(), "SalesforceTimeout");
    assert_eq!(requests_to(&server, LIMITS_PATH).await.len(), 2);
}

#[tokio::test]
async fn an_answer_cut_off_in_the_middle_is_read_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    let token = json!({"access_token": "00Dx!t", "instance_url": uri}).to_string();
    let whole = |body: &str| {
        let length = body.len();
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
    };
    let cut_off =
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 100\r\n\r\n{\"to".to_owned();
    let answers = [whole(&token), cut_off, whole("{\"totalSize\":7,\"done\":true}")];
    let served = tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 8192];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    let secret = json!({"auth": "client_credentials", "login_url": uri, "client_id": "c", "client_secret": "s"});
    let credentials = Credentials::from_secret_json(&secret.to_string()).unwrap();
    let client = Client::new(credentials, options()).unwrap();
    assert_eq!(client.count("SELECT COUNT() FROM Account").await.unwrap(), 7);
    served.await.unwrap();
}

#[tokio::test]
async fn nobody_listening_is_a_network_error_without_the_query() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let secret = json!({"auth": "client_credentials", "login_url": uri, "client_id": "c", "client_secret": "s"});
    let credentials = Credentials::from_secret_json(&secret.to_string()).unwrap();
    let client = Client::new(credentials, options()).unwrap();
    let error = client.count("SELECT COUNT() FROM Account").await.unwrap_err();
    assert_eq!(error.error_type(), "SalesforceNetwork");
    assert!(!error.to_string().contains("services"), "{error}");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server = server_with_login().await;
    let elsewhere = format!("{}/elsewhere", server.uri());
    Mock::given(path(LIMITS_PATH))
        .respond_with(ResponseTemplate::new(302).insert_header("location", elsewhere.as_str()))
        .mount(&server)
        .await;
    let error = client(&server).limits().await.unwrap_err();
    assert_eq!(error.error_type(), "SalesforceProtocol");
    assert!(requests_to(&server, "/elsewhere").await.is_empty());
}

#[tokio::test]
async fn usage_is_the_last_one_seen_also_on_errors() {
    let server = server_with_login().await;
    let template = ResponseTemplate::new(403)
        .insert_header("Sforce-Limit-Info", "api-usage=19/5000; per-app-api-usage=1/2(appName=x)");
    Mock::given(path(LIMITS_PATH)).respond_with(template).mount(&server).await;
    let client = client(&server);
    assert_eq!(client.usage(), None);
    assert_eq!(client.limits().await.unwrap(), None);
    assert_eq!(client.usage(), Some(ApiUsage { used: 19, allowed: 5000 }));
    assert_eq!(client.usage().unwrap().remaining(), 4981);
}
