//! What the ledger makes of answers that an emulator never gives: contention, throttling, keys left unprocessed, and an
//! answer that is lost after the write was made.

use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use drayage_domain::counts::Counts;
use drayage_domain::row::FileRow;
use drayage_domain::run::Checkpoint;
use drayage_domain::state::{FileEvent, FileState};
use jiff::Timestamp;
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::{BatchClaim, FinishBatch, KeyClaim, Lease, Ledger, LedgerError};

/// Longer than a request on a busy machine takes, shorter than anybody wants to wait for a test.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1500);

/// Answers in order; a request beyond the last is a failure of the test.
struct Answers(Mutex<Vec<ResponseTemplate>>);

impl Respond for Answers {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let mut left = self.0.lock().unwrap();
        assert!(!left.is_empty(), "a request too many");
        left.remove(0)
    }
}

/// A table that gives these answers, and the ledger that asks it.
pub(crate) async fn table(answers: Vec<ResponseTemplate>) -> (MockServer, Ledger) {
    let server = MockServer::start().await;
    let expected = u64::try_from(answers.len()).unwrap();
    Mock::given(any())
        .respond_with(Answers(Mutex::new(answers)))
        .expect(expected)
        .mount(&server)
        .await;
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(server.uri())
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(2)
                .with_initial_backoff(Duration::from_millis(1)),
        )
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build())
        .build();
    let client = aws_sdk_dynamodb::Client::from_conf(config);
    (server, Ledger::new(client, "files", "runs"))
}

pub(crate) fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.to_string(), "application/x-amz-json-1.0")
}

fn refused(code: &str, details: &Value) -> ResponseTemplate {
    let mut body = json!({
        "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"),
        "message": "told by the test",
    });
    for (name, value) in details.as_object().unwrap() {
        body[name] = value.clone();
    }
    ResponseTemplate::new(400).set_body_raw(body.to_string(), "application/x-amz-json-1.0")
}

/// An answer that comes after the client has given up.
fn lost() -> ResponseTemplate {
    ok(&json!({})).set_delay(ATTEMPT_TIMEOUT * 4)
}

fn cancelled(codes: [&str; 2], stored: &Value) -> ResponseTemplate {
    let [first, second] = codes;
    let reasons = json!([{"Code": first, "Item": stored}, {"Code": second}]);
    refused("TransactionCanceledException", &json!({"CancellationReasons": reasons}))
}

pub(crate) async fn requests(server: &MockServer) -> Vec<Value> {
    let received = server.received_requests().await.unwrap();
    received.iter().map(|request| request.body_json().unwrap()).collect()
}

fn row() -> FileRow {
    FileRow {
        record_id: "a0B000000000001AAA".to_owned(),
        account_id: None,
        account_name: None,
        original_url: Some("https://x/a".to_owned()),
        destination_key: None,
        source: None,
        proof: None,
        state: FileState::Skipped,
        reason: Some("extension".to_owned()),
        message: None,
        run_id: "r".to_owned(),
        at: "2026-01-01T00:00:00Z".to_owned(),
        system_modstamp: None,
        new_url: None,
        switched_by: None,
        attempts: 0,
        version: 0,
    }
}

fn lease(owner: &str) -> Lease<'_> {
    Lease { owner, now: Timestamp::UNIX_EPOCH, until: Timestamp::UNIX_EPOCH }
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_recognised() {
    let stored = json!({
        "record_id": {"S": "a0B000000000001AAA"}, "original_url": {"S": "https://x/a"},
        "state": {"S": "Skipped"}, "reason": {"S": "extension"}, "run_id": {"S": "r"},
        "at": {"S": "2026-01-01T00:00:00Z"}, "attempts": {"N": "0"}, "version": {"N": "1"},
    });
    let again = refused("ConditionalCheckFailedException", &json!({"Item": stored}));
    let (_server, ledger) = table(vec![lost(), again]).await;
    let written = ledger.write_row(&row(), FileEvent::Excluded, None).await.unwrap();
    assert_eq!(written, FileRow { version: 1, ..row() });
}

#[tokio::test]
async fn another_writers_row_is_a_conflict() {
    let stored = json!({
        "record_id": {"S": "a0B000000000001AAA"}, "state": {"S": "Verified"}, "run_id": {"S": "q"},
        "at": {"S": "2026-01-01T00:00:00Z"}, "attempts": {"N": "0"}, "version": {"N": "1"},
    });
    let other = refused("ConditionalCheckFailedException", &json!({"Item": stored}));
    let (_server, ledger) = table(vec![other]).await;
    let error = ledger.write_row(&row(), FileEvent::Excluded, None).await.unwrap_err();
    assert_eq!(error.error_type(), "LedgerConflict");
}

