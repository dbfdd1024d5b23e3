//! Faults of rows and fields.

use std::collections::BTreeMap;

use drayage_sim::salesforce::{FaultPlan, FieldName, LockShare, ValidationRule};
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::bulk_ingest;
use super::harness::{ENTRY, Site};

fn field() -> FieldName {
    FieldName { sobject: ENTRY.to_owned(), field: "Document__c".to_owned() }
}

#[tokio::test]
async fn a_locked_row_clears_after_its_tries() {
    let site = Site::new(2).await;
    let row_locks = BTreeMap::from([(site.ids[0][..15].to_owned(), 2)]);
    site.faults(FaultPlan { row_locks, ..FaultPlan::default() });
    let rows = [(site.ids[0].as_str(), "new"), (site.ids[1].as_str(), "new")];
    for success in [false, false, true] {
        let results = site.update_all(&rows).await;
        assert_eq!(results[0]["success"], success);
        assert_eq!(results[1]["success"], true, "only the locked row is refused");
        if !success {
            assert_eq!(results[0]["errors"][0]["statusCode"], "UNABLE_TO_LOCK_ROW");
        }
    }
}

#[tokio::test]
async fn a_share_of_the_rows_can_be_locked() {
    let site = Site::new(200).await;
    let lock_share = Some(LockShare { one_in: 4, tries: 1 });
    site.faults(FaultPlan { lock_share, ..FaultPlan::default() });
    let rows: Vec<(&str, &str)> = site.ids.iter().map(|id| (id.as_str(), "new")).collect();
    let refused = site
        .update_all(&rows)
        .await
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["success"] == false)
        .count();
    assert!((20..=80).contains(&refused), "about a quarter of 200: {refused}");
    let again = site.update_all(&rows).await;
    assert!(again.as_array().unwrap().iter().all(|result| result["success"] == true));
}

#[tokio::test]
async fn a_validation_rule_refuses_values() {
    let site = Site::new(2).await;
    let rule = ValidationRule {
        sobject: ENTRY.to_owned(),
        field: "Document__c".to_owned(),
        contains: "forbidden".to_owned(),
        ids: Vec::new(),
        message: "Only our own links".to_owned(),
    };
    site.faults(FaultPlan { validation_rules: vec![rule], ..FaultPlan::default() });
    let results = site.update_all(&[(&site.ids[0], "x/forbidden"), (&site.ids[1], "x/fine")]).await;
    assert_eq!(results[0]["errors"][0]["statusCode"], "FIELD_CUSTOM_VALIDATION_EXCEPTION");
    assert_eq!(results[0]["errors"][0]["message"], "Only our own links");
    assert_eq!(results[1]["success"], true);
}

#[tokio::test]
async fn a_hidden_field_does_not_seem_to_exist() {
    let site = Site::new(1).await;
    site.faults(FaultPlan { hidden_fields: vec![field()], ..FaultPlan::default() });
    let query = site.query(&format!("SELECT Document__c FROM {ENTRY}")).await;
    assert_eq!(query.code(), "INVALID_FIELD");
    assert!(query.text.contains("No such column 'Document__c'"));
    let describe = site.get(&format!("sobjects/{ENTRY}/describe")).await;
    assert!(!describe.text.contains("Document__c"));
    assert!(
        site.get(&format!("sobjects/{ENTRY}/{}", site.ids[0]))
            .await
            .json()
            .get("Document__c")
            .is_none()
    );
    assert_eq!(site.update(&site.ids[0], "new").await.code(), "INVALID_FIELD");
    let (_, job) = bulk_ingest::run(&site, &bulk_ingest::csv(&[(&site.ids[0], "new")])).await;
    assert_eq!(job["state"], "Failed");
}

#[tokio::test]
async fn a_read_only_field_can_be_read_but_not_written() {
    let site = Site::new(1).await;
    site.faults(FaultPlan { read_only_fields: vec![field()], ..FaultPlan::default() });
    let query = site.query(&format!("SELECT Document__c FROM {ENTRY}")).await.json();
    assert_eq!(query["records"][0]["Document__c"], "https://old.example/0");
    assert_eq!(site.update(&site.ids[0], "new").await.code(), "INVALID_FIELD_FOR_INSERT_UPDATE");
    let fields = site.get(&format!("sobjects/{ENTRY}/describe")).await.json()["fields"].clone();
    let shown = fields.as_array().unwrap().iter().find(|f| f["name"] == "Document__c").unwrap();
    assert_eq!(shown["updateable"], false);
}

#[tokio::test]
async fn the_guard_can_be_ignored() {
    let site = Site::new(1).await;
    site.faults(FaultPlan { ignore_if_unmodified_since: true, ..FaultPlan::default() });
    let request = site
        .request(Method::PATCH, &format!("sobjects/{ENTRY}/{}", site.ids[0]))
        .header("If-Unmodified-Since", "Mon, 01 Jan 1990 00:00:00 GMT")
        .json(&json!({"Document__c": "new"}));
    assert_eq!(site.send(request).await.status, StatusCode::NO_CONTENT);
}
