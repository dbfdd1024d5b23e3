//! A person between the plan and the writing.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use drayage_domain::switch::Direction;
use drayage_local::LocalStack;
use drayage_local::executions::ended;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::books::{Books, is_green};
use crate::control::run_id;
use crate::site::{
    FIELD, MIGRATE, OBJECT, backed_up, execute, finished, migrate, object, plan, refusal, rows,
};

const LIMIT: Duration = Duration::from_mins(2);
const POLL: Duration = Duration::from_millis(100);

/// Starts a migrate that asks, and waits for its question.
pub(crate) async fn asked(stack: &LocalStack) -> Result<(String, Value)> {
    let input = execute(&json!({"approval": true}));
    let execution = stack.start_execution(MIGRATE, &input).await?;
    let question = question(stack, &execution).await?;
    Ok((execution, question))
}

/// Waits for the question of an execution.
pub(crate) async fn question(stack: &LocalStack, execution: &str) -> Result<Value> {
    let key = format!("runs/{}/approval.json", run_id(execution));
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(bytes) = object(stack, &key).await? {
            return Ok(serde_json::from_slice(&bytes)?);
        }
        if let Some(ended) = ended(stack.clients(), execution).await? {
            anyhow::bail!("it did not ask: {ended:?}");
        }
        ensure!(Instant::now() < deadline, "it does not ask");
        tokio::time::sleep(POLL).await;
    }
}

pub(crate) fn token(question: &Value) -> Result<&str> {
    question["token"].as_str().context("a question without token")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_approved_is_switched() -> Result<()> {
    let stack = backed_up(20, 96).await?;
    let books = Books::open(&stack)?;
    let (execution, question) = asked(&stack).await?;
    let plan = plan(&stack, run_id(&execution)).await?;
    ensure!(question["planHash"] == json!(plan.hash), "{question}");
    ensure!(question["records"] == json!(20), "{question}");
    books.untouched(&stack)?;
    // What is edited while the question waits is kept.
    let id = rows(&stack).await?.into_keys().nth(7).context("a record")?;
    stack.org()?.update(OBJECT, &id, json!({FIELD: "https://edited.example/meanwhile"}))?;
    let approve = stack.clients().executions.send_task_success().task_token(token(&question)?);
    approve.output(json!({"approved": true}).to_string()).send().await?;
    let summary = finished(&stack, &execution).await?;
    let entries = books.close(&stack, &summary).await?;
    ensure!(entries.of("drifted") == [id.as_str()], "{summary:#?}");
    ensure!(entries.of("switched").len() == 19, "{summary:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rejected_is_not_touched() -> Result<()> {
    let stack = backed_up(20, 97).await?;
    let books = Books::open(&stack)?;
    let (execution, question) = asked(&stack).await?;
    let reject = stack.clients().executions.send_task_failure().task_token(token(&question)?);
    reject.error("ApprovalRejected").cause("not on a Friday").send().await?;
    let (error, cause) = refusal(&stack, &execution).await?;
    ensure!(error == "ApprovalRejected", "{error}: {cause}");
    books.untouched(&stack)?;
    // Neither the ledger nor the lock remembers it.
    let summary = migrate(&stack, &execute(&json!({}))).await?;
    is_green(&summary, Direction::Switch, 20)
}
