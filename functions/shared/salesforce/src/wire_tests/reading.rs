//! Reading records: pages, counts and bulk results, as they go over the wire.

use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path, query_param, query_param_is_missing};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::support::*;
use crate::{BulkState, Soql};

const JOB: &str = "750000000000001AAA";
const JOB_PATH: &str = "/services/data/v66.0/jobs/query/750000000000001AAA";

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn soql() -> Soql {
    Soql::new("DocListEntry__c", ["Document__c", "Account__r.Name"]).unwrap()
}

async fn answer_query(server: &MockServer, query: &str, body: &Value) {
    Mock::given(path(QUERY_PATH))
        .and(query_param("q", query))
        .respond_with(ok(body))
        .mount(server)
        .await;
}

#[tokio::test]
async fn pages_are_followed_to_the_end_with_flat_records() {
    let server = server_with_login().await;
    let next = "/services/data/v66.0/query/01gRO0000016PIAYA2-500";
    let page = json!({"totalSize": 2, "done": false, "nextRecordsUrl": next, "records": [
        {"attributes": {"type": "DocListEntry__c"}, "Id": "a0B000000000001AAA", "Document__c": "https://x",
         "Account__r": {"attributes": {"type": "Account"}, "Name": "Acme"}}]});
    Mock::given(path(QUERY_PATH))
        .and(query_param("q", soql().to_soql()))
        .and(header("Sforce-Query-Options", "batchSize=500"))
        .and(header("user-agent", "drayage-test/1.0"))
        .respond_with(ok(&page))
        .mount(&server)
        .await;
    let last = json!({"totalSize": 2, "done": true, "records": [
        {"attributes": {}, "Id": "a0B000000000002AAA", "Document__c": null, "Account__r": null}]});
    Mock::given(path(next)).respond_with(ok(&last)).mount(&server).await;

    let client = client(&server);
    let first = client.query_page(&soql().to_soql(), 500).await.unwrap();
    assert_eq!(first.total, 2);
    assert_eq!(
        Value::Object(first.records[0].clone()),
        json!({"Id": "a0B000000000001AAA", "Document__c": "https://x", "Account__r.Name": "Acme"})
    );
    let second = client.query_next(&first.next.unwrap()).await.unwrap();
    assert_eq!(second.next, None);
    assert_eq!(
        Value::Object(soql().align(second.records[0].clone())),
        json!({"Id": "a0B000000000002AAA", "Document__c": null, "Account__r.Name": null})
    );
}

#[tokio::test]
async fn a_page_must_say_where_it_goes_on() {
    for next in [json!(null), json!("https://evil.example/services/data/v66.0/query/x")] {
        let server = server_with_login().await;
        let page = json!({"totalSize": 1, "done": false, "nextRecordsUrl": next, "records": []});
        answer_query(&server, "SELECT Id FROM Account", &page).await;
        let error = client(&server).query_page("SELECT Id FROM Account", 2000).await.unwrap_err();
        assert_eq!(error.error_type(), "SalesforceProtocol");
    }
}

