//! `dray approve`: answers a run that waits for a person.

use clap::Args;
use drayage_aws::executions::Told;
use drayage_domain::switch::approval::{Approval, approval_key};
use drayage_domain::switch::commands::APPROVAL_REJECTED;
use drayage_domain::switch::plan::SwitchPlan;
use serde_json::json;

use crate::connection::Connection;
use crate::failure::{Failure, Verdict};
use crate::output::{Look, ask, can_ask, data, grouped, json as print_json, note};
use crate::{plan, view};

/// A task token has up to 2048 characters; the rest of the file is a few numbers.
const APPROVAL_BYTES_MAX: u64 = 64 * 1024;

const HELP: &str = "\
Answers a run that was started with --approval and waits between its plan and its writing. What it would write is shown first: org, bucket, \
field and number of records. `dray approve RUN --reject REASON` ends it instead, and nothing is written.

Examples:
  dray approve migrate-20261121T070809Z-012
  dray approve last-migrate --yes
  dray approve last-migrate --reject 'wait until after the release'

Exit status:
  0    answered
  1    not confirmed, or nobody waits
  2    wrong arguments
  3    AWS cannot be reached";

#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub(crate) struct Approve {
    /// The run that waits: its id or the beginning of it, the ARN of its execution, last, or last-KIND.
    run: String,
    /// End the run instead, for this reason. Nothing is written.
    #[arg(long, value_name = "REASON")]
    reject: Option<String>,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

/// Shows what is waited for, asks, and answers.
pub(crate) async fn run(
    connection: &Connection,
    arguments: &Approve,
    as_json: bool,
) -> Result<Verdict, Failure> {
    let (run_id, waiting) = found(connection, &arguments.run).await?;
    let plan = plan::of_run(connection, &run_id).await?;
    let look = Look::of_standard_output();
    let bucket = &connection.stack.destination_bucket;
    note(&shown(&waiting, &run_id, plan.as_ref(), bucket, look));
    let (question, word) = match &arguments.reject {
        None => ("Approve, so that these records are written? Type yes to go on:", "approved"),
        Some(_) => ("Reject, so that the run ends? Type yes to go on:", "rejected"),
    };
    if !arguments.yes {
        if !can_ask() {
            return Err(Failure::usage("nobody can be asked here", "add --yes"));
        }
        if ask(question).await != "yes" {
            return Err(Failure::failed("not confirmed; the run still waits", "type yes in full"));
        }
    }
    match tell(connection, &waiting, arguments.reject.as_deref()).await? {
        Told::Gone => Err(Failure::failed(
            format!("nobody waits for {run_id} any more"),
            "it was answered before, has waited too long, or was stopped; start the run again",
        )),
        Told::Waiting if as_json => {
            let answer = json!({"runId": run_id, word: true, "planHash": waiting.plan_hash});
            print_json(&answer)?;
            Ok(Verdict::Clean)
        }
        Told::Waiting => {
            data(&format!("{run_id} is {word}"))?;
            Ok(Verdict::Clean)
        }
    }
}

/// Answers a run that waits, without asking anybody.
///
/// * `reject`: the reason, to end it instead.
pub(crate) async fn answer(
    connection: &Connection,
    run_id: &str,
    reject: Option<&str>,
) -> Result<Told, Failure> {
    let waiting = waiting(connection, self::run_id(run_id)?).await?;
    tell(connection, &waiting, reject).await
}

async fn tell(
    connection: &Connection,
    waiting: &Approval,
    reject: Option<&str>,
) -> Result<Told, Failure> {
    let executions = &connection.executions;
    Ok(match reject {
        None => executions.task_succeeded(&waiting.token, &json!({"approved": true})).await?,
        Some(reason) => executions.task_failed(&waiting.token, APPROVAL_REJECTED, reason).await?,
    })
}

/// The run that a person means, if it waits. One that waits is recognised by its id alone, so that an answer needs few rights.
async fn found(connection: &Connection, given: &str) -> Result<(String, Approval), Failure> {
    let id = run_id(given)?;
    if let Some(waiting) = kept(connection, id).await? {
        return Ok((id.to_owned(), waiting));
    }
    let run = view::find_run(connection, given).await?;
    let waiting = waiting(connection, &run.run_id).await?;
    Ok((run.run_id, waiting))
}

/// The id in what a person gave.
fn run_id(given: &str) -> Result<&str, Failure> {
    let id = if given.starts_with("arn:") { given.rsplit(':').next() } else { Some(given) };
    // A slash would name another run's file.
    id.filter(|id| !id.trim().is_empty() && !id.contains('/')).ok_or_else(|| {
        Failure::usage(
            format!("{given:?} is no run"),
            "give the run's id, which is the name of its execution",
        )
    })
}

async fn waiting(connection: &Connection, run_id: &str) -> Result<Approval, Failure> {
    kept(connection, run_id).await?.ok_or_else(|| {
        Failure::failed(
            format!("{run_id} does not wait for an approval"),
            "check the id; a run waits only when it was started with --approval, after it has planned",
        )
    })
}

