//! Writing rows by REST, as it goes over the wire.

use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::support::*;
use crate::update::mangled::id;
use crate::{
    Client, Credentials, GuardCheck, GuardedUpdate, RowEnding, RowOutcome, RowUpdate,
    SalesforceError,
};

const COMPOSITE: &str = "/services/data/v66.0/composite";
const COLLECTION: &str = "/services/data/v66.0/composite/sobjects";
const ENTRY: &str = "DocListEntry__c";
const FIELD: &str = "Document__c";

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

async fn answer(server: &MockServer, resource: &str, template: ResponseTemplate) {
    Mock::given(path(resource)).respond_with(template).mount(server).await;
}

/// Both ways, for the rows 0 and 1.
async fn update(client: &Client, resource: &str) -> Result<Vec<RowOutcome>, SalesforceError> {
    let (first, second) = (id(0), id(1));
    let rows = [&first, &second].map(|id| RowUpdate { id, value: Some("new") });
    if resource == COLLECTION {
        return client.update_collection(ENTRY, FIELD, &rows).await;
    }
    let unmodified_since = NOW.parse().unwrap();
    let rows = rows.map(|row| GuardedUpdate { row, unmodified_since });
    client.update_guarded(ENTRY, FIELD, &rows).await
}

/// A success of the rows 0 and 1.
fn success(resource: &str) -> Value {
    if resource == COLLECTION {
        let row = |number| json!({"id": id(number), "success": true, "errors": []});
        return json!([row(0), row(1)]);
    }
    let row = |number: usize| json!({"referenceId": format!("r{number}_{}", id(number)), "httpStatusCode": 204, "body": null});
    json!({"compositeResponse": [row(1), row(0)]})
}

fn endings(outcomes: Vec<RowOutcome>) -> Vec<RowEnding> {
    outcomes.into_iter().map(|outcome| outcome.ending).collect()
}

fn all_unknown(outcomes: &[RowOutcome]) -> bool {
    let is_unknown = |row: &RowOutcome| matches!(row.ending, RowEnding::Unknown { .. });
    outcomes.len() == 2 && outcomes.iter().all(is_unknown)
}

#[tokio::test]
async fn a_guarded_update_carries_the_date_of_each_row() {
    let server = server_with_login().await;
    let (first, second) = (id(0), id(1));
    let subrequest = |number: usize, date: &str, value: Value| {
        json!({"method": "PATCH", "url": format!("/services/data/v66.0/sobjects/DocListEntry__c/{}", id(number)),
            "referenceId": format!("r{number}_{}", id(number)),
            "httpHeaders": {"If-Unmodified-Since": date}, "body": {"Document__c": value}})
    };
    let sent = json!({"allOrNone": false, "compositeRequest": [
        subrequest(0, "Sat, 21 Nov 2026 05:22:59 GMT", json!("https://new/ü \"1\"")),
        subrequest(1, "Fri, 02 Jan 2026 17:38:59 GMT", Value::Null)]});
    Mock::given(method("POST"))
        .and(path(COMPOSITE))
        .and(body_json(&sent))
        .respond_with(ok(&success(COMPOSITE)))
        .expect(1)
        .mount(&server)
        .await;
    let row = |id, value, date: &str| GuardedUpdate {
        row: RowUpdate { id, value },
        unmodified_since: date.parse().unwrap(),
    };
    let rows = [
        row(&first, Some("https://new/ü \"1\""), "2026-11-21T05:22:59.999Z"),
        row(&second, None, "2026-01-02T17:38:59.000+0000"),
    ];
    let outcomes = client(&server).update_guarded(ENTRY, FIELD, &rows).await.unwrap();
    assert!(outcomes.iter().map(|row| &row.id).eq([&first, &second]));
    assert_eq!(endings(outcomes), [RowEnding::Written, RowEnding::Written]);
}

#[tokio::test]
async fn a_text_that_composite_takes_for_a_reference_is_not_sent() {
    let server = server_with_login().await;
    let (first, second) = (id(0), id(1));
    let reply = json!({"compositeResponse": [{"referenceId": format!("r0_{second}"), "httpStatusCode": 204}]});
    answer(&server, COMPOSITE, ok(&reply)).await;
    let client = client(&server);
    let unmodified_since = NOW.parse().unwrap();
    let odd = RowUpdate { id: &first, value: Some("https://x/@{r1_a.Id}") };
    let plain = RowUpdate { id: &second, value: Some("https://x/@") };
    let rows = [odd, plain].map(|row| GuardedUpdate { row, unmodified_since });
    let outcomes = client.update_guarded(ENTRY, FIELD, &rows).await.unwrap();
    assert!(outcomes.iter().map(|row| &row.id).eq([&first, &second]));
    assert_eq!(outcomes[1].ending, RowEnding::Written);
    let RowEnding::Refused { code, .. } = &outcomes[0].ending else { panic!("{outcomes:?}") };
    assert_eq!(code, "COMPOSITE_CANNOT_WRITE_REFERENCE");
    let sent = String::from_utf8(requests_to(&server, COMPOSITE).await[0].body.clone()).unwrap();
    assert!(!sent.contains("@{"), "{sent}");

    let refused = client.update_guarded(ENTRY, FIELD, &rows[..1]).await.unwrap();
    let error = client.canary(ENTRY, FIELD, odd).await.unwrap_err();
    assert_eq!((refused.len(), error.error_type()), (1, "SalesforceInvalidArgument"));
    assert_eq!(requests_to(&server, COMPOSITE).await.len(), 1);
}

