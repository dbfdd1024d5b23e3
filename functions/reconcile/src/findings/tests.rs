//! Parts of findings when the state bucket refuses some of them.

use std::collections::BTreeMap;

use drayage_aws::clients::Clients;
use drayage_aws::secrets::BucketKeys;
use drayage_domain::reconcile::{Difference, Object, Verdict};
use serde_json::json;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

/// Status and code, and how often a client asks before it gives up.
const REFUSALS: [(u16, &str, usize); 2] = [(503, "SlowDown", 5), (403, "AccessDenied", 1)];

/// A state bucket.
async fn bucket() -> (MockServer, Storage) {
    let server = MockServer::start().await;
    let keys = json!({
        "access_key_id": "test", "secret_access_key": "test", "region": "us-east-1", "endpoint": server.uri(),
    });
    let keys = BucketKeys::from_json(&keys.to_string()).unwrap();
    let client = Clients::load().await.s3_with_keys(&keys);
    Mock::given(method("PUT")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    (server, Storage::new(client))
}

/// Lets the next part fail.
async fn refuse_one(server: &MockServer, (status, code, times): (u16, &str, usize)) {
    let body = format!("<Error><Code>{code}</Code></Error>");
    let answer = ResponseTemplate::new(status).set_body_raw(body, "application/xml");
    let refusal = Mock::given(method("PUT")).respond_with(answer);
    refusal.up_to_n_times(u64::try_from(times).unwrap()).with_priority(1).mount(server).await;
}

/// Keys of the findings in every part of the bucket, where the first `refused` requests were refused.
async fn parts(server: &MockServer, refused: usize) -> BTreeMap<String, Vec<String>> {
    let mut parts = BTreeMap::new();
    for request in server.received_requests().await.unwrap().into_iter().skip(refused) {
        let key = request.url.path().strip_prefix("/state/").unwrap().to_owned();
        assert!(request.body.len() < PART_BYTES + 10_000, "{key}: {}", request.body.len());
        let lines = serde_json::Deserializer::from_slice(&request.body).into_iter::<Difference>();
        let keys: Vec<String> = lines.map(|line| line.unwrap().key).collect();
        assert!(parts.insert(key.clone(), keys).is_none(), "{key} was written twice");
    }
    parts
}

fn key(part: u32) -> String {
    work::findings_key("run", 2, 7, part)
}

fn file(storage: Storage, findings_parts: u32) -> FindingsFile<'static> {
    let state = ShardState { findings_parts, ..ShardState::start(7, String::new()) };
    FindingsFile::new(storage, "state", "run", 2, &state)
}

fn finding(key: &str) -> Finding {
    let source = Object { key: key.to_owned(), size_bytes: 5, ..Object::default() };
    Finding { verdict: Verdict::Missing, source: Some(source), destination: None }
}

/// Findings with long keys: about 700 of them make a part.
fn long_findings(count: usize) -> Vec<Finding> {
    (0..count).map(|at| finding(&format!("{at:06}/{}", "k".repeat(1400)))).collect()
}

fn names(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| finding.difference().unwrap().key).collect()
}

#[tokio::test]
async fn a_part_that_is_refused_is_kept_and_written_again() {
    for refusal in REFUSALS {
        let (server, storage) = bucket().await;
        let mut file = file(storage, 3);
        for key in ["a", "b"] {
            file.take(&finding(key)).await.unwrap();
        }
        refuse_one(&server, refusal).await;
        let error = file.close().await.unwrap_err();
        assert_eq!(error.name, STORAGE_UNAVAILABLE);
        file.take(&finding("c")).await.unwrap();
        assert_eq!(file.close().await.unwrap(), 4);
        // Nothing waits any more.
        assert_eq!(file.close().await.unwrap(), 4);
        let whole = ["a", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!(parts(&server, refusal.2).await, BTreeMap::from([(key(4), whole)]));
    }
}

#[tokio::test]
async fn what_is_more_than_a_part_is_split() {
    let (server, storage) = bucket().await;
    let mut file = file(storage, 0);
    let findings = long_findings(1800);
    for finding in &findings {
        file.take(finding).await.unwrap();
    }
    assert_eq!(file.close().await.unwrap(), 3);
    let parts = parts(&server, 0).await;
    assert_eq!(parts.keys().cloned().collect::<Vec<_>>(), [key(1), key(2), key(3)]);
    assert_eq!(parts.into_values().flatten().collect::<Vec<_>>(), names(&findings));
}

/// The comparison stops at a finding that is not taken. What is before it is written with the shard's state, and the next
/// invocation begins with it.
#[tokio::test]
async fn a_finding_that_is_refused_with_its_part_comes_again() {
    for refusal in REFUSALS {
        let (server, storage) = bucket().await;
        let findings = long_findings(1000);
        let mut first = file(storage.clone(), 0);
        refuse_one(&server, refusal).await;
        let mut taken = 0;
        while first.take(&findings[taken]).await.is_ok() {
            taken += 1;
        }
        assert!((600..800).contains(&taken), "{taken}");
        let parts_of_state = first.close().await.unwrap();
        assert_eq!(parts_of_state, 1);
        let mut second = file(storage, parts_of_state);
        for finding in &findings[taken..] {
            second.take(finding).await.unwrap();
        }
        assert_eq!(second.close().await.unwrap(), 2);
        let parts = parts(&server, refusal.2).await;
        assert_eq!(parts[&key(1)], names(&findings[..taken]));
        assert_eq!(parts[&key(2)], names(&findings[taken..]));
    }
}
