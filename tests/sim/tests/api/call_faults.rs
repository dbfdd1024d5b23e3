//! Faults of calls: each knob does what it says, and stops when it should.

use drayage_sim::salesforce::{
    Action, CallFault, CallFaultKind, Endpoint, Event, FaultPlan, RequestLimitFault,
};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::harness::{ENTRY, Site};
use super::{bulk_ingest, bulk_query};

fn calls(endpoints: &[Endpoint], kind: CallFaultKind) -> FaultPlan {
    FaultPlan { calls: vec![CallFault::next(endpoints, 1, kind)], ..FaultPlan::default() }
}

#[tokio::test]
async fn a_token_dies_after_its_calls_and_a_new_one_works() {
    let mut site = Site::new(0).await;
    site.faults(FaultPlan { token_dies_after_calls: Some(2), ..FaultPlan::default() });
    for status in [StatusCode::OK, StatusCode::OK, StatusCode::UNAUTHORIZED] {
        assert_eq!(site.get("limits").await.status, status);
    }
    site.log_in().await;
    assert_eq!(site.get("limits").await.status, StatusCode::OK);
}

#[tokio::test]
async fn bulk_alone_can_be_unauthorized() {
    let site = Site::new(1).await;
    site.faults(calls(&Endpoint::BULK, CallFaultKind::Unauthorized));
    assert_eq!(site.get("limits").await.status, StatusCode::OK);
    let soql = format!("SELECT Id FROM {ENTRY}");
    assert_eq!(bulk_query::create(&site, &soql).await.code(), "INVALID_SESSION_ID");
    assert_eq!(bulk_query::create(&site, &soql).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_call_can_be_unavailable_without_effect() {
    let site = Site::new(1).await;
    let mut plan = calls(&[Endpoint::RowUpdate], CallFaultKind::Unavailable);
    plan.calls[0].skip = 1;
    site.faults(plan);
    for (url, status) in [("first", 204), ("second", 503), ("third", 204)] {
        assert_eq!(site.update(&site.ids[0], url).await.status.as_u16(), status);
    }
    site.faults(calls(&[Endpoint::RowUpdate], CallFaultKind::Unavailable));
    site.update(&site.ids[0], "fourth").await;
    assert_eq!(site.url_of(&site.ids[0]), "third");
}

#[tokio::test]
async fn too_many_long_requests_look_like_a_limit() {
    let site = Site::new(0).await;
    site.faults(calls(&[], CallFaultKind::ConcurrentLimit));
    let answer = site.get("limits").await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::FORBIDDEN, "REQUEST_LIMIT_EXCEEDED".to_owned())
    );
    assert!(!answer.text.contains("TotalRequests"));
}

#[tokio::test]
async fn a_body_can_end_in_the_middle() {
    let site = Site::new(50).await;
    site.faults(calls(&[Endpoint::Query], CallFaultKind::ResetMidBody));
    let request = || {
        let soql = format!("SELECT Id FROM {ENTRY}");
        site.request(Method::GET, "query").query(&[("q", soql)])
    };
    let response = request().send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "the head arrives");
    assert!(response.bytes().await.is_err(), "the body does not");
    assert_eq!(site.send(request()).await.json()["totalSize"], 50);
}

#[tokio::test]
async fn a_write_can_be_applied_without_an_answer() {
    let site = Site::new(1).await;
    site.faults(calls(&[Endpoint::RowUpdate], CallFaultKind::AppliedButDropped));
    let path = format!("sobjects/{ENTRY}/{}", site.ids[0]);
    let request = site.request(Method::PATCH, &path).json(&json!({"Document__c": "new"}));
    assert!(site.try_send(request).await.is_err());
    assert_eq!(site.url_of(&site.ids[0]), "new");
}

