//! Faults of writes that lie in time: calls that are applied late, and people who come in between.

use drayage_sim::salesforce::{
    Action, CallFault, CallFaultKind, Endpoint, FaultPlan, FieldLength, RowEvent, RowMoment,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::bulk_ingest;
use super::harness::{ENTRY, Site, collection};

fn late(endpoint: Endpoint, after_calls: u64) -> FaultPlan {
    let kind = CallFaultKind::AppliedLate { after_calls };
    FaultPlan { calls: vec![CallFault::next(&[endpoint], 1, kind)], ..FaultPlan::default() }
}

fn edit(id: &str, url: &str) -> Action {
    let fields = json!({"Document__c": url}).as_object().unwrap().clone();
    Action::Update { sobject: ENTRY.to_owned(), id: id.to_owned(), fields }
}

fn event(id: &str, moment: RowMoment, at: u64, url: &str) -> FaultPlan {
    let event = RowEvent { id: id.to_owned(), moment, at, action: edit(id, url) };
    FaultPlan { row_events: vec![event], ..FaultPlan::default() }
}

/// A composite call with one guarded update.
async fn guarded(site: &Site, id: &str, url: &str, since: &str) -> Value {
    let request = json!({"allOrNone": false, "compositeRequest": [{
        "method": "PATCH", "url": format!("/services/data/v66.0/sobjects/{ENTRY}/{id}"),
        "referenceId": "r0", "httpHeaders": {"If-Unmodified-Since": since},
        "body": {"Document__c": url},
    }]});
    let answer = site.post("composite", request).await;
    answer.json()["compositeResponse"][0]["httpStatusCode"].clone()
}

/// The time of a record's last change, as a guard wants it.
async fn seen_at(site: &Site) -> String {
    site.get("limits").await.header("date").to_owned()
}

#[tokio::test]
async fn a_late_call_is_applied_after_so_many_others() {
    let site = Site::new(1).await;
    let id = site.ids[0].clone();
    site.faults(late(Endpoint::CollectionsUpdate, 2));
    let answer = site.patch("composite/sobjects", collection(&[(&id, "late")], false)).await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!((site.url_of(&id), site.org.late_calls()), (json!("https://old.example/0"), 1));
    site.get("limits").await;
    assert_eq!(site.url_of(&id), "https://old.example/0");
    let read = site.query(&format!("SELECT Document__c FROM {ENTRY}")).await.json();
    assert_eq!(read["records"][0]["Document__c"], "https://old.example/0", "answered before");
    assert_eq!((site.url_of(&id), site.org.late_calls()), (json!("late"), 0));
    assert_eq!(site.org.records()[&id].written, [Some("late".to_owned())]);
}

#[tokio::test]
async fn a_late_call_can_be_applied_at_once_or_on_request() {
    let site = Site::new(1).await;
    site.faults(late(Endpoint::RowUpdate, 0));
    assert_eq!(site.update(&site.ids[0], "now").await.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(site.url_of(&site.ids[0]), "now");
    site.faults(late(Endpoint::RowUpdate, 1_000));
    site.update(&site.ids[0], "asked").await;
    assert_eq!(site.url_of(&site.ids[0]), "now");
    let asked = site.send(site.anonymous(Method::POST, "/__sim/late")).await;
    assert_eq!(asked.status, StatusCode::NO_CONTENT);
    assert_eq!(site.url_of(&site.ids[0]), "asked");
}

#[tokio::test]
async fn the_guard_of_a_late_call_is_looked_at_when_it_is_applied() {
    let site = Site::new(1).await;
    let id = site.ids[0].clone();
    let since = seen_at(&site).await;
    site.faults(late(Endpoint::Composite, 1_000));
    let answer = site
        .post(
            "composite",
            json!({"compositeRequest": [{
                "method": "PATCH", "url": format!("/services/data/v66.0/sobjects/{ENTRY}/{id}"),
                "referenceId": "r0", "httpHeaders": {"If-Unmodified-Since": since},
                "body": {"Document__c": "late"},
            }]}),
        )
        .await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
    site.org.update(ENTRY, &id, json!({"Document__c": "edited"})).unwrap();
    site.org.apply_late_calls();
    assert_eq!(site.url_of(&id), "edited");
}

#[tokio::test]
async fn somebody_comes_right_before_a_write_and_the_guard_sees_it() {
    let site = Site::new(2).await;
    let (id, other) = (site.ids[0].clone(), site.ids[1].clone());
    let since = seen_at(&site).await;
    site.faults(event(&id[..15], RowMoment::BeforeWrite, 2, "edited"));
    assert_eq!(guarded(&site, &other, "new", &since).await, 204, "of another record");
    assert_eq!(guarded(&site, &id, "first", &since).await, 204);
    let since = seen_at(&site).await;
    assert_eq!(guarded(&site, &id, "second", &since).await, 412);
    assert_eq!(site.url_of(&id), "edited");
    let record = &site.org.records()[&id];
    assert_eq!(record.written, [Some("first".to_owned())]);
    assert_eq!(record.edits, [Some("edited".to_owned())]);
}

#[tokio::test]
async fn somebody_comes_right_before_a_write_that_is_not_guarded() {
    let site = Site::new(1).await;
    let id = site.ids[0].clone();
    site.faults(event(&id, RowMoment::BeforeWrite, 1, "edited"));
    assert_eq!(site.update_all(&[(&id, "new")]).await[0]["success"], true);
    site.faults(event(&id, RowMoment::BeforeWrite, 1, "edited again"));
    let (_, job) = bulk_ingest::run(&site, &bulk_ingest::csv(&[(&id, "newer")])).await;
    assert_eq!(job["state"], "JobComplete");
    let record = &site.org.records()[&id];
    let texts = |values: &[&str]| -> Vec<Option<String>> {
        values.iter().map(|value| Some((*value).to_owned())).collect()
    };
    assert_eq!(record.written, texts(&["new", "newer"]));
    assert_eq!(record.edits, texts(&["edited", "edited again"]));
}

#[tokio::test]
async fn somebody_comes_right_after_a_read() {
    let site = Site::new(2).await;
    let id = site.ids[0].clone();
    site.faults(event(&id, RowMoment::AfterRead, 2, "edited"));
    let read = json!({"ids": [id], "fields": ["Document__c"]});
    let path = format!("composite/sobjects/{ENTRY}");
    for (expected, after) in [("old.example/0", "old.example/0"), ("old.example/0", "edited")] {
        let rows = site.post(&path, read.clone()).await.json();
        assert!(rows[0]["Document__c"].as_str().unwrap().ends_with(expected), "{rows}");
        assert!(site.url_of(&id).as_str().unwrap().ends_with(after));
    }
    site.faults(event(&id, RowMoment::AfterRead, 1, "queried"));
    site.query(&format!("SELECT Document__c FROM {ENTRY} WHERE Name = 'Entry 1'")).await;
    assert_eq!(site.url_of(&id), "edited", "an answer without the record");
    site.query(&format!("SELECT Id FROM {ENTRY}")).await;
    assert_eq!(site.url_of(&id), "queried");
}

#[tokio::test]
async fn somebody_comes_right_after_a_read_back() {
    let site = Site::new(1).await;
    let id = site.ids[0].clone();
    site.faults(event(&id, RowMoment::AfterReadBack, 1, "edited"));
    let path = format!("sobjects/{ENTRY}/{id}");
    site.get(&path).await;
    assert_eq!(site.url_of(&id), "https://old.example/0");
    site.update(&id, "new").await;
    assert_eq!(site.get(&path).await.json()["Document__c"], "new");
    assert_eq!(site.url_of(&id), "edited");
}

#[tokio::test]
async fn a_field_can_be_made_shorter() {
    let site = Site::new(1).await;
    let field =
        FieldLength { sobject: ENTRY.to_owned(), field: "Document__c".to_owned(), length: 10 };
    site.faults(FaultPlan { field_lengths: vec![field], ..FaultPlan::default() });
    let fields = site.get(&format!("sobjects/{ENTRY}/describe")).await.json()["fields"].clone();
    let shown = fields.as_array().unwrap().iter().find(|f| f["name"] == "Document__c").unwrap();
    assert_eq!(shown["length"], 10);
    assert_eq!(site.update(&site.ids[0], "12345678901").await.code(), "STRING_TOO_LONG");
    assert_eq!(site.update(&site.ids[0], "1234567890").await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn few_requests_can_be_left() {
    let site = Site::new(0).await;
    site.faults(FaultPlan { requests_left: Some(2), ..FaultPlan::default() });
    let answer = site.get("limits").await;
    assert_eq!(answer.json()["DailyApiRequests"]["Remaining"], 1);
    assert_eq!(answer.header("sforce-limit-info"), "api-usage=99999/100000");
    assert_eq!(site.get("limits").await.status, StatusCode::OK);
    assert_eq!(site.get("limits").await.code(), "REQUEST_LIMIT_EXCEEDED");
    site.faults(FaultPlan::default());
    assert_eq!(site.get("limits").await.status, StatusCode::OK);
}

#[tokio::test]
async fn records_and_edits_can_be_reached_from_another_process() {
    let site = Site::new(1).await;
    let id = site.ids[0].clone();
    site.update(&id, "written").await;
    let body = serde_json::to_value(edit(&id, "edited")).unwrap();
    let edited = site.send(site.anonymous(Method::POST, "/__sim/actions").json(&body)).await;
    assert_eq!(edited.status, StatusCode::NO_CONTENT);
    let records = site.send(site.anonymous(Method::GET, "/__sim/records")).await.json();
    assert_eq!(records[&id], serde_json::to_value(&site.org.records()[&id]).unwrap());
    assert_eq!(records[&id]["url"], "edited");
    assert_eq!(records[&id]["written"], json!(["written"]));
    assert_eq!(records[&id]["edits"], json!(["edited"]));
    site.org.forget_writes();
    assert!(site.org.records()[&id].written.is_empty());
    // A fault plan with everything in it survives its way over JSON.
    let mut plan = event(&id, RowMoment::BeforeWrite, 1, "x");
    plan.calls = late(Endpoint::Composite, 3).calls;
    let sent = site.anonymous(Method::PUT, "/__sim/faults").json(&plan);
    assert_eq!(site.send(sent).await.status, StatusCode::NO_CONTENT);
    assert_eq!(site.org.faults(), plan);
}

#[tokio::test]
async fn what_is_rolled_back_was_never_written() {
    let site = Site::new(1).await;
    let rows = [(site.ids[0].as_str(), "new"), ("a0BNOTTHERE0000", "new")];
    site.patch("composite/sobjects", collection(&rows, true)).await;
    assert!(site.org.records()[&site.ids[0]].written.is_empty());
}

#[tokio::test]
async fn a_fork_has_the_same_rows_and_goes_its_own_way() {
    let site = Site::new(1).await;
    let fork = site.org.fork().unwrap();
    assert_eq!(fork.records(), site.org.records());
    assert_eq!((fork.now(), fork.org_id()), (site.org.now(), site.org.org_id()));
    site.update(&site.ids[0], "new").await;
    assert_eq!(fork.get(ENTRY, &site.ids[0]).unwrap()["Document__c"], "https://old.example/0");
    assert!(fork.records()[&site.ids[0]].written.is_empty());
}
