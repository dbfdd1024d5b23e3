//! A pause before the plan, and one in the middle of the writing.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEventType};
use drayage_domain::switch::Direction;
use drayage_domain::switch::plan::plan_key;
use drayage_local::executions::ended;
use drayage_local::{LocalStack, StackParameters};
use drayage_sim::salesforce::{FaultPlan, RequestLimitFault};
use serde_json::json;

use crate::approval::{question, token};
use crate::books::{Books, is_green};
use crate::control::run_id;
use crate::pauses::{pause, until_entered};
use crate::site::{MIGRATE, SWITCH, backed_up_with, calm, execute, finished, object, parameters};

const POLL: Duration = Duration::from_millis(100);
/// How long all lanes together may take to come to a state before the test fails.
const LIMIT: Duration = Duration::from_mins(2);
const RECORDS: usize = 130;
/// The org has no calls left: the task fails, and the lane waits and begins it again.
const REFUSED: HistoryEventType = HistoryEventType::TaskFailed;
/// A task that succeeds and does not end its lane is one that has met the pause.
const PAUSED: HistoryEventType = HistoryEventType::TaskSucceeded;
/// Calls until the org's allocation ends: at least one of 25 records is among them, and not all.
const CALLS: u64 = 4;

fn quick() -> StackParameters {
    parameters().with("PauseWaitSeconds", "1")
}

/// The lanes that are under way.
async fn lanes(stack: &LocalStack) -> Result<Vec<String>> {
    let executions = &stack.clients().executions;
    let running = ExecutionStatus::Running;
    let machine = stack.stack().output(SWITCH)?;
    let switches =
        executions.list_executions().state_machine_arn(machine).status_filter(running.clone());
    let mut lanes = Vec::new();
    for switch in switches.send().await?.executions() {
        let maps = executions.list_map_runs().execution_arn(switch.execution_arn()).send().await?;
        for map in maps.map_runs() {
            let children = executions.list_executions().map_run_arn(map.map_run_arn());
            let children = children.status_filter(running.clone()).send().await?;
            let arns = children.executions().iter().map(|child| child.execution_arn().to_owned());
            lanes.extend(arns);
        }
    }
    Ok(lanes)
}

/// How often a lane's task has ended so. The emulator does not write down which states a lane enters, but how its task ended.
async fn ends(stack: &LocalStack, lane: &str, how: &HistoryEventType) -> Result<usize> {
    let history = stack.clients().executions.get_execution_history().execution_arn(lane);
    let mut pages = history.into_paginator().send();
    let mut times = 0;
    while let Some(page) = pages.next().await {
        times += page?.events().iter().filter(|event| event.r#type() == how).count();
    }
    Ok(times)
}

/// Waits until the task of every lane that is under way has ended so, so often. Lanes that end meanwhile are not waited for.
async fn all_end(stack: &LocalStack, how: HistoryEventType, times: usize) -> Result<()> {
    let deadline = tokio::time::Instant::now() + LIMIT;
    loop {
        let mut all_have = true;
        let lanes = lanes(stack).await?;
        ensure!(!lanes.is_empty(), "no lane is under way");
        for lane in &lanes {
            all_have &= ends(stack, lane, &how).await? >= times;
        }
        if all_have {
            return Ok(());
        }
        ensure!(tokio::time::Instant::now() < deadline, "{lanes:?} do not come to {how:?}");
        tokio::time::sleep(POLL).await;
    }
}

fn written(stack: &LocalStack) -> Result<usize> {
    let records = stack.org()?.records();
    Ok(records.values().filter(|record| !record.written.is_empty()).count())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_switch_writes_nothing_until_the_pause_ends() -> Result<()> {
    let stack = backed_up_with(RECORDS, 98, quick()).await?;
    let (ledger, books) = (stack.ledger()?, Books::open(&stack)?);
    pause(&stack).await?;
    let input = execute(&json!({"approval": true, "mode": "guarded"}));
    let execution = stack.start_execution(MIGRATE, &input).await?;
    until_entered(&stack, &execution, "WaitWhilePaused", 2).await?;
    ensure!(object(&stack, &plan_key(run_id(&execution))).await?.is_none(), "it has planned");
    ledger.resume().await?;

    let question = question(&stack, &execution).await?;
    let limit = RequestLimitFault { after_calls: CALLS, refused_calls: u64::MAX };
    stack.org()?.set_faults(FaultPlan { request_limit: Some(limit), ..FaultPlan::default() });
    let approve = stack.clients().executions.send_task_success().task_token(token(&question)?);
    approve.output(json!({"approved": true}).to_string()).send().await?;
    while lanes(&stack).await?.is_empty() {
        ensure!(ended(stack.clients(), &execution).await?.is_none(), "it has ended");
        tokio::time::sleep(POLL).await;
    }
    all_end(&stack, REFUSED, 1).await?;
    pause(&stack).await?;
    all_end(&stack, PAUSED, 1).await?;
    calm(&stack)?;
    let so_far = written(&stack)?;
    ensure!(so_far > 0 && so_far < RECORDS, "{so_far} of {RECORDS} records are written");
    all_end(&stack, PAUSED, 4).await?;
    ensure!(written(&stack)? == so_far, "a paused lane has written");

    ledger.resume().await?;
    let summary = finished(&stack, &execution).await.context("after the pause")?;
    books.close(&stack, &summary).await?;
    is_green(&summary, Direction::Switch, RECORDS as u64)
}