#[tokio::test]
async fn an_illegal_change_is_not_even_sent() {
    let (_server, ledger) = table(vec![]).await;
    let switched = FileRow { state: FileState::Switched, ..row() };
    let error = ledger.write_row(&switched, FileEvent::SwitchConfirmed, None).await.unwrap_err();
    assert!(matches!(error, LedgerError::Illegal { .. }), "{error}");
}

#[tokio::test]
async fn a_lost_answer_to_a_checkpoint_or_a_take_over_is_recognised() {
    let next = Checkpoint { version: 1, ..Checkpoint::start() };
    let body = serde_json::to_string(&next).unwrap();
    let stored = json!({"Item": {"body": {"S": body}, "version": {"N": "1"}}});
    let holder = json!({"Item": {"owner": {"S": "new"}, "execution_arn": {"S": "arn:new"}}});
    let (_server, ledger) = table(vec![
        refused("ConditionalCheckFailedException", &stored),
        refused("ConditionalCheckFailedException", &holder),
        refused("ConditionalCheckFailedException", &holder),
    ])
    .await;
    ledger.write_checkpoint("r", &next, 0).await.unwrap();
    let at = Timestamp::UNIX_EPOCH;
    assert!(ledger.take_over_lock("m", "arn:old", ("new", "arn:new"), at).await.unwrap());
    assert!(!ledger.take_over_lock("m", "arn:old", ("third", "arn:third"), at).await.unwrap());
}

#[tokio::test]
async fn a_single_write_waits_for_a_transaction_to_end() {
    let claimed = ok(&json!({"Attributes": {"entries": {"N": "7"}}}));
    let busy = || refused("TransactionConflictException", &json!({}));
    let (_server, ledger) = table(vec![busy(), busy(), claimed]).await;
    let claim = ledger.claim_batch("r", 1, lease("me")).await.unwrap();
    assert_eq!(claim, BatchClaim::Claimed { entries: 7 });
}

#[tokio::test]
async fn closing_is_tried_again_while_the_counter_is_busy() {
    let busy = || cancelled(["None", "TransactionConflict"], &json!({}));
    let (server, ledger) = table(vec![busy(), busy(), ok(&json!({}))]).await;
    let answer = ledger.finish_batch("r", 1, "me", &Counts::default()).await.unwrap();
    assert_eq!(answer, FinishBatch::Counted);
    // A cancelled transaction was not made, so each attempt is one of its own.
    let tokens: Vec<_> = requests(&server)
        .await
        .iter()
        .map(|request| request["ClientRequestToken"].as_str().unwrap().to_owned())
        .collect();
    assert!(tokens[0] != tokens[1] && tokens[1] != tokens[2], "{tokens:?}");
}

#[tokio::test]
async fn contention_without_an_end_is_given_up() {
    let busy = || cancelled(["None", "TransactionConflict"], &json!({}));
    let (_server, ledger) = table((0..8).map(|_| busy()).collect()).await;
    let error = ledger.finish_batch("r", 1, "me", &Counts::default()).await.unwrap_err();
    assert!(error.retryable(), "{error}");
}

#[tokio::test]
async fn a_transaction_whose_answer_was_lost_is_sent_under_the_same_token() {
    let (server, ledger) = table(vec![lost(), ok(&json!({}))]).await;
    let answer = ledger.finish_batch("r", 1, "me", &Counts::default()).await.unwrap();
    assert_eq!(answer, FinishBatch::Counted);
    let sent = requests(&server).await;
    assert!(sent[0]["ClientRequestToken"].is_string());
    assert_eq!(sent[0]["ClientRequestToken"], sent[1]["ClientRequestToken"]);
}

#[tokio::test]
async fn the_batch_tells_why_it_was_not_closed() {
    let (_server, ledger) = table(vec![
        cancelled(["ConditionalCheckFailed", "None"], &json!({"state": {"S": "Done"}})),
        cancelled(["ConditionalCheckFailed", "None"], &json!({"state": {"S": "Open"}})),
    ])
    .await;
    let counts = Counts::default();
    let done = ledger.finish_batch("r", 1, "me", &counts).await.unwrap();
    let lost = ledger.finish_batch("r", 1, "me", &counts).await.unwrap();
    assert_eq!((done, lost), (FinishBatch::AlreadyDone, FinishBatch::LeaseLost));
}

