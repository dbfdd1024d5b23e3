//! Single rows, and the composite call with its guard.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::harness::{ENTRY, Site};

fn row(id: &str) -> String {
    format!("sobjects/{ENTRY}/{id}")
}

#[tokio::test]
async fn a_row_is_found_by_either_form_of_its_id_but_not_in_another_case() {
    let site = Site::new(1).await;
    let id = &site.ids[0];
    let short = site.get(&row(&id[..15])).await.json();
    assert_eq!(short["Id"], json!(id));
    let chosen = site.get(&format!("{}?fields=Name", row(id))).await.json();
    assert!(chosen.get("Document__c").is_none());
    // a0B… and a0b… are different ids; the second has no row.
    let folded = site.get(&row(&id[..15].to_lowercase())).await;
    assert_eq!(folded.status, StatusCode::NOT_FOUND, "{folded:?}");
}

#[tokio::test]
async fn an_update_moves_the_times_and_a_delete_leaves_a_trace() {
    let site = Site::new(1).await;
    let id = &site.ids[0];
    let before = site.org.get(ENTRY, id).unwrap();
    assert_eq!(site.update(id, "https://new.example").await.status, StatusCode::NO_CONTENT);
    let after = site.org.get(ENTRY, id).unwrap();
    assert_eq!(after["Document__c"], "https://new.example");
    assert_ne!(after["SystemModstamp"], before["SystemModstamp"]);
    assert_ne!(after["LastModifiedById"], before["LastModifiedById"]);
    let deleted = site.send(site.request(Method::DELETE, &row(id))).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    let gone = site.get(&row(id)).await;
    assert_eq!((gone.status, gone.code()), (StatusCode::NOT_FOUND, "ENTITY_IS_DELETED".to_owned()));
}

#[tokio::test]
async fn a_row_can_be_created() {
    let site = Site::new(0).await;
    let fields = json!({"Name": "new", "Account__c": &site.account[..15]});
    let answer = site.post(&format!("sobjects/{ENTRY}"), fields).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(site.org.get(ENTRY, &id).unwrap()["Account__c"], json!(site.account));
}

#[tokio::test]
async fn refused_values_name_their_field() {
    let site = Site::new(1).await;
    let id = &site.ids[0];
    for (fields, code) in [
        (json!({"Document__c": "x".repeat(256)}), "STRING_TOO_LONG"),
        (json!({"SystemModstamp": "2020-01-01T00:00:00Z"}), "INVALID_FIELD_FOR_INSERT_UPDATE"),
        (json!({"Nothing__c": "x"}), "INVALID_FIELD"),
        (json!({"Account__c": "001000000000zzz"}), "INVALID_CROSS_REFERENCE_KEY"),
        (json!({"Account__c": "no id"}), "MALFORMED_ID"),
    ] {
        let answer = site.patch(&row(id), fields).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, code));
    }
    assert_eq!(site.url_of(id), "https://old.example/0");
}

#[tokio::test]
async fn a_field_of_exactly_the_maximum_length_is_saved() {
    let site = Site::new(1).await;
    let answer = site.update(&site.ids[0], &"ü".repeat(255)).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
}

/// One guarded subrequest for each id.
fn composite(ids: &[String], guard: &str) -> Value {
    let list: Vec<Value> = ids
        .iter()
        .enumerate()
        .map(|(number, id)| {
            json!({
                "method": "PATCH", "url": format!("/services/data/v66.0/{}", row(id)),
                "referenceId": format!("r{number}"), "httpHeaders": {"If-Unmodified-Since": guard},
                "body": {"Document__c": "https://new.example"},
            })
        })
        .collect();
    json!({"allOrNone": false, "compositeRequest": list})
}

#[tokio::test]
async fn a_guarded_update_fails_only_for_the_row_that_changed() {
    let site = Site::new(3).await;
    let read_at = site.get("limits").await.header("date").to_owned();
    site.org.update(ENTRY, &site.ids[1], json!({"Document__c": "https://user.example"})).unwrap();
    let body = site.post("composite", composite(&site.ids, &read_at)).await.json();
    let statuses: Vec<&Value> = body["compositeResponse"]
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| &answer["httpStatusCode"])
        .collect();
    assert_eq!(statuses, [204, 412, 204]);
    assert_eq!(body["compositeResponse"][2]["referenceId"], "r2");
    assert_eq!(site.url_of(&site.ids[1]), "https://user.example");
    assert_eq!(site.url_of(&site.ids[2]), "https://new.example");
}

#[tokio::test]
async fn the_canary_of_1990_is_refused() {
    let site = Site::new(1).await;
    let request = site
        .request(Method::PATCH, &row(&site.ids[0]))
        .header("If-Unmodified-Since", "Mon, 01 Jan 1990 00:00:00 GMT")
        .json(&json!({"Document__c": "https://old.example/0"}));
    assert_eq!(site.send(request).await.status, StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn a_composite_call_takes_25_subrequests_and_counts_once() {
    let site = Site::new(26).await;
    let guard = "Fri, 01 Jan 2100 00:00:00 GMT";
    let refused = site.post("composite", composite(&site.ids, guard)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(site.url_of(&site.ids[0]), "https://old.example/0");
    let answer = site.post("composite", composite(&site.ids[..25], guard)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("sforce-limit-info"), "api-usage=2/100000");
}

#[tokio::test]
async fn a_failed_all_or_none_composite_changes_nothing() {
    let site = Site::new(2).await;
    let mut body = composite(&site.ids, "Fri, 01 Jan 2100 00:00:00 GMT");
    body["allOrNone"] = json!(true);
    body["compositeRequest"][1]["body"]["Document__c"] = json!("x".repeat(256));
    let answers = site.post("composite", body).await.json()["compositeResponse"].clone();
    assert_eq!(answers[0]["body"][0]["errorCode"], "PROCESSING_HALTED");
    assert_eq!(answers[1]["body"][0]["errorCode"], "STRING_TOO_LONG");
    assert_eq!(site.url_of(&site.ids[0]), "https://old.example/0");
}

#[tokio::test]
async fn a_bulk_job_cannot_be_a_subrequest() {
    let site = Site::new(0).await;
    let body = json!({"compositeRequest": [
        {"method": "POST", "url": "/services/data/v66.0/jobs/query", "referenceId": "a", "body": {}},
    ]});
    let answers = site.post("composite", body).await.json()["compositeResponse"].clone();
    assert_eq!(answers[0]["httpStatusCode"], 400);
}