#[tokio::test]
async fn a_write_can_be_applied_although_a_gateway_gives_up() {
    let site = Site::new(1).await;
    site.faults(calls(&[Endpoint::RowUpdate], CallFaultKind::AppliedButGatewayTimeout));
    assert_eq!(site.update(&site.ids[0], "new").await.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(site.url_of(&site.ids[0]), "new");
}

#[tokio::test]
async fn a_connection_can_drop_before_the_write() {
    let site = Site::new(1).await;
    site.faults(calls(&[Endpoint::RowUpdate], CallFaultKind::DroppedUnapplied));
    let path = format!("sobjects/{ENTRY}/{}", site.ids[0]);
    let request = site.request(Method::PATCH, &path).json(&json!({"Document__c": "new"}));
    assert!(site.try_send(request).await.is_err());
    assert_eq!(site.url_of(&site.ids[0]), "https://old.example/0");
}

#[tokio::test]
async fn the_allocation_runs_out_and_recovers() {
    let site = Site::new(0).await;
    let limit = RequestLimitFault { after_calls: 1, refused_calls: 2 };
    site.faults(FaultPlan { request_limit: Some(limit), ..FaultPlan::default() });
    for status in [200, 403, 403, 200] {
        assert_eq!(site.get("limits").await.status.as_u16(), status);
    }
}

#[tokio::test]
async fn a_user_edits_between_read_and_write() {
    let site = Site::new(1).await;
    let fields = json!({"Document__c": "https://user.example"}).as_object().unwrap().clone();
    let action = Action::Update { sobject: ENTRY.to_owned(), id: site.ids[0].clone(), fields };
    let event = Event { endpoint: Endpoint::RowGet, at_call: 2, action };
    site.faults(FaultPlan { events: vec![event], ..FaultPlan::default() });
    let path = format!("sobjects/{ENTRY}/{}", site.ids[0]);
    for url in ["https://old.example/0", "https://old.example/0", "https://user.example"] {
        assert_eq!(site.get(&path).await.json()["Document__c"], url);
    }
}

#[tokio::test]
async fn rows_come_and_go_between_pages() {
    let site = Site::new(4).await;
    let delete = Action::Delete { sobject: ENTRY.to_owned(), id: site.ids[3].clone() };
    let insert = Action::Insert { sobject: ENTRY.to_owned(), fields: serde_json::Map::new() };
    let at_first_page = |action| Event { endpoint: Endpoint::Query, at_call: 1, action };
    site.faults(FaultPlan {
        page_rows_max: Some(2),
        events: vec![at_first_page(delete), at_first_page(insert)],
        ..FaultPlan::default()
    });
    let first = site.query(&format!("SELECT Id FROM {ENTRY} ORDER BY Id")).await.json();
    assert_eq!(first["totalSize"], 4);
    let next = first["nextRecordsUrl"].as_str().unwrap();
    let second = site.send(site.anonymous(Method::GET, next).bearer_auth(&site.token)).await.json();
    assert_eq!(
        second["records"].as_array().unwrap().len(),
        1,
        "one is gone, the new one is not seen"
    );
    assert_eq!(second["done"], true);
}

#[tokio::test]
async fn a_late_commit_lies_below_the_watermark() {
    let site = Site::new(1).await;
    site.org.advance_seconds(3_600);
    let watermark = site.org.now();
    let action = Action::LateCommit {
        sobject: ENTRY.to_owned(),
        fields: serde_json::Map::new(),
        age_seconds: 300,
    };
    let event = Event { endpoint: Endpoint::Query, at_call: 1, action };
    site.faults(FaultPlan { events: vec![event], ..FaultPlan::default() });
    let soql = format!("SELECT COUNT() FROM {ENTRY} WHERE SystemModstamp >= {watermark}");
    let total = format!("SELECT COUNT() FROM {ENTRY}");
    assert_eq!(site.query(&total).await.json()["totalSize"], 1);
    assert_eq!(site.query(&total).await.json()["totalSize"], 2, "the row is there now");
    assert_eq!(site.query(&soql).await.json()["totalSize"], 0, "but below the watermark");
}

#[tokio::test]
async fn a_cursor_expires() {
    let site = Site::new(5).await;
    site.faults(FaultPlan {
        page_rows_max: Some(1),
        cursor_expires_after_pages: Some(1),
        ..FaultPlan::default()
    });
    let mut next =
        site.query(&format!("SELECT Id FROM {ENTRY}")).await.json()["nextRecordsUrl"].clone();
    let get = |url: &str| site.anonymous(Method::GET, url).bearer_auth(&site.token);
    next = site.send(get(next.as_str().unwrap())).await.json()["nextRecordsUrl"].clone();
    assert_eq!(site.send(get(next.as_str().unwrap())).await.code(), "INVALID_QUERY_LOCATOR");
}

#[tokio::test]
async fn pages_can_be_short() {
    let site = Site::new(5).await;
    site.faults(FaultPlan { page_rows_max: Some(3), ..FaultPlan::default() });
    let page = site.query(&format!("SELECT Id FROM {ENTRY}")).await.json();
    assert_eq!(page["records"].as_array().unwrap().len(), 3);
    let (job, _) = bulk_query::run(&site, &format!("SELECT Id FROM {ENTRY}")).await;
    let page = site.get(&format!("{job}/results?maxRecords=100")).await;
    assert_eq!(page.header("sforce-numberofrecords"), "3");
}

#[tokio::test]
async fn a_query_job_can_fail() {
    let site = Site::new(1).await;
    site.faults(FaultPlan { query_job_fails: true, ..FaultPlan::default() });
    let (job, states) = bulk_query::run(&site, &format!("SELECT Id FROM {ENTRY}")).await;
    assert_eq!(states.last().unwrap(), "Failed");
    assert!(site.get(&job).await.json()["errorMessage"].is_string());
}

#[tokio::test]
async fn an_ingest_job_can_fail_half_way() {
    let site = Site::new(4).await;
    site.faults(FaultPlan { ingest_fails_after_rows: Some(3), ..FaultPlan::default() });
    let rows: Vec<(&str, &str)> = site.ids.iter().map(|id| (id.as_str(), "new")).collect();
    let (job, status) = bulk_ingest::run(&site, &bulk_ingest::csv(&rows)).await;
    assert_eq!(status["state"], "Failed");
    assert_eq!(bulk_ingest::lines(&site, &job, "successfulResults").await.len(), 3);
    let rest = bulk_ingest::lines(&site, &job, "unprocessedrecords").await;
    assert_eq!(rest, [format!(r#""{}","new""#, site.ids[3])]);
}

#[tokio::test]
async fn bulk_results_can_be_missing() {
    let site = Site::new(3).await;
    site.faults(FaultPlan { ingest_results_unrecorded: 2, ..FaultPlan::default() });
    let rows: Vec<(&str, &str)> = site.ids.iter().map(|id| (id.as_str(), "new")).collect();
    let (job, status) = bulk_ingest::run(&site, &bulk_ingest::csv(&rows)).await;
    assert_eq!(status["numberRecordsProcessed"], 3);
    assert_eq!(bulk_ingest::lines(&site, &job, "successfulResults").await.len(), 1);
    assert_eq!(site.url_of(&site.ids[0]), "new");
}

#[tokio::test]
async fn bulk_results_can_be_shuffled() {
    let site = Site::new(30).await;
    site.faults(FaultPlan { shuffle_bulk_results: true, ..FaultPlan::default() });
    let rows: Vec<(&str, &str)> = site.ids.iter().map(|id| (id.as_str(), "new")).collect();
    let (job, _) = bulk_ingest::run(&site, &bulk_ingest::csv(&rows)).await;
    let mut lines = bulk_ingest::lines(&site, &job, "successfulResults").await;
    assert!(!lines.is_sorted());
    lines.sort();
    assert_eq!(lines.len(), 30);
    assert!(lines.iter().zip(&site.ids).all(|(line, id)| line.contains(id)));
}

#[tokio::test]
async fn a_plan_can_be_set_over_the_wire() {
    let site = Site::new(0).await;
    let put = |body: &str| site.anonymous(Method::PUT, "/__sim/faults").body(body.to_owned());
    let plan = r#"{"calls": [{"endpoints": ["limits"], "times": 1, "kind": "unavailable"}]}"#;
    assert_eq!(site.send(put(plan)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(site.get("limits").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(site.send(put(r#"{"misspelt": 1}"#)).await.status, StatusCode::BAD_REQUEST);
    let shown = site.send(site.anonymous(Method::GET, "/__sim/faults")).await.json();
    assert_eq!(shown, serde_json::to_value(site.org.faults()).unwrap());
}
