//! Versions, limits, describe, replication lists, and what holds for every call.

use std::io::Write;

use drayage_sim::salesforce::{Endpoint, Org, OrgConfig, Server, ServerConfig};
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::harness::{ENTRY, Site};

#[tokio::test]
async fn versions_need_no_session_and_end_with_the_newest() {
    let site = Site::new(0).await;
    let answer = site.send(site.anonymous(Method::GET, "/services/data")).await;
    let list = answer.json();
    assert_eq!(list.as_array().unwrap().last().unwrap()["version"], "68.0");
    let spring = list.as_array().unwrap().iter().find(|entry| entry["version"] == "66.0").unwrap();
    assert_eq!(spring["label"], "Spring '26");
}

#[tokio::test]
async fn retired_and_unknown_versions_are_refused() {
    let site = Site::new(0).await;
    let get = |version: &str| {
        let path = format!("/services/data/v{version}/limits");
        site.send(site.anonymous(Method::GET, &path).bearer_auth(&site.token))
    };
    assert_eq!(get("30.0").await.status, StatusCode::GONE);
    assert_eq!(get("69.0").await.status, StatusCode::NOT_FOUND);
    assert_eq!(get("31.0").await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_answer_tells_the_use_of_the_allocation() {
    let site = Site::new(0).await;
    let first = site.get("limits").await;
    assert_eq!(first.header("sforce-limit-info"), "api-usage=1/100000");
    assert_eq!(first.json()["DailyApiRequests"]["Remaining"], 99_999);
    let refused = site.get("nothing").await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert!(refused.header("sforce-limit-info").starts_with("api-usage="));
}

#[tokio::test]
async fn the_date_header_is_the_logical_time() {
    let site = Site::new(1).await;
    let row = site.org.get(ENTRY, &site.ids[0]).unwrap();
    assert_eq!(row["SystemModstamp"], json!(site.org.now()));
    let answer = site.get("limits").await;
    assert!(answer.header("date").starts_with("Thu, 01 Jan 2026 00:00:"), "{answer:?}");
}

#[tokio::test]
async fn describe_shows_types_lengths_and_lookups() {
    let config = OrgConfig { url_length: 200, ..OrgConfig::default() };
    let site = Site::with_config(0, config).await;
    let fields = site.get(&format!("sobjects/{ENTRY}/describe")).await.json()["fields"].clone();
    let field =
        |name: &str| fields.as_array().unwrap().iter().find(|f| f["name"] == name).unwrap().clone();
    assert_eq!(field("Document__c")["type"], "url");
    assert_eq!(field("Document__c")["length"], 200);
    assert_eq!(field("Document__c")["updateable"], true);
    assert_eq!(field("SystemModstamp")["updateable"], false);
    assert_eq!(field("Account__c")["relationshipName"], "Account__r");
    assert_eq!(site.get("sobjects/Nothing__c/describe").await.status, StatusCode::NOT_FOUND);
    let basic = site.get(&format!("sobjects/{ENTRY}")).await.json();
    assert_eq!(basic["objectDescribe"]["keyPrefix"], "a0B");
}

#[tokio::test]
async fn the_names_of_object_and_fields_can_be_chosen() {
    let config = OrgConfig {
        object: "File__c".to_owned(),
        url_field: "Link__c".to_owned(),
        account_field: "AccountId".to_owned(),
        extra_text_fields: vec!["Status__c".to_owned()],
        ..OrgConfig::default()
    };
    let org = Org::new(config).unwrap();
    let account = org.insert("Account", json!({"Name": "Acme"})).unwrap();
    let fields = json!({"Link__c": "https://x.example", "AccountId": account, "Status__c": "new"});
    let id = org.insert("File__c", fields).unwrap();
    assert_eq!(org.get("File__c", &id).unwrap()["Status__c"], "new");
}

#[tokio::test]
async fn deleted_and_updated_list_ids_in_a_window() {
    let site = Site::new(3).await;
    site.org.advance_seconds(3_600);
    site.org.soft_delete(ENTRY, &site.ids[0]).unwrap();
    site.org.update(ENTRY, &site.ids[1], json!({"Name": "new"})).unwrap();
    let window = "start=2026-01-01T00:30:00Z&end=2026-01-01T02:00:00Z";
    let deleted = site.get(&format!("sobjects/{ENTRY}/deleted/?{window}")).await.json();
    assert_eq!(deleted["deletedRecords"][0]["id"], json!(site.ids[0]));
    assert_eq!(deleted["deletedRecords"].as_array().unwrap().len(), 1);
    let updated = site.get(&format!("sobjects/{ENTRY}/updated/?{window}")).await.json();
    assert_eq!(updated["ids"], json!([site.ids[1]]));
    let short = site
        .get(&format!(
            "sobjects/{ENTRY}/deleted/?start=2026-01-01T00:30:00Z&end=2026-01-01T00:30:30Z"
        ))
        .await;
    assert_eq!(short.code(), "INVALID_REPLICATION_DATE");
}

#[tokio::test]
async fn bodies_may_be_compressed_both_ways() {
    let site = Site::new(300).await;
    let body = json!({"ids": site.ids, "fields": ["Name"]}).to_string();
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(body.as_bytes()).unwrap();
    let request = site
        .request(Method::POST, &format!("composite/sobjects/{ENTRY}"))
        .header("content-type", "application/json")
        .header("content-encoding", "gzip")
        .header("accept-encoding", "gzip")
        .body(packer.finish().unwrap());
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let packed = response.bytes().await.unwrap();
    let rows: Value = serde_json::from_reader(flate2::read::GzDecoder::new(&packed[..])).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 300);
}

#[tokio::test]
async fn a_request_body_may_be_chunked() {
    let site = Site::new(1).await;
    let pieces = [r#"{"Document__c":"#, r#""https://new.example"}"#];
    let stream = futures::stream::iter(pieces.map(Ok::<_, std::io::Error>));
    let request = site
        .request(Method::PATCH, &format!("sobjects/{ENTRY}/{}", site.ids[0]))
        .header("content-type", "application/json")
        .body(reqwest::Body::wrap_stream(stream));
    assert_eq!(site.send(request).await.status, StatusCode::NO_CONTENT);
    assert_eq!(site.url_of(&site.ids[0]), "https://new.example");
}

#[tokio::test]
async fn an_address_beyond_the_limit_is_refused() {
    let site = Site::new(0).await;
    let soql = format!("SELECT Id FROM {ENTRY} WHERE Name != '{}'", "x".repeat(17_000));
    assert_eq!(site.query(&soql).await.status, StatusCode::URI_TOO_LONG);
}

#[tokio::test]
async fn two_servers_can_serve_one_org_and_calls_are_counted() {
    let site = Site::new(1).await;
    let second = Server::start(site.org.clone(), ServerConfig::default()).await.unwrap();
    let url = format!("{}/services/data/v66.0/limits", second.base_url());
    let answer = site.send(site.http.get(url).bearer_auth(&site.token)).await;
    assert_eq!(answer.status, StatusCode::OK);
    site.get("limits").await;
    assert_eq!(site.org.requests_of(Endpoint::Limits), 2);
    let counters = site.send(site.anonymous(Method::GET, "/__sim/requests")).await.json();
    assert_eq!(counters["limits"], 2);
    second.shutdown().await.unwrap();
}

#[tokio::test]
async fn equal_seeds_give_equal_data() {
    let build = |seed: u64| {
        let org = Org::new(OrgConfig::default()).unwrap();
        let url_prefix = "https://old.example".to_owned();
        let seed = drayage_sim::salesforce::Seed { seed, entries: 50, url_prefix };
        drayage_sim::salesforce::populate(&org, &seed).unwrap();
        org.snapshot(ENTRY)
    };
    assert_eq!(build(3), build(3));
    assert_ne!(build(3), build(4));
}
