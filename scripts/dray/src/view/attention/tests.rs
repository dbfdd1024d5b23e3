//! What needs a person, from a table that a mock server plays.

use serde_json::{Value, json};
use wiremock::matchers::{body_string_contains, header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::connection::test_support::{answer, connection};

const QUERY: &str = "DynamoDB_20120810.Query";

fn row(id: &str, state: &str, reason: Option<&str>, run: &str) -> Value {
    let mut row = json!({
        "record_id": {"S": id}, "state": {"S": state}, "run_id": {"S": run},
        "original_url": {"S": format!("https://u:p@files.example/{id}.pdf?sig=secret#x")},
        "at": {"S": "2026-01-01T00:00:00Z"}, "attempts": {"N": "2"}, "version": {"N": "1"},
    });
    if let Some(reason) = reason {
        row["reason"] = json!({"S": reason});
    }
    row
}

async fn server(rows: &[(&str, &str, Value)]) -> MockServer {
    let server = MockServer::start().await;
    for (label, at, row) in rows {
        let key = json!({
            "record_id": row["record_id"], "attention": {"S": label}, "attention_at": {"S": at},
        });
        Mock::given(method("POST"))
            .and(header("x-amz-target", QUERY))
            .and(body_string_contains(format!("\":label\":{{\"S\":\"{label}\"}}")))
            .respond_with(
                ResponseTemplate::new(200).set_body_raw(
                    json!({"Items": [key]}).to_string(),
                    "application/x-amz-json-1.0",
                ),
            )
            .mount(&server)
            .await;
    }
    answer(&server, QUERY, 200, &json!({"Items": []})).await;
    let all: Vec<&Value> = rows.iter().map(|(_, _, row)| row).collect();
    let found = json!({"Responses": {"drayage-files": all}});
    answer(&server, "DynamoDB_20120810.BatchGetItem", 200, &found).await;
    let run = json!({"Item": {"body": {"S": json!({
        "runId": "r-1", "kind": "backup", "executionArn": "arn", "startedAt": "2026-01-01T00:00:00Z",
        "endedAt": null, "state": "Running", "work": {"over": "comparison"}, "recordsExpected": 0,
        "summary": null,
    }).to_string()}}});
    answer(&server, "DynamoDB_20120810.GetItem", 200, &run).await;
    server
}

#[tokio::test]
async fn the_newest_come_first_with_their_outcomes() {
    let server = server(&[
        ("throttled", "2026-01-01T00:00:00Z", row("a", "Failed", Some("throttled"), "r-1")),
        ("Drifted", "2026-01-02T00:00:00Z", row("b", "Drifted", None, "r-2")),
        ("refused", "2026-01-03T00:00:00Z", row("c", "Verified", Some("refused"), "r-1")),
    ])
    .await;
    let connection = connection(&server);
    let found = attention(&connection, 2, None).await.unwrap();
    let counts: Vec<(&str, u64)> =
        found.counts.iter().map(|(label, count)| (label.as_str(), *count)).collect();
    assert_eq!(counts, [("drifted", 1), ("failed.throttled", 1), ("not_written.refused", 1)]);
    assert_eq!(found.total(), 3);
    let ids: Vec<&str> = found.rows.iter().map(|row| row.record_id.as_str()).collect();
    assert_eq!(ids, ["c", "b"]);
    let first = found.rows.first().unwrap();
    assert_eq!(first.url.as_deref(), Some("https://files.example/c.pdf"));
    assert_eq!(first.meaning, "was refused by Salesforce");
    assert!(!first.hint.is_empty());

    let of_run = attention(&connection, 9, Some("r-1")).await.unwrap();
    let ids: Vec<&str> = of_run.rows.iter().map(|row| row.record_id.as_str()).collect();
    assert_eq!((ids, of_run.total()), (vec!["c", "a"], 2));
}

#[tokio::test]
async fn other_outcomes_of_a_run_take_no_place_and_its_repairs_belong_to_it() {
    let server = server(&[
        ("throttled", "2026-01-01T00:00:00Z", row("a", "Failed", Some("throttled"), "r-1")),
        (
            "access_denied",
            "2026-01-02T00:00:00Z",
            row("b", "Failed", Some("access_denied"), "r-1.repair-2"),
        ),
        ("Drifted", "2026-01-03T00:00:00Z", row("c", "Drifted", None, "r-1")),
        ("key_taken", "2026-01-04T00:00:00Z", row("d", "Failed", Some("too_large"), "r-10")),
    ])
    .await;
    let connection = connection(&server);
    let failed = |outcome: &str| outcome.starts_with("failed.");
    for (limit, expected) in [(1, vec!["b"]), (9, vec!["b", "a"])] {
        let found = attention_of_run(&connection, limit, "r-1", failed).await.unwrap();
        let ids: Vec<&str> = found.rows.iter().map(|row| row.record_id.as_str()).collect();
        assert_eq!((ids, found.total()), (expected, 2));
    }
}

#[test]
fn every_outcome_that_needs_a_person_is_asked_for_and_has_a_meaning() {
    let labels = labels();
    let told = |outcome: Outcome| {
        assert!(
            !outcome.needs_attention() || labels.iter().any(|(known, _)| *known == outcome.label())
        );
        assert!(!meaning(&outcome.label()).is_empty(), "{outcome:?}");
    };
    for class in FailureClass::ALL {
        told(Outcome::Failed(*class));
    }
    for reason in GoneReason::ALL {
        told(Outcome::SourceGone(*reason));
    }
    for reason in WriteFailure::ALL {
        told(Outcome::NotWritten(*reason));
    }
    told(Outcome::Drifted);
    told(Outcome::Conflict);
    let mut keys: Vec<&String> = labels.iter().map(|(_, key)| key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), labels.len(), "a row would be told twice");
}

#[test]
fn a_url_is_told_without_what_may_be_secret() {
    assert_eq!(without_query("https://a/b?c"), "https://a/b");
    assert_eq!(without_query("https://u:p@a"), "https://a");
    assert_eq!(without_query("no url#x"), "no url");
}