#[tokio::test]
async fn bad_arguments_are_refused_before_anything_is_sent() {
    let server = server_with_login().await;
    let client = client(&server);
    let long = format!("SELECT Id FROM Account WHERE Name = '{}'", "x".repeat(16_000));
    let errors = [
        client.query_next("https://evil.example/services/data/x").await.unwrap_err(),
        client.query_page("SELECT Id FROM Account", 199).await.unwrap_err(),
        client.query_page(&long, 2000).await.unwrap_err(),
        client.query_keyset_page(&soql(), None, 0).await.unwrap_err(),
        client.query_keyset_page(&soql(), Some("x' OR '"), 10).await.unwrap_err(),
        client.count("SELECT Id FROM Account").await.unwrap_err(),
        client.describe("Account/../User").await.unwrap_err(),
        client.bulk_query_status("../../limits").await.unwrap_err(),
        client.bulk_query_results(JOB, None, 0).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.error_type(), "SalesforceInvalidArgument", "{error}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn keyset_pages_continue_after_the_last_id_and_join_short_pages() {
    let server = server_with_login().await;
    let next = "/services/data/v66.0/query/01g-1";
    let short = json!({"totalSize": 2, "done": false, "nextRecordsUrl": next,
        "records": [{"Id": "a0B000000000001AAA", "Account__r": null}]});
    let rest = json!({"totalSize": 2, "done": true, "records": [{"Id": "a0B000000000002AAA"}]});
    let last = json!({"totalSize": 1, "done": true, "records": [{"Id": "a0B000000000003AAA"}]});
    let select = "SELECT Id, Document__c, Account__r.Name FROM DocListEntry__c";
    answer_query(&server, &format!("{select} ORDER BY Id LIMIT 2"), &short).await;
    Mock::given(path(next)).respond_with(ok(&rest)).mount(&server).await;
    let following = format!("{select} WHERE Id > 'a0B000000000002AAA' ORDER BY Id LIMIT 2");
    answer_query(&server, &following, &last).await;

    let client = client(&server);
    let first = client.query_keyset_page(&soql(), None, 2).await.unwrap();
    assert_eq!(first.records.len(), 2);
    assert_eq!(first.records[0]["Account__r.Name"], Value::Null);
    assert_eq!(first.next_after.as_deref(), Some("a0B000000000002AAA"));
    let second = client.query_keyset_page(&soql(), first.next_after.as_deref(), 2).await.unwrap();
    assert_eq!((second.records.len(), second.next_after), (1, None));
}

#[tokio::test]
async fn a_keyset_that_does_not_move_is_an_error_and_not_a_loop() {
    let server = server_with_login().await;
    let stuck = json!({"totalSize": 1, "done": true, "records": [{"Id": "a0B000000000001AAA"}]});
    Mock::given(path(QUERY_PATH)).respond_with(ok(&stuck)).mount(&server).await;
    let after = Some("a0B000000000001AAA");
    let error = client(&server).query_keyset_page(&soql(), after, 1).await.unwrap_err();
    assert_eq!(error.error_type(), "SalesforceProtocol");
}

#[tokio::test]
async fn counts_versions_and_describe() {
    let server = server_with_login().await;
    let counted = json!({"totalSize": 1_234_567, "done": true, "records": []});
    answer_query(&server, &soql().count_soql(), &counted).await;
    let versions =
        json!([{"label": "Spring '26", "version": "66.0", "url": "/services/data/v66.0"}]);
    Mock::given(path("/services/data")).respond_with(ok(&versions)).mount(&server).await;
    let describe =
        json!({"name": "Account", "fields": [{"name": "Id", "type": "id", "length": 18}]});
    Mock::given(path("/services/data/v66.0/sobjects/account/describe"))
        .respond_with(ok(&describe))
        .mount(&server)
        .await;
    let client = client(&server);
    assert_eq!(client.count(&soql().count_soql()).await.unwrap(), 1_234_567);
    assert_eq!(client.versions().await.unwrap(), ["66.0"]);
    assert_eq!(client.describe("account").await.unwrap().field("ID").unwrap().length, 18);
}

#[tokio::test]
async fn a_bulk_query_from_submit_to_the_last_page() {
    let server = server_with_login().await;
    let body = json!({"operation": "query", "query": "SELECT Id FROM Account",
        "columnDelimiter": "COMMA", "lineEnding": "LF"});
    Mock::given(method("POST"))
        .and(path("/services/data/v66.0/jobs/query"))
        .and(body_json(body))
        .respond_with(ok(&json!({"id": JOB, "state": "UploadComplete", "apiVersion": 66.0})))
        .mount(&server)
        .await;
    let status = json!({"id": JOB, "state": "JobComplete", "numberRecordsProcessed": 3, "retries": 1,
        "totalProcessingTime": 70, "errorMessage": null});
    Mock::given(method("GET")).and(path(JOB_PATH)).respond_with(ok(&status)).mount(&server).await;
    let csv = |text: &str, count: &str, locator: &str| {
        ResponseTemplate::new(200)
            .set_body_raw(text, "text/csv")
            .insert_header("Sforce-NumberOfRecords", count)
            .insert_header("Sforce-Locator", locator)
    };
    let results = format!("{JOB_PATH}/results");
    Mock::given(path(results.as_str()))
        .and(query_param("maxRecords", "2"))
        .and(query_param_is_missing("locator"))
        .respond_with(csv("\"Id\"\n\"a\"\n\"b\"\n", "2", "MTAw+/=="))
        .mount(&server)
        .await;
    Mock::given(path(results.as_str()))
        .and(query_param("locator", "MTAw+/=="))
        .respond_with(csv("\"Id\"\n\"c\"\n", "1", "null"))
        .mount(&server)
        .await;

    let client = client(&server);
    let id = client.bulk_query_submit("SELECT Id FROM Account").await.unwrap();
    let job = client.bulk_query_status(&id).await.unwrap();
    assert_eq!((job.state, job.records_processed), (BulkState::JobComplete, 3));
    let first = client.bulk_query_results(&id, None, 2).await.unwrap();
    assert_eq!(first.records.len(), 2);
    let second = client.bulk_query_results(&id, first.locator.as_deref(), 2).await.unwrap();
    assert_eq!((second.records[0]["Id"].as_str(), second.locator), (Some("c"), None));
}

#[tokio::test]
async fn a_locator_that_points_at_itself_is_an_error_and_not_a_loop() {
    let server = server_with_login().await;
    let page = ResponseTemplate::new(200)
        .set_body_raw("Id\nsecret\n", "text/csv")
        .insert_header("Sforce-NumberOfRecords", "1")
        .insert_header("Sforce-Locator", "MTAw");
    Mock::given(path(format!("{JOB_PATH}/results"))).respond_with(page).mount(&server).await;
    let client = client(&server);
    let first = client.bulk_query_results(JOB, None, 1).await.unwrap();
    assert_eq!(format!("{first:?}"), "BulkPage { records: 1, locator: Some(\"MTAw\") }");
    let error = client.bulk_query_results(JOB, first.locator.as_deref(), 1).await.unwrap_err();
    assert_eq!(error.error_type(), "SalesforceProtocol");
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_described_but_not_quoted() {
    let server = server_with_login().await;
    let page = ResponseTemplate::new(200).set_body_raw("<html>secret login</html>", "text/html");
    Mock::given(path(LIMITS_PATH)).respond_with(page).mount(&server).await;
    let error = client(&server).limits().await.unwrap_err();
    assert_eq!(error.error_type(), "SalesforceProtocol");
    let text = error.to_string();
    assert!(text.contains("text/html of 25 bytes") && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn the_org_is_asked_for_once_and_may_be_hidden() {
    const QUERY: &str = "SELECT Id, Name, IsSandbox FROM Organization";
    let server = server_with_login().await;
    let page = json!({"totalSize": 1, "done": true, "records": [
        {"attributes": {"type": "Organization"}, "Id": "00D000000000062EAA", "Name": "Acme", "IsSandbox": true}]});
    answer_query(&server, QUERY, &page).await;
    let org = client(&server).organization().await.unwrap().unwrap();
    assert_eq!(
        (org.id.as_str(), org.name.as_str(), org.is_sandbox),
        ("00D000000000062EAA", "Acme", true)
    );
    assert_eq!(requests_to(&server, QUERY_PATH).await.len(), 1);

    for code in ["INVALID_TYPE", "INVALID_FIELD", "INSUFFICIENT_ACCESS"] {
        let server = server_with_login().await;
        let refusal = ResponseTemplate::new(400)
            .set_body_json(error_body(code, "sObject type is not supported"));
        Mock::given(path(QUERY_PATH)).respond_with(refusal).mount(&server).await;
        assert_eq!(client(&server).organization().await, Ok(None), "{code}");
    }
}