#[tokio::test]
async fn keys_left_unprocessed_are_asked_for_again() {
    let item = |id: &str| {
        json!({
            "record_id": {"S": id}, "state": {"S": "Verified"}, "run_id": {"S": "r"},
            "at": {"S": "2026-01-01T00:00:00Z"}, "attempts": {"N": "0"}, "version": {"N": "1"},
        })
    };
    let half = json!({
        "Responses": {"files": [item("a")]},
        "UnprocessedKeys": {"files": {"Keys": [{"record_id": {"S": "b"}}], "ConsistentRead": true}},
    });
    let rest = json!({"Responses": {"files": [item("b")]}, "UnprocessedKeys": {}});
    let (server, ledger) = table(vec![ok(&half), ok(&rest)]).await;
    let ids = ["b", "a", "b"].map(str::to_owned);
    let rows = ledger.rows(&ids).await.unwrap();
    assert_eq!(rows.keys().collect::<Vec<_>>(), ["a", "b"]);
    let asked = requests(&server).await;
    assert_eq!(asked[0]["RequestItems"]["files"]["Keys"].as_array().unwrap().len(), 2);
    assert_eq!(asked[1]["RequestItems"]["files"]["ConsistentRead"], json!(true));
}

#[tokio::test]
async fn throttling_and_a_missing_table_have_their_own_words() {
    let throttled = || refused("ThrottlingException", &json!({}));
    let missing = refused("ResourceNotFoundException", &json!({}));
    let (_server, ledger) = table(vec![throttled(), throttled(), missing]).await;
    let error = ledger.claim_key("k", "a").await.unwrap_err();
    assert!(matches!(error, LedgerError::Throttled { .. }), "{error}");
    let error = ledger.claim_key("k", "a").await.unwrap_err();
    assert_eq!(error.error_type(), "LedgerUnavailable");
    assert!(error.to_string().contains("ResourceNotFoundException: told by the test"), "{error}");
}

#[tokio::test]
async fn a_taken_key_names_its_owner_and_a_damaged_claim_is_corrupt() {
    let owned = json!({"Item": {"record_id": {"S": "KEY#k"}, "owner": {"S": "b"}}});
    let damaged = json!({"Item": {"record_id": {"S": "KEY#k"}}});
    let (_server, ledger) = table(vec![
        refused("ConditionalCheckFailedException", &owned),
        refused("ConditionalCheckFailedException", &damaged),
    ])
    .await;
    assert_eq!(ledger.claim_key("k", "a").await.unwrap(), KeyClaim::TakenBy("b".to_owned()));
    assert_eq!(ledger.claim_key("k", "a").await.unwrap_err().error_type(), "LedgerCorrupt");
}

#[tokio::test]
async fn sums_and_lists_go_on_after_the_first_page() {
    let shard = |name: &str, verified: &str| {
        json!({
            "run_id": {"S": "r"}, "item": {"S": name}, "outcome.verified": {"N": verified},
            "bytes_copied": {"N": "1"}, "server_side_copies": {"N": "0"}, "requests": {"N": "2"},
            "api_calls": {"N": "0"},
        })
    };
    let key = json!({"run_id": {"S": "r"}, "item": {"S": "COUNTER#00"}});
    let first = json!({"Items": [shard("COUNTER#00", "3")], "LastEvaluatedKey": key});
    let empty = json!({"Items": [], "LastEvaluatedKey": key});
    let last = json!({"Items": [shard("COUNTER#01", "4")]});
    let (server, ledger) = table(vec![ok(&first), ok(&empty), ok(&last)]).await;
    let sum = ledger.counters("r").await.unwrap();
    assert_eq!((sum.outcomes.get("verified"), sum.bytes_copied, sum.requests), (Some(&7), 2, 4));
    let asked = requests(&server).await;
    assert!(asked[0].get("ExclusiveStartKey").is_none());
    assert_eq!((&asked[1]["ExclusiveStartKey"], &asked[2]["ExclusiveStartKey"]), (&key, &key));
    assert!(asked.iter().all(|request| request["ConsistentRead"] == json!(true)));
}

#[tokio::test]
async fn the_holder_of_a_lock_is_told() {
    let lock = json!({
        "run_id": {"S": "LOCK"}, "item": {"S": "m"}, "owner": {"S": "parent"},
        "execution_arn": {"S": "arn:parent"}, "at": {"S": "2026-01-01T00:00:00Z"},
    });
    let (server, ledger) = table(vec![ok(&json!({"Item": lock})), ok(&json!({}))]).await;
    let holder = ledger.lock_holder("m").await.unwrap();
    assert_eq!(holder, Some(("parent".to_owned(), "arn:parent".to_owned())));
    assert_eq!(ledger.lock_holder("m").await.unwrap(), None);
    let asked = &requests(&server).await[0];
    assert_eq!(asked["ConsistentRead"], true);
    assert_eq!(asked["Key"], json!({"run_id": {"S": "LOCK"}, "item": {"S": "m"}}));
}
