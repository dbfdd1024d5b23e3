//! `dray rollback`: puts original URLs back, from the ledger or from a rollback file, after showing what that means.

mod arguments;
mod confirm;
mod file;
mod plan_text;
mod review;
#[cfg(test)]
pub(crate) mod samples;
mod summary_text;

pub(crate) use arguments::{Request, Rollback};

use drayage_domain::switch::input::RollbackInput;
use drayage_domain::switch::plan::{SwitchPlan, plan_key};
use drayage_domain::switch::summary::SwitchSummary;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::connection::Connection;
use crate::execution::{self, Ended, Problem, Started};
use crate::failure::{Failure, Verdict};
use crate::output::{Look, data, json as print_json, note};
use crate::watch::Watch;

/// A plan names its checks and counts its records; it does not list them.
const PLAN_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Plans; and, if that was asked for and is confirmed, carries the plan out.
pub(crate) async fn run(connection: &Connection, request: &Request) -> Result<Verdict, Failure> {
    let input = file::with_key(connection, request).await?;
    let planning = start(connection, "rollback-plan", &input).await?;
    note(&format!("planning as {}; nothing is written", planning.run_id));
    if request.detach && !request.execute {
        return started(&planning, request.json);
    }
    let plan = match execution::follow(connection, &planning, Watch::planning()).await? {
        Ended::Unwatched => return Ok(Verdict::Unwatched),
        Ended::Failed(problem) => return Err(failed(&planning, &problem)),
        Ended::Succeeded(_) => plan(connection, &planning).await?,
    };
    show_plan(connection, request, &plan)?;
    if !request.execute {
        return Ok(if plan.ready() { Verdict::Clean } else { Verdict::Left });
    }
    if !confirm::may_go_on(request, &plan).await? {
        return Ok(Verdict::Clean);
    }
    let input = RollbackInput { execute: true, plan_hash: Some(plan.hash.clone()), ..input };
    let writing = start(connection, "rollback", &input).await?;
    note(&format!("putting back as {}", writing.run_id));
    if request.detach {
        return started(&writing, request.json);
    }
    let watch = Watch::writing(plan.records);
    match execution::follow(connection, &writing, watch).await? {
        Ended::Unwatched => Ok(Verdict::Unwatched),
        Ended::Succeeded(output) => {
            let summary = understood(output, &writing.run_id)?;
            show_summary(connection, request, &plan, &summary).await
        }
        Ended::Failed(problem) => {
            // A run that was broken off has counted what it did before.
            let key = format!("runs/{}/summary.json", writing.run_id);
            if let Some(bytes) = connection.state_object(&key, PLAN_BYTES_MAX).await?
                && let Ok(summary) = serde_json::from_slice(&bytes)
            {
                show_summary(connection, request, &plan, &summary).await?;
            }
            Err(failed(&writing, &problem))
        }
    }
}

async fn start(
    connection: &Connection,
    kind: &str,
    input: &RollbackInput,
) -> Result<Started, Failure> {
    let input = serde_json::to_value(input).map_err(|error| {
        Failure::failed(format!("the input cannot be written as JSON: {error}"), "report this")
    })?;
    execution::start(connection, &connection.stack.rollback_machine, kind, &input).await
}

async fn plan(connection: &Connection, planning: &Started) -> Result<SwitchPlan, Failure> {
    let key = plan_key(&planning.run_id);
    let Some(bytes) = connection.state_object(&key, PLAN_BYTES_MAX).await? else {
        return Err(Failure::failed(
            format!("{} has ended without a plan", planning.run_id),
            "its history in the Step Functions console shows why",
        ));
    };
    let value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    understood(value, &planning.run_id)
}

fn understood<T: DeserializeOwned>(value: Value, run_id: &str) -> Result<T, Failure> {
    serde_json::from_value(value).map_err(|error| {
        Failure::failed(
            format!("what {run_id} has put out cannot be understood: {error}"),
            "use the dray of the version that is deployed",
        )
    })
}

fn show_plan(connection: &Connection, request: &Request, plan: &SwitchPlan) -> Result<(), Failure> {
    let command = request.command_to_execute(&plan.hash);
    let look = Look::of_standard_output();
    let list = connection.stack.state(&plan.list);
    let shown = plan_text::text(plan, &list, look);
    if request.execute {
        // What is printed at the end is the result; this is for the person who is going to be asked.
        note(&shown);
        return Ok(());
    }
    if request.json {
        return print_json(&json!({"plan": plan, "list": list, "executeCommand": command}));
    }
    data(&shown)?;
    if plan.ready() && plan.records > 0 {
        note(&format!("\nTo carry out exactly this:\n  {command}"));
    }
    Ok(())
}

async fn show_summary(
    connection: &Connection,
    request: &Request,
    plan: &SwitchPlan,
    summary: &SwitchSummary,
) -> Result<Verdict, Failure> {
    let review = review::read(connection, summary).await?;
    if request.json {
        print_json(&json!({"plan": plan, "summary": summary, "review": review.json()}))?;
    } else {
        let look = Look::of_standard_output();
        data(&summary_text::text(summary, &review, &connection.stack, look))?;
    }
    let clean = summary.clean && summary.accounted_for;
    Ok(if clean { Verdict::Clean } else { Verdict::Left })
}

fn started(started: &Started, as_json: bool) -> Result<Verdict, Failure> {
    if as_json {
        print_json(&json!({"runId": started.run_id, "executionArn": started.arn}))?;
    } else {
        data(&started.arn)?;
    }
    Ok(Verdict::Clean)
}

fn failed(started: &Started, problem: &Problem) -> Failure {
    let Problem { error, cause } = problem;
    let (cause, own_hint) = match cause.rsplit_once("hint: ") {
        Some((cause, hint)) => (cause.trim_end_matches([';', '.', ' ', '\n']), Some(hint)),
        None => (cause.as_str(), None),
    };
    let otherwise = match error.as_str() {
        "PlanChanged" => "records were switched or put back meanwhile: look at the plan again",
        "RunLocked" => "another run is under way: wait for its end, or stop it",
        "RollbackFileInvalid" => {
            "take the file as the run has written it: runs/<run>/rollback.jsonl"
        }
        "ABORTED" => "somebody has stopped it; the same command finishes the rest",
        _ => {
            "the same command started again finishes the rest; the runbook has an entry for each error name"
        }
    };
    let separator = if cause.is_empty() { "" } else { ": " };
    Failure::failed(
        format!("{} has failed with {error}{separator}{cause}", started.run_id),
        own_hint.unwrap_or(otherwise),
    )
}

#[cfg(test)]
mod flow_tests;

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(error: &str, cause: &str) -> Failure {
        let started = Started { arn: "arn".to_owned(), run_id: "r".to_owned() };
        failed(&started, &Problem { error: error.to_owned(), cause: cause.to_owned() })
    }

    #[test]
    fn a_failed_execution_is_told_with_a_hint() {
        let told = failure("NotReady", "the check x does not hold; hint: do y");
        assert_eq!(
            told.to_string(),
            "error: r has failed with NotReady: the check x does not hold\nhint: do y"
        );
        assert!(
            failure("ABORTED", "").to_string().starts_with("error: r has failed with ABORTED\n")
        );
    }
}
