//! The life of a Bulk ingest job.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::harness::{Answer, ENTRY, Site};

/// Creates an update job and gives its path.
pub(crate) async fn open(site: &Site, line_ending: &str) -> String {
    let request = json!({
        "object": ENTRY, "operation": "update", "contentType": "CSV", "lineEnding": line_ending,
    });
    let job = site.post("jobs/ingest", request).await.json();
    assert_eq!(job["state"], "Open");
    let url = job["contentUrl"].as_str().unwrap();
    assert!(!url.starts_with('/'), "the service leaves the leading slash out");
    url.trim_start_matches("services/data/v66.0/").trim_end_matches("/batches").to_owned()
}

async fn put(site: &Site, job: &str, csv: &str) -> Answer {
    let request = site.request(Method::PUT, &format!("{job}/batches"));
    site.send(request.header("content-type", "text/csv").body(csv.to_owned())).await
}

/// Uploads, closes, and polls a job to its end; gives its path and its last status.
pub(crate) async fn run(site: &Site, csv: &str) -> (String, Value) {
    let job = open(site, "LF").await;
    assert_eq!(put(site, &job, csv).await.status, StatusCode::CREATED);
    let status = finish(site, &job).await;
    (job, status)
}

async fn finish(site: &Site, job: &str) -> Value {
    let mut status = site.patch(job, json!({"state": "UploadComplete"})).await.json();
    for _ in 0..20 {
        status = site.get(job).await.json();
        if ["JobComplete", "Failed", "Aborted"].contains(&status["state"].as_str().unwrap()) {
            return status;
        }
    }
    status
}

/// Lines of a result without its header.
pub(crate) async fn lines(site: &Site, job: &str, kind: &str) -> Vec<String> {
    let answer = site.get(&format!("{job}/{kind}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.text.lines().skip(1).map(str::to_owned).collect()
}

/// The CSV that sets the URL of rows.
pub(crate) fn csv(rows: &[(&str, &str)]) -> String {
    rows.iter()
        .fold("Id,Document__c\n".to_owned(), |text, (id, url)| text + &format!("{id},{url}\n"))
}

#[tokio::test]
async fn every_row_ends_in_exactly_one_result() {
    let site = Site::new(3).await;
    let rows = [
        (site.ids[0].as_str(), "https://new.example/0"),
        (site.ids[1].as_str(), &"x".repeat(256)),
        ("a0B00000000zzzz", "https://new.example/none"),
    ];
    let (job, status) = run(&site, &csv(&rows)).await;
    assert_eq!(status["state"], "JobComplete");
    assert_eq!(status["numberRecordsProcessed"], 3);
    assert_eq!(status["numberRecordsFailed"], 2);
    let ok = lines(&site, &job, "successfulResults").await;
    let id = &site.ids[0];
    assert_eq!(ok, [format!(r#""{id}","false","{id}","https://new.example/0""#)]);
    let failed = lines(&site, &job, "failedResults").await;
    assert!(failed[0].contains("STRING_TOO_LONG") && failed[0].contains(&site.ids[1]));
    assert!(failed[1].starts_with(r#""","NOT_FOUND:"#), "{}", failed[1]);
    assert!(lines(&site, &job, "unprocessedrecords").await.is_empty());
    assert!(lines(&site, &job, "unprocessedRecords").await.is_empty());
    assert_eq!(site.url_of(id), "https://new.example/0");
}

#[tokio::test]
async fn empty_cells_are_ignored_and_na_is_null() {
    let site = Site::new(2).await;
    run(&site, &csv(&[(&site.ids[0], ""), (&site.ids[1], "#N/A")])).await;
    assert_eq!(site.url_of(&site.ids[0]), "https://old.example/0");
    assert_eq!(site.url_of(&site.ids[1]), Value::Null);
}

#[tokio::test]
async fn states_lag_and_half_of_the_rows_come_first() {
    let site = Site::new(2).await;
    let job = open(&site, "LF").await;
    let text = csv(&[(&site.ids[0], "https://new.example"), (&site.ids[1], "https://new.example")]);
    put(&site, &job, &text).await;
    site.patch(&job, json!({"state": "UploadComplete"})).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let status = site.get(&job).await.json();
        seen.push((status["state"].clone(), status["numberRecordsProcessed"].clone()));
    }
    let wanted = [("UploadComplete", 0), ("InProgress", 1), ("InProgress", 1), ("JobComplete", 2)];
    assert_eq!(seen, wanted.map(|(state, rows)| (json!(state), json!(rows))));
}

#[tokio::test]
async fn a_job_takes_one_upload_while_it_is_open() {
    let site = Site::new(1).await;
    let job = open(&site, "LF").await;
    let text = csv(&[(&site.ids[0], "https://new.example")]);
    assert_eq!(put(&site, &job, &text).await.status, StatusCode::CREATED);
    assert_eq!(put(&site, &job, &text).await.code(), "INVALIDJOBSTATE");
}

#[tokio::test]
async fn line_endings_must_be_those_of_the_job() {
    let site = Site::new(1).await;
    let text = csv(&[(&site.ids[0], "https://new.example")]);
    for (ending, text, state) in [
        ("LF", text.replace('\n', "\r\n"), "Failed"),
        ("CRLF", text.clone(), "Failed"),
        ("CRLF", text.replace('\n', "\r\n"), "JobComplete"),
    ] {
        let job = open(&site, ending).await;
        put(&site, &job, &text).await;
        let status = finish(&site, &job).await;
        assert_eq!(status["state"], state);
        if state == "Failed" {
            assert!(status["errorMessage"].as_str().unwrap().contains("LineEnding is invalid"));
            assert_eq!(lines(&site, &job, "unprocessedrecords").await.len(), 1);
        }
    }
}

#[tokio::test]
async fn an_unknown_column_fails_the_job() {
    let site = Site::new(1).await;
    let (_, status) = run(&site, &format!("Id,Nothing__c\n{},x\n", site.ids[0])).await;
    assert_eq!(status["state"], "Failed");
    assert_eq!(status["errorMessage"], "InvalidBatch : Field name not found : Nothing__c");
}

#[tokio::test]
async fn an_abort_keeps_what_was_saved() {
    let site = Site::new(2).await;
    let job = open(&site, "LF").await;
    let text = csv(&[(&site.ids[0], "https://new.example"), (&site.ids[1], "https://new.example")]);
    put(&site, &job, &text).await;
    site.patch(&job, json!({"state": "UploadComplete"})).await;
    site.get(&job).await;
    assert_eq!(site.get(&job).await.json()["state"], "InProgress");
    assert_eq!(site.patch(&job, json!({"state": "Aborted"})).await.json()["state"], "Aborted");
    assert_eq!(lines(&site, &job, "successfulResults").await.len(), 1);
    assert_eq!(lines(&site, &job, "unprocessedrecords").await.len(), 1);
    assert_eq!(site.url_of(&site.ids[0]), "https://new.example");
    assert_eq!(site.url_of(&site.ids[1]), "https://old.example/1");
}