async fn kept(connection: &Connection, run_id: &str) -> Result<Option<Approval>, Failure> {
    let key = approval_key(run_id);
    let Some(bytes) = connection.state_object(&key, APPROVAL_BYTES_MAX).await? else {
        return Ok(None);
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        Failure::failed(
            format!("{} cannot be understood: {error}", connection.stack.state(&key)),
            "answer with the command in the message that asked for the approval",
        )
    })
}

fn shown(
    waiting: &Approval,
    run_id: &str,
    plan: Option<&SwitchPlan>,
    bucket: &str,
    look: Look,
) -> String {
    let mut rows = vec![("run", run_id.to_owned())];
    if let Some(plan) = plan {
        rows.extend([
            ("org", plan::org(plan)),
            ("destination", bucket.to_owned()),
            ("writes", format!("{}.{}", plan.object, plan.field)),
            ("accounts", grouped(plan.accounts)),
        ]);
    }
    rows.extend([
        ("waits since", waiting.asked_at.clone()),
        ("records", grouped(waiting.records)),
        ("plan hash", waiting.plan_hash.clone()),
    ]);
    look.list(rows)
}

#[cfg(test)]
mod tests {
    use wiremock::MockServer;

    use super::*;
    use crate::connection::test_support::{answer, connection, document, sent};
    use crate::failure::Kind;

    fn arguments(reject: Option<&str>) -> Approve {
        Approve { run: "r-1".to_owned(), reject: reject.map(str::to_owned), yes: true }
    }

    async fn waiting_run() -> MockServer {
        let server = MockServer::start().await;
        let body = json!({"token": "T", "askedAt": "x", "planHash": "ab", "records": 3});
        document(&server, "/runs/r-1/approval.json", &body.to_string()).await;
        server
    }

    #[tokio::test]
    async fn an_approval_and_a_rejection_reach_the_waiting_task() {
        let server = waiting_run().await;
        answer(&server, "AWSStepFunctions.SendTaskSuccess", 200, &json!({})).await;
        answer(&server, "AWSStepFunctions.SendTaskFailure", 200, &json!({})).await;
        let connection = connection(&server);
        assert_eq!(run(&connection, &arguments(None), true).await, Ok(Verdict::Clean));
        assert_eq!(run(&connection, &arguments(Some("no")), false).await, Ok(Verdict::Clean));
        let told = sent(&server, "AWSStepFunctions.SendTaskSuccess").await;
        assert_eq!(told, [json!({"taskToken": "T", "output": "{\"approved\":true}"})]);
        let told = sent(&server, "AWSStepFunctions.SendTaskFailure").await;
        assert_eq!(told, [json!({"taskToken": "T", "error": APPROVAL_REJECTED, "cause": "no"})]);
    }

    #[tokio::test]
    async fn an_answer_needs_nobody_to_ask() {
        let server = waiting_run().await;
        answer(&server, "AWSStepFunctions.SendTaskSuccess", 200, &json!({})).await;
        let told = super::answer(&connection(&server), "r-1", None).await;
        assert_eq!(told, Ok(Told::Waiting));
    }

    #[tokio::test]
    async fn nobody_who_waits_is_told_as_such() {
        let server = waiting_run().await;
        let gone = json!({"__type": "TaskTimedOut"});
        answer(&server, "AWSStepFunctions.SendTaskSuccess", 400, &gone).await;
        let failure = run(&connection(&server), &arguments(None), false).await.unwrap_err();
        assert_eq!(failure.kind, Kind::Failed);
        assert_eq!(failure.message, "nobody waits for r-1 any more");
    }

    #[tokio::test]
    async fn a_run_that_was_not_asked_about_is_told_as_such() {
        let server = MockServer::start().await;
        let failure = super::answer(&connection(&server), "r-1", None).await.unwrap_err();
        assert_eq!(failure.message, "r-1 does not wait for an approval");
    }

    #[test]
    fn a_run_is_named_by_id_or_arn() {
        assert_eq!(run_id("r-1"), Ok("r-1"));
        assert_eq!(run_id("arn:aws:states:eu-west-1:1:execution:migrate:r-1"), Ok("r-1"));
        assert!(run_id("../other/r").is_err() && run_id("").is_err() && run_id("arn:x:").is_err());
    }

    #[test]
    fn what_is_approved_is_shown_without_the_token() {
        let waiting: Approval = serde_json::from_value(json!({
            "token": "secret", "askedAt": "2026-01-02T03:04:05Z", "planHash": "ab", "records": 1234,
        }))
        .unwrap();
        let look = Look { width: 80, colour: false, lines: false };
        let plan = plan::samples::plan();
        let text = shown(&waiting, "r-1", Some(&plan), "documents", look);
        for part in ["1,234", "r-1", "Acme (00Dxx0000001gPLEAY, PRODUCTION)", "documents"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("secret"));
        let narrow = Look { width: 20, colour: true, lines: true };
        assert!(shown(&waiting, "r-1", None, "documents", narrow).contains("r-1"));
    }
}
