//! Downloads from a bucket that a mock server plays.

use std::collections::BTreeMap;

use wiremock::matchers::{method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::connection::test_support::{connection, document};

fn run_of(status: RunStatus, report: Option<&str>) -> RunView {
    RunView {
        run_id: "r1".to_owned(),
        kind: "reconcile".to_owned(),
        parent_run: None,
        status,
        dry_run: false,
        mode: None,
        execution_arn: "arn".to_owned(),
        started_at: "2026-11-21T00:00:00Z".to_owned(),
        ended_at: None,
        accounted_for: None,
        clean: None,
        total: None,
        done: 0,
        needs_attention: 0,
        bytes_copied: 0,
        outcomes: BTreeMap::new(),
        error: None,
        report: report.map(str::to_owned),
    }
}

fn arguments(all: bool, directory: &Path) -> Report {
    Report { run: "r1".to_owned(), all, output: Some(directory.join("out")), no_open: true }
}

async fn missing(server: &MockServer) {
    let body = "<Error><Code>NoSuchKey</Code><Message>none</Message></Error>";
    let answer = ResponseTemplate::new(404).set_body_raw(body, "application/xml");
    Mock::given(method("GET")).respond_with(answer).with_priority(9).mount(server).await;
}

async fn listing(server: &MockServer, prefix: &str, keys: &[&str]) {
    let contents = keys.iter().fold(String::new(), |text, key| {
        format!("{text}<Contents><Key>{key}</Key><Size>4</Size></Contents>")
    });
    let body =
        format!("<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>");
    Mock::given(method("GET"))
        .and(path("/drayage-state/"))
        .and(query_param("prefix", prefix))
        .respond_with(ResponseTemplate::new(200).set_body_raw(body, "application/xml"))
        .mount(server)
        .await;
}

#[tokio::test]
async fn the_page_is_downloaded_and_takes_the_place_of_an_older_one() {
    let server = MockServer::start().await;
    document(&server, "/runs/r1/report/index.html", "new").await;
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("out")).unwrap();
    let page = directory.path().join("out/index.html");
    std::fs::write(&page, "an older and longer page").unwrap();
    let run = run_of(RunStatus::Succeeded, None);
    let arguments = arguments(false, directory.path());
    let downloaded = download(&connection(&server), &run, &arguments).await.unwrap();
    assert_eq!(std::fs::read_to_string(&page).unwrap(), "new");
    let told = serde_json::to_value(&downloaded).unwrap();
    assert_eq!(
        told,
        serde_json::json!({"runId": "r1", "files": [
            {"name": "index.html", "path": page.display().to_string(), "bytes": 3}
        ]})
    );
    assert_eq!(std::fs::read_dir(directory.path().join("out")).unwrap().count(), 1);
}

#[tokio::test]
async fn the_page_is_where_the_summary_says() {
    let server = MockServer::start().await;
    document(&server, "/runs/r1.reconcile/report/index.html", "its step's").await;
    let directory = tempfile::tempdir().unwrap();
    let address = "s3://drayage-state/runs/r1.reconcile/report/index.html";
    let run = run_of(RunStatus::Succeeded, Some(address));
    let arguments = arguments(false, directory.path());
    let downloaded = download(&connection(&server), &run, &arguments).await.unwrap();
    assert_eq!(downloaded.files[0].bytes, 10);
}

#[tokio::test]
async fn all_files_for_people_are_downloaded_and_no_other() {
    let server = MockServer::start().await;
    missing(&server).await;
    let report = ["runs/r1/report/index.html", "runs/r1/report/fix.sh", "runs/r1/report/.."];
    listing(&server, "runs/r1/report/", &report).await;
    let beside = ["runs/r1/plan.csv", "runs/r1/approval.json", "runs/r1/report"];
    listing(&server, "runs/r1/", &beside).await;
    for key in ["/runs/r1/report/index.html", "/runs/r1/report/fix.sh", "/runs/r1/plan.csv"] {
        document(&server, key, "text").await;
    }
    let directory = tempfile::tempdir().unwrap();
    let run = run_of(RunStatus::Succeeded, None);
    let arguments = arguments(true, directory.path());
    let downloaded = download(&connection(&server), &run, &arguments).await.unwrap();
    let names: Vec<&str> = downloaded.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["index.html", "fix.sh", "plan.csv"]);
    assert_eq!(std::fs::read_dir(directory.path().join("out")).unwrap().count(), 3);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_run_without_a_report_is_an_error_that_says_when_there_will_be_one() {
    let server = MockServer::start().await;
    missing(&server).await;
    let directory = tempfile::tempdir().unwrap();
    let arguments = arguments(false, directory.path());
    let hint = async |status| {
        let run = run_of(status, None);
        let failure = download(&connection(&server), &run, &arguments).await.unwrap_err();
        assert_eq!(failure.message, "the reconcile r1 has no report");
        failure.hint
    };
    assert!(hint(RunStatus::Running).await.starts_with("it is written when the run ends"));
    assert!(hint(RunStatus::Failed).await.contains("broken off"));
    assert_eq!(std::fs::read_dir(directory.path().join("out")).unwrap().count(), 0);
}
