//! The whole command against a stack that a mock server plays, and what it shows.

use clap::Parser as _;
use wiremock::MockServer;

use jiff::tz::TimeZone;
use serde_json::json;

use super::*;
use crate::connection::test_support::{answer, connection, document, sent};
use crate::human::Moment;
use crate::stack::samples::stack;
use crate::test_support::assert_golden;

const START: &str = "AWSStepFunctions.StartExecution";
const DESCRIBE: &str = "AWSStepFunctions.DescribeExecution";
const QUERY: &str = "DynamoDB_20120810.Query";

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    analyze: Analyze,
}

fn arguments(line: &[&str]) -> Analyze {
    Line::try_parse_from(["analyze"].iter().chain(line)).unwrap().analyze
}

async fn run_line(server: &MockServer, line: &[&str]) -> Result<Verdict, Failure> {
    let arguments = arguments(line);
    let input = arguments.input()?;
    run_with(&connection(server), &arguments, &input, true).await
}

/// A stack whose execution ends as `described`, with the sample analysis in its bucket.
async fn playing(described: Value) -> MockServer {
    let server = MockServer::start().await;
    let started =
        json!({"executionArn": "arn:aws:states:x:1:execution:analyze:r", "startDate": 1.0});
    answer(&server, START, 200, &started).await;
    let mut body = json!({"executionArn": "arn", "stateMachineArn": "arn", "startDate": 1.0});
    body.as_object_mut().unwrap().extend(described.as_object().unwrap().clone());
    answer(&server, DESCRIBE, 200, &body).await;
    let analysis = serde_json::to_string(&samples::analysis()).unwrap();
    document(&server, "/runs/analyze-[0-9TZ-]+/analysis.json", &analysis).await;
    server
}

fn succeeded() -> Value {
    json!({"status": "SUCCEEDED", "output": "{\"key\": \"runs/x/analysis.json\"}"})
}

#[tokio::test]
async fn an_analysis_is_started_watched_and_read() {
    let server = playing(succeeded()).await;
    // The sample has hazards that keep files back.
    let line = ["--accounts", "Acme & Sons", "0018000000MwdKAAAZ", "--sample", "9"];
    assert_eq!(run_line(&server, &line).await, Ok(Verdict::Left));
    let started = sent(&server, START).await.remove(0);
    assert_eq!(started["stateMachineArn"], "arn:analyze");
    let input: Value = serde_json::from_str(started["input"].as_str().unwrap()).unwrap();
    let expected =
        json!({"accounts": ["Acme & Sons", "0018000000MwdKAAAZ"], "queryApi": "auto", "sample": 9});
    assert_eq!(input, expected);
}

#[tokio::test]
async fn detached_nothing_is_waited_for() {
    let server = playing(succeeded()).await;
    assert_eq!(run_line(&server, &["--detach"]).await, Ok(Verdict::Clean));
    assert!(sent(&server, DESCRIBE).await.is_empty());
}

#[tokio::test]
async fn without_an_analysis_the_last_one_is_none_and_nothing_is_started() {
    let server = playing(succeeded()).await;
    answer(&server, QUERY, 200, &json!({"Items": [], "Count": 0})).await;
    let failure = run_line(&server, &["--last"]).await.unwrap_err();
    assert_eq!(failure.message, "there is no analysis yet");
    assert!(sent(&server, START).await.is_empty());
}

#[tokio::test]
async fn a_failed_analysis_is_told_by_name_and_hint() {
    let cause = "the org does not know Document__c; hint: correct the parameter UrlField";
    let failed = json!({"status": "FAILED", "error": "ConfigurationInvalid", "cause": cause});
    let failure = run_line(&playing(failed).await, &[]).await.unwrap_err();
    let end = "has failed with ConfigurationInvalid: the org does not know Document__c";
    assert!(failure.message.ends_with(end), "{failure}");
    assert_eq!(failure.hint, "correct the parameter UrlField");
}

#[tokio::test]
async fn the_analysis_is_exported_whole() {
    let server = playing(succeeded()).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("analysis.json");
    run_line(&server, &["--export", path.to_str().unwrap()]).await.unwrap();
    let written: Analysis = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(written, samples::analysis());
}

#[test]
fn wrong_arguments_are_told_before_anything_is_asked() {
    let failure = arguments(&["--sample", "5001"]).input().unwrap_err();
    assert_eq!(failure.to_string().lines().next(), Some("error: --sample is above 5000"));
    assert_eq!(failure.kind, crate::failure::Kind::Usage);
    assert!(Line::try_parse_from(["analyze", "--last", "--sample", "3"]).is_err());
    assert!(Line::try_parse_from(["analyze", "--last", "--detach"]).is_err());
}

fn shown(width: u16, colour: bool) -> String {
    let look = Look { width, colour, lines: false };
    let moment = Moment { now: jiff::Timestamp::UNIX_EPOCH, zone: TimeZone::UTC };
    text::text(&samples::analysis(), &stack(), &moment, look)
}

#[test]
fn the_analysis_fits_its_terminal() {
    for width in [80, 140] {
        let text = shown(width, false);
        for line in text.lines().filter(|line| !line.contains("s3://")) {
            assert!(line.chars().count() <= usize::from(width), "{line}");
            assert_eq!(line, line.trim_end());
        }
        assert_golden("analyze", &format!("analysis-{width}"), &text);
    }
}

#[test]
fn colours_change_nothing_but_the_colour() {
    let coloured = shown(140, true);
    assert!(coloured.contains("\u{1b}[") && !shown(140, false).contains('\u{1b}'));
    assert_golden("analyze", "analysis-140-colour", &coloured);
}

#[test]
fn twenty_columns_get_every_number_and_no_panic() {
    for width in [20, 21, 40, 49, 50, 69] {
        let text = shown(width, false);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("29,501") && text.contains("dray backup"), "{text}");
    }
}

#[test]
fn names_cannot_disturb_the_terminal() {
    let text = shown(140, false);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
}
