//! Update jobs of the Bulk API, as they go over the wire.

use rstest::rstest;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::support::*;
use crate::{RowUpdate, UpdateFile, UpdateJobState};

const JOBS: &str = "/services/data/v66.0/jobs/ingest";
const JOB: &str = "750000000000001AAA";
const JOB_PATH: &str = "/services/data/v66.0/jobs/ingest/750000000000001AAA";
const ROW: &str = "a0B000000000001AAA";

fn job(state: &str) -> Value {
    json!({"id": JOB, "operation": "update", "object": "DocListEntry__c", "state": state,
        "numberRecordsProcessed": 3, "numberRecordsFailed": 1, "apiVersion": 66.0})
}

async fn answer(server: &MockServer, verb: &str, template: ResponseTemplate) {
    Mock::given(method(verb)).and(path(JOB_PATH)).respond_with(template).mount(server).await;
}

#[tokio::test]
async fn a_job_is_made_for_updates_in_csv() {
    let server = server_with_login().await;
    Mock::given(method("POST"))
        .and(path(JOBS))
        .and(body_json(json!({"object": "DocListEntry__c", "operation": "update",
            "contentType": "CSV", "lineEnding": "LF", "columnDelimiter": "COMMA"})))
        .respond_with(ResponseTemplate::new(200).set_body_json(job("Open")))
        .mount(&server)
        .await;
    let client = client(&server);
    assert_eq!(client.create_update_job("DocListEntry__c").await.unwrap(), JOB);
    let error = client.create_update_job("Doc List").await.unwrap_err();
    assert_eq!(error.error_type(), "SalesforceInvalidArgument");
}

#[rstest]
#[case(400, "FeatureNotEnabled", "SalesforceBulkNotSupported", 1)]
#[case(500, "", "SalesforceUnavailable", 1)]
#[case(503, "", "SalesforceUnavailable", 4)]
#[tokio::test]
async fn a_job_is_made_again_only_if_it_was_not_made(
    #[case] status: u16,
    #[case] code: &str,
    #[case] expected: &str,
    #[case] calls: usize,
) {
    let server = server_with_login().await;
    let refusal = ResponseTemplate::new(status).set_body_json(error_body(code, ""));
    Mock::given(path(JOBS)).respond_with(refusal).mount(&server).await;
    let error = client(&server).create_update_job("DocListEntry__c").await.unwrap_err();
    assert_eq!(error.error_type(), expected);
    assert_eq!(requests_to(&server, JOBS).await.len(), calls);
}

#[tokio::test]
async fn the_file_is_uploaded_byte_for_byte() {
    let server = server_with_login().await;
    let batches = format!("{JOB_PATH}/batches");
    Mock::given(method("PUT"))
        .and(path(&batches))
        .and(header("content-type", "text/csv; charset=UTF-8"))
        .respond_with(ResponseTemplate::new(201))
        .mount(&server)
        .await;
    let file =
        UpdateFile::new("Document__c", &[RowUpdate { id: ROW, value: Some("ü \"x\"") }]).unwrap();
    client(&server).upload_rows(JOB, &file).await.unwrap();
    let sent = &requests_to(&server, &batches).await[0].body;
    assert_eq!(
        String::from_utf8_lossy(sent),
        format!("\"Id\",\"Document__c\"\n\"{ROW}\",\"ü \"\"x\"\"\"\n")
    );
}

#[rstest]
#[case(500, "InProgress", Some(UpdateJobState::InProgress))]
#[case(504, "JobComplete", Some(UpdateJobState::JobComplete))]
#[case(400, "UploadComplete", Some(UpdateJobState::UploadComplete))]
#[case(500, "Open", None)]
#[case(400, "Aborted", None)]
#[tokio::test]
async fn the_state_tells_whether_a_job_was_closed(
    #[case] status: u16,
    #[case] state: &str,
    #[case] expected: Option<UpdateJobState>,
) {
    let server = server_with_login().await;
    let refusal = ResponseTemplate::new(status).set_body_json(error_body("INVALIDJOBSTATE", ""));
    answer(&server, "PATCH", refusal).await;
    answer(&server, "GET", ResponseTemplate::new(200).set_body_json(job(state))).await;
    let closed = client(&server).close_job(JOB).await;
    assert_eq!(closed.ok().map(|job| job.state), expected);
    assert_eq!(requests_to(&server, JOB_PATH).await.len(), 2);
}

#[tokio::test]
async fn a_job_that_has_ended_needs_no_abort() {
    let server = server_with_login().await;
    let refusal = ResponseTemplate::new(400).set_body_json(error_body("INVALIDJOBSTATE", ""));
    answer(&server, "PATCH", refusal).await;
    answer(&server, "GET", ResponseTemplate::new(200).set_body_json(job("Failed"))).await;
    let job = client(&server).abort_job(JOB).await.unwrap();
    assert!(job.state.has_ended());
    assert_eq!((job.rows_processed, job.rows_failed), (3, 1));
    assert_eq!(job.failure().unwrap().error_type(), "SalesforceJobFailed");
}

#[tokio::test]
async fn a_job_id_cannot_leave_its_path() {
    let server = server_with_login().await;
    let error = client(&server).update_job("../query/x").await.unwrap_err();
    assert_eq!(error.error_type(), "SalesforceInvalidArgument");
}
