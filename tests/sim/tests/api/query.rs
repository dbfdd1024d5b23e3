//! REST query: pages, null lookups, the recycle bin and column metadata.

use drayage_sim::salesforce::{FaultPlan, FieldName};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::harness::{ENTRY, Site};

/// Follows `nextRecordsUrl` from a first page and gives all records.
async fn follow(site: &Site, mut page: Value) -> Vec<Value> {
    let mut records = page["records"].as_array().unwrap().clone();
    while let Some(next) = page["nextRecordsUrl"].as_str() {
        assert_eq!(page["done"], false);
        let request = site.anonymous(Method::GET, next).bearer_auth(&site.token);
        page = site.send(request).await.json();
        records.extend(page["records"].as_array().unwrap().clone());
    }
    assert_eq!(page["done"], true);
    records
}

#[tokio::test]
async fn pages_have_two_thousand_rows_or_fewer_when_asked() {
    let site = Site::new(2_100).await;
    let soql = format!("SELECT Id FROM {ENTRY}");
    let page = site.query(&soql).await.json();
    assert_eq!(page["records"].as_array().unwrap().len(), 2_000);
    assert_eq!(follow(&site, page).await.len(), 2_100);
    let request = site
        .request(Method::GET, "query/")
        .query(&[("q", &soql)])
        .header("Sforce-Query-Options", "batchSize=500");
    let page = site.send(request).await.json();
    assert_eq!(page["records"].as_array().unwrap().len(), 500);
    assert_eq!(page["totalSize"], 2_100);
    assert_eq!(follow(&site, page).await.len(), 2_100);
}

#[tokio::test]
async fn lookups_are_objects_or_null() {
    let site = Site::new(1).await;
    let orphan = site.org.insert(ENTRY, json!({"Name": "orphan"})).unwrap();
    let rows = site
        .query(&format!(
            "SELECT Id, Document__c, Account__r.Name, account__R.id FROM {ENTRY} ORDER BY Id"
        ))
        .await
        .json();
    let (with, without) = (&rows["records"][0], &rows["records"][1]);
    assert_eq!(with["Account__r"]["Name"], "Acme");
    assert_eq!(with["Account__r"]["Id"], json!(site.account));
    assert_eq!(with["Account__r"]["attributes"]["type"], "Account");
    assert_eq!(without["Id"], json!(orphan));
    assert_eq!(without["Account__r"], Value::Null);
    assert_eq!(without["Document__c"], Value::Null);
}

#[tokio::test]
async fn only_query_all_sees_the_recycle_bin() {
    let site = Site::new(3).await;
    site.org.soft_delete(ENTRY, &site.ids[0]).unwrap();
    site.org.hard_delete(ENTRY, &site.ids[1]).unwrap();
    let soql = format!("SELECT Id, IsDeleted FROM {ENTRY}");
    assert_eq!(site.query(&soql).await.json()["totalSize"], 1);
    let request = site.request(Method::GET, "queryAll").query(&[("q", &soql)]);
    let all = site.send(request).await.json();
    assert_eq!(all["totalSize"], 2);
    assert_eq!(all["records"][0]["IsDeleted"], true);
}

#[tokio::test]
async fn counting_gives_a_total_and_no_records() {
    let site = Site::new(4).await;
    let body =
        site.query(&format!("SELECT COUNT() FROM {ENTRY} WHERE Name != 'entry 2'")).await.json();
    assert_eq!(body, json!({"totalSize": 3, "done": true, "records": []}));
}

#[tokio::test]
async fn column_metadata_follows_lookups() {
    let site = Site::new(0).await;
    let soql = format!("SELECT Id, Account__r.Name FROM {ENTRY}");
    let request =
        site.request(Method::GET, "query").query(&[("q", soql.as_str()), ("columns", "true")]);
    let body = site.send(request).await.json();
    assert_eq!(body["entityName"], ENTRY);
    assert_eq!(body["idSelected"], true);
    assert_eq!(body["columnMetadata"][1]["columnName"], "Account__r");
    assert_eq!(body["columnMetadata"][1]["joinColumns"][0]["columnName"], "Name");
}

#[tokio::test]
async fn refused_statements_have_the_service_s_codes() {
    let site = Site::new(0).await;
    for (soql, code) in [
        ("SELECT Id FORM X".to_owned(), "MALFORMED_QUERY"),
        ("SELECT Id FROM Nothing__c".to_owned(), "INVALID_TYPE"),
        (format!("SELECT Nothing__c FROM {ENTRY}"), "INVALID_FIELD"),
        (format!("SELECT Id FROM {ENTRY} OFFSET 2001"), "NUMBER_OUTSIDE_VALID_RANGE"),
        (format!("SELECT Id FROM {ENTRY} WHERE Id > 'x'"), "INVALID_QUERY_FILTER_OPERATOR"),
    ] {
        let answer = site.query(&soql).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.code(), code, "{soql}");
    }
    let answer = site.get("query/01g000000000001AAA-2000").await;
    assert_eq!(answer.code(), "INVALID_QUERY_LOCATOR");
}

const ORGANIZATION: &str = "SELECT Id, Name, IsSandbox FROM Organization";

#[tokio::test]
async fn the_org_says_what_it_is() {
    let site = Site::new(0).await;
    let page = site.query(ORGANIZATION).await.json();
    assert_eq!(page["totalSize"], 1);
    let record = &page["records"][0];
    assert_eq!(record["attributes"]["type"], "Organization");
    assert_eq!(record["Id"], json!(site.org.org_id()));
    assert_eq!(record["Name"], "Drayage Simulator");
    assert_eq!(record["IsSandbox"], true);

    let body = json!({"name": "Acme GmbH", "isSandbox": false});
    let answer = site.send(site.anonymous(Method::PUT, "/__sim/org").json(&body)).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
    let record = &site.query(ORGANIZATION).await.json()["records"][0];
    assert_eq!((&record["Name"], &record["IsSandbox"]), (&json!("Acme GmbH"), &json!(false)));
}

#[tokio::test]
async fn the_org_may_be_hidden_from_the_user() {
    let site = Site::new(0).await;
    let hidden = FieldName { sobject: "Organization".to_owned(), field: "IsSandbox".to_owned() };
    site.faults(FaultPlan { hidden_fields: vec![hidden], ..FaultPlan::default() });
    let answer = site.query(ORGANIZATION).await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::BAD_REQUEST, "INVALID_FIELD".to_owned())
    );
}