#[tokio::test]
async fn a_collection_is_one_call_whose_rows_stand_alone() {
    let server = server_with_login().await;
    let record = |number: usize| json!({"attributes": {"type": ENTRY}, "id": id(number), "Document__c": "new"});
    Mock::given(method("PATCH"))
        .and(path(COLLECTION))
        .and(body_json(json!({"allOrNone": false, "records": [record(0), record(1)]})))
        .respond_with(ok(&success(COLLECTION)))
        .expect(1)
        .mount(&server)
        .await;
    let outcomes = update(&client(&server), COLLECTION).await.unwrap();
    assert_eq!(endings(outcomes), [RowEnding::Written, RowEnding::Written]);
}

#[rstest]
#[tokio::test]
async fn a_write_that_may_have_been_applied_is_not_sent_again(
    #[values(COMPOSITE, COLLECTION)] resource: &str,
    #[values(500, 502, 504, 408)] status: u16,
) {
    let server = server_with_login().await;
    answer(&server, resource, ResponseTemplate::new(status)).await;
    let outcomes = update(&client(&server), resource).await.unwrap();
    assert!(all_unknown(&outcomes), "{outcomes:?}");
    assert_eq!(requests_to(&server, resource).await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_write_without_an_answer_is_not_sent_again(
    #[values(COMPOSITE, COLLECTION)] resource: &str,
) {
    let server = server_with_login().await;
    answer(&server, resource, ok(&success(resource)).set_delay(Duration::from_secs(5))).await;
    let credentials = Credentials::from_secret_json(&secret(&server).to_string()).unwrap();
    let mut options = options();
    options.request_timeout = Duration::from_millis(200);
    let outcomes = update(&Client::new(credentials, options).unwrap(), resource).await.unwrap();
    assert!(all_unknown(&outcomes), "{outcomes:?}");
    assert_eq!(requests_to(&server, resource).await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn an_answer_that_cannot_be_read_leaves_the_rows_unknown(
    #[values(COMPOSITE, COLLECTION)] resource: &str,
    #[values("", "<html>", "{}", "[]", "{\"compositeResponse\":[]}", "[null,null]", "[{},{}]")]
    body: &str,
) {
    let server = server_with_login().await;
    let template = ResponseTemplate::new(200).set_body_raw(body, "application/json");
    answer(&server, resource, template).await;
    let outcomes = update(&client(&server), resource).await.unwrap();
    assert!(all_unknown(&outcomes), "{outcomes:?}");
}

#[rstest]
#[tokio::test]
async fn a_write_that_was_not_started_is_sent_again(
    #[values(COMPOSITE, COLLECTION)] resource: &str,
    #[values(429, 503)] status: u16,
) {
    let server = server_with_login().await;
    let refusal = ResponseTemplate::new(status);
    Mock::given(path(resource)).respond_with(refusal).up_to_n_times(2).mount(&server).await;
    answer(&server, resource, ok(&success(resource))).await;
    let outcomes = update(&client(&server), resource).await.unwrap();
    assert_eq!(endings(outcomes), [RowEnding::Written, RowEnding::Written]);
    assert_eq!(requests_to(&server, resource).await.len(), 3);
}

#[rstest]
#[tokio::test]
async fn an_expired_session_is_renewed_and_the_write_sent_again(
    #[values(COMPOSITE, COLLECTION)] resource: &str,
) {
    let server = server_with_login().await;
    Mock::given(path(resource))
        .and(header("authorization", "Bearer 00Dx!token1"))
        .respond_with(expired())
        .mount(&server)
        .await;
    Mock::given(path(resource))
        .and(header("authorization", "Bearer 00Dx!token2"))
        .respond_with(ok(&success(resource)))
        .mount(&server)
        .await;
    let outcomes = update(&client(&server), resource).await.unwrap();
    assert_eq!(endings(outcomes), [RowEnding::Written, RowEnding::Written]);
}

#[rstest]
#[case(503, "SERVER_UNAVAILABLE", "SalesforceUnavailable", 4)]
#[case(403, "REQUEST_LIMIT_EXCEEDED", "SalesforceRequestLimitExceeded", 1)]
#[case(400, "JSON_PARSER_ERROR", "SalesforceRejected", 1)]
#[case(403, "API_DISABLED_FOR_ORG", "SalesforcePermission", 1)]
#[tokio::test]
async fn an_error_means_that_nothing_was_written(
    #[case] status: u16,
    #[case] code: &str,
    #[case] expected: &str,
    #[case] calls: usize,
    #[values(COMPOSITE, COLLECTION)] resource: &str,
) {
    let server = server_with_login().await;
    let refusal = ResponseTemplate::new(status).set_body_json(error_body(code, "text"));
    answer(&server, resource, refusal).await;
    let error = update(&client(&server), resource).await.unwrap_err();
    assert_eq!(error.error_type(), expected);
    assert_eq!(requests_to(&server, resource).await.len(), calls);
}

#[tokio::test]
async fn bad_updates_are_refused_before_anything_is_sent() {
    let server = server_with_login().await;
    let client = client(&server);
    let ids: Vec<String> = (0..2_001).map(id).collect();
    let rows: Vec<RowUpdate<'_>> = ids.iter().map(|id| RowUpdate { id, value: None }).collect();
    let unmodified_since = NOW.parse().unwrap();
    let guarded: Vec<GuardedUpdate<'_>> =
        rows.iter().map(|row| GuardedUpdate { row: *row, unmodified_since }).collect();
    let all: Vec<&str> = ids.iter().map(String::as_str).collect();
    let short = &ids[0][..15];
    let twice = [rows[0], RowUpdate { id: short, value: None }];
    let path_in_id = [RowUpdate { id: "../../Account/x", value: None }];
    let empty = [RowUpdate { id: &ids[0], value: Some("") }];
    let errors = [
        client.update_guarded(ENTRY, FIELD, &guarded[..26]).await.unwrap_err(),
        client.update_collection(ENTRY, FIELD, &rows[..201]).await.unwrap_err(),
        client.read_rows(ENTRY, FIELD, &all).await.unwrap_err(),
        client.update_collection(ENTRY, FIELD, &twice).await.unwrap_err(),
        client.update_collection(ENTRY, FIELD, &path_in_id).await.unwrap_err(),
        client.update_collection(ENTRY, FIELD, &empty).await.unwrap_err(),
        client.update_collection("Account/x", FIELD, &rows[..1]).await.unwrap_err(),
        client.canary(ENTRY, "Account__r.Name", rows[0]).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.error_type(), "SalesforceInvalidArgument", "{error}");
    }
    assert_eq!(client.update_collection(ENTRY, FIELD, &[]).await.unwrap(), []);
    assert_eq!(client.update_guarded(ENTRY, FIELD, &[]).await.unwrap(), []);
    assert_eq!(client.read_rows(ENTRY, FIELD, &[]).await.unwrap(), []);
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[rstest]
#[case(json!({"httpStatusCode": 412}), Ok(GuardCheck::Works))]
#[case(json!({"httpStatusCode": 204}), Ok(GuardCheck::Ignored))]
#[case(json!({"httpStatusCode": 400, "body": [{"errorCode": "UNABLE_TO_LOCK_ROW"}]}), Err("SalesforceRowLocked"))]
#[case(json!({"httpStatusCode": 404, "body": [{"errorCode": "NOT_FOUND"}]}), Err("SalesforceNotFound"))]
#[case(json!({"httpStatusCode": 500}), Err("SalesforceProtocol"))]
#[case(json!({}), Err("SalesforceProtocol"))]
#[tokio::test]
async fn a_canary_tells_whether_the_guard_works(
    #[case] mut entry: Value,
    #[case] expected: Result<GuardCheck, &str>,
) {
    let server = server_with_login().await;
    entry["referenceId"] = json!(format!("r0_{}", id(0)));
    answer(&server, COMPOSITE, ok(&json!({"compositeResponse": [entry]}))).await;
    let row = id(0);
    let row = RowUpdate { id: &row, value: Some("as it is") };
    let found = client(&server).canary(ENTRY, FIELD, row).await;
    assert_eq!(found.as_ref().map_err(SalesforceError::error_type).copied(), expected);
    let sent: Value = requests_to(&server, COMPOSITE).await[0].body_json().unwrap();
    let date = &sent["compositeRequest"][0]["httpHeaders"]["If-Unmodified-Since"];
    assert_eq!(date, "Mon, 01 Jan 1990 00:00:00 GMT");
}
