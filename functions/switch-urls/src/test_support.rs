//! A context whose Salesforce and state bucket are a mock server. Its ledger is never asked: tests put back records that have no row,
//! as from a rollback file.

pub(crate) mod org;

use std::sync::Arc;

use drayage_aws::clients::Clients;
use drayage_aws::ledger::Ledger;
use drayage_aws::objects::Storage;
use drayage_aws::secrets::BucketKeys;
use drayage_domain::run::{RunRecord, RunState, Work};
use drayage_domain::switch::mode::UpdateMode;
use drayage_domain::switch::plan::SwitchPlan;
use drayage_domain::switch::{Direction, SwitchLine};
use drayage_lambda_kit::clock;
use drayage_lambda_kit::deadline::Deadline;
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::metrics::Metrics;
use drayage_lambda_kit::runtime::Invocation;
use drayage_salesforce::{Client, ClientOptions, Credentials};
use jiff::SignedDuration;
use serde_json::json;
use wiremock::MockServer;
use wiremock::matchers::any;

use crate::budget::ApiBudget;
use crate::context::Context;
use crate::time::Time;
use org::Org;

/// A line that puts a record back.
pub(crate) fn line(number: usize) -> SwitchLine {
    SwitchLine {
        record_id: org::id(number),
        account_id: None,
        account_name: None,
        from: Some(format!("https://new/{number}")),
        to: Some(format!("https://old/{number}")),
    }
}

fn plan(mode: UpdateMode) -> SwitchPlan {
    let estimate = json!({"apiCalls": 1, "ledgerWrites": 0, "costUsd": 0.0, "seconds": 1.0});
    let plan = json!({
        "runId": "rollback", "direction": "restore", "execute": true, "object": org::OBJECT,
        "field": org::FIELD, "hash": "", "records": 1, "accounts": 1, "batches": 1, "lanes": 1,
        "notPlanned": {}, "mode": {"mode": mode, "why": "", "raceWindow": ""}, "readiness": [],
        "estimate": estimate, "list": "", "plannedAt": "2026-01-01T00:00:00Z",
    });
    serde_json::from_value(plan).unwrap()
}

fn run() -> RunRecord {
    RunRecord {
        run_id: "rollback".to_owned(),
        kind: Direction::Restore.kind().to_owned(),
        execution_arn: String::new(),
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        ended_at: None,
        state: RunState::Running,
        work: Work::Comparison,
        records_expected: 0,
        summary: None,
    }
}

/// A server with that org, and a context that works on it.
pub(crate) async fn context(mode: UpdateMode, org: &Arc<Org>) -> (MockServer, Context) {
    let server = MockServer::start().await;
    org.set_url(&server.uri());
    wiremock::Mock::given(any()).respond_with(org::Responder(Arc::clone(org))).mount(&server).await;
    let clients = Clients::load().await;
    let keys = json!({
        "access_key_id": "test", "secret_access_key": "test", "region": "us-east-1", "endpoint": server.uri(),
    });
    let s3 = clients.s3_with_keys(&BucketKeys::from_json(&keys.to_string()).unwrap());
    let secret = json!({
        "auth": "client_credentials", "login_url": server.uri(), "client_id": "id", "client_secret": "secret",
    });
    let credentials = Credentials::from_secret_json(&secret.to_string()).unwrap();
    let client = Client::new(credentials, ClientOptions::new("test", Arc::new(clock::now)));
    let deadline = Deadline::at(clock::now() + SignedDuration::from_mins(15));
    let context = Context {
        run: run(),
        migration: "bucket/prefix".to_owned(),
        plan: plan(mode),
        ledger: Ledger::new(clients.dynamodb(), "files", "runs"),
        documents: Documents::new(Storage::new(s3), "state"),
        client: Arc::new(client.unwrap()),
        api: ApiBudget::new(20),
        invocation: Invocation {
            request_id: "request".to_owned(),
            deadline,
            metrics: Metrics::default(),
        },
        time: Time::new(deadline, clock::now()),
    };
    (server, context)
}
