//! First a plan, then a question, then exactly that plan: the same for both directions.

use drayage_domain::switch::plan::SwitchPlan;
use drayage_domain::switch::summary::SwitchSummary;
use serde_json::{Value, json};

use super::{PLAN_BYTES_MAX, confirm, of_run, review, summary_text, text, understood};
use crate::connection::Connection;
use crate::execution::{self, Ended, Started};
use crate::failure::{Failure, Verdict};
use crate::kind::Kind;
use crate::output::{Look, data, json as print_json, note};
use crate::watch::Watch;

/// What was asked for, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Asked {
    /// Which state machine.
    pub(crate) kind: Kind,
    /// Its input, without `execute` and `planHash`, and without what only an execution with `execute` may have.
    pub(crate) plan_input: Value,
    /// What is added to the input that carries the plan out.
    pub(crate) write_input: Value,
    pub(crate) execute: bool,
    pub(crate) yes: bool,
    /// The plan that was reviewed.
    pub(crate) plan_hash: Option<String>,
    pub(crate) detach: bool,
    pub(crate) json: bool,
    /// The command line as it was given, but for what `--execute` brings.
    pub(crate) command: String,
}

impl Asked {
    /// The command that carries out the plan of this hash, and no other.
    pub(crate) fn command_to_execute(&self, hash: &str) -> String {
        format!("{} --execute --plan-hash {hash}", self.command)
    }
}

/// Plans; and, if that was asked for and is confirmed, carries the plan out.
pub(crate) async fn run(connection: &Connection, asked: &Asked) -> Result<Verdict, Failure> {
    let planning = plan_begun(connection, asked).await?;
    if asked.detach && !asked.execute {
        return execution::left_alone(connection, &planning, asked.json);
    }
    let watch = Watch::of(asked.kind);
    let plan = match execution::follow(connection, &planning, watch).await? {
        Ended::Unwatched => return Ok(Verdict::Unwatched),
        Ended::Failed(problem) => return Err(execution::failure(&planning, &problem)),
        Ended::Succeeded(_) => made(connection, &planning).await?,
    };
    show_plan(connection, asked, &plan)?;
    if !asked.execute {
        return Ok(if plan.ready() { Verdict::Clean } else { Verdict::Left });
    }
    let gate = confirm::Gate {
        reviewed: asked.plan_hash.as_deref(),
        yes: asked.yes,
        bucket: &connection.stack.destination_bucket,
    };
    if !confirm::may_go_on(&gate, &plan).await? {
        if asked.json {
            print_json(&json!({"plan": plan, "summary": null}))?;
        }
        return Ok(Verdict::Clean);
    }
    carry_out(connection, asked, &plan).await
}

async fn plan_begun(connection: &Connection, asked: &Asked) -> Result<Started, Failure> {
    let name = format!("{}-plan", asked.kind.name());
    let machine = connection.stack.machine(asked.kind);
    let input = merged(&asked.plan_input, [("execute", json!(false))]);
    let planning = execution::start(connection, machine, &name, &input).await?;
    note(&format!("planning as {}; nothing is written into Salesforce", planning.run_id));
    Ok(planning)
}

async fn carry_out(
    connection: &Connection,
    asked: &Asked,
    plan: &SwitchPlan,
) -> Result<Verdict, Failure> {
    let machine = connection.stack.machine(asked.kind);
    let input = with(&asked.plan_input, &asked.write_input);
    let input = merged(&input, [("execute", json!(true)), ("planHash", json!(plan.hash))]);
    let writing = execution::start(connection, machine, asked.kind.name(), &input).await?;
    note(&format!("{} as {}", doing(asked.kind), writing.run_id));
    if asked.detach {
        return execution::left_alone(connection, &writing, asked.json);
    }
    match execution::follow(connection, &writing, Watch::of(asked.kind)).await? {
        Ended::Unwatched => Ok(Verdict::Unwatched),
        Ended::Succeeded(output) => {
            let summary = understood(output, &writing.run_id)?;
            let end = End { writing: &writing, status: "succeeded", plan };
            show_summary(connection, asked, &end, &summary).await
        }
        Ended::Failed(problem) => {
            // A run that was broken off has counted what it did before.
            let key = format!("runs/{}/summary.json", writing.run_id);
            if let Some(bytes) = connection.state_object(&key, PLAN_BYTES_MAX).await?
                && let Ok(summary) = serde_json::from_slice(&bytes)
            {
                let end = End { writing: &writing, status: "failed", plan };
                show_summary(connection, asked, &end, &summary).await?;
            }
            Err(execution::failure(&writing, &problem))
        }
    }
}

fn doing(kind: Kind) -> &'static str {
    if kind == Kind::Rollback { "putting back" } else { "repointing" }
}

async fn made(connection: &Connection, planning: &Started) -> Result<SwitchPlan, Failure> {
    of_run(connection, &planning.run_id).await?.ok_or_else(|| {
        Failure::failed(
            format!("{} has ended without a plan", planning.run_id),
            "its history in the Step Functions console shows why",
        )
    })
}

fn merged<const N: usize>(input: &Value, more: [(&str, Value); N]) -> Value {
    with(
        input,
        &Value::Object(more.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()),
    )
}

fn with(input: &Value, more: &Value) -> Value {
    let mut all = input.as_object().cloned().unwrap_or_default();
    all.extend(more.as_object().cloned().unwrap_or_default());
    Value::Object(all)
}

fn show_plan(connection: &Connection, asked: &Asked, plan: &SwitchPlan) -> Result<(), Failure> {
    let command = asked.command_to_execute(&plan.hash);
    let look = Look::of_standard_output();
    let places = text::Places {
        list: &connection.stack.state(&plan.list),
        bucket: &connection.stack.destination_bucket,
    };
    let shown = text::text(plan, &places, look);
    if asked.execute {
        // What is printed at the end is the result; this is for the person who is going to be asked.
        note(&shown);
        return Ok(());
    }
    if asked.json {
        return print_json(&json!({"plan": plan, "list": places.list, "executeCommand": command}));
    }
    data(&shown)?;
    if plan.ready() && plan.records > 0 {
        note(&format!("\nTo carry out exactly this:\n  {command}"));
    }
    Ok(())
}

struct End<'a> {
    writing: &'a Started,
    status: &'static str,
    plan: &'a SwitchPlan,
}

async fn show_summary(
    connection: &Connection,
    asked: &Asked,
    end: &End<'_>,
    summary: &SwitchSummary,
) -> Result<Verdict, Failure> {
    let review = review::read(connection, summary).await?;
    let clean = summary.clean && summary.accounted_for;
    if asked.json {
        print_json(&json!({
            "runId": end.writing.run_id,
            "executionArn": end.writing.arn,
            "status": end.status,
            "plan": end.plan,
            "summary": summary,
            "review": review.json(),
        }))?;
    } else {
        let look = Look::of_standard_output();
        data(&summary_text::text(summary, &review, &connection.stack, look))?;
        if !clean {
            note(&execution::to_go_on(&connection.stack, &end.writing.run_id));
        }
    }
    Ok(if clean { Verdict::Clean } else { Verdict::Left })
}
