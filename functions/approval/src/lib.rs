//! Asks a person to approve a plan: keeps the task token of the waiting execution, and tells the topic both answers as
//! commands that are ready to paste.
//!
//! The answer of this function is not the answer of the task; the person gives that. May be invoked again: the same token is
//! kept once, and told again, because nobody knows whether the first notice went out.

use std::fmt;

use drayage_aws::clients::Clients;
use drayage_aws::objects::Storage;
use drayage_domain::switch::approval::{Approval, approval_key};
use drayage_domain::switch::plan::{SwitchPlan, plan_key};
use drayage_lambda_kit::documents::Documents;
use drayage_lambda_kit::error::FunctionError;
use drayage_lambda_kit::{clock, config, notify};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the state machine passes.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The run.
    pub run_id: String,
    /// Names the waiting task. Whoever has it may answer for the person.
    pub task_token: String,
}

impl fmt::Debug for Request {
    /// Without the token.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Request").field("run_id", &self.run_id).finish_non_exhaustive()
    }
}

/// What was asked for; has no token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The run.
    pub run_id: String,
    /// When a person was asked first, RFC 3339.
    pub asked_at: String,
    /// Whether there is a topic to ask through; otherwise somebody has to look into `approval.json`.
    pub told: bool,
}

/// Asks a person.
pub async fn handle(clients: &Clients, request: Request) -> Result<Answer, FunctionError> {
    let settings = config::from_environment()?;
    let documents = Documents::new(Storage::new(clients.s3()), &settings.state_bucket);
    let plan: SwitchPlan = documents.read(&plan_key(&request.run_id)).await?;
    let key = approval_key(&request.run_id);
    let kept: Option<Approval> = documents.find(&key).await?;
    let (approval, is_new) = asked(kept, &request.task_token, &plan, clock::now());
    if is_new {
        documents.write(&key, &approval).await?;
    }
    notify::approval(clients, &settings, &plan, &approval.token).await;
    tracing::info!(run_id = request.run_id, records = plan.records, is_new, "approval asked for");
    Ok(Answer {
        run_id: request.run_id,
        asked_at: approval.asked_at,
        told: settings.topic_arn.is_some(),
    })
}

/// What is to be kept, and whether that is new. A task that is tried again has another token, and the earlier one is worth
/// nothing any more.
fn asked(
    kept: Option<Approval>,
    token: &str,
    plan: &SwitchPlan,
    now: Timestamp,
) -> (Approval, bool) {
    match kept {
        Some(kept) if kept.token == token && kept.plan_hash == plan.hash => (kept, false),
        Some(_) | None => {
            let approval = Approval {
                token: token.to_owned(),
                asked_at: now.to_string(),
                plan_hash: plan.hash.clone(),
                records: plan.records,
            };
            (approval, true)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_str, from_value, json};

    use super::*;

    fn plan() -> SwitchPlan {
        from_value(json!({
            "runId": "r", "direction": "switch", "execute": true, "object": "A__c", "field": "B__c",
            "hash": "ab12", "records": 3, "accounts": 1, "batches": 1, "lanes": 1, "notPlanned": {},
            "mode": {"mode": "guarded", "why": "it fits", "raceWindow": "none"}, "readiness": [],
            "estimate": {"apiCalls": 9, "ledgerWrites": 6, "costUsd": 0.1, "seconds": 1.0},
            "list": "runs/r/plan.csv", "plannedAt": "2026-01-01T00:00:00Z"
        }))
        .unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_sample_event_is_understood_and_never_shows_its_token() {
        let request: Request = from_str(include_str!("../events/waiting.json")).unwrap();
        assert!(request.task_token.ends_with("=signs"));
        let (approval, _) = asked(None, &request.task_token, &plan(), at(0));
        for shown in [format!("{request:?}"), format!("{approval:?}")] {
            assert!(!shown.contains(&request.task_token), "{shown}");
        }
    }

    #[test]
    fn the_same_task_is_asked_for_once() {
        let (first, is_new) = asked(None, "T", &plan(), at(0));
        assert!(is_new);
        assert_eq!((first.plan_hash.as_str(), first.records), ("ab12", 3));
        let (again, is_new) = asked(Some(first.clone()), "T", &plan(), at(60));
        assert!(!is_new);
        assert_eq!(again, first);
    }

    #[test]
    fn another_task_takes_the_place_of_the_earlier_one() {
        let (first, _) = asked(None, "T", &plan(), at(0));
        let (other, is_new) = asked(Some(first), "U", &plan(), at(60));
        assert!(is_new);
        assert_eq!((other.token.as_str(), other.asked_at.as_str()), ("U", "1970-01-01T00:01:00Z"));
    }

    #[test]
    fn what_is_kept_has_the_fields_of_the_contract() {
        let (approval, _) = asked(None, "T", &plan(), at(0));
        assert_eq!(
            serde_json::to_value(&approval).unwrap(),
            json!({"token": "T", "askedAt": "1970-01-01T00:00:00Z", "planHash": "ab12", "records": 3})
        );
    }
}
