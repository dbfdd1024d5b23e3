//! The life of a Bulk query job.

use drayage_sim::salesforce::OrgConfig;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::harness::{Answer, ENTRY, Site};

pub(crate) async fn create(site: &Site, soql: &str) -> Answer {
    site.post("jobs/query", json!({"operation": "query", "query": soql})).await
}

/// Creates a job and polls it to its end; gives its path and the states seen.
pub(crate) async fn run(site: &Site, soql: &str) -> (String, Vec<Value>) {
    let job = create(site, soql).await.json();
    let path = format!("jobs/query/{}", job["id"].as_str().unwrap());
    let mut states = vec![job["state"].clone()];
    while !["JobComplete", "Failed"].contains(&states.last().unwrap().as_str().unwrap()) {
        assert!(states.len() < 20, "the job does not end: {states:?}");
        states.push(site.get(&path).await.json()["state"].clone());
    }
    (path, states)
}

fn soql() -> String {
    format!("SELECT Id, Account__r.Name, Document__c, SystemModstamp FROM {ENTRY}")
}

#[tokio::test]
async fn states_lag_over_polls() {
    let site = Site::new(1).await;
    let (_, states) = run(&site, &soql()).await;
    assert_eq!(
        states,
        ["UploadComplete", "UploadComplete", "InProgress", "InProgress", "JobComplete"]
    );
}

#[tokio::test]
async fn pages_repeat_the_header_and_end_with_the_text_null() {
    let site = Site::new(5).await;
    site.org.insert(ENTRY, json!({"Name": "a \"quoted\" name"})).unwrap();
    let (job, _) = run(&site, &soql()).await;
    let first = site.get(&format!("{job}/results?maxRecords=4")).await;
    assert_eq!(first.header("content-type"), "text/csv");
    assert_eq!(first.header("sforce-numberofrecords"), "4");
    let locator = first.header("sforce-locator").to_owned();
    let second = site.get(&format!("{job}/results?maxRecords=4&locator={locator}")).await;
    assert_eq!(second.header("sforce-locator"), "null");
    assert_eq!(second.header("sforce-numberofrecords"), "2");
    let header = r#""Id","Account__r.Name","Document__c","SystemModstamp""#;
    assert!(first.text.starts_with(header) && second.text.starts_with(header));
    let last = second.text.trim_end().lines().last().unwrap();
    assert!(last.contains(r#","","","2026-01-01T00:00:"#) && last.ends_with(r#".000Z""#), "{last}");
    let again = site.get(&format!("{job}/results?maxRecords=4&locator={locator}")).await;
    assert_eq!(again.text, second.text, "a locator can be read again");
}

#[tokio::test]
async fn result_pages_list_the_addresses_of_all_pages() {
    let site = Site::new(12).await;
    let (job, _) = run(&site, &soql()).await;
    let list = site.get(&format!("{job}/resultPages?maxRecords=2")).await.json();
    assert_eq!(list["resultPages"].as_array().unwrap().len(), 5);
    assert_eq!(list["done"], false);
    let get =
        |url: &Value| site.anonymous(Method::GET, url.as_str().unwrap()).bearer_auth(&site.token);
    let rest = site.send(get(&list["nextRecordsUrl"])).await.json();
    assert_eq!(rest["resultPages"].as_array().unwrap().len(), 1);
    assert_eq!(rest["done"], true);
    let page = site.send(get(&rest["resultPages"][0]["resultUrl"])).await;
    assert!(page.text.contains("https://old.example/11"));
}

#[tokio::test]
async fn an_empty_result_is_a_header() {
    let site = Site::new(1).await;
    let (job, _) = run(&site, &format!("SELECT Id FROM {ENTRY} WHERE Name = 'none'")).await;
    let page = site.get(&format!("{job}/results")).await;
    assert_eq!(page.text, "\"Id\"\n");
    assert_eq!(page.header("sforce-locator"), "null");
}

#[tokio::test]
async fn the_server_may_send_fewer_rows_than_asked_for() {
    let config = OrgConfig { bulk_page_rows: 2, ..OrgConfig::default() };
    let site = Site::with_config(5, config).await;
    let (job, _) = run(&site, &soql()).await;
    let page = site.get(&format!("{job}/results?maxRecords=1000")).await;
    assert_eq!(page.header("sforce-numberofrecords"), "2");
}

#[tokio::test]
async fn results_are_tied_to_the_job_s_version_and_end() {
    let site = Site::new(1).await;
    let job = create(&site, &soql()).await.json();
    let early = site.get(&format!("jobs/query/{}/results", job["id"].as_str().unwrap())).await;
    assert_eq!(early.code(), "INVALIDJOBSTATE");
    let (path, _) = run(&site, &soql()).await;
    let other = site.anonymous(Method::GET, &format!("/services/data/v65.0/{path}/results"));
    assert_eq!(site.send(other.bearer_auth(&site.token)).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn unsupported_statements_are_refused_at_creation() {
    let site = Site::new(1).await;
    for soql in [
        format!("SELECT COUNT() FROM {ENTRY}"),
        format!("SELECT Id FROM {ENTRY} OFFSET 1"),
        format!("SELECT Nothing__c FROM {ENTRY}"),
        "nonsense".to_owned(),
    ] {
        assert_eq!(create(&site, &soql).await.status, StatusCode::BAD_REQUEST, "{soql}");
    }
}

#[tokio::test]
async fn a_job_can_be_aborted_and_then_deleted() {
    let site = Site::new(1).await;
    let job = create(&site, &soql()).await.json();
    let path = format!("jobs/query/{}", job["id"].as_str().unwrap());
    let early = site.send(site.request(Method::DELETE, &path)).await;
    assert_eq!(early.status, StatusCode::BAD_REQUEST);
    assert_eq!(site.patch(&path, json!({"state": "Aborted"})).await.json()["state"], "Aborted");
    let deleted = site.send(site.request(Method::DELETE, &path)).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    assert_eq!(site.get(&path).await.status, StatusCode::NOT_FOUND);
}
