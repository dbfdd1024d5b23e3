//! The sObject collections: up to 200 rows written, up to 2,000 read.

use drayage_sim::salesforce::Endpoint;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::harness::{ENTRY, Site, collection};

#[tokio::test]
async fn results_come_in_request_order_and_failures_have_no_id() {
    let site = Site::new(3).await;
    let too_long = "x".repeat(256);
    let results = site
        .update_all(&[
            (&site.ids[2], "https://new.example/2"),
            (&site.ids[0], &too_long),
            (&site.ids[1][..15], "https://new.example/1"),
            ("a0B00000000zzzz", "https://new.example/none"),
        ])
        .await;
    assert_eq!(results[0], json!({"id": site.ids[2], "success": true, "errors": []}));
    assert!(results[1].get("id").is_none());
    assert_eq!(results[1]["errors"][0]["statusCode"], "STRING_TOO_LONG");
    assert_eq!(results[2]["id"], json!(site.ids[1]));
    assert_eq!(results[3]["errors"][0]["statusCode"], "NOT_FOUND");
    assert_eq!(site.url_of(&site.ids[0]), "https://old.example/0");
}

#[tokio::test]
async fn more_than_200_rows_are_refused_as_a_whole() {
    let site = Site::new(201).await;
    let rows: Vec<(&str, &str)> =
        site.ids.iter().map(|id| (id.as_str(), "https://new.example")).collect();
    let answer = site.patch("composite/sobjects", collection(&rows, false)).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(site.url_of(&site.ids[0]), "https://old.example/0");
    assert_eq!(site.update_all(&rows[..200]).await.as_array().unwrap().len(), 200);
}

#[tokio::test]
async fn all_or_none_rolls_every_row_back() {
    let site = Site::new(2).await;
    let too_long = "x".repeat(256);
    let rows =
        [(site.ids[0].as_str(), "https://new.example"), (site.ids[1].as_str(), too_long.as_str())];
    let results = site.patch("composite/sobjects", collection(&rows, true)).await.json();
    assert_eq!(results[0]["errors"][0]["statusCode"], "ALL_OR_NONE_OPERATION_ROLLED_BACK");
    assert_eq!(site.url_of(&site.ids[0]), "https://old.example/0");
}

#[tokio::test]
async fn a_row_given_twice_is_written_once() {
    let site = Site::new(1).await;
    let results = site
        .update_all(&[
            (&site.ids[0], "https://first.example"),
            (&site.ids[0], "https://second.example"),
        ])
        .await;
    assert_eq!(results[1]["errors"][0]["statusCode"], "DUPLICATE_VALUE");
    assert_eq!(site.url_of(&site.ids[0]), "https://first.example");
}

#[tokio::test]
async fn reading_gives_null_for_rows_that_are_gone() {
    let site = Site::new(3).await;
    site.org.soft_delete(ENTRY, &site.ids[1]).unwrap();
    let body = json!({"ids": site.ids, "fields": ["Document__c", "SystemModstamp"]});
    let rows = site.post(&format!("composite/sobjects/{ENTRY}"), body).await.json();
    assert_eq!(rows[0]["Document__c"], "https://old.example/0");
    assert_eq!(rows[1], Value::Null);
    assert_eq!(rows[2]["Id"], json!(site.ids[2]));
    let many = json!({"ids": vec![&site.ids[0]; 2_001], "fields": ["Id"]});
    let refused = site.post(&format!("composite/sobjects/{ENTRY}"), many).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn calls_are_kept_in_their_order_while_somebody_asks() {
    let site = Site::new(1).await;
    let row = [(site.ids[0].as_str(), "https://new.example")];
    site.update_all(&row).await;
    site.org.record_calls();
    site.get("limits").await;
    site.update_all(&row).await;
    let calls = site.org.take_recorded();
    let kinds: Vec<Endpoint> = calls.iter().map(|call| call.endpoint).collect();
    assert_eq!(kinds, [Endpoint::Limits, Endpoint::CollectionsUpdate]);
    let body: Value = serde_json::from_slice(&calls[1].body).unwrap();
    assert_eq!(body["records"][0]["id"], json!(site.ids[0]));
    site.update_all(&row).await;
    assert!(site.org.take_recorded().is_empty());
}
