//! Reading rows back by their ids, as it goes over the wire.

use rstest::rstest;
use serde_json::{Value, json};
use wiremock::matchers::{body_json, method, path};
use wiremock::{Mock, ResponseTemplate};

use super::support::*;
use crate::update::mangled::id;

const RETRIEVE: &str = "/services/data/v66.0/composite/sobjects/DocListEntry__c";
const ENTRY: &str = "DocListEntry__c";
const FIELD: &str = "Document__c";

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn row(number: usize, value: &Value) -> Value {
    json!({"attributes": {"type": ENTRY}, "Id": id(number), "document__c": value,
        "LastModifiedDate": "2026-01-02T17:38:59.000+0000", "SystemModstamp": "2026-01-02T17:39:00.000+0000"})
}

#[tokio::test]
async fn rows_are_read_in_order_with_every_byte() {
    let server = server_with_login().await;
    let fields = ["Id", "Document__c", "LastModifiedDate", "SystemModstamp"];
    let value = " https://x/a%20b?ü\u{feff} ";
    Mock::given(method("POST"))
        .and(path(RETRIEVE))
        .and(body_json(json!({"ids": [id(0), id(1), id(2)], "fields": fields})))
        .respond_with(ok(&json!([row(0, &json!(value)), null, row(2, &Value::Null)])))
        .mount(&server)
        .await;
    let ids = [id(0), id(1), id(2)];
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let rows = client(&server).read_rows(ENTRY, FIELD, &ids).await.unwrap();
    let first = rows[0].as_ref().unwrap();
    assert_eq!(first.value.as_deref(), Some(value));
    assert_eq!(first.last_modified.to_string(), "2026-01-02T17:38:59Z");
    assert_eq!(first.system_modstamp.to_string(), "2026-01-02T17:39:00Z");
    assert_eq!(rows[1], None);
    assert_eq!(rows[2].as_ref().unwrap().value, None);
    assert!(!format!("{rows:?}").contains("https"), "{rows:?}");
}

#[rstest]
#[case(json!([row(0, &json!("x"))]), "1 rows for 2 ids")]
#[case(json!([row(1, &json!("x")), row(0, &json!("x"))]), "another id in row 0")]
#[case(json!([row(0, &json!("x")), row(1, &json!(7))]), "not text in row 1")]
#[case(json!([{"Id": id(0)}, null]), "no value in row 0")]
#[case(json!([{"Id": id(0), "Document__c": "x"}, null]), "no date in row 0")]
#[tokio::test]
async fn rows_that_were_not_asked_for_are_an_error(#[case] body: Value, #[case] problem: &str) {
    let server = server_with_login().await;
    Mock::given(path(RETRIEVE)).respond_with(ok(&body)).mount(&server).await;
    let ids = [id(0), id(1)];
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let error = client(&server).read_rows(ENTRY, FIELD, &ids).await.unwrap_err();
    assert_eq!(error.error_type(), "SalesforceProtocol");
    assert!(error.to_string().contains(problem), "{error}");
}

#[tokio::test]
async fn a_read_is_sent_again_although_it_is_a_post() {
    let server = server_with_login().await;
    let failure = ResponseTemplate::new(504);
    Mock::given(path(RETRIEVE)).respond_with(failure).up_to_n_times(1).mount(&server).await;
    Mock::given(path(RETRIEVE)).respond_with(ok(&json!([null]))).mount(&server).await;
    let rows = client(&server).read_rows(ENTRY, FIELD, &[&id(0)]).await.unwrap();
    assert_eq!(rows, [None]);
    assert_eq!(requests_to(&server, RETRIEVE).await.len(), 2);
}
